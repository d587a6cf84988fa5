//! E-mail addresses, as they are compared and written to.

use std::fmt;

use email_address::{EmailAddress as Syntax, Options};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An e-mail address, trimmed and lowercased: equal addresses are equal text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct EmailAddress(String);

/// The text is not an e-mail address that a message could be sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a valid e-mail address")]
pub struct NotAnEmailAddress;

impl EmailAddress {
    /// The most bytes of an address that SMTP carries (RFC 5321 §4.5.3.1.3 less the angle brackets).
    pub const MAX_LENGTH: usize = 254;

    /// Reads an address: no display name, no address literal, a domain with a dot.
    ///
    /// # Errors
    /// When the syntax is not that of RFC 5321/5322, or the address is longer than 254 octets.
    pub fn parse(text: &str) -> Result<Self, NotAnEmailAddress> {
        let (length, text) = (text.len(), text.trim());
        let options = Options::default().without_display_text().without_domain_literal().with_required_tld();
        if length > Self::MAX_LENGTH || Syntax::parse_with_options(text, options).is_err() {
            return Err(NotAnEmailAddress);
        }
        Ok(Self(text.to_lowercase()))
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_trimmed_and_lowercased() {
        assert_eq!(EmailAddress::parse("  Ada@Example.COM "), Ok(EmailAddress("ada@example.com".into())));
    }

    #[test]
    fn what_cannot_be_written_to_is_refused() {
        let long = format!("{}@example.com", "a".repeat(300));
        for text in [
            "",
            "ada",
            "ada@",
            "@example.com",
            "ada@localhost",
            "Ada <ada@example.com>",
            "a b@example.com",
            "ada@[127.0.0.1]",
            &long,
        ] {
            assert_eq!(EmailAddress::parse(text), Err(NotAnEmailAddress), "{text}");
        }
    }
}

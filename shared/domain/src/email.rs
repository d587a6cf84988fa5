//! E-mail addresses, as they are compared and written to.

use std::borrow::Cow;
use std::fmt;

use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An e-mail address, trimmed, lowercased, the domain in Punycode: equal addresses are equal text, and all of it is ASCII.
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

    /// The most bytes of what stands before the `@` (RFC 5321 §4.5.3.1.1).
    const MAX_LOCAL_PART: usize = 64;

    /// Reads an address that a message could be sent to: a dot-atom, `@`, and a domain name below a top-level one.
    ///
    /// # Errors
    /// When it is not one by RFC 5321 and IDNA, or longer than 254 octets as typed or in Punycode. Refused besides are
    /// quoted and non-ASCII local parts, address literals, and display names (docs/decisions/0011 says why).
    pub fn parse(text: &str) -> Result<Self, NotAnEmailAddress> {
        let (local, domain) = text.trim().rsplit_once('@').ok_or(NotAnEmailAddress)?;
        let domain = in_punycode(domain).ok_or(NotAnEmailAddress)?;
        let length = local.len() + "@".len() + domain.len();
        let short = text.len() <= Self::MAX_LENGTH && length <= Self::MAX_LENGTH;
        if !short || local.len() > Self::MAX_LOCAL_PART || !is_dot_atom(local) || !has_top_level(&domain) {
            return Err(NotAnEmailAddress);
        }
        let mut address = String::with_capacity(length);
        address.extend([local, "@", &*domain]);
        address.make_ascii_lowercase();
        Ok(Self(address))
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before the `@`: the name of the mailbox.
    pub fn local_part(&self) -> &str {
        self.0.rsplit_once('@').map_or(&self.0, |(local, _)| local)
    }

    /// What stands behind the `@`: the name of the host, in Punycode.
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

/// The domain in small letters, digits and hyphens, none of them at an end of a label, if it can be written so.
fn in_punycode(domain: &str) -> Option<Cow<'_, str>> {
    // Hyphens in the third and fourth place are allowed: such names were given away before IDNA reserved them.
    Uts46::new().to_ascii(domain.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast, DnsLength::Verify).ok()
}

/// Whether it is written as RFC 5322 §3.2.3 says, in ASCII: words with single dots between.
fn is_dot_atom(text: &str) -> bool {
    text.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(is_of_an_atom))
}

fn is_of_an_atom(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte)
}

/// Whether the last of several labels could be a top-level domain: two letters or more, or Punycode (ICANN gives out no
/// others, RFC 3696 §2 tells why). An IP address ends in none, and `ada@example.c` is a slip.
fn has_top_level(domain: &str) -> bool {
    domain.rsplit_once('.').is_some_and(|(_, last)| {
        let of_letters = last.len() >= 2 && last.bytes().all(|byte| byte.is_ascii_lowercase());
        of_letters || last.starts_with("xn--")
    })
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests;

//! Message templates: text with tokens such as `{{first_name}}` or `{{first_name|there}}`.

use serde_json::Value;

use crate::contact::Contact;
use crate::{Fault, FaultCode};

/// The prefix of a token that names one of the contact's custom fields.
const CUSTOM: &str = "custom_fields.";

vocabulary! {
    /// What a token can stand for (S4, and the other fields that a greeting may need).
    Token {
        /// Given name.
        FirstName = "first_name",
        /// Family name.
        LastName = "last_name",
        /// Full name.
        Name = "name",
        /// E-mail address.
        Email = "email",
        /// Phone number in E.164.
        Phone = "phone",
        /// Company.
        Company = "company",
        /// Job title.
        JobTitle = "job_title",
    }
}

/// A template that parsed: it can be rendered for any contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Token { name: Name, default: String },
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Name {
    Known(Token),
    Custom(String),
}

impl Template {
    /// Reads the template that `field` holds.
    ///
    /// # Errors
    /// A fault of `field` when a token is unknown, or `{{` is never closed.
    pub fn parse(field: &str, text: &str) -> Result<Self, Fault> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(start) = rest.find("{{") {
            let Some(length) = rest[start..].find("}}") else {
                return Err(Fault::new(field, FaultCode::Invalid, "has a {{ without its }}"));
            };
            pieces.push(Piece::Text(rest[..start].to_owned()));
            pieces.push(token(field, &rest[start + 2..start + length])?);
            rest = &rest[start + length + 2..];
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Ok(Self(pieces))
    }

    /// The text for `contact`; a token without a value becomes its default, or nothing.
    pub fn render(&self, contact: &Contact) -> String {
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(plain) => text.push_str(plain),
                Piece::Token { name, default } => {
                    text.push_str(&value(name, contact).unwrap_or_else(|| default.clone()))
                }
            }
        }
        text
    }
}

fn token(field: &str, inside: &str) -> Result<Piece, Fault> {
    let (name, default) = inside.split_once('|').unwrap_or((inside, ""));
    let name = match name.trim() {
        custom if custom.strip_prefix(CUSTOM).is_some_and(|key| !key.is_empty()) => {
            Name::Custom(custom[CUSTOM.len()..].to_owned())
        }
        other => Name::Known(Token::parse(field, other).map_err(|fault| unknown_token(field, fault))?),
    };
    Ok(Piece::Token { name, default: default.trim().to_owned() })
}

fn unknown_token(field: &str, fault: Fault) -> Fault {
    let mut allowed = fault.allowed_values.unwrap_or_default();
    allowed.push(format!("{CUSTOM}…"));
    let reason = format!("has an unknown token; known are {}", allowed.join(", "));
    Fault { allowed_values: Some(allowed), ..Fault::new(field, FaultCode::NotAllowed, reason) }
}

fn value(name: &Name, contact: &Contact) -> Option<String> {
    let profile = &contact.profile;
    match name {
        Name::Known(Token::FirstName) => profile.first_name.clone(),
        Name::Known(Token::LastName) => profile.last_name.clone(),
        Name::Known(Token::Name) => profile.full_name(),
        Name::Known(Token::Email) => profile.email.as_ref().map(ToString::to_string),
        Name::Known(Token::Phone) => profile.phone.as_ref().map(|phone| phone.e164.clone()),
        Name::Known(Token::Company) => profile.company.clone(),
        Name::Known(Token::JobTitle) => profile.job_title.clone(),
        Name::Custom(key) => profile.custom_fields.get(key).and_then(|value| match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Timestamp;
    use crate::access::Actor;
    use crate::contact::Profile;
    use crate::id::{ContactId, Id};

    fn ada() -> Contact {
        let profile = Profile {
            first_name: Some("Ada".into()),
            custom_fields: [("plan".to_owned(), Value::from(7))].into(),
            ..Profile::default()
        };
        Contact::new(ContactId::derived(Timestamp::default(), &[]), profile, Actor::Operator, Timestamp::default())
    }

    fn rendered(text: &str) -> Option<String> {
        Template::parse("content", text).ok().map(|template| template.render(&ada()))
    }

    #[test]
    fn tokens_become_values_and_defaults() {
        for (template, text) in [
            ("Hi {{first_name}}!", "Hi Ada!"),
            ("Hi {{ first_name | there }}!", "Hi Ada!"),
            ("{{last_name|friend}} at {{company|your company}}", "friend at your company"),
            ("plan {{custom_fields.plan}}{{custom_fields.other}}", "plan 7"),
            ("no tokens } here {", "no tokens } here {"),
        ] {
            assert_eq!(rendered(template).as_deref(), Some(text), "{template}");
        }
    }

    #[test]
    fn a_template_with_an_unknown_or_open_token_is_refused() {
        for template in ["{{nickname}}", "{{custom_fields.}}", "{{}}", "Hi {{first_name"] {
            assert_eq!(rendered(template), None, "{template}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in "[{}|a-z_. ]{0,40}") {
            let _ = rendered(&text);
        }
    }
}

//! Tokens: what they name, and what a contact has for it.

use std::borrow::Cow;
use std::fmt;

use serde_json::{Number, Value};

use crate::contact::Contact;
use crate::{Fault, FaultCode};

/// The prefix of a token that names one of the contact's custom fields.
const CUSTOM: &str = "custom_fields.";

vocabulary! {
    /// What a token can stand for (S4, and the other fields that a greeting may need).
    Known {
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
        /// What the lead's deal is worth.
        DealValue = "deal_value",
        /// How promising it is as a lead, from 0 to 100.
        Score = "score",
    }
}

/// A token of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) name: Name,
    /// What stands in its place where the contact has no value.
    pub(super) default: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Name {
    Known(Known),
    Custom(String),
}

impl Token {
    /// Reads what stands between the braces.
    pub(super) fn parse(field: &str, inside: &str) -> Result<Self, Fault> {
        let (name, default) = inside.split_once('|').unwrap_or((inside, ""));
        let name = match name.trim() {
            custom if custom.strip_prefix(CUSTOM).is_some_and(|key| !key.is_empty()) => {
                Name::Custom(custom[CUSTOM.len()..].to_owned())
            }
            other => Name::Known(Known::parse(field, other).map_err(|fault| unknown(field, fault))?),
        };
        Ok(Self { name, default: default.trim().to_owned() })
    }

    /// What `contact` has for it; nothing rather than an empty text.
    pub(super) fn value<'a>(&self, contact: &'a Contact) -> Option<Cow<'a, str>> {
        let value = match &self.name {
            Name::Known(known) => known_value(*known, contact),
            Name::Custom(key) => contact.profile.custom_fields.get(key).and_then(custom_value),
        };
        value.filter(|value| !value.is_empty())
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(known) => known.fmt(f),
            Self::Custom(key) => write!(f, "{CUSTOM}{key}"),
        }
    }
}

fn unknown(field: &str, fault: Fault) -> Fault {
    let mut allowed = fault.allowed_values.unwrap_or_default();
    allowed.push(format!("{CUSTOM}…"));
    let reason = format!("has an unknown token; known are {}", allowed.join(", "));
    Fault { allowed_values: Some(allowed), ..Fault::new(field, FaultCode::NotAllowed, reason) }
}

fn known_value(known: Known, contact: &Contact) -> Option<Cow<'_, str>> {
    let profile = &contact.profile;
    let text = match known {
        Known::FirstName => profile.first_name.as_deref(),
        Known::LastName => profile.last_name.as_deref(),
        Known::Name => return profile.full_name().map(Cow::Owned),
        Known::Email => profile.email.as_ref().map(|email| email.as_str()),
        Known::Phone => profile.phone.as_ref().map(|phone| phone.e164.as_str()),
        Known::Company => profile.company.as_deref(),
        Known::JobTitle => profile.job_title.as_deref(),
        Known::DealValue => return contact.figures.deal_value.map(|value| Cow::Owned(format!("{:.2}", value.units()))),
        Known::Score => return contact.figures.score.map(|score| Cow::Owned(hundredths(score))),
    };
    text.map(Cow::Borrowed)
}

fn custom_value(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Number(number) => Some(Cow::Owned(plain(number))),
        Value::Bool(_) => Some(Cow::Owned(value.to_string())),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Two decimals at most, and none that say nothing.
fn hundredths(number: f64) -> String {
    ((number * 100.0).round() / 100.0).to_string()
}

/// As a person writes it: 7, not 7.0.
fn plain(number: &Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() => float.to_string(),
        _ => number.to_string(),
    }
}

//! Names that no two things of a kind have in a tenant: groups, types, tags, saved searches.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Fault, FaultCode};

/// A name, trimmed. Two that differ in case only are the same name to [`Name::folded`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct Name(String);

/// The text is not a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to {} characters, not only blanks", Name::MAX_LENGTH)]
pub struct NotAName;

impl Name {
    /// The most characters of a name, blanks at its ends included (S2).
    pub const MAX_LENGTH: usize = 100;

    /// Reads the name in the field `name`.
    ///
    /// # Errors
    /// The fault of the field.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        text.parse().map_err(|error: NotAName| Fault::new("name", FaultCode::Invalid, error.to_string()))
    }

    /// As people wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As it is compared: in lower case.
    pub fn folded(&self) -> String {
        self.0.to_lowercase()
    }
}

impl FromStr for Name {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        let fits = text.chars().count() <= Self::MAX_LENGTH;
        let text = text.trim();
        (fits && !text.is_empty()).then(|| Self(text.to_owned())).ok_or(NotAName)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A description: trimmed, nothing if there are only blanks.
///
/// # Errors
/// The fault of the field `description` when it is longer than `max` characters.
pub fn described(text: Option<String>, max: usize) -> Result<Option<String>, Fault> {
    let Some(text) = text else { return Ok(None) };
    if text.chars().count() > max {
        return Err(Fault::new("description", FaultCode::TooLong, format!("is longer than {max} characters")));
    }
    Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty()))
}

/// What is set, by name, for the audit.
pub(crate) fn fields(profile: &impl Serialize) -> BTreeMap<String, Value> {
    let Ok(Value::Object(fields)) = serde_json::to_value(profile) else { return BTreeMap::new() };
    fields.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_trimmed_and_compared_without_case() {
        for (text, folded) in [
            (" VIP ", Some("vip".to_owned())),
            ("Ärzte", Some("ärzte".to_owned())),
            ("", None),
            (" \t", None),
            (&"x".repeat(100), Some("x".repeat(100))),
            (&"x".repeat(101), None),
            (&format!("x{}", " ".repeat(100)), None),
        ] {
            assert_eq!(text.parse::<Name>().ok().map(|name| name.folded()), folded, "{text:?}");
        }
        assert_eq!(Name::parse(" VIP ").unwrap().as_str(), "VIP");
        assert_eq!(Name::parse("").unwrap_err().field, "name");
    }

    #[test]
    fn a_blank_description_is_none() {
        assert_eq!(described(Some("  ".into()), 5), Ok(None));
        assert_eq!(described(Some(" x ".into()), 5), Ok(Some("x".into())));
        assert!(described(Some("x     ".into()), 5).is_err());
    }
}

//! Groups: contacts that a tenant keeps together (S2).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::color::{Color, NotAColor};
use crate::id::GroupId;
use crate::naming::{Name, described, fields};
use crate::{Error, Fault, FaultCode, Result, Timestamp};

/// The longest description, in characters.
pub const MAX_DESCRIPTION: usize = 2_000;
/// The most groups of a tenant.
pub const MOST: u32 = 1_000;

/// A group of contacts. Who is in it stands with the contacts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Its id.
    pub id: GroupId,
    /// What the tenant says of it.
    #[serde(flatten)]
    pub profile: GroupProfile,
    /// Counts the changes of the profile, from 1.
    pub version: u64,
    /// When it came to be.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// What a tenant says of a group; every value is valid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupProfile {
    /// Unique in the tenant without case.
    pub name: Name,
    /// Free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// In which it is shown.
    pub color: Color,
}

/// A group as somebody typed it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ContactGroupDraft", example = example())]
pub struct GroupDraft {
    /// Trimmed; no two groups of a tenant have the same without case.
    #[schemars(length(min = 1, max = Name::MAX_LENGTH), pattern(r"\S"))]
    pub name: String,
    /// Free text.
    #[schemars(length(max = MAX_DESCRIPTION))]
    pub description: Option<String>,
    /// In hexadecimal digits, `#rrggbb` or `#rgb`; `#0066cc` if nothing is said.
    #[schemars(regex(pattern = Color::TYPED))]
    pub color: Option<String>,
}

fn example() -> Value {
    serde_json::json!({ "name": "Newsletter", "description": "Everybody who asked for it", "color": "#cc6600" })
}

impl GroupDraft {
    /// Makes a valid profile of it.
    ///
    /// # Errors
    /// [`Error::Refused`] with every fault.
    pub fn parse(self) -> Result<GroupProfile> {
        let color = self.color.as_deref().map_or(Ok(Color::DEFAULT_GROUP), str::parse);
        let color = color.map_err(|error: NotAColor| Fault::new("color", FaultCode::Invalid, error.to_string()));
        match (Name::parse(&self.name), described(self.description, MAX_DESCRIPTION), color) {
            (Ok(name), Ok(description), Ok(color)) => Ok(GroupProfile { name, description, color }),
            (name, description, color) => {
                Err(Error::Refused([name.err(), description.err(), color.err()].into_iter().flatten().collect()))
            }
        }
    }
}

impl GroupProfile {
    /// By the names of the contract, for the audit.
    pub fn fields(&self) -> BTreeMap<String, Value> {
        fields(self)
    }
}

impl Group {
    /// A new group.
    pub fn new(id: GroupId, profile: GroupProfile, now: Timestamp) -> Self {
        Self { id, profile, version: 1, created_at: now, updated_at: now }
    }

    /// The group with another profile, one version on.
    pub fn changed(&self, profile: GroupProfile, now: Timestamp) -> Self {
        Self { profile, version: self.version + 1, updated_at: now, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(name: &str, description: Option<&str>, color: Option<&str>) -> GroupDraft {
        GroupDraft { name: name.into(), description: description.map(Into::into), color: color.map(Into::into) }
    }

    #[test]
    fn a_group_has_a_colour_whatever_is_said() {
        for (typed, color) in [(None, "#0066cc"), (Some("#C60"), "#cc6600"), (Some("#CC6600"), "#cc6600")] {
            let profile = draft(" VIP ", Some(" "), typed).parse().unwrap();
            assert_eq!((profile.name.as_str(), profile.description.clone()), ("VIP", None));
            assert_eq!(profile.color.to_string(), color);
        }
    }

    #[test]
    fn every_fault_is_reported_at_once() {
        let Err(Error::Refused(faults)) = draft(" ", Some(&"x".repeat(2_001)), Some("blue")).parse() else { panic!() };
        let fields: Vec<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["name", "description", "color"]);
    }

    #[test]
    fn the_example_is_acceptable() {
        let draft: GroupDraft = serde_json::from_value(example()).unwrap();
        assert!(draft.parse().is_ok());
    }
}

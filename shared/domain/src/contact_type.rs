//! Types of contacts: what kind of contact somebody is, in the tenant's own terms (S1).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::ContactTypeId;
use crate::naming::{Name, described, fields};
use crate::{Error, Result, Timestamp};

/// The longest description, in characters.
pub const MAX_DESCRIPTION: usize = 2_000;
/// The most types of a tenant.
pub const MOST: u32 = 500;

/// A type of contacts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactType {
    /// Its id.
    pub id: ContactTypeId,
    /// What the tenant says of it.
    #[serde(flatten)]
    pub profile: TypeProfile,
    /// Counts the changes of the profile, from 1.
    pub version: u64,
    /// When it came to be.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// What a tenant says of a type; every value is valid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypeProfile {
    /// Unique in the tenant without case.
    pub name: Name,
    /// Free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// A type as somebody typed it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ContactTypeDraft", example = example())]
pub struct TypeDraft {
    /// Trimmed; no two types of a tenant have the same without case.
    #[schemars(length(min = 1, max = Name::MAX_LENGTH), pattern(r"\S"))]
    pub name: String,
    /// Free text.
    #[schemars(length(max = MAX_DESCRIPTION))]
    pub description: Option<String>,
}

fn example() -> Value {
    serde_json::json!({ "name": "Partner", "description": "Sells what we make" })
}

impl TypeDraft {
    /// Makes a valid profile of it.
    ///
    /// # Errors
    /// [`Error::Refused`] with every fault.
    pub fn parse(self) -> Result<TypeProfile> {
        match (Name::parse(&self.name), described(self.description, MAX_DESCRIPTION)) {
            (Ok(name), Ok(description)) => Ok(TypeProfile { name, description }),
            (name, description) => Err(Error::Refused([name.err(), description.err()].into_iter().flatten().collect())),
        }
    }
}

impl TypeProfile {
    /// By the names of the contract, for the audit.
    pub fn fields(&self) -> BTreeMap<String, Value> {
        fields(self)
    }
}

impl ContactType {
    /// A new type.
    pub fn new(id: ContactTypeId, profile: TypeProfile, now: Timestamp) -> Self {
        Self { id, profile, version: 1, created_at: now, updated_at: now }
    }

    /// The type with another profile, one version on.
    pub fn changed(&self, profile: TypeProfile, now: Timestamp) -> Self {
        Self { profile, version: self.version + 1, updated_at: now, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_acceptable_and_faults_are_reported_at_once() {
        let draft: TypeDraft = serde_json::from_value(example()).unwrap();
        assert_eq!(draft.parse().unwrap().fields().len(), 2);
        let bad = TypeDraft { name: "x".repeat(101), description: Some("x".repeat(2_001)) };
        let Err(Error::Refused(faults)) = bad.parse() else { panic!() };
        assert_eq!(faults.len(), 2);
    }
}

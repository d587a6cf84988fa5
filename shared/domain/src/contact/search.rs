//! Saved searches: which contacts a tenant looks for again and again, under a name.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::draft::Rules;
use super::filter::ContactFilter;
use super::order::{NotAnOrder, Order};
use crate::access::Actor;
use crate::id::SearchId;
use crate::naming::{Name, fields};
use crate::{Error, Fault, FaultCode, Result, Timestamp};

/// The most saved searches of a tenant.
pub const MOST: u32 = 200;

/// A saved search. Everybody of the tenant can use it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavedSearch {
    /// Its id.
    pub id: SearchId,
    /// What is looked for, and how it is called.
    #[serde(flatten)]
    pub profile: SearchProfile,
    /// Who saved it.
    pub created_by: Actor,
    /// Counts the changes of the profile, from 1.
    pub version: u64,
    /// When it came to be.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// What a tenant says of a saved search; every value is valid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SearchProfile {
    /// Unique in the tenant without case.
    pub name: Name,
    /// Who is meant, a phone number in E.164. What it names may be gone by the time it is used: then nobody is.
    #[serde(default)]
    pub filter: ContactFilter,
    /// In which order they are listed, if it says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sort: Option<Order>,
}

/// A search to be saved, as somebody typed it.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SavedSearchDraft", example = example())]
pub struct SearchDraft {
    /// Trimmed; no two saved searches of a tenant have the same without case.
    #[schemars(length(min = 1, max = Name::MAX_LENGTH), pattern(r"\S"))]
    pub name: String,
    /// Which contacts are meant; everybody if nothing is said.
    #[serde(default)]
    pub filter: ContactFilter,
    /// `name`, `created_at`, `last_activity` or `score`, with `-` before it for descending.
    #[schemars(regex(pattern = r"^-?(name|created_at|last_activity|score)$"))]
    pub sort: Option<String>,
}

fn example() -> Value {
    serde_json::json!({
        "name": "Warm leads", "filter": { "lifecycle_stage": "lead", "min_score": 50.0 }, "sort": "-score",
    })
}

impl SearchDraft {
    /// Makes a valid profile of it.
    ///
    /// # Errors
    /// [`Error::Refused`] with every fault.
    pub fn parse(self, rules: &Rules) -> Result<SearchProfile> {
        let name = Name::parse(&self.name);
        let sort = self.sort.as_deref().map(str::parse).transpose();
        let sort = sort.map_err(|error: NotAnOrder| Fault::new("sort", FaultCode::Invalid, error.to_string()));
        let filter = match self.filter.parse(rules) {
            // A national number is kept as it is meant now, whatever the tenant's country will be.
            Ok(criteria) => Ok(ContactFilter { phone: criteria.phone, ..self.filter }),
            Err(Error::Refused(faults)) => Err(faults.into_iter().map(inside_filter)),
            Err(other) => return Err(other),
        };
        match (name, sort, filter) {
            (Ok(name), Ok(sort), Ok(filter)) => Ok(SearchProfile { name, filter, sort }),
            (name, sort, filter) => {
                let faults = name.err().into_iter().chain(sort.err());
                Err(Error::Refused(faults.chain(filter.err().into_iter().flatten()).collect()))
            }
        }
    }
}

fn inside_filter(fault: Fault) -> Fault {
    Fault { field: format!("filter.{}", fault.field), ..fault }
}

impl SearchProfile {
    /// By the names of the contract, for the audit.
    pub fn fields(&self) -> BTreeMap<String, Value> {
        let mut fields = fields(self);
        if let Some(sort) = self.sort {
            fields.insert("sort".to_owned(), sort.to_string().into());
        }
        fields
    }
}

impl SavedSearch {
    /// A new saved search.
    pub fn new(id: SearchId, profile: SearchProfile, created_by: Actor, now: Timestamp) -> Self {
        Self { id, profile, created_by, version: 1, created_at: now, updated_at: now }
    }

    /// The search with another profile, one version on.
    pub fn changed(&self, profile: SearchProfile, now: Timestamp) -> Self {
        Self { profile, version: self.version + 1, updated_at: now, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::id::Id;

    fn parse(draft: Value) -> Result<SearchProfile> {
        serde_json::from_value::<SearchDraft>(draft).unwrap().parse(&Rules::default())
    }

    #[test]
    fn the_example_is_acceptable_and_is_told_by_the_names_of_the_contract() {
        let fields = parse(example()).unwrap().fields();
        assert_eq!(json!(fields), example());
        assert_eq!(json!(parse(json!({ "name": " All " })).unwrap().fields()), json!({ "name": "All", "filter": {} }));
    }

    #[test]
    fn every_fault_is_reported_at_once() {
        let filter = json!({ "email": "x", "lifecycle_stage": "king", "first_name": "x".repeat(255) });
        let draft = json!({ "name": " ", "filter": filter, "sort": "age" });
        let Err(Error::Refused(faults)) = parse(draft) else { panic!() };
        let mut fields: Vec<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
        fields.sort_unstable();
        assert_eq!(fields, ["filter.email", "filter.first_name", "filter.lifecycle_stage", "name", "sort"]);
    }

    #[test]
    fn a_national_number_is_kept_in_its_international_form() {
        let phone = |typed: &str| parse(json!({ "name": "x", "filter": { "phone": typed } })).unwrap().filter.phone;
        assert_eq!(phone("(202) 555-0143"), Some("+12025550143".to_owned()));
        assert_eq!(phone("+44 20 7946 0102"), Some("+442079460102".to_owned()));
    }

    #[test]
    fn a_search_is_read_back_as_it_was_kept_and_its_changes_are_counted() {
        let at = Timestamp::default();
        let search = SavedSearch::new(SearchId::derived(at, &[]), parse(example()).unwrap(), Actor::Operator, at);
        let renamed = search.changed(parse(json!({ "name": "Leads" })).unwrap(), at);
        assert_eq!((search.version, renamed.version, &renamed.created_by), (1, 2, &search.created_by));
        for search in [search, renamed] {
            let kept = serde_json::to_value(&search).unwrap();
            assert_eq!(serde_json::from_value::<SavedSearch>(kept).unwrap(), search);
        }
    }
}

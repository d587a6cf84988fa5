//! Bulk operations: one change to many contacts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::draft::{MAX_GROUPS, MAX_TAG, Rules};
use super::filter::ContactFilter;
use super::job::Place;
use super::patch::Patch;
use super::{Profile, distinct_tags};
use crate::access::UserId;
use crate::email::EmailAddress;
use crate::id::GroupId;
use crate::phone::Country;
use crate::{Error, Fault, FaultCode, Result};

/// The most groups that a bulk operation puts contacts into, or takes them out of.
pub const MAX_BULK_GROUPS: usize = 10;

/// The most tags that it gives contacts, or takes from them.
pub const MAX_BULK_TAGS: usize = 100;

/// What is to become of each contact. At least one of it is said, and a deletion alone.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Edit {
    /// Tags that it gets.
    #[schemars(length(max = MAX_BULK_TAGS), inner(length(max = MAX_TAG)))]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub add_tags: Vec<String>,
    /// Tags that it loses.
    #[schemars(length(max = MAX_BULK_TAGS), inner(length(max = MAX_TAG)))]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remove_tags: Vec<String>,
    /// Groups that it joins: their ids.
    #[schemars(length(max = MAX_BULK_GROUPS))]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub add_groups: Vec<GroupId>,
    /// Groups that it leaves.
    #[schemars(length(max = MAX_BULK_GROUPS))]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remove_groups: Vec<GroupId>,
    /// Fields that are set, as a PATCH of each contact would.
    #[serde(skip_serializing_if = "Patch::is_empty")]
    pub set_fields: Patch,
    /// Whether it is deleted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub delete: bool,
}

impl Edit {
    /// Whether it can be done at all, to whatever contact.
    ///
    /// # Errors
    /// [`Error::Refused`] when nothing is to be done, or what contradicts itself, or an address is to be given to many.
    pub fn check(&self, rules: &Rules) -> Result<()> {
        let mut faults = Vec::new();
        let mut fault = |field: &str, reason: &str| faults.push(Fault::new(field, FaultCode::Invalid, reason));
        let changes = Self { delete: false, ..self.clone() } != Self::default();
        if !changes && !self.delete {
            fault("set_fields", "or add_tags, remove_tags, add_groups, remove_groups or delete must be given");
        }
        if changes && self.delete {
            fault("delete", "cannot be asked together with a change");
        }
        for field in ["email", "tags", "groups"].into_iter().filter(|field| self.set_fields.names().contains(field)) {
            let reason =
                if field == "email" { "belongs to one contact only" } else { "are added and removed one by one" };
            fault(&format!("set_fields.{field}"), reason);
        }
        for (field, tags) in [("add_tags", &self.add_tags), ("remove_tags", &self.remove_tags)] {
            if tags.len() > MAX_BULK_TAGS || tags.iter().any(|tag| tag.chars().count() > MAX_TAG) {
                fault(field, &format!("are more than {MAX_BULK_TAGS}, or one is longer than {MAX_TAG} characters"));
            }
        }
        if self.add_groups.len().max(self.remove_groups.len()) > MAX_BULK_GROUPS {
            fault("add_groups", &format!("or remove_groups are more than {MAX_BULK_GROUPS}"));
        }
        // Whoever has an address stays somebody, whatever else goes.
        let email = EmailAddress::parse("somebody@example.com").ok();
        let somebody = Profile { email, ..Profile::default() };
        match self.set_fields.apply(&somebody, rules) {
            Err(Error::Refused(found)) => faults.extend(found.into_iter().map(inside)),
            other => drop(other?),
        }
        if faults.is_empty() { Ok(()) } else { Err(Error::Refused(faults)) }
    }

    /// The profile after it.
    ///
    /// # Errors
    /// [`Error::Refused`] when the contact would have too many tags or groups, or would name nobody any more.
    pub fn apply(&self, profile: &Profile, rules: &Rules) -> Result<Profile> {
        let mut next =
            if self.set_fields.is_empty() { profile.clone() } else { self.set_fields.apply(profile, rules)? };
        let removed: Vec<String> = self.remove_tags.iter().map(|tag| tag.trim().to_lowercase()).collect();
        let kept = next.tags.into_iter().filter(|tag| !removed.contains(&tag.to_lowercase()));
        let added = self.add_tags.iter().map(|tag| tag.trim().to_owned()).filter(|tag| !tag.is_empty());
        next.tags = distinct_tags(kept.chain(added));
        next.groups.retain(|group| !self.remove_groups.contains(group));
        for group in &self.add_groups {
            if !next.groups.contains(group) {
                next.groups.push(*group);
            }
        }
        let too_many = |field: &str, limit: usize, now: usize, before: usize| {
            let reason = format!("would be more than {limit}");
            (now > limit.max(before)).then(|| Fault::new(field, FaultCode::TooLong, reason))
        };
        let tags = too_many("tags", rules.max_tags, next.tags.len(), profile.tags.len());
        let groups = too_many("groups", MAX_GROUPS, next.groups.len(), profile.groups.len());
        match tags.or(groups) {
            Some(fault) => Err(Error::refused(fault)),
            None => Ok(next),
        }
    }

    /// The most writes that it makes of one contact in a transaction: itself, two entries of its audit, memberships, counts.
    /// In the background, where many share one, no marks are left.
    pub fn writes(&self) -> usize {
        3 + 2 * (self.add_groups.len() + self.remove_groups.len())
    }
}

fn inside(fault: Fault) -> Fault {
    Fault { field: format!("set_fields.{}", fault.field), ..fault }
}

/// A bulk operation on all contacts that a filter means, as it is worked on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bulk {
    /// Who is meant.
    pub filter: ContactFilter,
    /// Whose contacts only, if it was asked by somebody who writes no others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<UserId>,
    /// What is to become of them.
    pub edit: Edit,
    /// For phone numbers, as it was chosen when the operation was asked for.
    pub country: Country,
    /// How far the walk through the contacts has come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// What became of the contacts that were met.
    #[serde(default)]
    pub outcomes: BulkOutcomes,
}

/// How many contacts were met, and what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BulkOutcomes {
    /// Contacts that were meant.
    pub matched: u64,
    /// Those that were changed or deleted.
    pub changed: u64,
    /// Those that were already so.
    pub unchanged: u64,
    /// Those for which it was refused.
    pub failed: u64,
}

impl Bulk {
    /// The operation when it is done: what it came to, and nothing that could tell of anybody.
    pub fn done(&self) -> Self {
        let (filter, edit) = (ContactFilter::default(), Edit::default());
        Self { filter, edit, owner: None, place: None, ..self.clone() }
    }
}

impl BulkOutcomes {
    /// Adds others.
    pub fn add(&mut self, others: &Self) {
        self.matched += others.matched;
        self.changed += others.changed;
        self.unchanged += others.unchanged;
        self.failed += others.failed;
    }
}

//! Contacts: what is known of a person.
//!
//! What somebody typed becomes one in [`draft`], or changes one in [`patch`].

pub mod bulk;
pub mod criteria;
pub mod draft;
mod figures;
pub mod filter;
pub mod group_removal;
pub mod indexed;
pub mod job;
pub mod manifest;
pub mod merge;
pub mod order;
pub mod patch;
pub mod purge;
pub mod search;
pub mod target;
pub mod type_removal;
pub mod upkeep;
pub mod walk;
pub mod words;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Timestamp;
use crate::access::{Actor, UserId};
use crate::email::EmailAddress;
use crate::id::{ContactId, ContactTypeId, GroupId, JobId};
use crate::message::Channel;
use crate::phone::Phone;

pub use figures::Figures;

vocabulary! {
    /// Where a contact stands on the way to being a customer (S4).
    LifecycleStage {
        /// Known, nothing more.
        Lead = "lead",
        /// Qualified by marketing.
        Mql = "mql",
        /// Qualified by sales.
        Sql = "sql",
        /// A deal is open.
        Opportunity = "opportunity",
        /// Bought.
        Customer = "customer",
        /// Gone.
        Lost = "lost",
    }
}

vocabulary! {
    /// Whether the contact agreed to be written to (S4).
    OptInStatus {
        /// Agreed.
        OptedIn = "opted_in",
        /// Refused: nothing is sent.
        OptedOut = "opted_out",
        /// Asked, not answered.
        Pending = "pending",
        /// Never asked.
        Unknown = "unknown",
    }
}

/// A person that a tenant knows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contact {
    /// Its id.
    pub id: ContactId,
    /// What is known.
    #[serde(flatten)]
    pub profile: Profile,
    /// What came of it so far.
    #[serde(flatten)]
    pub figures: Figures,
    /// The contacts that were merged into this one; their messages and enrolments are its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub merged_from: Vec<ContactId>,
    /// Counts the changes of what is known, from 1.
    pub version: u64,
    /// Counts every change, of the figures too, from 1.
    pub revision: u64,
    /// Who made it.
    pub created_by: Actor,
    /// When it came to be.
    pub created_at: Timestamp,
    /// When what is known last changed.
    pub updated_at: Timestamp,
}

/// What stays of a contact that was merged into another one: its id leads there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MergedContact {
    /// The id that it had.
    pub id: ContactId,
    /// Whom it leads to.
    pub merged_into: ContactId,
    /// By which merge.
    pub merge: JobId,
    /// One more than the contact's.
    pub version: u64,
    /// When.
    pub merged_at: Timestamp,
}

impl Contact {
    /// A new contact.
    pub fn new(id: ContactId, profile: Profile, created_by: Actor, now: Timestamp) -> Self {
        let (figures, merged_from) = (Figures::default(), Vec::new());
        Self {
            id,
            profile,
            figures,
            merged_from,
            version: 1,
            revision: 1,
            created_by,
            created_at: now,
            updated_at: now,
        }
    }

    /// The contact with another profile, one version on.
    pub fn changed(&self, profile: Profile, now: Timestamp) -> Self {
        Self { profile, version: self.version + 1, revision: self.revision + 1, updated_at: now, ..self.clone() }
    }

    /// The address at which `channel` reaches the contact.
    pub fn address(&self, channel: Channel) -> Option<&str> {
        match channel {
            Channel::Email => self.profile.email.as_ref().map(EmailAddress::as_str),
            Channel::Sms | Channel::Whatsapp | Channel::Voice => {
                self.profile.phone.as_ref().map(|phone| phone.e164.as_str())
            }
        }
    }
}

/// What is known of a person; every value is valid.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Profile {
    /// Given name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Family name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// Unique in the tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<EmailAddress>,
    /// For SMS, WhatsApp and voice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Phone>,
    /// The employer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// The part of the company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    /// The role in the company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_title: Option<String>,
    /// Free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// What kind of contact it is, in the tenant's own terms.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<ContactTypeId>,
    /// Distinct without case.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// The groups that it is in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<GroupId>,
    /// The tenant's own fields.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub custom_fields: BTreeMap<String, Value>,
    /// Stage of the life cycle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifecycle_stage: Option<LifecycleStage>,
    /// Where the contact came from, e.g. `website`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead_source: Option<String>,
    /// Consent to be written to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opt_in_status: Option<OptInStatus>,
    /// Never to be written to, whatever the consent.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub do_not_contact: bool,
    /// IANA name, e.g. `Europe/Berlin`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// The user whom the contact belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner_id: Option<UserId>,
    /// Whether the tenant still deals with it; yes, where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_active: Option<bool>,
}

impl Profile {
    /// First and last name with a space between, or whichever there is.
    pub fn full_name(&self) -> Option<String> {
        match (&self.first_name, &self.last_name) {
            (Some(first), Some(last)) => Some(format!("{first} {last}")),
            (first, last) => first.clone().or_else(|| last.clone()),
        }
    }

    /// Consent, where nothing is said `unknown`.
    pub fn opt_in(&self) -> OptInStatus {
        self.opt_in_status.unwrap_or(OptInStatus::Unknown)
    }

    /// Whether the tenant still deals with the contact.
    pub fn is_active(&self) -> bool {
        self.is_active.unwrap_or(true)
    }

    /// Whether it tells who is meant: by a name, an e-mail address or a phone number.
    pub fn has_identity(&self) -> bool {
        self.first_name.is_some() || self.last_name.is_some() || self.email.is_some() || self.phone.is_some()
    }

    /// By what a person who was erased is recognised: the e-mail address, or the phone number if there is none.
    pub fn recognised_by(&self) -> Option<&str> {
        let email = self.email.as_ref().map(EmailAddress::as_str);
        email.or_else(|| self.phone.as_ref().map(|phone| phone.e164.as_str()))
    }

    /// What is known by the names of the contract; absent where nothing is. Each custom field stands for itself.
    pub fn fields(&self) -> BTreeMap<String, Value> {
        let Ok(Value::Object(mut fields)) = serde_json::to_value(self) else { return BTreeMap::new() };
        if let Some(phone) = &self.phone {
            fields.insert("phone".to_owned(), phone.e164.clone().into());
        }
        let custom = fields.remove("custom_fields").and_then(|fields| fields.as_object().cloned()).unwrap_or_default();
        let custom = custom.into_iter().map(|(name, value)| (format!("custom_fields.{name}"), value));
        fields.into_iter().chain(custom).collect()
    }

    /// Fills the gaps of this from `other`: what is there stays; lists and custom fields are united.
    pub fn merged_with(&self, other: &Self) -> Self {
        Self {
            types: united(&self.types, &other.types),
            tags: united_tags(&self.tags, &other.tags),
            groups: united(&self.groups, &other.groups),
            ..other.updated_by(self)
        }
    }

    /// Lays `newer` over this: what it holds wins, what it lacks stays; lists and custom fields are united.
    pub fn updated_by(&self, newer: &Self) -> Self {
        let text = |old: &Option<String>, new: &Option<String>| new.clone().or_else(|| old.clone());
        let mut custom_fields = self.custom_fields.clone();
        custom_fields.extend(newer.custom_fields.clone());
        Self {
            first_name: text(&self.first_name, &newer.first_name),
            last_name: text(&self.last_name, &newer.last_name),
            email: newer.email.clone().or_else(|| self.email.clone()),
            phone: newer.phone.clone().or_else(|| self.phone.clone()),
            company: text(&self.company, &newer.company),
            department: text(&self.department, &newer.department),
            job_title: text(&self.job_title, &newer.job_title),
            notes: text(&self.notes, &newer.notes),
            types: united(&self.types, &newer.types),
            tags: united_tags(&self.tags, &newer.tags),
            groups: united(&self.groups, &newer.groups),
            custom_fields,
            lifecycle_stage: newer.lifecycle_stage.or(self.lifecycle_stage),
            lead_source: text(&self.lead_source, &newer.lead_source),
            // An opt-out is never lifted by a file: only the person lifts it.
            opt_in_status: if self.opt_in() == OptInStatus::OptedOut {
                self.opt_in_status
            } else {
                newer.opt_in_status.or(self.opt_in_status)
            },
            do_not_contact: self.do_not_contact || newer.do_not_contact,
            timezone: text(&self.timezone, &newer.timezone),
            owner_id: newer.owner_id.clone().or_else(|| self.owner_id.clone()),
            is_active: newer.is_active.or(self.is_active),
        }
    }
}

fn united<T: Copy + PartialEq>(first: &[T], second: &[T]) -> Vec<T> {
    let others = second.iter().filter(|id| !first.contains(id));
    first.iter().chain(others).copied().collect()
}

fn united_tags(first: &[String], second: &[String]) -> Vec<String> {
    distinct_tags(first.iter().chain(second).cloned())
}

pub(crate) fn distinct_tags(tags: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    tags.filter(|tag| seen.insert(crate::tags::folded(tag))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_update_overwrites_and_a_merge_fills_gaps() {
        let old = Profile { first_name: Some("Ada".into()), tags: vec!["a".into()], ..Profile::default() };
        let new = Profile {
            first_name: Some("Augusta".into()),
            company: Some("Acme".into()),
            tags: vec!["A".into(), "b".into()],
            ..Profile::default()
        };
        let updated = old.updated_by(&new);
        assert_eq!((updated.first_name.as_deref(), updated.tags.len()), (Some("Augusta"), 2));
        let merged = old.merged_with(&new);
        assert_eq!((merged.first_name.as_deref(), merged.company.as_deref()), (Some("Ada"), Some("Acme")));
        assert_eq!(merged.tags, ["a", "b"]);
    }

    #[test]
    fn no_file_lifts_an_opt_out() {
        let out = Profile { opt_in_status: Some(OptInStatus::OptedOut), do_not_contact: true, ..Profile::default() };
        let keen = Profile { opt_in_status: Some(OptInStatus::OptedIn), ..Profile::default() };
        let after = out.updated_by(&keen);
        assert_eq!((after.opt_in(), after.do_not_contact), (OptInStatus::OptedOut, true));
        assert_eq!(out.merged_with(&keen).opt_in(), OptInStatus::OptedOut);
    }
}

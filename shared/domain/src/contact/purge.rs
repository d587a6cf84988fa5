//! Purges: what hung on a contact that was deleted or erased is cleared away.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::Contact;
use crate::Timestamp;
use crate::erasure::AddressHash;
use crate::id::{ContactId, GroupId, TenantId};
use crate::time::after;

/// After this time nobody can still be at work who read the contact before it was removed: longer than any function runs.
pub(super) const SETTLED: TimeDelta = TimeDelta::minutes(16);

/// The clearing away of what hung on a contact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Purge {
    /// The contact, and those that were merged into it.
    pub contacts: Vec<ContactId>,
    /// The groups that it is still a member of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<GroupId>,
    /// By what the person is recognised in the reports of imports, if it was erased.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub traces: Vec<AddressHash>,
    /// The same for what was known of contacts that went into it: they are not brought back by an import either.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<AddressHash>,
    /// Whether nothing of the person may be left anywhere.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub erases: bool,
    /// From when on nothing is added any more: then everything is looked through a second and last time.
    pub settled_at: Timestamp,
    /// Whether it was looked through once.
    pub waits: bool,
}

impl Purge {
    /// The purge of a contact that is about to be removed, and is to stay a member of `groups` until then.
    pub fn of(contact: &Contact, groups: Vec<GroupId>, now: Timestamp) -> Self {
        let contacts = std::iter::once(contact.id).chain(contact.merged_from.iter().copied()).collect();
        Self {
            contacts,
            groups,
            traces: Vec::new(),
            aliases: Vec::new(),
            erases: false,
            settled_at: after(now, SETTLED),
            waits: false,
        }
    }

    /// The same, of a person of whom nothing may be left.
    pub fn erasing(self, tenant: TenantId, contact: &Contact) -> Self {
        let phone = contact.profile.phone.as_ref();
        let email = contact.profile.email.as_ref().map(|email| email.as_str());
        let number = phone.map(|phone| phone.e164.as_str());
        let typed = phone.and_then(|phone| phone.typed.as_deref());
        let traces = [email, number, typed].into_iter().flatten().map(|text| AddressHash::of(tenant, text));
        Self { traces: self.traces.into_iter().chain(traces).collect(), erases: true, ..self }
    }

    /// The same, of a contact that went into it.
    pub fn erasing_too(self, tenant: TenantId, merged: &Contact) -> Self {
        let alias = merged.profile.recognised_by().map(|text| AddressHash::of(tenant, text));
        let erasing = self.erasing(tenant, merged);
        Self { aliases: erasing.aliases.into_iter().chain(alias).collect(), ..erasing }
    }
}

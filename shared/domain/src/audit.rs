//! The audit: who changed what, when, and from what to what. Each contact has a trail of its own; the tenant's tells of
//! the rest.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Timestamp;
use crate::access::{Actor, ApiKey};
use crate::contact::{Contact, Profile};
use crate::id::{AuditId, ContactId, Id};
use crate::settings::Settings;

vocabulary! {
    /// What was done.
    Action {
        /// The tenant was made.
        TenantCreated = "tenant.created",
        /// Settings were changed.
        SettingsUpdated = "settings.updated",
        /// An API key, and so a role, was given out.
        ApiKeyCreated = "api_key.created",
        /// An API key was taken back.
        ApiKeyRevoked = "api_key.revoked",
        /// A group was made.
        GroupCreated = "group.created",
        /// A group was changed.
        GroupUpdated = "group.updated",
        /// A group was removed.
        GroupDeleted = "group.deleted",
        /// A type of contacts was made.
        ContactTypeCreated = "contact_type.created",
        /// A type of contacts was changed.
        ContactTypeUpdated = "contact_type.updated",
        /// A type of contacts was removed.
        ContactTypeDeleted = "contact_type.deleted",
        /// A tag was registered.
        TagCreated = "tag.created",
        /// A tag was changed.
        TagUpdated = "tag.updated",
        /// A tag was removed, from the contacts that had it too.
        TagDeleted = "tag.deleted",
        /// A search was saved.
        SearchCreated = "search.created",
        /// A saved search was changed.
        SearchUpdated = "search.updated",
        /// A saved search was removed.
        SearchDeleted = "search.deleted",
        /// A campaign was made, as a draft.
        CampaignCreated = "campaign.created",
        /// A campaign was changed.
        CampaignUpdated = "campaign.updated",
        /// A campaign is to begin at a date.
        CampaignScheduled = "campaign.scheduled",
        /// A campaign was started.
        CampaignStarted = "campaign.started",
        /// A campaign was paused.
        CampaignPaused = "campaign.paused",
        /// A campaign was resumed.
        CampaignResumed = "campaign.resumed",
        /// A campaign was cancelled.
        CampaignCancelled = "campaign.cancelled",
        /// A campaign was put away.
        CampaignArchived = "campaign.archived",
        /// An import was asked for.
        ImportCreated = "import.created",
        /// An import was stopped.
        ImportCancelled = "import.cancelled",
        /// A contact was made.
        ContactCreated = "contact.created",
        /// A contact was changed.
        ContactUpdated = "contact.updated",
        /// A contact was removed, with what hung on it.
        ContactDeleted = "contact.deleted",
        /// A contact was removed, and what was known of it forgotten.
        ContactErased = "contact.erased",
        /// A contact took others in, or went into another.
        ContactMerged = "contact.merged",
        /// A merge was undone.
        ContactUnmerged = "contact.unmerged",
    }
}

/// What stands in place of a value that was erased.
const MASK: &str = "[erased]";

/// One thing that was done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AuditEntry {
    /// Its id.
    pub id: AuditId,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub actor: Actor,
    /// What.
    pub action: Action,
    /// To which thing, if to one.
    #[serde(default)]
    pub subject: Option<String>,
    /// The fields that changed.
    pub changes: Vec<FieldChange>,
}

/// What became of a field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FieldChange {
    /// Its name.
    pub field: String,
    /// What it was; null if nothing.
    pub old: Value,
    /// What it is; null if nothing.
    pub new: Value,
}

impl AuditEntry {
    /// The tenant `name` was made.
    pub fn tenant_created(id: AuditId, at: Timestamp, name: &str) -> Self {
        let changes = vec![FieldChange { field: "name".to_owned(), old: Value::Null, new: name.into() }];
        Self { id, at, actor: Actor::Operator, action: Action::TenantCreated, subject: None, changes }
    }

    /// Settings were changed.
    pub fn settings_updated(id: AuditId, at: Timestamp, actor: Actor, old: &Settings, new: &Settings) -> Self {
        let (old, new) = (old.fields(), new.fields());
        Self { id, at, actor, action: Action::SettingsUpdated, subject: None, changes: changes(&old, &new) }
    }

    /// The key was given out.
    pub fn key_created(id: AuditId, key: &ApiKey) -> Self {
        let (at, actor) = (key.created_at, key.created_by.clone());
        let subject = Some(key.id.to_string());
        Self { id, at, actor, action: Action::ApiKeyCreated, subject, changes: changes(&BTreeMap::new(), &told(key)) }
    }

    /// What became of a contact: from the profile `old` to the profile `new`, where there is one.
    pub fn of_contact(
        id: AuditId,
        at: Timestamp,
        actor: Actor,
        action: Action,
        contact: ContactId,
        [old, new]: [Option<&Profile>; 2],
    ) -> Self {
        let fields = |profile: Option<&Profile>| profile.map(Profile::fields).unwrap_or_default();
        let changes = changes(&fields(old), &fields(new));
        Self { id, at, actor, action, subject: Some(contact.to_string()), changes }
    }

    /// What became of a thing with a few fields: a group, a type, a tag. No fields: it was, or is, not there.
    pub fn of_thing(
        id: AuditId,
        at: Timestamp,
        actor: Actor,
        action: Action,
        subject: impl fmt::Display,
        [old, new]: [BTreeMap<String, Value>; 2],
    ) -> Self {
        Self { id, at, actor, action, subject: Some(subject.to_string()), changes: changes(&old, &new) }
    }

    /// The making of a contact. Its id follows from the contact, so that the entry can be written later, or twice.
    pub fn contact_created(contact: &Contact) -> Self {
        let (at, actor) = (contact.created_at, contact.created_by.clone());
        let id = AuditId::derived(at, &[contact.id.uuid().as_bytes()]);
        Self::of_contact(id, at, actor, Action::ContactCreated, contact.id, [None, Some(&contact.profile)])
    }

    /// The entry without what the fields held.
    pub fn masked(mut self) -> Self {
        let mask = |value: &mut Value| {
            if !value.is_null() {
                *value = MASK.into();
            }
        };
        for change in &mut self.changes {
            mask(&mut change.old);
            mask(&mut change.new);
            if change.field.starts_with("custom_fields.") {
                change.field = "custom_fields".to_owned();
            }
        }
        self.changes.dedup();
        self
    }

    /// The key was taken back.
    pub fn key_revoked(id: AuditId, at: Timestamp, actor: Actor, key: &ApiKey) -> Self {
        let revoked = FieldChange { field: "revoked_at".to_owned(), old: Value::Null, new: serde_json::json!(at) };
        let subject = Some(key.id.to_string());
        Self { id, at, actor, action: Action::ApiKeyRevoked, subject, changes: vec![revoked] }
    }
}

/// What the audit tells of a key: nothing that would open anything.
fn told(key: &ApiKey) -> BTreeMap<String, Value> {
    let fields = [
        ("name", serde_json::json!(key.name)),
        ("role", serde_json::json!(key.role)),
        ("scopes", serde_json::json!(key.scopes)),
        ("user_id", serde_json::json!(key.user)),
        ("expires_at", serde_json::json!(key.expires_at)),
    ];
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn changes(old: &BTreeMap<String, Value>, new: &BTreeMap<String, Value>) -> Vec<FieldChange> {
    let of = |fields: &BTreeMap<String, Value>, name: &str| fields.get(name).cloned().unwrap_or_default();
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let changed = names.into_iter().filter(|name| of(old, name) != of(new, name));
    changed.map(|name| FieldChange { field: name.clone(), old: of(old, name), new: of(new, name) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;

    #[test]
    fn only_what_changed_is_told() {
        let now = Timestamp::default();
        let old = Settings::default();
        let new = Settings { max_tags_per_contact: 20, version: 1, updated_at: Some(now), ..old.clone() };
        let entry = AuditEntry::settings_updated(AuditId::derived(now, &[]), now, Actor::Operator, &old, &new);
        assert_eq!(
            entry.changes,
            [FieldChange { field: "max_tags_per_contact".into(), old: 10.into(), new: 20.into() }]
        );
    }
}

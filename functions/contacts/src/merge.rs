//! Merging contacts that are one person, and undoing it: one transaction each, so that everybody sees the whole of it at
//! once. What hangs on the contacts follows in the background.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use domain::access::Caller;
use domain::contact::Contact;
use domain::contact::job::{ContactJob, Work};
use domain::contact::merge::work::{Merge, kept_until, undo_until};
use domain::contact::merge::{self, Kept, MAX_DUPLICATES};
use domain::id::{ContactId, GroupId, JobId};
use domain::{Error, Fault, FaultCode, Result, Timestamp};
use edge::{Answer, Body, ContactWriter, Fresh, OfNamed, Reader, Versioned, path_id};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Found, GROUPS_AT_ONCE, Merging, TenantStore};

use crate::contact::moved;
use crate::http::Contacts;
use edge::ContactOut;

/// How often a merge, or its undoing, is tried again that was overtaken by a change.
pub(crate) const TRIES: usize = 8;

/// Contacts that are one person.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "MergeRequest", example = example())]
pub(crate) struct MergeIn {
    /// The contact that takes the others in. It keeps its id, and what it has; what it lacks the others fill.
    primary_id: ContactId,
    /// The others, at most 10. Their ids lead to the primary from then on.
    #[schemars(length(min = 1, max = MAX_DUPLICATES))]
    duplicate_ids: Vec<ContactId>,
    /// The versions that are meant, by the contact's id; of a contact that is not named, whichever it has.
    #[serde(default)]
    #[schemars(extend("additionalProperties" = { "type": "integer", "minimum": 1, "maximum": 4_294_967_295_u64 }))]
    versions: BTreeMap<String, u64>,
}

fn example() -> serde_json::Value {
    serde_json::json!({
        "primary_id": "0198f3a2-7c4e-7b31-9d05-3f6a2b8c1e47",
        "duplicate_ids": ["0198f3a2-8d10-7c02-8e44-5b1f0c9d2a63"],
        "versions": { "0198f3a2-7c4e-7b31-9d05-3f6a2b8c1e47": 3 },
    })
}

/// A merge that was made.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Merged")]
pub(crate) struct MergedOut {
    /// The merge's id, by which it is undone.
    merge_id: JobId,
    /// What became of the primary.
    contact: ContactOut,
    /// Until when the merge can be undone.
    undo_until: Timestamp,
}

/// A merge.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Merge")]
pub(crate) struct MergeOut {
    /// Its id.
    id: JobId,
    /// How far it has come.
    status: MergeStatus,
    /// The contact that took the others in.
    primary_id: ContactId,
    /// The others.
    duplicate_ids: Vec<ContactId>,
    /// When it was made.
    merged_at: Timestamp,
    /// Until when it can be undone.
    undo_until: Timestamp,
    /// When it was undone.
    undone_at: Option<Timestamp>,
    /// The contacts as they were, the primary first; none once the merge cannot be undone any more.
    before: Vec<ContactOut>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum MergeStatus {
    /// What hung on the duplicates is on its way.
    Running,
    /// Everything is the primary's.
    Completed,
    /// It was undone; what was moved goes back, or has gone.
    Undone,
}

impl MergeIn {
    /// Refuses what makes no sense, whatever the contacts are.
    fn demand_sense(&self) -> Result<()> {
        let mut faults = Vec::new();
        let mut fault = |field: String, reason: &str| faults.push(Fault::new(field, FaultCode::Invalid, reason));
        if !(1..=MAX_DUPLICATES).contains(&self.duplicate_ids.len()) {
            fault("duplicate_ids".to_owned(), "must be from 1 to 10");
        }
        for (at, id) in self.duplicate_ids.iter().enumerate() {
            if *id == self.primary_id {
                fault(format!("duplicate_ids[{at}]"), "is the primary itself");
            } else if self.duplicate_ids.iter().take(at).any(|earlier| earlier == id) {
                fault(format!("duplicate_ids[{at}]"), "is named twice");
            }
        }
        for id in self.versions.keys().filter(|id| !self.ids().any(|named| named.to_string() == **id)) {
            fault(format!("versions.{id}"), "is of a contact that is not to be merged");
        }
        if faults.is_empty() { Ok(()) } else { Err(Error::Refused(faults)) }
    }

    fn ids(&self) -> impl Iterator<Item = ContactId> {
        std::iter::once(self.primary_id).chain(self.duplicate_ids.iter().copied())
    }
}

pub(crate) async fn merge(
    State(contacts): State<Contacts>,
    ContactWriter(caller): ContactWriter,
    fresh: Fresh,
    Body(wanted): Body<MergeIn>,
) -> Answer<OfNamed<Versioned<MergedOut>>> {
    wanted.demand_sense()?;
    let (store, id) = (contacts.of(caller.tenant), fresh.id());
    let made = match fresh.is_repeated() {
        true => store.contact_jobs().get(id).await?,
        false => None,
    };
    let (job, contact) = match made {
        Some(job) => (job, crate::contact::load(&store, wanted.primary_id).await?),
        None => made_of(&contacts, &caller, id, &wanted).await?,
    };
    contacts.tell(caller.tenant, id).await;
    let (version, undo_until) = (contact.version, undo_until(job.created_at));
    Ok(OfNamed(Versioned(version, MergedOut { merge_id: id, contact: contact.into(), undo_until })))
}

/// The merge's job, and what became of the primary.
async fn made_of(contacts: &Contacts, caller: &Caller, id: JobId, wanted: &MergeIn) -> Result<(ContactJob, Contact)> {
    let (store, mut gone) = (contacts.of(caller.tenant), Vec::new());
    for _ in 0..TRIES {
        let (primary, duplicates) = read(&store, caller, wanted).await?;
        let plan = Plan::new(contacts, caller, id, primary, duplicates, &gone)?;
        match plan.make(contacts, caller).await {
            Ok(true) => return Ok((plan.job, plan.seen)),
            Ok(false) => {}
            Err(Error::NotFound { what: "group", id }) => gone.extend(id.parse::<GroupId>().ok()),
            Err(error) => return Err(error),
        }
    }
    Err(changing())
}

/// Somebody else changes the contacts all the time.
pub(crate) fn changing() -> Error {
    Error::Unavailable { service: "the table", source: "the contacts keep changing".into() }
}

async fn read(store: &TenantStore, caller: &Caller, wanted: &MergeIn) -> Result<(Contact, Vec<Contact>)> {
    let ids: Vec<ContactId> = wanted.ids().collect();
    let mut found = store.contacts().find_many(&ids, true).await?;
    let mut all = Vec::with_capacity(ids.len());
    for id in ids {
        let contact = match found.remove(&id) {
            Some(Found::Contact(contact)) => *contact,
            Some(Found::Merged(merged)) => return Err(moved(store, &merged).await?),
            None => return Err(Error::not_found("contact", id)),
        };
        caller.demand_ownership(contact.profile.owner_id.as_ref())?;
        match wanted.versions.get(&id.to_string()) {
            Some(version) if *version != contact.version => return Err(Error::Stale { version: contact.version }),
            _ => all.push(contact),
        }
    }
    let primary = all.remove(0);
    Ok((primary, all))
}

/// What is to become of the contacts.
struct Plan {
    kept: Kept,
    seen: Contact,
    job: ContactJob,
    leaving: bool,
}

impl Plan {
    /// `gone`: groups that do not exist any more; nobody joins them.
    fn new(
        contacts: &Contacts,
        caller: &Caller,
        id: JobId,
        primary: Contact,
        duplicates: Vec<Contact>,
        gone: &[GroupId],
    ) -> Result<Self> {
        let now = contacts.clock.now();
        let mut there = duplicates.clone();
        there.iter_mut().for_each(|contact| contact.profile.groups.retain(|group| !gone.contains(group)));
        let merged = merge::merged(&primary, &there, now)?;
        let mut seen = merged.clone();
        let later = seen
            .profile
            .groups
            .split_off(merged.profile.groups.len().min(primary.profile.groups.len() + GROUPS_AT_ONCE));
        let joined = seen.profile.groups.len() - primary.profile.groups.len();
        let kept = Kept { before: primary, merged, duplicates };
        let leaving = Merging::has_room(&kept, joined);
        let work = Work::Merge(Merge::of(&kept, later, !leaving));
        Ok(Self { kept, seen, job: ContactJob::new(id, work, caller.actor.clone(), now), leaving })
    }

    async fn make(&self, contacts: &Contacts, caller: &Caller) -> Result<bool> {
        let Self { kept, seen, job, leaving } = self;
        let shown = Kept { merged: seen.clone(), ..kept.clone() };
        let entry = merge::entry(contacts.clock.fresh(), caller.actor.clone(), &shown)?;
        let of = |duplicate| merge::entry_of_duplicate(contacts.clock.fresh(), caller.actor.clone(), duplicate, seen);
        let entries: Vec<_> = kept.duplicates.iter().map(of).collect();
        let (entry, entries, kept_until) = (&entry, &entries, kept_until(job.created_at));
        let merging = Merging { kept, seen, entry, entries, job, leaving: *leaving, kept_until };
        contacts.of(caller.tenant).contacts().merge(&merging).await
    }
}

pub(crate) async fn show(
    State(contacts): State<Contacts>,
    Reader(caller): Reader,
    Path(id): Path<String>,
) -> Answer<Json<MergeOut>> {
    let store = contacts.of(caller.tenant);
    let (job, merge) = find(&store, path_id("merge", &id)?).await?;
    let until = undo_until(job.created_at);
    let kept = match contacts.clock.now() < until {
        true => store.contacts().kept(merge.primary, job.id).await?,
        false => None,
    };
    let before = kept.map(|kept| std::iter::once(kept.before).chain(kept.duplicates).map(Into::into).collect());
    Ok(Json(MergeOut {
        id: job.id,
        status: MergeStatus::of(&job, &merge),
        primary_id: merge.primary,
        duplicate_ids: merge.duplicates.iter().map(|duplicate| duplicate.id).collect(),
        merged_at: job.created_at,
        undo_until: until,
        undone_at: merge.undone.map(|undone| undone.at),
        before: before.unwrap_or_default(),
    }))
}

/// A merge with its job.
pub(crate) async fn find(store: &TenantStore, id: JobId) -> Result<(ContactJob, Merge)> {
    let job = store.contact_jobs().get(id).await?.ok_or_else(|| Error::not_found("merge", id))?;
    match &job.work {
        Work::Merge(merge) => Ok((job.clone(), merge.clone())),
        _ => Err(Error::not_found("merge", id)),
    }
}

impl MergeStatus {
    fn of(job: &ContactJob, merge: &Merge) -> Self {
        match (&merge.undone, job.finished_at) {
            (Some(_), _) => Self::Undone,
            (None, Some(_)) => Self::Completed,
            // It is looked through once more, in case that somebody was late.
            (None, None) if merge.waits => Self::Completed,
            (None, None) => Self::Running,
        }
    }
}

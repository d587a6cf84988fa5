//! The undoing of a merge: the contacts are what they were, but for what was changed since.

use axum::Json;
use axum::extract::{Path, State};
use domain::access::{Actor, Caller};
use domain::audit::{Action, AuditEntry, FieldChange};
use domain::contact::Contact;
use domain::contact::job::{ContactJob, Work};
use domain::contact::merge::work::{Merge, Undo, undo_until};
use domain::contact::merge::{Kept, restored, unmerged};
use domain::id::{AuditId, ContactId, ContactTypeId, GroupId, JobId};
use domain::{Error, Result};
use edge::{Answer, ContactWriter, Fresh, path_id};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use store::{Found, GROUPS_AT_ONCE, TenantStore, Unmerging};

use crate::http::Contacts;
use crate::merge::{TRIES, changing, find};
use crate::merging::finish_groups;
use edge::ContactOut;

/// A merge that was undone.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Unmerged")]
pub(crate) struct UnmergedOut {
    /// The merge's id.
    merge_id: JobId,
    /// The contact that had taken the others in.
    contact: ContactOut,
    /// The others.
    restored: Vec<ContactOut>,
}

pub(crate) async fn undo(
    State(contacts): State<Contacts>,
    ContactWriter(caller): ContactWriter,
    Path(id): Path<String>,
    fresh: Fresh,
) -> Answer<Json<UnmergedOut>> {
    let (id, request, mut gone) = (path_id("merge", &id)?, fresh.id(), Vec::new());
    for _ in 0..TRIES {
        match undone(&contacts, &caller, id, request, &gone).await {
            Ok(Some((contact, restored))) => {
                contacts.tell(caller.tenant, id).await;
                let restored = restored.into_iter().map(Into::into).collect();
                return Ok(Json(UnmergedOut { merge_id: id, contact: contact.into(), restored }));
            }
            Ok(None) => {}
            Err(Error::NotFound { what: "group", id }) => gone.extend(id.parse::<GroupId>().ok()),
            Err(error) => return Err(error.into()),
        }
    }
    Err(changing().into())
}

/// One try. Nothing: something has changed meanwhile.
async fn undone(
    contacts: &Contacts,
    caller: &Caller,
    id: JobId,
    request: AuditId,
    gone: &[GroupId],
) -> Result<Option<(Contact, Vec<Contact>)>> {
    let store = contacts.of(caller.tenant);
    let (job, merge) = find(&store, id).await?;
    match &merge.undone {
        // The same request did it, before its worker died.
        Some(undone) if undone.id == request => return as_they_are(&store, &merge).await,
        Some(_) => return Err(Error::conflict("the merge was undone already")),
        None if contacts.clock.now() >= undo_until(job.created_at) => {
            return Err(Error::conflict("a merge can be undone for 30 days"));
        }
        None => {}
    }
    let (primary, kept) = read(&store, caller, id, &merge).await?;
    if !merge.groups_are_done() {
        let done = finish_groups(&store, &contacts.clock, &job, &merge).await?;
        store.contact_jobs().save(&job.moved(Work::Merge(done))).await?;
        return Ok(None);
    }
    let kept = without_gone_types(&store, kept).await?;
    let plan = Plan::new(contacts, caller, request, (&job, &merge), primary, &kept, gone)?;
    Ok(plan.make(contacts, caller).await?.then_some((plan.unmerged, plan.restored)))
}

async fn as_they_are(store: &TenantStore, merge: &Merge) -> Result<Option<(Contact, Vec<Contact>)>> {
    let primary = store.contacts().get(merge.primary).await?;
    let primary = primary.ok_or_else(|| Error::not_found("contact", merge.primary))?;
    let ids: Vec<ContactId> = merge.duplicates.iter().map(|duplicate| duplicate.id).collect();
    let mut found = store.contacts().get_many(&ids).await?;
    Ok(Some((primary, ids.iter().filter_map(|id| found.remove(id)).collect())))
}

async fn read(store: &TenantStore, caller: &Caller, id: JobId, merge: &Merge) -> Result<(Contact, Kept)> {
    let primary = match store.contacts().find(merge.primary).await? {
        Some(Found::Contact(contact)) => *contact,
        Some(Found::Merged(merged)) => {
            let message = "the contact was merged into another one since: undo that first".to_owned();
            return Err(Error::Conflict { message, existing_id: Some(merged.merged_into.to_string()) });
        }
        None => return Err(Error::conflict("the contact was deleted since, with all that was merged into it")),
    };
    let kept = store.contacts().kept(merge.primary, id).await?;
    let kept = kept.ok_or_else(|| Error::conflict("what is needed to undo the merge is not kept any more"))?;
    for contact in kept.duplicates.iter().chain([&primary]) {
        caller.demand_ownership(contact.profile.owner_id.as_ref())?;
    }
    Ok((primary, kept))
}

/// Types that were removed since do not come back.
async fn without_gone_types(store: &TenantStore, mut kept: Kept) -> Result<Kept> {
    let mut types: Vec<ContactTypeId> = kept.duplicates.iter().flat_map(|one| one.profile.types.clone()).collect();
    types.sort_unstable();
    types.dedup();
    let gone = store.contact_types().missing(&types).await?;
    kept.duplicates.iter_mut().for_each(|one| one.profile.types.retain(|id| !gone.contains(id)));
    Ok(kept)
}

/// What is to become of the contacts.
struct Plan {
    primary: Contact,
    unmerged: Contact,
    restored: Vec<Contact>,
    job: ContactJob,
}

impl Plan {
    fn new(
        contacts: &Contacts,
        caller: &Caller,
        request: AuditId,
        (job, merge): (&ContactJob, &Merge),
        primary: Contact,
        kept: &Kept,
        gone: &[GroupId],
    ) -> Result<Self> {
        let now = contacts.clock.now();
        let mut undo = Undo::new(request, caller.actor.clone(), now);
        let mut unmerged = unmerged(&primary, kept, now)?;
        let groups = &primary.profile.groups;
        let left = groups.iter().filter(|group| !unmerged.profile.groups.contains(group));
        undo.leaves = left.skip(GROUPS_AT_ONCE).copied().collect();
        unmerged.profile.groups.extend(&undo.leaves);
        let mut room = GROUPS_AT_ONCE;
        let mut restored: Vec<Contact> = kept.duplicates.iter().map(|contact| restored(contact, now)).collect();
        for contact in &mut restored {
            contact.profile.groups.retain(|group| !gone.contains(group));
            let later = contact.profile.groups.split_off(contact.profile.groups.len().min(room));
            room -= contact.profile.groups.len();
            undo.joins.extend(later.into_iter().map(|group| (contact.id, group)));
        }
        let work = Work::Merge(Merge { undone: Some(undo), ..merge.clone() });
        let job = ContactJob { finished_at: None, ..job.moved(work) };
        Ok(Self { primary, unmerged, restored, job })
    }

    async fn make(&self, contacts: &Contacts, caller: &Caller) -> Result<bool> {
        let Self { primary, unmerged, restored, job } = self;
        let by = || (contacts.clock.fresh(), caller.actor.clone());
        let entry = &entry(by(), primary, unmerged);
        let entries: Vec<_> = restored.iter().map(|contact| entry_of_duplicate(by(), contact, primary.id)).collect();
        let unmerging = Unmerging { primary, unmerged, restored, entry, entries: &entries, job };
        contacts.of(caller.tenant).contacts().unmerge(&unmerging).await
    }
}

fn entry((id, by): (AuditId, Actor), old: &Contact, new: &Contact) -> AuditEntry {
    let profiles = [Some(&old.profile), Some(&new.profile)];
    let mut entry = AuditEntry::of_contact(id, new.updated_at, by, Action::ContactUnmerged, old.id, profiles);
    let (old, new) = (json!(old.merged_from), json!(new.merged_from));
    entry.changes.push(FieldChange { field: "merged_from".to_owned(), old, new });
    entry
}

fn entry_of_duplicate((id, by): (AuditId, Actor), contact: &Contact, primary: ContactId) -> AuditEntry {
    let action = Action::ContactUnmerged;
    let mut entry = AuditEntry::of_contact(id, contact.updated_at, by, action, contact.id, [None, None]);
    entry.changes.push(FieldChange { field: "merged_into".to_owned(), old: json!(primary), new: Value::Null });
    entry
}

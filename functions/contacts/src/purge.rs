//! Deleting and erasing: the contact goes at once, what hung on it is cleared away in the background.

use axum::extract::{Path, State};
use domain::access::{Actor, Caller};
use domain::audit::{Action, AuditEntry};
use domain::contact::Contact;
use domain::contact::job::{ContactJob, Work};
use domain::contact::purge::Purge;
use domain::contact::upkeep::IndexWork;
use domain::erasure::AddressHash;
use domain::export::Gone;
use domain::id::{ContactId, GroupId, JobId, TenantId};
use domain::{Error, Result};
use edge::{Accepted, Answer, ContactWriter, Fresh, IfMatch, path_id};
use runtime::Clock;
use store::{Removal, TenantStore};

use crate::contact::load;
use crate::exported;
use crate::forgetting::{self, Person};
use crate::http::Contacts;
use crate::job::JobOut;
use crate::work::{Step, Worker};

/// How often a removal is tried again that was overtaken by a change.
const TRIES: u32 = 8;
/// The groups that a contact leaves in the transaction that removes it.
const LEFT_AT_ONCE: usize = 40;

pub(crate) async fn erase(
    State(contacts): State<Contacts>,
    ContactWriter(caller): ContactWriter,
    Path(id): Path<String>,
    meant: IfMatch,
    fresh: Fresh,
) -> Answer<Accepted<JobOut>> {
    let (id, job): (ContactId, JobId) = (path_id("contact", &id)?, fresh.id());
    if fresh.is_repeated()
        && let Some(begun) = contacts.of(caller.tenant).contact_jobs().get(job).await?
    {
        return Ok(JobOut::accepted(begun));
    }
    Ok(JobOut::accepted(remove(&contacts, &caller, id, &meant, Parting::Erasure(job)).await?))
}

/// Removes the contact; gives the job that clears away the rest.
pub(crate) async fn remove(
    contacts: &Contacts,
    caller: &Caller,
    id: ContactId,
    meant: &IfMatch,
    parting: Parting,
) -> Result<ContactJob> {
    let store = contacts.of(caller.tenant);
    let mut tries = 1;
    loop {
        let contact = load(&store, id).await?;
        caller.demand_ownership(contact.profile.owner_id.as_ref())?;
        meant.demand(contact.version)?;
        match removed(contacts, caller, &contact, parting).await {
            Err(Error::Stale { .. }) if !meant.is_given() && tries < TRIES => tries += 1,
            Err(error) => return Err(error),
            Ok(job) => {
                contacts.tell(caller.tenant, job.id).await;
                return Ok(job);
            }
        }
    }
}

async fn removed(contacts: &Contacts, caller: &Caller, contact: &Contact, parting: Parting) -> Result<ContactJob> {
    let (store, actor) = (contacts.of(caller.tenant), &caller.actor);
    let mut leaving = Leaving::new(&contacts.clock, caller.tenant, actor, contact, parting);
    if let (Parting::Erasure(_), Work::Purge(purge)) = (parting, &mut leaving.job.work) {
        let merged = store.contacts().kept_with(contact).await?;
        *purge = merged.iter().fold(purge.clone(), |purge, merged| purge.erasing_too(caller.tenant, merged));
    }
    leaving.go(&store, None).await
}

/// How a contact goes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Parting {
    /// It is deleted.
    Deletion,
    /// The person is erased; this job clears away the rest.
    Erasure(JobId),
}

/// A contact on its way out.
pub(crate) struct Leaving<'a> {
    contact: &'a Contact,
    leaves: &'a [GroupId],
    entry: AuditEntry,
    job: ContactJob,
    erased: Option<AddressHash>,
}

impl<'a> Leaving<'a> {
    pub(crate) fn new(clock: &Clock, tenant: TenantId, actor: &Actor, contact: &'a Contact, parting: Parting) -> Self {
        let now = clock.now();
        let (erased, id) = match parting {
            Parting::Deletion => (false, clock.fresh()),
            Parting::Erasure(job) => (true, job),
        };
        let groups = &contact.profile.groups;
        let (leaves, later) = groups.split_at(groups.len().min(LEFT_AT_ONCE));
        let purge = Purge::of(contact, later.to_vec(), now);
        let purge = if erased { purge.erasing(tenant, contact) } else { purge };
        let job = ContactJob::new(id, Work::Purge(purge), actor.clone(), now);
        let action = if erased { Action::ContactErased } else { Action::ContactDeleted };
        // What is removed is not told: nothing of it is to be kept.
        let entry = AuditEntry::of_contact(clock.fresh(), now, actor.clone(), action, contact.id, [None, None]);
        let erased = contact.profile.recognised_by().filter(|_| erased).map(|text| AddressHash::of(tenant, text));
        Self { contact, leaves, entry, job, erased }
    }

    /// Removes the contact, and moves the job on by which it goes, if it goes by one. The job that clears away the rest.
    pub(crate) async fn go(self, store: &TenantStore, by: Option<&ContactJob>) -> Result<ContactJob> {
        let Self { contact, leaves, entry, job, erased } = self;
        let removal = Removal { contact, leaves, entry: &entry, job: &job, erased, by };
        store.contacts().remove(&removal).await?;
        Ok(job)
    }
}

/// Clears away what is left of a contact: at once, and once more when nobody can be at work on it any more.
pub(crate) async fn step(worker: &Worker, store: &TenantStore, job: &ContactJob, purge: &Purge) -> Result<Step> {
    let now = worker.clock.now();
    if purge.waits && now < purge.settled_at {
        return Ok(Step::Wait);
    }
    for &contact in &purge.contacts {
        crate::merging::finish_undos(store, contact, now).await?;
        store.contacts().clear(contact, purge.waits, now).await?;
        for &group in &purge.groups {
            store.contacts().leave(contact, group, None).await?;
        }
    }
    if !purge.aliases.is_empty() {
        store.contacts().block(&purge.aliases, now).await?;
    }
    if !purge.traces.is_empty() {
        store.imports().forget(&purge.traces).await?;
        let country = store.settings().get().await?.default_country;
        let person = Person { tenant: store.tenant(), traces: &purge.traces, country };
        forgetting::forget(&worker.bucket, &person).await?;
    }
    if purge.erases {
        // What is known of an erased person stands in files of the index until they are written anew.
        worker.catalog.ask(store.tenant(), IndexWork::Rewrite).await?;
        let gone = Gone { contacts: &purge.contacts, at: job.created_at, again: purge.waits };
        exported::forget(worker, store, &gone).await?;
    }
    if purge.waits {
        return Ok(Step::Finish(Work::Purge(Purge { traces: Vec::new(), aliases: Vec::new(), ..purge.clone() })));
    }
    Ok(Step::Go(Work::Purge(Purge { waits: true, ..purge.clone() })))
}

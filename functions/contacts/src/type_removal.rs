//! The removal of a type: a walk through all contacts takes it out of them, and another one when nobody can be at work
//! any more who has found it there.

use std::collections::VecDeque;

use domain::Result;
use domain::contact::job::{ContactJob, Work};
use domain::contact::type_removal::TypeRemoval;
use domain::contact::{Contact, Profile};
use domain::id::{ContactId, ContactTypeId};
use store::{Committed, ContactChange, TenantStore};

use crate::rewrite::{Room, TRIES, changed, changing, fewer};
use crate::work::{Step, Worker};

/// How many contacts lose a type at once: each is itself and two entries of its audit, beside the job in a transaction's
/// 100 writes.
const AT_ONCE: usize = 33;

/// Goes through one page of the contacts.
pub(crate) async fn step(
    worker: &Worker,
    store: &TenantStore,
    job: &ContactJob,
    removal: &TypeRemoval,
) -> Result<Step> {
    if removal.waits(worker.clock.now()) {
        return Ok(Step::Wait);
    }
    let (contacts, place) = store.contacts().walk(removal.place.as_ref()).await?;
    let having = contacts.into_iter().filter(|contact| has(contact, removal.contact_type)).collect();
    let Some(job) = take_out(worker, store, job.clone(), removal.contact_type, having).await? else {
        return Ok(Step::Overtaken);
    };
    let next = match removal.moved(place) {
        Some(next) => job.moved(Work::TypeRemoval(next)),
        None => {
            let done = TypeRemoval { place: None, ..removal.clone() };
            job.finished(Work::TypeRemoval(done), worker.clock.now())
        }
    };
    Ok(if store.contact_jobs().save(&next).await? { Step::Kept(next) } else { Step::Overtaken })
}

/// Takes the type out of these contacts. The job after that; nothing if somebody else moved it on.
async fn take_out(
    worker: &Worker,
    store: &TenantStore,
    mut job: ContactJob,
    contact_type: ContactTypeId,
    mut left: VecDeque<Contact>,
) -> Result<Option<ContactJob>> {
    let mut tries = 0;
    while !left.is_empty() && tries < TRIES {
        let changes = without(worker, &job, contact_type, &mut left, fewer(AT_ONCE, tries));
        let next = job.moved(job.work.clone());
        match store.contact_jobs().commit(&next, &changes).await? {
            Committed::Yes => (job, tries) = (next, 0),
            Committed::Overtaken => return Ok(None),
            Committed::Outdated => {
                tries += 1;
                for contact in again(store, &changes).await? {
                    if has(&contact, contact_type) {
                        left.push_front(contact);
                    }
                }
            }
        }
    }
    if left.is_empty() { Ok(Some(job)) } else { Err(changing()) }
}

/// The changes of the first of `left`.
fn without(
    worker: &Worker,
    job: &ContactJob,
    contact_type: ContactTypeId,
    left: &mut VecDeque<Contact>,
    most: usize,
) -> Vec<ContactChange> {
    let (mut changes, mut room) = (Vec::new(), Room::new());
    while changes.len() < most
        && let Some(contact) = left.pop_front_if(|contact| room.takes(contact))
    {
        let mut types = contact.profile.types.clone();
        types.retain(|id| *id != contact_type);
        let profile = Profile { types, ..contact.profile.clone() };
        changes.push(changed(&worker.clock, &job.by, contact, profile));
    }
    changes
}

/// The contacts of these changes as they are now. One that went into another is that one's matter.
async fn again(store: &TenantStore, changes: &[ContactChange]) -> Result<Vec<Contact>> {
    let ids: Vec<ContactId> = changes.iter().map(|change| change.old.id).collect();
    let found = store.contacts().get_many(&ids).await?;
    Ok(found.into_iter().filter(|(id, contact)| *id == contact.id).map(|(_, contact)| contact).collect())
}

fn has(contact: &Contact, contact_type: ContactTypeId) -> bool {
    contact.profile.types.contains(&contact_type)
}

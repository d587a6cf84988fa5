//! Walks through all contacts of a tenant, for changes that no key leads to.

use std::collections::VecDeque;

use domain::Result;
use domain::contact::job::ContactJob;
use domain::contact::{Contact, Profile};
use domain::id::ContactId;
use store::{Committed, ContactChange, TenantStore};

use crate::rewrite::{Room, TRIES, changed, changing, fewer};
use crate::work::Worker;

/// How many contacts are changed at once: each is itself and two entries of its audit, beside the job in a transaction's
/// 100 writes.
const AT_ONCE: usize = 33;

/// Changes those of the contacts that need it; neither groups nor addresses. `look` finds out how they are to be edited,
/// after they were read, and again after they were read again. The job after that; nothing if somebody else moved it on.
pub(crate) async fn rewrite<L, E>(
    worker: &Worker,
    store: &TenantStore,
    mut job: ContactJob,
    contacts: Vec<Contact>,
    look: impl Fn() -> L,
) -> Result<Option<ContactJob>>
where
    L: Future<Output = Result<E>>,
    E: Fn(&Contact) -> Option<Profile>,
{
    let (mut left, mut tries) = (VecDeque::from(contacts), 0);
    if left.is_empty() {
        return Ok(Some(job));
    }
    let mut edit = look().await?;
    while tries < TRIES {
        let changes = changes(worker, &job, &edit, &mut left, fewer(AT_ONCE, tries));
        if changes.is_empty() {
            return Ok(Some(job));
        }
        let next = job.moved(job.work.clone());
        match store.contact_jobs().commit(&next, &changes).await? {
            Committed::Yes => (job, tries) = (next, 0),
            Committed::Overtaken => return Ok(None),
            Committed::Outdated => {
                tries += 1;
                again(store, &changes).await?.into_iter().for_each(|contact| left.push_front(contact));
                edit = look().await?;
            }
        }
    }
    Err(changing())
}

/// The changes of the first of `left` that need one; none when nobody is left.
fn changes(
    worker: &Worker,
    job: &ContactJob,
    edit: impl Fn(&Contact) -> Option<Profile>,
    left: &mut VecDeque<Contact>,
    most: usize,
) -> Vec<ContactChange> {
    let (mut changes, mut room) = (Vec::new(), Room::new());
    while changes.len() < most
        && let Some(contact) = left.pop_front()
    {
        let Some(profile) = edit(&contact) else { continue };
        if !room.takes(&contact) {
            left.push_front(contact);
            break;
        }
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

//! The removal of a type: a walk through all contacts takes it out of them, and another one when nobody can be at work
//! any more who has found it there.

use domain::Result;
use domain::contact::job::{ContactJob, Work};
use domain::contact::type_removal::TypeRemoval;
use domain::contact::{Contact, Profile};
use domain::id::ContactTypeId;
use store::TenantStore;

use crate::walk;
use crate::work::{Step, Worker};

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
    let (mut contacts, place) = store.contacts().walk(removal.place.as_ref()).await?;
    contacts.retain(|contact| contact.profile.types.contains(&removal.contact_type));
    let look = async || Ok(|contact: &Contact| without(removal.contact_type, contact));
    let Some(job) = walk::rewrite(worker, store, job.clone(), contacts, look).await? else {
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

/// The profile without the type; nothing if it has it not.
fn without(contact_type: ContactTypeId, contact: &Contact) -> Option<Profile> {
    let mut profile = contact.profile.clone();
    profile.types.retain(|id| *id != contact_type);
    (profile != contact.profile).then_some(profile)
}

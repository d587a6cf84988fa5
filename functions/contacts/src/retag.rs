//! Contacts follow a tag that was renamed or removed: a walk goes through all of them, and another one when nobody can be
//! at work any more who knew the tag as it was.

use domain::Result;
use domain::contact::Contact;
use domain::contact::job::{ContactJob, Work};
use domain::naming::Name;
use domain::tags::folded;
use domain::tags::registry::Tag;
use domain::tags::retag::{Retag, Retagging};
use store::TenantStore;

use crate::walk;
use crate::work::{Step, Worker};

/// Goes through one page of the contacts.
pub(crate) async fn step(worker: &Worker, store: &TenantStore, job: &ContactJob, retag: &Retag) -> Result<Step> {
    if retag.walk.waits(worker.clock.now()) {
        return Ok(Step::Wait);
    }
    let (mut contacts, end) = store.contacts().walk(retag.walk.after.as_ref()).await?;
    contacts.retain(|contact| contact.profile.tags.iter().any(|tag| folded(tag) == retag.from));
    let look = async || {
        let retagging = look(store, job, retag).await?;
        Ok(move |contact: &Contact| retagging.edited(contact))
    };
    let Some(job) = walk::rewrite(worker, store, job.clone(), contacts, look).await? else {
        return Ok(Step::Overtaken);
    };
    let next = match retag.walk.behind(end) {
        Some(walk) => job.moved(Work::Retag(Retag { walk, ..retag.clone() })),
        None => job.finished(Work::Retag(Retag { walk: retag.walk.ended(), ..retag.clone() }), worker.clock.now()),
    };
    Ok(if store.contact_jobs().save(&next).await? { Step::Kept(next) } else { Step::Overtaken })
}

/// What is to be done as the registry is now. It is looked at after the contacts: what somebody tagged anew was registered
/// before, and is seen here.
async fn look(store: &TenantStore, job: &ContactJob, retag: &Retag) -> Result<Retagging> {
    let under_id = store.tags().get(retag.tag).await?;
    let under_name = holder(store, &retag.from).await?;
    Ok(retag.now(under_id.as_ref(), under_name.as_ref(), job.created_at))
}

async fn holder(store: &TenantStore, name: &str) -> Result<Option<Tag>> {
    // What is no name to the registry is nobody's there.
    let Ok(name) = name.parse::<Name>() else { return Ok(None) };
    match store.tags().by_name(&name).await? {
        Some(id) => store.tags().get(id).await,
        None => Ok(None),
    }
}

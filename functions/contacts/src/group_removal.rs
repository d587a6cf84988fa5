//! The removal of a group: its members leave it, page by page.

use std::collections::{HashMap, HashSet};

use domain::Result;
use domain::access::Actor;
use domain::contact::group_removal::GroupRemoval;
use domain::contact::job::{ContactJob, Work};
use domain::contact::{Contact, Profile};
use domain::id::{ContactId, GroupId};
use runtime::Clock;
use store::{Committed, ContactChange, ContactJobs, TenantStore};

use crate::rewrite::{Room, TRIES, changed, changing, fewer};
use crate::work::{Step, Worker};

/// A page of members that leave.
#[derive(Default)]
struct Leaving {
    changes: Vec<ContactChange>,
    /// Memberships of contacts that are gone, or that went into others.
    strays: Vec<ContactId>,
    last: Option<ContactId>,
}

/// Lets the next members leave. Nobody can join: the last look finds nobody, and that is the end.
pub(crate) async fn step(
    worker: &Worker,
    store: &TenantStore,
    job: &ContactJob,
    removal: &GroupRemoval,
) -> Result<Step> {
    let moved = |after| Work::GroupRemoval(GroupRemoval { after, ..removal.clone() });
    for tries in 0..TRIES {
        let most = fewer(ContactJobs::MAX_CHANGES, tries);
        let members = store.groups().members(removal.group, removal.after, 0, most).await?;
        if members.is_empty() {
            return Ok(if removal.after.is_some() { Step::Go(moved(None)) } else { Step::Finish(moved(None)) });
        }
        let contacts = store.contacts().get_many(&members).await?;
        let Leaving { changes, strays, last } = leaving(&worker.clock, &job.by, removal.group, &members, contacts);
        let next = job.moved(moved(last));
        match store.contact_jobs().disband(&next, removal.group, &changes, &strays).await? {
            Committed::Yes => return Ok(Step::Kept(next)),
            Committed::Overtaken => return Ok(Step::Overtaken),
            Committed::Outdated => {}
        }
    }
    Err(changing())
}

fn leaving(
    clock: &Clock,
    by: &Actor,
    group: GroupId,
    members: &[ContactId],
    mut contacts: HashMap<ContactId, Contact>,
) -> Leaving {
    let (mut page, mut room, mut seen) = (Leaving::default(), Room::new(), HashSet::new());
    for &member in members {
        let contact = contacts.remove(&member).filter(|contact| contact.profile.groups.contains(&group));
        let stands_for_itself = contact.as_ref().is_some_and(|contact| contact.id == member);
        if let Some(contact) = contact.filter(|contact| seen.insert(contact.id)) {
            if !room.takes(&contact) {
                break;
            }
            let mut groups = contact.profile.groups.clone();
            groups.retain(|id| *id != group);
            let profile = Profile { groups, ..contact.profile.clone() };
            page.changes.push(changed(clock, by, contact, profile));
        }
        page.strays.extend((!stands_for_itself).then_some(member));
        page.last = Some(member);
    }
    page
}

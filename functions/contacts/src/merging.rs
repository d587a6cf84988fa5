//! What follows from a merge, and from its undoing: what hung on the duplicates goes to the primary, or back. Everything is
//! looked through at once, and once more when nobody can be at work any more who knew the contacts as they were before.

use std::collections::HashSet;
use std::pin::Pin;

use domain::access::Actor;
use domain::audit::{Action, AuditEntry};
use domain::booking::statistics;
use domain::contact::job::{ContactJob, Work};
use domain::contact::merge::work::{Merge, Undo, kept_until};
use domain::contact::{Contact, Profile};
use domain::id::{ContactId, GroupId, JobId};
use domain::{Error, Result, Timestamp};
use runtime::Clock;
use store::{ContactChange, Found, GROUPS_AT_ONCE, Passage, TenantStore};

use crate::merge::{TRIES, changing};
use crate::work::{Step, Worker};

pub(crate) async fn step(worker: &Worker, store: &TenantStore, job: &ContactJob, merge: &Merge) -> Result<Step> {
    match &merge.undone {
        None => there(worker, store, job, merge).await,
        Some(undo) => back(worker, store, job, merge, undo).await,
    }
}

async fn there(worker: &Worker, store: &TenantStore, job: &ContactJob, merge: &Merge) -> Result<Step> {
    let now = worker.clock.now();
    if !merge.groups_are_done() {
        return Ok(Step::Go(Work::Merge(finish_groups(store, &worker.clock, job, merge).await?)));
    }
    if merge.waits && now < merge.settled_at {
        return Ok(Step::Wait);
    }
    Mover::new(store, now).there(job, merge).await?;
    Ok(match merge.waits {
        true => Step::Finish(job.work.clone()),
        false => Step::Go(Work::Merge(Merge { waits: true, ..merge.clone() })),
    })
}

async fn back(worker: &Worker, store: &TenantStore, job: &ContactJob, merge: &Merge, undo: &Undo) -> Result<Step> {
    let now = worker.clock.now();
    let going = |undo: Undo| Step::Go(Work::Merge(Merge { undone: Some(undo), ..merge.clone() }));
    if !undo.leaves.is_empty() || !undo.joins.is_empty() {
        let groups = Groups { store, clock: &worker.clock, by: &undo.by, action: Action::ContactUnmerged };
        groups.change(merge.primary, &[], &undo.leaves).await?;
        for duplicate in &merge.duplicates {
            let joins = undo.joins.iter().filter(|(contact, _)| *contact == duplicate.id);
            groups.change(duplicate.id, &joins.map(|(_, group)| *group).collect::<Vec<_>>(), &[]).await?;
        }
        return Ok(going(Undo { leaves: Vec::new(), joins: Vec::new(), ..undo.clone() }));
    }
    if undo.waits && now < undo.settled_at {
        return Ok(Step::Wait);
    }
    Mover::new(store, now).back(job.id, merge).await?;
    Ok(match undo.waits {
        true => Step::Finish(job.work.clone()),
        false => going(Undo { waits: true, ..undo.clone() }),
    })
}

/// Deals with the memberships that did not fit into the merge's transaction. The merge without them. May be done again.
pub(crate) async fn finish_groups(
    store: &TenantStore,
    clock: &Clock,
    job: &ContactJob,
    merge: &Merge,
) -> Result<Merge> {
    // What was merged into a contact that was deleted never comes back.
    let while_merged = store.contacts().find(merge.primary).await?.map(|_| job.id);
    for duplicate in &merge.duplicates {
        for &group in &duplicate.leaves {
            store.contacts().leave(duplicate.id, group, while_merged).await?;
        }
    }
    let groups = Groups { store, clock, by: &job.by, action: Action::ContactMerged };
    groups.change(merge.primary, &merge.joins, &[]).await?;
    let mut done = Merge { joins: Vec::new(), ..merge.clone() };
    done.duplicates.iter_mut().for_each(|duplicate| duplicate.leaves.clear());
    Ok(done)
}

/// Moves back what belongs to others, before what hangs on the contact goes elsewhere. May be done again.
pub(crate) async fn finish_undos(store: &TenantStore, contact: ContactId, now: Timestamp) -> Result<()> {
    Mover::new(store, now).finish_undos(contact).await
}

/// Memberships that change after the contact did.
struct Groups<'a> {
    store: &'a TenantStore,
    clock: &'a Clock,
    by: &'a Actor,
    action: Action,
}

impl Groups<'_> {
    /// Lets a contact, or the one that it went into, join groups and leave others. Those that are gone are passed over.
    async fn change(&self, contact: ContactId, joins: &[GroupId], leaves: &[GroupId]) -> Result<()> {
        for joins in joins.chunks(GROUPS_AT_ONCE) {
            self.change_some(contact, joins.to_vec(), &[]).await?;
        }
        for leaves in leaves.chunks(GROUPS_AT_ONCE) {
            self.change_some(contact, Vec::new(), leaves).await?;
        }
        Ok(())
    }

    async fn change_some(&self, contact: ContactId, mut joins: Vec<GroupId>, leaves: &[GroupId]) -> Result<()> {
        for _ in 0..TRIES + GROUPS_AT_ONCE {
            let Some(old) = self.store.contacts().get(contact).await? else { return Ok(()) };
            let mut groups = old.profile.groups.clone();
            groups.retain(|group| !leaves.contains(group));
            groups.extend(joins.iter().filter(|group| !old.profile.groups.contains(group)));
            if groups == old.profile.groups {
                return Ok(());
            }
            let now = self.clock.now();
            let new = old.changed(Profile { groups, ..old.profile.clone() }, now);
            let (id, by, profiles) = (self.clock.fresh(), self.by.clone(), [Some(&old.profile), Some(&new.profile)]);
            let entry = AuditEntry::of_contact(id, now, by, self.action, old.id, profiles);
            match self.store.contacts().change(&ContactChange { old, new, entry }).await {
                Err(Error::NotFound { what: "group", id }) => joins.retain(|group| group.to_string() != id),
                Err(Error::Stale { .. } | Error::NotFound { .. } | Error::Conflict { .. }) => {}
                done => return done,
            }
        }
        Err(changing())
    }
}

type Moving<'a> = Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>>;

/// Moves what hangs on contacts; each merge's once, however they lead into each other.
struct Mover<'a> {
    store: &'a TenantStore,
    now: Timestamp,
    seen: HashSet<JobId>,
}

impl<'a> Mover<'a> {
    fn new(store: &'a TenantStore, now: Timestamp) -> Self {
        Self { store, now, seen: HashSet::new() }
    }

    /// To the primary, and on to where that went meanwhile.
    fn there<'b>(&'b mut self, job: &'b ContactJob, merge: &'b Merge) -> Moving<'b> {
        Box::pin(async move {
            if !self.seen.insert(job.id) {
                return Ok(());
            }
            let contacts = self.store.contacts();
            let (primary, noted_until) = (merge.primary, kept_until(job.created_at));
            for duplicate in &merge.duplicates {
                self.finish_undos(duplicate.id).await?;
                let passage = Passage { merge: job.id, primary, duplicate: duplicate.id, noted_until };
                contacts.move_there(&passage).await?;
            }
            for id in merge.ids() {
                contacts.assign_messages(id).await?;
                contacts.end_rivals(id, self.now).await?;
            }
            self.onward(primary).await
        })
    }

    /// Back to the duplicates, and on to where they went meanwhile.
    fn back<'b>(&'b mut self, id: JobId, merge: &'b Merge) -> Moving<'b> {
        Box::pin(async move {
            if !self.seen.insert(id) {
                return Ok(());
            }
            self.store.contacts().move_back(merge.primary, id).await?;
            for contact in merge.duplicates.iter().map(|duplicate| duplicate.id).chain([merge.primary]) {
                self.recount(contact).await?;
            }
            for id in merge.ids() {
                self.store.contacts().assign_messages(id).await?;
            }
            for duplicate in &merge.duplicates {
                self.onward(duplicate.id).await?;
            }
            Ok(())
        })
    }

    /// The figures over a contact's bookings: in between they were counted together.
    async fn recount(&self, contact: ContactId) -> Result<()> {
        for _ in 0..TRIES {
            let Some(Found::Contact(old)) = self.store.contacts().find(contact).await? else { return Ok(()) };
            let counted = statistics(&self.store.bookings().of_contact(&old).await?);
            let figures = old.figures.clone().counting(counted);
            let new = Contact { figures, revision: old.revision + 1, ..(*old).clone() };
            if new.figures == old.figures || self.store.contacts().count(&old, &new).await? {
                return Ok(());
            }
        }
        Err(changing())
    }

    async fn onward(&mut self, contact: ContactId) -> Result<()> {
        let Some(Found::Merged(merged)) = self.store.contacts().find(contact).await? else { return Ok(()) };
        let Some(job) = self.store.contact_jobs().get(merged.merge).await? else { return Ok(()) };
        match &job.work {
            Work::Merge(merge) if merge.undone.is_none() => self.there(&job, merge).await,
            _ => Ok(()),
        }
    }

    async fn finish_undos(&mut self, contact: ContactId) -> Result<()> {
        for id in self.store.contacts().merges_into(contact).await? {
            let Some(job) = self.store.contact_jobs().get(id).await? else { continue };
            match &job.work {
                Work::Merge(merge) if merge.undone.is_some() && job.finished_at.is_none() => {
                    self.back(id, merge).await?;
                }
                _ => {}
            }
        }
        Ok(())
    }
}

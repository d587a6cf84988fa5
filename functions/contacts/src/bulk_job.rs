//! A bulk operation on all contacts that a filter means, page by page of what the contact index finds.

use domain::contact::bulk::{Bulk, BulkOutcomes};
use domain::contact::criteria::Criteria;
use domain::contact::draft::Rules;
use domain::contact::job::{ContactJob, ContactTask, Place, Work};
use domain::contact::{Contact, Profile};
use domain::email::EmailAddress;
use domain::id::ContactId;
use domain::{Error, Result};
use store::{Committed, ContactChange, ContactJobs, TenantStore};

use crate::purge::{Leaving, Parting};
use crate::rewrite::{Room, TRIES, changed};
use crate::work::{Step, Worker};

/// How many contacts are read at a time.
const PAGE: usize = 200;

/// The next page of the contacts.
pub(crate) async fn step(worker: &Worker, store: &TenantStore, job: &ContactJob, bulk: &Bulk) -> Result<Step> {
    let settings = Rules::from(&store.settings().get().await?);
    let rules = Rules { default_country: bulk.country, ..settings };
    let query = bulk.filter.parse(&rules)?;
    let bulk = &possible(store, bulk, &rules).await?;
    let mut page = Page { worker, store, rules, query, job: job.clone(), bulk: bulk.clone() };
    let (meant, end) = page.meant().await?;
    let at_a_time = if bulk.edit.delete { 1 } else { (ContactJobs::MAX_WRITES / bulk.edit.writes()).max(1) };
    let mut left = &meant[..];
    while !left.is_empty() {
        let mut room = Room::new();
        let batch = left.iter().take(at_a_time).take_while(|contact| room.takes(contact)).count();
        if !page.work(&left[..batch]).await? {
            return Ok(Step::Overtaken);
        }
        left = &left[batch..];
    }
    let next = match end {
        Some(_) => page.job.moved(Work::Bulk(Box::new(Bulk { place: end, ..page.bulk }))),
        None => page.job.finished(Work::Bulk(Box::new(page.bulk.done())), worker.clock.now()),
    };
    Ok(if store.contact_jobs().save(&next).await? { Step::Kept(next) } else { Step::Overtaken })
}

/// The operation without the groups that were deleted since it was asked for: nobody is in them any more.
async fn possible(store: &TenantStore, bulk: &Bulk, rules: &Rules) -> Result<Bulk> {
    let mut edit = bulk.edit.clone();
    let named = [edit.add_groups.clone(), edit.remove_groups.clone()].concat();
    let gone = store.groups().missing(&named).await?;
    edit.add_groups.retain(|group| !gone.contains(group));
    edit.remove_groups.retain(|group| !gone.contains(group));
    let types = edit.set_fields.apply(&somebody(), rules)?.types;
    let gone = store.contact_types().missing(&types).await?;
    edit.set_fields.without_types(&gone);
    Ok(Bulk { edit, ..bulk.clone() })
}

/// A profile to which every edit can be made that can be made at all.
pub(crate) fn somebody() -> Profile {
    Profile { email: EmailAddress::parse("somebody@example.com").ok(), ..Profile::default() }
}

fn place(contact: &ContactId) -> Place {
    Place(contact.to_string())
}

/// A page of contacts at work.
struct Page<'a> {
    worker: &'a Worker,
    store: &'a TenantStore,
    rules: Rules,
    query: Criteria,
    job: ContactJob,
    bulk: Bulk,
}

/// What a batch comes to, before it is kept.
#[derive(Default)]
struct Batch {
    outcomes: BulkOutcomes,
    changes: Vec<ContactChange>,
    leaving: Option<Contact>,
}

impl Page<'_> {
    /// The next contacts that are meant, in the order of their ids, and where the page behind them begins; nothing at the
    /// end.
    async fn meant(&self) -> Result<(Vec<Contact>, Option<Place>)> {
        let not_a_place = || Error::internal("going on with a bulk operation", "its place is no contact");
        let after = self.bulk.place.as_ref().map(|place| place.0.parse().map_err(|_| not_a_place())).transpose()?;
        let contacts = self.worker.reader.now(self.store.tenant()).await?;
        let ids = contacts.ids(&self.query, after, PAGE);
        let end = ids.last().filter(|_| ids.len() == PAGE).map(place);
        Ok((self.again(&ids).await?, end))
    }

    fn means(&self, contact: &Contact) -> bool {
        let owned = self.bulk.owner.is_none() || self.bulk.owner == contact.profile.owner_id;
        owned && self.query.matches(contact)
    }

    /// Changes contacts and moves the job on behind them, in one; those that others change meanwhile one by one. `false`:
    /// somebody else has moved the job on.
    async fn work(&mut self, contacts: &[Contact]) -> Result<bool> {
        if self.together(contacts, false).await? {
            return Ok(true);
        }
        for contact in contacts {
            if !self.together(std::slice::from_ref(contact), true).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// `to_the_end`: a contact that cannot be changed for what others do to it is counted as failed at last.
    async fn together(&mut self, contacts: &[Contact], to_the_end: bool) -> Result<bool> {
        let Some(last) = contacts.last().map(|contact| contact.id) else { return Ok(true) };
        let ids: Vec<ContactId> = contacts.iter().map(|contact| contact.id).collect();
        let mut contacts = contacts.to_vec();
        for attempt in 0..TRIES {
            let batch = self.batch(contacts, to_the_end && attempt + 1 == TRIES);
            let next = self.behind(last, &batch.outcomes);
            match self.keep(&next, &batch).await? {
                Committed::Yes => {
                    self.job = next;
                    return Ok(true);
                }
                Committed::Overtaken => return Ok(false),
                Committed::Outdated => contacts = self.again(&ids).await?,
            }
        }
        Ok(false)
    }

    /// `give_up`: contacts that cannot be changed for what others do to them meanwhile are counted as failed.
    fn batch(&self, contacts: Vec<Contact>, give_up: bool) -> Batch {
        let mut batch = Batch::default();
        for contact in contacts {
            batch.outcomes.matched += 1;
            let profile = self.bulk.edit.apply(&contact.profile, &self.rules);
            match profile {
                _ if give_up => batch.outcomes.failed += 1,
                _ if self.bulk.edit.delete => {
                    batch.outcomes.changed += 1;
                    batch.leaving = Some(contact);
                }
                Err(_) => batch.outcomes.failed += 1,
                Ok(profile) if profile == contact.profile => batch.outcomes.unchanged += 1,
                Ok(profile) => {
                    batch.outcomes.changed += 1;
                    batch.changes.push(changed(&self.worker.clock, &self.job.by, contact, profile));
                }
            }
        }
        batch
    }

    fn behind(&self, last: ContactId, outcomes: &BulkOutcomes) -> ContactJob {
        let mut bulk = self.bulk.clone();
        bulk.place = Some(place(&last));
        bulk.outcomes.add(outcomes);
        self.job.moved(Work::Bulk(Box::new(bulk)))
    }

    async fn keep(&mut self, next: &ContactJob, batch: &Batch) -> Result<Committed> {
        let kept = match &batch.leaving {
            Some(contact) => self.let_go(contact, next).await?,
            None => self.store.contact_jobs().commit(next, &batch.changes).await?,
        };
        if let (Committed::Yes, Work::Bulk(bulk)) = (kept, &next.work) {
            self.bulk = (**bulk).clone();
        }
        Ok(kept)
    }

    async fn let_go(&self, contact: &Contact, next: &ContactJob) -> Result<Committed> {
        let leaving = Leaving::new(&self.worker.clock, self.store.tenant(), &self.job.by, contact, Parting::Deletion);
        match leaving.go(self.store, Some(next)).await {
            Ok(purge) => {
                let task = ContactTask { tenant: self.store.tenant(), job: purge.id };
                {
                    self.worker.queue.send(&task).await?;
                    Ok(Committed::Yes)
                }
            }
            Err(Error::Stale { .. } | Error::NotFound { .. }) => Ok(Committed::Outdated),
            Err(Error::Conflict { .. }) => Ok(Committed::Overtaken),
            Err(error) => Err(error),
        }
    }

    /// The contacts as they are now, those that are still meant.
    async fn again(&self, ids: &[ContactId]) -> Result<Vec<Contact>> {
        let found = self.store.contacts().get_many(ids).await?;
        Ok(ids.iter().filter_map(|id| found.get(id).filter(|c| c.id == *id && self.means(c)).cloned()).collect())
    }
}

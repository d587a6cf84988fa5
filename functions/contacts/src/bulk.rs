//! One change to many contacts: by their ids at once, by a filter in the background.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::access::{Caller, Role};
use domain::contact::bulk::{Bulk, BulkOutcomes, Edit};
use domain::contact::criteria::Criteria;
use domain::contact::draft::Rules;
use domain::contact::filter::ContactFilter;
use domain::contact::job::{ContactJob, ContactTask, Work};
use domain::contact::{Contact, Profile};
use domain::email::EmailAddress;
use domain::id::{ContactId, JobId};
use domain::phone::Country;
use domain::{Error, Fault, FaultCode, Result};
use edge::{Accepted, Answer, Body, ContactWriter, Describe, Description, Fresh, IfMatch};
use futures::FutureExt;
use futures::stream::{self, StreamExt};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Committed, ContactChange, ContactJobs, TenantStore};

use crate::http::Contacts;
use crate::job::JobOut;
use crate::purge::{Leaving, Parting, remove};
use crate::rewrite::{Room, TRIES, changed};
use crate::work::{Step, Worker};
use crate::{contact, contact_type};

/// The most contacts that are named.
const MAX_IDS: usize = 1_000;
/// How many of them are worked on at a time.
const AT_A_TIME: usize = 16;

/// One change to many contacts: to those that are named, or to all that a filter means.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "BulkOperation", example = example())]
pub(crate) struct BulkIn {
    /// Whom it is about; done when the answer comes.
    #[schemars(length(min = 1, max = MAX_IDS))]
    contact_ids: Option<Vec<ContactId>>,
    /// In place of ids: all whom this means, even everybody. Done in the background.
    filter: Option<ContactFilter>,
    /// What is to become of each.
    edit: Edit,
}

fn example() -> serde_json::Value {
    serde_json::json!({
        "contact_ids": ["01890a5d-ac96-774b-bcce-b302099a8057"],
        "edit": { "add_tags": ["fair"], "remove_tags": ["trial"], "set_fields": { "lead_source": "fair" } },
    })
}

/// What became of the contacts that were named.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "BulkResult")]
pub(crate) struct BulkOut {
    #[serde(flatten)]
    outcomes: BulkOutcomes,
    /// Why it was refused, for those for which it was.
    failures: Vec<FailureOut>,
}

/// Why a contact is as it was.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "BulkFailure")]
struct FailureOut {
    contact_id: ContactId,
    /// What a person should know.
    message: String,
}

/// The result, or the job that will have it.
pub(crate) enum Done {
    Now(BulkOut),
    Later(Accepted<JobOut>),
}

impl IntoResponse for Done {
    fn into_response(self) -> Response {
        match self {
            Self::Now(result) => axum::Json(result).into_response(),
            Self::Later(job) => job.into_response(),
        }
    }
}

impl Describe for Done {
    fn describe(description: &mut Description<'_>) {
        axum::Json::<BulkOut>::describe(description);
        Accepted::<JobOut>::describe(description);
    }
}

pub(crate) async fn apply(
    State(contacts): State<Contacts>,
    ContactWriter(caller): ContactWriter,
    fresh: Fresh,
    Body(wanted): Body<BulkIn>,
) -> Answer<Done> {
    let store = contacts.of(caller.tenant);
    let rules = Rules::from(&store.settings().get().await?);
    wanted.edit.check(&rules)?;
    let given = wanted.edit.set_fields.apply(&somebody(), &rules)?;
    contact_type::demand(&store, &Profile::default(), &given).await.map_err(inside_edit)?;
    if caller.role == Role::User && wanted.edit.set_fields.names().contains("owner_id") {
        caller.demand_ownership(given.owner_id.as_ref())?;
    }
    match (wanted.contact_ids, wanted.filter) {
        (Some(ids), None) if !(1..=MAX_IDS).contains(&ids.len()) => {
            let reason = format!("must be from 1 to {MAX_IDS}");
            Err(Error::refused(Fault::new("contact_ids", FaultCode::Invalid, reason)).into())
        }
        (Some(ids), None) => Ok(Done::Now(named(&contacts, &caller, ids, &wanted.edit, &rules).await?)),
        (None, Some(filter)) => {
            filter.clone().parse(&rules)?;
            let country = rules.default_country;
            Ok(Done::Later(JobOut::accepted(begin(&contacts, &caller, &fresh, (filter, wanted.edit, country)).await?)))
        }
        _ => {
            let reason = "or filter must be given, and not both";
            Err(Error::refused(Fault::new("contact_ids", FaultCode::Invalid, reason)).into())
        }
    }
}

async fn named(
    contacts: &Contacts,
    caller: &Caller,
    mut ids: Vec<ContactId>,
    edit: &Edit,
    rules: &Rules,
) -> Result<BulkOut> {
    ids.sort_unstable();
    ids.dedup();
    let each: Vec<_> = ids.into_iter().map(|id| one(contacts, caller, id, edit, rules).boxed()).collect();
    let results: BTreeMap<ContactId, Result<bool>> = stream::iter(each).buffer_unordered(AT_A_TIME).collect().await;
    let mut result = BulkOut { outcomes: BulkOutcomes::default(), failures: Vec::new() };
    for (contact_id, done) in results {
        result.outcomes.matched += 1;
        match done {
            Ok(true) => result.outcomes.changed += 1,
            Ok(false) => result.outcomes.unchanged += 1,
            Err(error @ (Error::Unavailable { .. } | Error::Internal { .. })) => return Err(error),
            Err(error) => {
                result.outcomes.failed += 1;
                result.failures.push(FailureOut { contact_id, message: error.to_string() });
            }
        }
    }
    Ok(result)
}

/// Whether the contact is another one now.
async fn one(
    contacts: &Contacts,
    caller: &Caller,
    id: ContactId,
    edit: &Edit,
    rules: &Rules,
) -> (ContactId, Result<bool>) {
    (id, edited(contacts, caller, id, edit, rules).await)
}

async fn edited(contacts: &Contacts, caller: &Caller, id: ContactId, edit: &Edit, rules: &Rules) -> Result<bool> {
    let any = IfMatch::default();
    if edit.delete {
        return match remove(contacts, caller, id, &any, Parting::Deletion).await {
            Ok(_) => Ok(true),
            // It is gone already, perhaps by this very request.
            Err(Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error),
        };
    }
    let (before, contact) = contact::edited(contacts, caller, id, &any, |old| edit.apply(old, rules)).await?;
    Ok(contact.version != before)
}

async fn begin(
    contacts: &Contacts,
    caller: &Caller,
    fresh: &Fresh,
    (filter, edit, country): (ContactFilter, Edit, Country),
) -> Result<ContactJob> {
    let owner = caller.user.clone().filter(|_| caller.role == Role::User);
    let work = Bulk { filter, owner, edit, country, place: None, outcomes: BulkOutcomes::default() };
    let id: JobId = fresh.id();
    let job = ContactJob::new(id, Work::Bulk(Box::new(work)), caller.actor.clone(), fresh.now());
    let store = contacts.of(caller.tenant).contact_jobs();
    store.create(&job).await?;
    contacts.tell(caller.tenant, id).await;
    Ok(job)
}

/// The next page of the contacts.
pub(crate) async fn step(worker: &Worker, store: &TenantStore, job: &ContactJob, bulk: &Bulk) -> Result<Step> {
    let settings = Rules::from(&store.settings().get().await?);
    let rules = Rules { default_country: bulk.country, ..settings };
    let query = bulk.filter.clone().parse(&rules)?;
    let bulk = &possible(store, bulk, &rules).await?;
    let (contacts, end) = store.contacts().walk(bulk.place.as_ref()).await?;
    let mut page = Page { worker, store, rules, query, job: job.clone(), bulk: bulk.clone() };
    let meant: Vec<Contact> = contacts.into_iter().filter(|contact| page.means(contact)).collect();
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
fn somebody() -> Profile {
    Profile { email: EmailAddress::parse("somebody@example.com").ok(), ..Profile::default() }
}

fn inside_edit(error: Error) -> Error {
    let inside = |fault: Fault| Fault { field: format!("edit.set_fields.{}", fault.field), ..fault };
    match error {
        Error::Refused(faults) => Error::Refused(faults.into_iter().map(inside).collect()),
        other => other,
    }
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
        bulk.place = Some(self.store.contacts().place_of(last));
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

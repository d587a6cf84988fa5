//! Suggestions of contacts that are likely the same person.
//!
//! A search looks at all contacts, in the background. Who asks for the suggestions begins one if the last one is old, and
//! waits a moment for it: a small tenant is shown what is so now, a large one what the last search found.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use domain::access::Caller;
use domain::contact::Contact;
use domain::contact::job::{ContactJob, Work};
use domain::duplicates::search::{Done, Searches};
use domain::duplicates::{Finder, Reason, Suggestion};
use domain::email::EmailAddress;
use domain::id::{ContactId, JobId};
use domain::{Result, Timestamp};
use edge::{Answer, List, Listing, NoFilter, Reader};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::TenantStore;
use tokio::time::{Instant, sleep};

use crate::http::Contacts;
use crate::work::{Step, Worker};

/// How long who asks waits for a search, at most.
const WAITS: Duration = Duration::from_secs(6);
/// How often it is looked whether the search has ended.
const LOOKS: Duration = Duration::from_millis(100);

/// A part of the pairs of contacts that are likely the same person, the likeliest first.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "DuplicatesList")]
pub(crate) struct DuplicatesOut {
    #[serde(flatten)]
    list: List<DuplicateOut>,
    /// When the search began that found them; null if none has ended yet.
    searched_at: Option<Timestamp>,
    /// Whether a newer search is under way.
    searching: bool,
}

/// Two contacts that are likely the same person.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Duplicate")]
pub(crate) struct DuplicateOut {
    /// Both.
    contacts: Vec<PersonOut>,
    /// How likely it is, from 0 to 1.
    confidence: f64,
    /// Why.
    reasons: Vec<Reason>,
}

/// A contact by what a person tells it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "DuplicateContact")]
struct PersonOut {
    id: ContactId,
    full_name: Option<String>,
    email: Option<EmailAddress>,
    phone: Option<String>,
    company: Option<String>,
    /// For the merge.
    version: u64,
}

impl From<&Contact> for PersonOut {
    fn from(contact: &Contact) -> Self {
        let profile = &contact.profile;
        Self {
            id: contact.id,
            full_name: profile.full_name(),
            email: profile.email.clone(),
            phone: profile.phone.as_ref().map(|phone| phone.e164.clone()),
            company: profile.company.clone(),
            version: contact.version,
        }
    }
}

/// Where a part begins: pages are of the search that the first was of.
#[derive(Serialize, Deserialize)]
struct Rank {
    search: JobId,
    rank: u64,
    found: u64,
    at: Timestamp,
}

pub(crate) async fn list(
    State(contacts): State<Contacts>,
    Reader(caller): Reader,
    Listing { paging, .. }: Listing<NoFilter>,
) -> Answer<Json<DuplicatesOut>> {
    let store = contacts.of(caller.tenant);
    let after: Option<Rank> = paging.after()?;
    let first = after.is_none() && paging.offset == 0;
    let searches =
        if first { searched(&contacts, &caller, &store).await? } else { store.duplicates().searches().await? };
    let shown = searches.done.map(|done| Rank { search: done.job, rank: 0, found: done.found, at: done.begun_at });
    let from = after.or(shown.map(|shown| Rank { rank: paging.offset as u64, ..shown }));
    let found = match &from {
        Some(from) => store.duplicates().found(from.search, from.rank, paging.limit).await?,
        None => Vec::new(),
    };
    let behind = from.as_ref().map(|from| Rank { rank: from.rank + found.len() as u64, ..*from });
    let next = behind.filter(|behind| !found.is_empty() && behind.rank < behind.found);
    let list = paging.list(shown_pairs(&store, found).await?, from.as_ref().map_or(0, |from| from.found), next);
    let searching = searches.under_way(contacts.clock.now()).is_some();
    Ok(Json(DuplicatesOut { list, searched_at: from.map(|from| from.at), searching }))
}

/// What is known of the searches, after a new one where that is due and quick.
async fn searched(contacts: &Contacts, caller: &Caller, store: &TenantStore) -> Result<Searches> {
    let begun = Instant::now();
    loop {
        let (searches, now) = (store.duplicates().searches().await?, contacts.clock.now());
        if searches.is_due(now) && begun.elapsed() < WAITS {
            let job = ContactJob::new(contacts.clock.fresh(), Work::Duplicates, caller.actor.clone(), now);
            if store.duplicates().begin(&searches.began(job.id, now), &job).await? {
                contacts.tell(caller.tenant, job.id).await;
                return awaited(store, job.id, begun).await;
            }
            continue;
        }
        return match searches.under_way(now) {
            Some(job) => awaited(store, job, begun).await,
            None => Ok(searches),
        };
    }
}

async fn awaited(store: &TenantStore, job: JobId, since: Instant) -> Result<Searches> {
    loop {
        let searches = store.duplicates().searches().await?;
        let ended = searches.done.is_some_and(|done| done.job == job);
        if ended || since.elapsed() > WAITS {
            return Ok(searches);
        }
        sleep(LOOKS).await;
    }
}

/// The pairs with what their contacts are now. Those that were merged or deleted since are left out.
async fn shown_pairs(store: &TenantStore, found: Vec<Suggestion>) -> Result<Vec<DuplicateOut>> {
    let ids: Vec<ContactId> = found.iter().flat_map(|pair| pair.contact_ids).collect();
    let people = store.contacts().get_many(&ids).await?;
    let pair = |pair: Suggestion| {
        let [one, other] = pair.contact_ids.map(|id| people.get(&id));
        let (one, other) = one.zip(other).filter(|(one, other)| one.id != other.id)?;
        let contacts = vec![one.into(), other.into()];
        Some(DuplicateOut { contacts, confidence: pair.confidence, reasons: pair.reasons })
    };
    Ok(found.into_iter().filter_map(pair).collect())
}

/// The whole search: who begins it anew finds the same.
pub(crate) async fn step(worker: &Worker, store: &TenantStore, job: &ContactJob) -> Result<Step> {
    let begun_at = worker.clock.now();
    let (mut finder, mut contacts, mut place) = (Finder::new(), 0, None);
    loop {
        let (page, end) = store.contacts().walk(place.as_ref()).await?;
        contacts += page.len() as u64;
        page.iter().for_each(|contact| finder.add(contact));
        match end {
            Some(end) => place = Some(end),
            None => break,
        }
    }
    let found = finder.suggestions();
    store.duplicates().keep(job.id, &found, worker.clock.now()).await?;
    let at = worker.clock.now();
    let done = Done { job: job.id, begun_at, at, contacts, found: found.len() as u64 };
    while let Some(next) = store.duplicates().searches().await?.ended(done) {
        if store.duplicates().save(&next).await? {
            break;
        }
    }
    Ok(Step::Finish(Work::Duplicates))
}

//! Enrolment calls: they only begin a job; the enrolment function does it.

use std::collections::HashSet;

use axum::Json;
use axum::extract::{Path, State};
use chrono::TimeDelta;
use domain::access::Caller;
use domain::campaign::Campaign;
use domain::id::{ContactId, JobId};
use domain::job::{EnrollmentChunk, EnrollmentJob, EnrollmentSource};
use domain::time::{Minute, after};
use domain::{Error, Fault, FaultCode, Result, Timestamp};
use edge::{Accepted, Answer, Body, Fresh, Reader, Writer, path_id};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{REPORTS_KEPT_DAYS, TenantStore, WATCH_MINUTES};

use crate::{Campaigns, TRIES, keeps_changing};

/// The most contacts of one call (S4).
const MAX_CONTACTS: usize = 10_000;
/// How many contacts a chunk has.
const CHUNK: usize = 1_000;

/// Whom to enrol: either the contacts of `contact_ids` or those that `import_id` brought.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "EnrollmentRequest", example = example())]
pub(crate) struct EnrollIn {
    /// The contacts. One that is named twice is enrolled once.
    #[schemars(with = "Option<Vec<ContactId>>", length(min = 1, max = MAX_CONTACTS))]
    contact_ids: Option<Vec<String>>,
    /// An import of the last 29 days that has ended: all contacts that it created, updated or merged.
    #[schemars(with = "Option<JobId>")]
    import_id: Option<String>,
}

fn example() -> serde_json::Value {
    serde_json::json!({ "contact_ids": ["0198f3a2-7c4e-7b31-9d05-3f6a2b8c1e47"] })
}

/// An enrolment at work in the background.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "EnrollmentJob")]
pub(crate) struct JobOut {
    /// Its id.
    job_id: JobId,
    /// Whether everybody has been dealt with.
    #[schemars(extend("enum" = ["running", "completed"]))]
    status: &'static str,
    /// Contacts that were enrolled.
    enrolled: u64,
    /// The same (S4).
    enrolled_count: u64,
    /// Contacts that had been enrolled before.
    already_enrolled: u64,
    /// Ids that name no contact.
    unknown: u64,
    /// When it began.
    created_at: Timestamp,
}

impl From<EnrollmentJob> for JobOut {
    fn from(job: EnrollmentJob) -> Self {
        let status = if job.is_done() { "completed" } else { "running" };
        let EnrollmentJob { id: job_id, enrolled, already_enrolled, unknown, created_at, .. } = job;
        Self { job_id, status, enrolled, enrolled_count: enrolled, already_enrolled, unknown, created_at }
    }
}

pub(crate) async fn enroll(
    State(campaigns): State<Campaigns>,
    Writer(caller): Writer,
    Path(id): Path<String>,
    fresh: Fresh,
    Body(wanted): Body<EnrollIn>,
) -> Answer<Accepted<JobOut>> {
    campaigns.enrolling(&caller, &id, &fresh, &Audience::Named(wanted)).await
}

/// Everyone whom the campaign's target criteria mean.
pub(crate) async fn enroll_from_criteria(
    State(campaigns): State<Campaigns>,
    Writer(caller): Writer,
    Path(id): Path<String>,
    fresh: Fresh,
) -> Answer<Accepted<JobOut>> {
    campaigns.enrolling(&caller, &id, &fresh, &Audience::Criteria).await
}

pub(crate) async fn show_job(
    State(campaigns): State<Campaigns>,
    Reader(caller): Reader,
    Path((id, job_id)): Path<(String, String)>,
) -> Answer<Json<JobOut>> {
    let (store, campaign) = campaigns.load(caller.tenant, &id).await?;
    let job_id: JobId = path_id("enrollment job", &job_id)?;
    let job = store.enrollment_jobs().get(job_id).await?;
    let job =
        job.filter(|job| job.campaign_id == campaign.id).ok_or_else(|| Error::not_found("enrollment job", job_id))?;
    Ok(Json(job.into()))
}

/// Who is to be enrolled.
enum Audience {
    Named(EnrollIn),
    Criteria,
}

impl Audience {
    /// What the job goes through, with its first chunks.
    async fn source(
        &self,
        store: &TenantStore,
        campaign: &Campaign,
        now: Timestamp,
    ) -> Result<(EnrollmentSource, Vec<EnrollmentChunk>)> {
        match self {
            Self::Named(EnrollIn { contact_ids: Some(ids), import_id: None }) => {
                Ok((EnrollmentSource::Contacts, chunks_of(contacts(ids)?)))
            }
            Self::Named(EnrollIn { contact_ids: None, import_id: Some(import) }) => of_import(store, import, now).await,
            Self::Named(_) => {
                let reason = "or import_id is required, and not both";
                Err(Error::refused(Fault::new("contact_ids", FaultCode::Missing, reason)))
            }
            Self::Criteria => {
                let missing = || Error::refused(Fault::new("target_criteria", FaultCode::Missing, "are not given"));
                let criteria = campaign.target_criteria.clone().ok_or_else(missing)?;
                let source = EnrollmentSource::Criteria(Box::new(criteria));
                let chunks = source.chunks();
                Ok((source, chunks))
            }
        }
    }
}

impl Campaigns {
    /// Begins to enrol whom `audience` says, unless the same request did so before its worker died.
    async fn enrolling(
        &self,
        caller: &Caller,
        id: &str,
        fresh: &Fresh,
        audience: &Audience,
    ) -> Answer<Accepted<JobOut>> {
        let job_id: JobId = fresh.id();
        for _ in 0..TRIES {
            let (store, campaign) = self.load(caller.tenant, id).await?;
            let begun = if fresh.is_repeated() { self.send_again(&store, job_id).await? } else { None };
            let job = match begun {
                Some(job) => job,
                None => {
                    campaign.accepts_enrolments(self.clock.now())?;
                    let (source, chunks) = audience.source(&store, &campaign, self.clock.now()).await?;
                    let job = EnrollmentJob::new(job_id, campaign.id, source, &chunks, fresh.now());
                    let visit = Minute::of(self.clock.now()).plus(WATCH_MINUTES);
                    match store.enrollment_jobs().create(&campaign, &job, &chunks, visit).await {
                        Err(Error::Stale { .. }) => continue,
                        created => created?,
                    }
                    self.send(&store, &job, &chunks).await?;
                    job
                }
            };
            let location = format!("/api/v1/campaigns/{}/enrollment-jobs/{}", campaign.id, job.id);
            return Ok(Accepted { location, body: JobOut::from(job) });
        }
        Err(keeps_changing().into())
    }

    /// The job with this id, if there is one. Its tasks are sent again.
    pub(crate) async fn send_again(&self, store: &TenantStore, job: JobId) -> Result<Option<EnrollmentJob>> {
        let job = store.enrollment_jobs().get(job).await?;
        if let Some(job) = &job {
            self.send(store, job, &store.enrollment_jobs().chunks(job.id).await?).await?;
        }
        Ok(job)
    }

    pub(crate) async fn send(
        &self,
        store: &TenantStore,
        job: &EnrollmentJob,
        chunks: &[EnrollmentChunk],
    ) -> Result<()> {
        let tasks: Vec<_> = chunks.iter().map(|chunk| job.task(store.tenant(), Some(chunk.number))).collect();
        self.enrollment_queue.send_all(&tasks).await
    }
}

fn contacts(ids: &[String]) -> Result<Vec<ContactId>> {
    if ids.is_empty() || ids.len() > MAX_CONTACTS {
        let reason = format!("must be from 1 to {MAX_CONTACTS}");
        return Err(Error::refused(Fault::new("contact_ids", FaultCode::NotAllowed, reason)));
    }
    let mut faults = Vec::new();
    let mut seen = HashSet::new();
    let mut contacts = Vec::with_capacity(ids.len());
    for (index, id) in ids.iter().enumerate() {
        match id.parse::<ContactId>() {
            Ok(id) if seen.insert(id) => contacts.push(id),
            Ok(_) => {}
            Err(error) => {
                faults.push(Fault::new(format!("contact_ids[{index}]"), FaultCode::Invalid, error.to_string()))
            }
        }
    }
    if faults.is_empty() { Ok(contacts) } else { Err(Error::Refused(faults)) }
}

fn chunks_of(contacts: Vec<ContactId>) -> Vec<EnrollmentChunk> {
    (0..)
        .zip(contacts.chunks(CHUNK))
        .map(|(number, contacts)| EnrollmentChunk { contacts: contacts.to_vec(), ..EnrollmentChunk::new(number) })
        .collect()
}

async fn of_import(
    store: &TenantStore,
    import: &str,
    now: Timestamp,
) -> Result<(EnrollmentSource, Vec<EnrollmentChunk>)> {
    let unknown = || Error::refused(Fault::new("import_id", FaultCode::Invalid, "names no import"));
    let import: JobId = import.parse().map_err(|_| unknown())?;
    let job = store.imports().get(import).await?.ok_or_else(unknown)?;
    // The day less leaves time for the work itself.
    let forgotten = after(job.created_at, TimeDelta::days(REPORTS_KEPT_DAYS - 1)) < now;
    let status = job.status;
    if forgotten {
        return Err(Error::conflict("the import is too old: whom it brought is known for 29 days"));
    }
    if !status.is_end() {
        return Err(Error::conflict(format!("the import is {status}: it can be enrolled once it has ended")));
    }
    if job.chunks_done == 0 {
        return Err(Error::conflict("the import brought nobody"));
    }
    let chunks = (0..job.chunks_done).map(EnrollmentChunk::new).collect();
    Ok((EnrollmentSource::Import(import), chunks))
}

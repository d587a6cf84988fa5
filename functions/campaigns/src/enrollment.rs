//! Enrolment calls and the start: both only begin a job; the enrolment function does it.

use std::collections::HashSet;

use axum::Json;
use axum::extract::{Path, State};
use chrono::TimeDelta;
use domain::campaign::Campaign;
use domain::enrollment::SHARDS;
use domain::id::{ContactId, JobId, TenantId};
use domain::job::{EnrollmentChunk, EnrollmentJob, EnrollmentSource, EnrollmentTask};
use domain::time::{Minute, after};
use domain::{Error, Fault, FaultCode, Result, Timestamp};
use edge::{Accepted, Answer, Body, Fresh, Reader, Versioned, Writer, path_id};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{REPORTS_KEPT_DAYS, TenantStore, WATCH_MINUTES};

use crate::Campaigns;

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
        Self { job_id, status, enrolled, already_enrolled, unknown, created_at }
    }
}

pub(crate) async fn enroll(
    State(campaigns): State<Campaigns>,
    Writer(caller): Writer,
    Path(id): Path<String>,
    fresh: Fresh,
    Body(wanted): Body<EnrollIn>,
) -> Answer<Accepted<JobOut>> {
    let (store, campaign) = campaigns.load(caller.tenant, &id).await?;
    let begun = Begun { id: fresh.id(), at: fresh.now() };
    let job = match campaigns.begun_before(caller.tenant, begun.id, &fresh).await? {
        Some(job) => job,
        None => {
            campaign.accepts_enrolments()?;
            let (source, chunks) = match (wanted.contact_ids, wanted.import_id) {
                (Some(ids), None) => (EnrollmentSource::Contacts, chunks_of(contacts(&ids)?)),
                (None, Some(import)) => of_import(&store, &import, campaigns.clock.now()).await?,
                _ => {
                    let reason = "or import_id is required, and not both";
                    return Err(Error::refused(Fault::new("contact_ids", FaultCode::Missing, reason)).into());
                }
            };
            campaigns.begin(caller.tenant, &campaign, begun, source, chunks).await?
        }
    };
    let location = format!("/api/v1/campaigns/{}/enrollment-jobs/{}", campaign.id, job.id);
    Ok(Accepted { location, body: JobOut::from(job) })
}

pub(crate) async fn start(
    State(campaigns): State<Campaigns>,
    Writer(caller): Writer,
    Path(id): Path<String>,
    fresh: Fresh,
) -> Answer<Versioned<Campaign>> {
    let (store, campaign) = campaigns.load(caller.tenant, &id).await?;
    let begun = Begun { id: fresh.id(), at: fresh.now() };
    if campaigns.begun_before(caller.tenant, begun.id, &fresh).await?.is_none() {
        campaign.can_start(&store.campaigns().steps(campaign.id).await?)?;
        let chunks = (0..u32::from(SHARDS)).map(|shard| EnrollmentChunk::new(shard, Vec::new())).collect();
        campaigns.begin(caller.tenant, &campaign, begun, EnrollmentSource::Start, chunks).await?;
    }
    let (_, started) = campaigns.load(caller.tenant, &id).await?;
    Ok(Versioned(started.version, started))
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

/// A job that is to begin.
struct Begun {
    id: JobId,
    at: Timestamp,
}

impl Campaigns {
    /// The job, if the same request began it before its worker died. Its tasks may not have been sent.
    async fn begun_before(&self, tenant: TenantId, id: JobId, fresh: &Fresh) -> Result<Option<EnrollmentJob>> {
        if !fresh.is_repeated() {
            return Ok(None);
        }
        let jobs = self.store.tenant(tenant).enrollment_jobs();
        let job = jobs.get(id).await?;
        if let Some(job) = &job {
            self.send(tenant, job.id, &jobs.chunks(job.id).await?).await?;
        }
        Ok(job)
    }

    async fn begin(
        &self,
        tenant: TenantId,
        campaign: &Campaign,
        begun: Begun,
        source: EnrollmentSource,
        chunks: Vec<EnrollmentChunk>,
    ) -> Result<EnrollmentJob> {
        let job = EnrollmentJob {
            id: begun.id,
            campaign_id: campaign.id,
            source,
            chunks_total: u32::try_from(chunks.len()).unwrap_or(u32::MAX),
            chunks_done: 0,
            enrolled: 0,
            already_enrolled: 0,
            unknown: 0,
            created_at: begun.at,
        };
        let visit = Minute::of(self.clock.now()).plus(WATCH_MINUTES);
        self.store.tenant(tenant).enrollment_jobs().create(campaign, &job, &chunks, visit).await?;
        self.send(tenant, job.id, &chunks).await?;
        Ok(job)
    }

    async fn send(&self, tenant: TenantId, job: JobId, chunks: &[EnrollmentChunk]) -> Result<()> {
        let tasks: Vec<_> =
            chunks.iter().map(|chunk| EnrollmentTask { tenant, job, chunk: Some(chunk.number) }).collect();
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
        .map(|(number, contacts)| EnrollmentChunk::new(number, contacts.to_vec()))
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
    let chunks = (0..job.chunks_done).map(|number| EnrollmentChunk::new(number, Vec::new())).collect();
    Ok((EnrollmentSource::Import(import), chunks))
}

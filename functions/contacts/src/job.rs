//! Jobs on contacts, as the API shows them.

use axum::Json;
use axum::extract::{Path, State};
use domain::contact::bulk::BulkOutcomes;
use domain::contact::job::{ContactJob, Work};
use domain::id::JobId;
use domain::{Error, Timestamp};
use edge::{Accepted, Answer, Reader, path_id};
use schemars::JsonSchema;
use serde::Serialize;

use crate::http::Contacts;

/// Work in the background on contacts.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ContactJob")]
pub(crate) struct JobOut {
    /// Its id.
    id: JobId,
    /// What it does.
    kind: &'static str,
    /// Whether it is done.
    status: JobStatus,
    /// When it was asked for.
    created_at: Timestamp,
    /// When it was done.
    finished_at: Option<Timestamp>,
    /// Of a bulk operation: how many contacts it has met so far, and what became of them.
    outcomes: Option<BulkOutcomes>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum JobStatus {
    /// It is at work, or waits for its turn.
    Running,
    /// It is done.
    Completed,
}

impl From<ContactJob> for JobOut {
    fn from(job: ContactJob) -> Self {
        let (kind, outcomes) = match &job.work {
            Work::Purge(_) => ("purge", None),
            Work::Merge(_) => ("merge", None),
            Work::Duplicates => ("duplicates", None),
            Work::Bulk(bulk) => ("bulk", Some(bulk.outcomes)),
            Work::GroupRemoval(_) => ("group_removal", None),
            Work::TypeRemoval(_) => ("type_removal", None),
            Work::Retag(_) => ("retag", None),
        };
        let status = if job.finished_at.is_some() { JobStatus::Completed } else { JobStatus::Running };
        Self { id: job.id, kind, status, created_at: job.created_at, finished_at: job.finished_at, outcomes }
    }
}

impl JobOut {
    /// A job that was begun.
    pub(crate) fn accepted(job: ContactJob) -> Accepted<Self> {
        Accepted { location: format!("/api/v1/contacts/jobs/{}", job.id), body: job.into() }
    }
}

pub(crate) async fn show(
    State(contacts): State<Contacts>,
    Reader(caller): Reader,
    Path(id): Path<String>,
) -> Answer<Json<JobOut>> {
    let id: JobId = path_id("job", &id)?;
    let job = contacts.of(caller.tenant).contact_jobs().get(id).await?;
    Ok(Json(job.ok_or_else(|| Error::not_found("job", id))?.into()))
}

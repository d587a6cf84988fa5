//! An import as the API takes and shows it.

use std::collections::BTreeMap;

use domain::Timestamp;
use domain::id::JobId;
use domain::import::{DuplicatePolicy, Outcomes};
use domain::job::{ImportJob, ImportStatus};
use serde::{Deserialize, Serialize};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ImportIn {
    #[serde(default)]
    pub(crate) duplicates: Option<String>,
    #[serde(default)]
    pub(crate) mapping: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) default_country: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct ImportOut {
    id: JobId,
    status: ImportStatus,
    error: Option<String>,
    duplicates: DuplicatePolicy,
    headers: Vec<String>,
    /// Rows of the file, once it has been read through.
    rows_total: Option<u64>,
    /// Rows that have their outcome: the sum of the five below.
    rows_done: u64,
    #[serde(flatten)]
    outcomes: Outcomes,
    created_at: Timestamp,
    finished_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    upload: Option<UploadOut>,
}

/// How the file is to be uploaded.
#[derive(Debug, Serialize)]
pub(crate) struct UploadOut {
    pub(crate) method: &'static str,
    pub(crate) url: String,
    pub(crate) expires_at: Timestamp,
    pub(crate) max_bytes: u64,
}

impl ImportOut {
    pub(crate) fn new(job: ImportJob, upload: Option<UploadOut>) -> Self {
        Self {
            id: job.id,
            status: job.status,
            error: job.error,
            duplicates: job.duplicates,
            headers: job.headers,
            rows_total: job.rows_total,
            rows_done: job.outcomes.total(),
            outcomes: job.outcomes,
            created_at: job.created_at,
            finished_at: job.finished_at,
            upload,
        }
    }
}

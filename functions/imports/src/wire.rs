//! An import as the API shows it.

use std::collections::BTreeMap;

use domain::Timestamp;
use domain::access::Actor;
use domain::id::{GroupId, JobId};
use domain::import::{Column, DuplicatePolicy, Outcomes};
use domain::job::{FileFacts, ImportJob, ImportStatus, OnError, Progress};
use domain::phone::Country;
use schemars::JsonSchema;
use serde::Serialize;

use crate::preview::Preview;

/// The import of one file.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Import")]
pub(crate) struct ImportOut {
    /// Its id.
    id: JobId,
    /// Where it stands.
    status: ImportStatus,
    /// Why it failed, if it did.
    error: Option<String>,
    /// What happens to a row whose e-mail address a contact has already.
    duplicates: DuplicatePolicy,
    /// Which column fills which field, as the caller said it.
    mapping: BTreeMap<String, String>,
    /// The country of phone numbers without a country code.
    default_country: Country,
    /// The encoding of the file's text, as the caller said it.
    encoding: Option<String>,
    /// Labels for the contacts of all rows.
    tags: Vec<String>,
    /// The group that the contacts of all rows get into.
    group: Option<GroupId>,
    /// Whether the first rows are only shown as they would become.
    dry_run: bool,
    /// What happens if a row is not acceptable.
    on_error: OnError,
    /// The dry run whose file it has.
    file_of: Option<JobId>,
    /// What was found of the file, once it has been looked at.
    file: Option<FileFacts>,
    /// Its columns and what they fill, then.
    columns: Vec<Column>,
    /// What the first rows would become; only of a dry run that is completed, and not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Preview")]
    preview: Option<Preview>,
    /// Rows of the file, once it has been read through.
    rows_total: Option<u64>,
    /// Rows that have their outcome: the sum of created, updated, merged, skipped and refused.
    rows_done: u64,
    #[serde(flatten)]
    outcomes: Outcomes,
    /// How many rows got their outcome in a second, from the beginning on; null before the first.
    rows_per_second: Option<f64>,
    /// How many seconds the others will take, if they are as fast; null while that cannot be said.
    seconds_left: Option<u64>,
    /// Who asked for it; null if the file was put into the bucket without being asked for.
    created_by: Option<Actor>,
    /// When it was asked for.
    created_at: Timestamp,
    /// When its file was first looked at.
    started_at: Option<Timestamp>,
    /// When it ended.
    finished_at: Option<Timestamp>,
    /// Only in the answer to the request for the import, unless it has the file of a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "UploadOut")]
    upload: Option<UploadOut>,
}

/// How the file is to be uploaded.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Upload")]
pub(crate) struct UploadOut {
    /// The method of the request that carries the file.
    #[schemars(extend("const" = "PUT"))]
    pub(crate) method: &'static str,
    /// Where it goes. Whoever has the address can upload: it is as good as a key.
    #[schemars(url)]
    pub(crate) url: String,
    /// Until when the upload can begin.
    pub(crate) expires_at: Timestamp,
    /// The most bytes of the file.
    pub(crate) max_bytes: u64,
}

impl ImportOut {
    /// The import as it is at `now`, with the outcomes in chunks that are `under_way`.
    pub(crate) fn new(job: ImportJob, under_way: Outcomes, now: Timestamp) -> Self {
        let Progress { outcomes, rows_done, rows_per_second, seconds_left } = Progress::of(&job, under_way, now);
        let options = job.options;
        Self {
            id: job.id,
            status: job.status,
            error: job.error,
            duplicates: options.duplicates,
            mapping: options.mapping,
            default_country: options.default_country,
            encoding: options.encoding,
            tags: options.tags,
            group: options.group,
            dry_run: options.dry_run,
            on_error: options.on_error,
            file_of: job.file_of,
            file: job.file,
            columns: job.columns,
            preview: None,
            rows_total: job.rows_total,
            rows_done,
            outcomes,
            rows_per_second,
            seconds_left,
            created_by: job.created_by,
            created_at: job.created_at,
            started_at: job.started_at,
            finished_at: job.finished_at,
            upload: None,
        }
    }

    /// With where the file goes.
    pub(crate) fn uploading(self, upload: Option<UploadOut>) -> Self {
        Self { upload, ..self }
    }

    /// With what the first rows would become.
    pub(crate) fn previewing(self, preview: Option<Preview>) -> Self {
        Self { preview, ..self }
    }
}

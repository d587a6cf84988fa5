//! An import as the API takes and shows it.

use std::collections::BTreeMap;

use domain::Timestamp;
use domain::id::JobId;
use domain::import::{DuplicatePolicy, MAX_COLUMNS, Outcomes};
use domain::job::{ImportJob, ImportStatus};
use domain::phone::Country;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a CSV file is to be imported. The answer says where to upload it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ImportRequest", example = example())]
pub(crate) struct ImportIn {
    /// What happens to a row whose e-mail address a contact has already; `skip` where nothing is said.
    #[serde(default)]
    #[schemars(with = "Option<DuplicatePolicy>")]
    pub(crate) duplicates: Option<String>,
    /// Which column fills which field: a field of a contact, `custom_fields.x` for the custom field `x`, or nothing
    /// (`""`). Columns that are not named here are mapped by their names. The import fails if the file has no such
    /// column or a contact no such field. Together at most 64 KiB.
    #[serde(default)]
    #[schemars(extend("maxProperties" = MAX_COLUMNS, "propertyNames" = { "minLength": 1 }))]
    pub(crate) mapping: BTreeMap<String, String>,
    /// The country of phone numbers without a country code.
    #[serde(default)]
    #[schemars(with = "Option<Country>")]
    pub(crate) default_country: Option<String>,
}

fn example() -> serde_json::Value {
    serde_json::json!({
        "duplicates": "update", "default_country": "GB",
        "mapping": { "Mail": "email", "Plan": "custom_fields.plan", "Internal number": "" },
    })
}

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
    /// The columns of the file, once its first line has been read.
    headers: Vec<String>,
    /// Rows of the file, once it has been read through.
    rows_total: Option<u64>,
    /// Rows that have their outcome: the sum of created, updated, merged, skipped and refused.
    rows_done: u64,
    #[serde(flatten)]
    outcomes: Outcomes,
    /// When it was asked for.
    created_at: Timestamp,
    /// When it ended.
    finished_at: Option<Timestamp>,
    /// Only in the answer to the request for the import.
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

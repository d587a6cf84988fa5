//! An export as the API shows it.

use domain::Timestamp;
use domain::access::Actor;
use domain::export::{Export, ExportFormat, ExportStatus};
use domain::id::JobId;
use edge::Accepted;
use schemars::JsonSchema;
use serde::Serialize;

/// The export of contacts into a file.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Export")]
pub(crate) struct ExportOut {
    /// Its id.
    id: JobId,
    /// Where it stands.
    status: ExportStatus,
    /// Why there will be no file, if so.
    error: Option<String>,
    /// The format of the file.
    format: ExportFormat,
    /// What is told of each contact.
    fields: Vec<String>,
    /// Contacts in the file so far.
    rows: u64,
    /// Bytes of the file so far.
    bytes: u64,
    /// Who asked for it.
    created_by: Actor,
    /// When.
    created_at: Timestamp,
    /// When it ended.
    finished_at: Option<Timestamp>,
    /// Until when the file can be downloaded.
    expires_at: Option<Timestamp>,
    /// Counts its changes, from 1.
    version: u64,
    /// Where to download the file; only where one export is asked for, and while the file is there.
    download: Option<DownloadOut>,
}

/// Where a file can be downloaded by whoever knows of it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Download")]
pub(crate) struct DownloadOut {
    /// To be fetched with GET, without a credential.
    #[schemars(url)]
    pub(crate) url: String,
    /// Until when; after that, ask for the export again.
    pub(crate) expires_at: Timestamp,
}

impl ExportOut {
    pub(crate) fn new(export: Export, now: Timestamp, download: Option<DownloadOut>) -> Self {
        Self {
            id: export.id,
            status: export.status_at(now),
            expires_at: export.expires_at(),
            error: export.error,
            format: export.format,
            fields: export.columns.iter().map(ToString::to_string).collect(),
            rows: export.rows,
            bytes: export.bytes,
            created_by: export.by,
            created_at: export.created_at,
            finished_at: export.finished_at,
            version: export.revision,
            download,
        }
    }

    /// One that was begun.
    pub(crate) fn accepted(export: Export, now: Timestamp) -> Accepted<Self> {
        let location = format!("/api/v1/contacts/exports/{}", export.id);
        Accepted { location, body: Self::new(export, now, None) }
    }
}

//! Exports: the contacts that somebody means, written into one file.
//!
//! A file grows part by part in the order of the contacts' ids. What is kept of it says behind which contact the next part
//! begins; each change leaves the export at its next revision, so that of two workers only one adds to the file.

pub mod column;
mod draft;
mod erasure;
#[cfg(test)]
mod tests;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::access::Actor;
use crate::contact::filter::ContactFilter;
use crate::id::{ContactId, Id, JobId, TenantId};
use crate::time::after;
use crate::{Error, Timestamp};

pub use column::Column;
pub use draft::{ExportDraft, Wanted};
pub use erasure::Gone;

/// How long a file can be downloaded.
pub const FILE_KEPT: TimeDelta = TimeDelta::days(7);
/// The most parts of a file: what an upload to S3 can have.
pub const MAX_PARTS: u32 = 10_000;
/// How often a file is begun.
const MAX_ATTEMPTS: u32 = 20;

vocabulary! {
    /// The format of a file.
    ExportFormat {
        /// Comma-separated values (RFC 4180).
        Csv = "csv",
        /// vCards (RFC 2426).
        Vcf = "vcf",
    }
}

vocabulary! {
    /// Where an export stands.
    ExportStatus {
        /// Nobody has begun it.
        Queued = "queued",
        /// The file is being written.
        Running = "running",
        /// The file can be downloaded.
        Completed = "completed",
        /// There will be no file.
        Failed = "failed",
        /// There was a file.
        Expired = "expired",
    }
}

impl ExportFormat {
    /// The media type of a file.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Vcf => "text/vcard; charset=utf-8",
        }
    }
}

/// An export.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Export {
    /// Its id.
    pub id: JobId,
    /// Where it stands, but for files that are too old.
    pub status: ExportStatus,
    /// Why there will be no file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The format of the file.
    pub format: ExportFormat,
    /// What is told of each contact.
    pub columns: Vec<Column>,
    /// Who is meant; nothing once that is of no use any more.
    #[serde(default)]
    pub filter: ContactFilter,
    /// Who asked for it.
    pub by: Actor,
    /// When.
    pub created_at: Timestamp,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
    /// The file that is being written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upload: Option<Upload>,
    /// Contacts in the file so far.
    pub rows: u64,
    /// Bytes of the file so far.
    pub bytes: u64,
    /// Whether contacts are read as they are now, not as they perhaps were a second ago.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reads_latest: bool,
    /// How often the file was begun again.
    pub restarts: u32,
    /// Counts the changes, from 1.
    pub revision: u64,
}

/// A file that is being written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upload {
    /// The bucket's name for it.
    pub id: String,
    /// How many parts it has.
    pub parts: u32,
    /// The last contact that was met.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<ContactId>,
    /// Whether nobody comes behind that contact.
    pub full: bool,
}

/// A part of a file, as the bucket took it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilePart {
    /// Names its content.
    pub etag: String,
    /// Its CRC-32 in Base64, where the bucket tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksum: Option<String>,
}

/// By what a part lets a file grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Growth {
    /// The last contact that was met.
    pub after: Option<ContactId>,
    /// Contacts in the part.
    pub rows: u64,
    /// Its bytes.
    pub bytes: u64,
    /// Whether nobody comes behind.
    pub last: bool,
}

/// On the export queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ExportTask {
    /// Whose.
    pub tenant: TenantId,
    /// Which.
    pub export: JobId,
}

impl Export {
    /// What it is called in messages.
    pub const WHAT: &'static str = "export";

    /// A new one.
    pub fn new(id: JobId, wanted: Wanted, by: Actor, now: Timestamp) -> Self {
        let Wanted { format, columns, filter } = wanted;
        Self {
            id,
            status: ExportStatus::Queued,
            error: None,
            format,
            columns,
            filter,
            by,
            created_at: now,
            finished_at: None,
            upload: None,
            rows: 0,
            bytes: 0,
            reads_latest: false,
            restarts: 0,
            revision: 1,
        }
    }

    /// Where the file is in the bucket.
    pub fn object_key(&self, tenant: TenantId) -> String {
        format!("exports/{tenant}/{}.{}", self.id.uuid(), self.format)
    }

    /// What the file is called by who downloads it.
    pub fn file_name(&self) -> String {
        format!("contacts-{}.{}", self.created_at.date_naive(), self.format)
    }

    /// Whether nothing more will happen.
    pub fn has_ended(&self) -> bool {
        !matches!(self.status, ExportStatus::Queued | ExportStatus::Running)
    }

    /// Until when the file can be downloaded.
    pub fn expires_at(&self) -> Option<Timestamp> {
        let end = self.finished_at.filter(|_| self.status == ExportStatus::Completed);
        end.map(|end| after(end, FILE_KEPT))
    }

    /// Where it stands now.
    pub fn status_at(&self, now: Timestamp) -> ExportStatus {
        if self.expires_at().is_some_and(|end| end <= now) { ExportStatus::Expired } else { self.status }
    }

    fn moved(&self) -> Self {
        Self { revision: self.revision + 1, ..self.clone() }
    }

    /// With a file that is being written, and has nothing in it.
    pub fn begun(&self, upload: String) -> Self {
        let upload = Some(Upload { id: upload, parts: 0, after: None, full: false });
        Self { status: ExportStatus::Running, upload, rows: 0, bytes: 0, ..self.moved() }
    }

    /// With one more part in the file.
    ///
    /// # Errors
    /// [`Error::Internal`] when no file is being written.
    pub fn grown(&self, by: Growth) -> Result<Self, Error> {
        let upload = self.upload.as_ref().ok_or_else(|| Error::internal("adding to a file", "it was not begun"))?;
        let after = by.after.or(upload.after);
        let upload = Upload { parts: upload.parts + 1, after, full: by.last, ..upload.clone() };
        Ok(Self { upload: Some(upload), rows: self.rows + by.rows, bytes: self.bytes + by.bytes, ..self.moved() })
    }

    /// With nobody left who could come into the file.
    pub fn filled(&self) -> Self {
        let upload = self.upload.clone().map(|upload| Upload { full: true, ..upload });
        Self { upload, ..self.moved() }
    }

    /// With its file begun again from the beginning; without one if that has been tried too often.
    pub fn restarted(&self, now: Timestamp) -> Self {
        if self.restarts == MAX_ATTEMPTS {
            return self.failed("the file was begun again and again and never finished", now);
        }
        let restarts = self.restarts + 1;
        Self { status: ExportStatus::Queued, upload: None, rows: 0, bytes: 0, restarts, ..self.moved() }
    }

    /// With its file at hand.
    pub fn completed(&self, now: Timestamp) -> Self {
        self.ended(ExportStatus::Completed, now)
    }

    /// Without a file, for this reason.
    pub fn failed(&self, reason: &str, now: Timestamp) -> Self {
        Self { error: Some(reason.to_owned()), rows: 0, bytes: 0, ..self.ended(ExportStatus::Failed, now) }
    }

    /// A filter can tell of somebody: it goes with the end.
    fn ended(&self, status: ExportStatus, now: Timestamp) -> Self {
        let filter = ContactFilter::default();
        Self { status, filter, upload: None, finished_at: Some(now), ..self.moved() }
    }
}

//! Import as a job: a file into contacts, chunk by chunk.

mod file;
mod options;
#[cfg(test)]
mod tests;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::access::Actor;
use crate::id::{JobId, TenantId};
use crate::import::{Column, Outcomes};
use crate::time::after;
use crate::{Error, Result, Timestamp};

pub use file::{FileFacts, FileFormat, Packing};
pub use options::{ImportOptions, OnError};

/// How many minutes the file of a dry run is kept, so that it can be imported without another upload.
pub const FILE_KEPT_MINUTES: i64 = 60;

vocabulary! {
    /// Where an import stands.
    ImportStatus {
        /// The upload has not arrived.
        AwaitingUpload = "awaiting_upload",
        /// The file is being cut into chunks; the first are being worked on.
        Splitting = "splitting",
        /// All chunks are known and being worked on.
        Running = "running",
        /// No row is begun any more; what was begun is being added up.
        Stopping = "stopping",
        /// Every row has its outcome.
        Completed = "completed",
        /// The file as a whole is not acceptable, or never came.
        Failed = "failed",
        /// Somebody stopped it. Rows that had their outcome keep it.
        Cancelled = "cancelled",
    }
}

impl ImportStatus {
    /// Whether nothing more will happen.
    pub fn is_end(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }

    /// Whether chunks may be under way.
    pub fn has_sums_to_come(self) -> bool {
        self.is_at_work() || self == Self::Stopping
    }

    /// Whether rows may be given their outcome.
    pub fn is_at_work(self) -> bool {
        matches!(self, Self::Splitting | Self::Running)
    }
}

/// The import of one file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImportJob {
    /// Its id.
    pub id: JobId,
    /// Where it stands.
    pub status: ImportStatus,
    /// Why it failed, or is about to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The object that holds the file.
    pub object_key: String,
    /// Names the file's content, once it was looked at: another file under the same key is not this import's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// The dry run whose file this is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_of: Option<JobId>,
    /// The import that has the file now: it is this one's no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_passed_to: Option<JobId>,
    /// How it is to be imported.
    #[serde(flatten)]
    pub options: ImportOptions,
    /// What was found of the file, once it was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<FileFacts>,
    /// Its columns, then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<Column>,
    /// How many chunks there are, once all are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chunks_total: Option<u32>,
    /// How many are done.
    pub chunks_done: u32,
    /// How many rows the file has, once all are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows_total: Option<u64>,
    /// Rows of the chunks that are done, by outcome.
    #[serde(flatten)]
    pub outcomes: Outcomes,
    /// Who asked for it; nothing, if the file was just put there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<Actor>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When its file was first looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
}

impl ImportJob {
    /// A job whose file has not arrived.
    pub fn new(
        id: JobId,
        object_key: String,
        options: ImportOptions,
        created_by: Option<Actor>,
        created_at: Timestamp,
    ) -> Self {
        Self {
            id,
            status: ImportStatus::AwaitingUpload,
            error: None,
            object_key,
            etag: None,
            file_of: None,
            file_passed_to: None,
            options,
            file: None,
            columns: Vec::new(),
            chunks_total: None,
            chunks_done: 0,
            rows_total: None,
            outcomes: Outcomes::default(),
            created_by,
            created_at,
            started_at: None,
            finished_at: None,
        }
    }

    /// Until when its file is kept after its end, if it is at all: a dry run's can be imported as it is.
    pub fn file_kept_until(&self) -> Option<Timestamp> {
        let kept = self.options.dry_run && self.status == ImportStatus::Completed && self.file_passed_to.is_none();
        let ended = self.finished_at.filter(|_| kept)?;
        Some(after(ended, TimeDelta::minutes(FILE_KEPT_MINUTES)))
    }

    /// Whether another import can have its file at `now`.
    ///
    /// # Errors
    /// [`Error::Conflict`] that says why not.
    pub fn lends_its_file(&self, now: Timestamp) -> Result<()> {
        let status = self.status;
        if let Some(to) = self.file_passed_to {
            let message = "another import has the file of the dry run already".to_owned();
            return Err(Error::Conflict { message, existing_id: Some(to.to_string()) });
        }
        match self.file_kept_until() {
            Some(until) if now < until => Ok(()),
            Some(_) => Err(Error::conflict("the file of the dry run is gone: it was kept for an hour")),
            None => Err(Error::conflict(format!("the dry run is {status}: its file can be had once it is completed"))),
        }
    }

    /// Whether its file is its own to remove, and nobody needs it any more.
    pub fn is_done_with_its_file(&self, now: Timestamp) -> bool {
        let kept = self.file_kept_until().is_some_and(|until| now < until);
        self.status.is_end() && self.file_passed_to.is_none() && !kept
    }
}

/// A part of a file: whole rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportChunk {
    /// Its number, from 0.
    pub number: u32,
    /// The number of its first row, from 1, without the header.
    pub first_row: u64,
    /// How many rows it has.
    pub rows: u32,
    /// How many of them have their outcome.
    pub rows_done: u32,
    /// Those, by outcome.
    #[serde(flatten)]
    pub outcomes: Outcomes,
    /// Whether it was added to the job's sums. Nobody works on it any more, though rows may be left.
    pub done: bool,
}

impl ImportChunk {
    /// Whether some of its rows have their outcome that the job's sums do not tell of.
    pub fn is_under_way(&self) -> bool {
        self.rows_done > 0 && !self.done
    }
}

/// On the import queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ImportTask {
    /// Whose import.
    pub tenant: TenantId,
    /// Which.
    pub job: JobId,
    /// The chunk to work on, or nothing: see what is left and take it up again.
    pub chunk: Option<u32>,
}

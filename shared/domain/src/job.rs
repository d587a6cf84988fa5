//! Work in the background: jobs, cut into chunks that workers do in parallel.
//!
//! A chunk has a cursor that moves in the same transaction as the effects of the work before it. A chunk that is begun
//! twice, or whose worker dies, therefore goes on where it stopped and does nothing twice.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::id::{CampaignId, ContactId, JobId, TenantId};
use crate::import::{DuplicatePolicy, Outcomes};
use crate::phone::Country;

vocabulary! {
    /// Where an import stands.
    ImportStatus {
        /// The upload has not arrived.
        AwaitingUpload = "awaiting_upload",
        /// The file is being cut into chunks; the first are being worked on.
        Splitting = "splitting",
        /// All chunks are known and being worked on.
        Running = "running",
        /// Every row has its outcome.
        Completed = "completed",
        /// The file as a whole is not acceptable, or never came.
        Failed = "failed",
    }
}

impl ImportStatus {
    /// Whether nothing more will happen.
    pub fn is_end(self) -> bool {
        matches!(self, Self::Completed | Self::Failed)
    }
}

/// The import of one file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImportJob {
    /// Its id.
    pub id: JobId,
    /// Where it stands.
    pub status: ImportStatus,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The object that holds the file.
    pub object_key: String,
    /// Names the file's content, once it was looked at: another file under the same key is not this import's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// What happens to duplicates.
    pub duplicates: DuplicatePolicy,
    /// Column → field, where the caller chose.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub mapping: BTreeMap<String, String>,
    /// For national phone numbers.
    pub default_country: Country,
    /// The names of the columns, once the file was looked at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<String>,
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
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
}

/// A part of a file: whole rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportChunk {
    /// Its number, from 0.
    pub number: u32,
    /// Where it begins in the file, in bytes.
    pub start: u64,
    /// Where it ends, exclusive.
    pub end: u64,
    /// The number of its first row, from 1, without the header.
    pub first_row: u64,
    /// The line of its first row, from 1, as an editor counts.
    pub first_line: u64,
    /// How many rows it has.
    pub rows: u32,
    /// How many of them have their outcome.
    pub rows_done: u32,
    /// Those, by outcome.
    #[serde(flatten)]
    pub outcomes: Outcomes,
    /// Whether it was added to the job's sums.
    pub done: bool,
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

/// Contacts on their way into a campaign, or a campaign's enrolments on their way into its first step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EnrollmentJob {
    /// Its id.
    pub id: JobId,
    /// Into which campaign.
    pub campaign_id: CampaignId,
    /// Where the contacts come from.
    pub source: EnrollmentSource,
    /// How many chunks there are, once all are known.
    pub chunks_total: u32,
    /// How many are done.
    pub chunks_done: u32,
    /// Contacts that were enrolled.
    pub enrolled: u64,
    /// Contacts that were enrolled before.
    pub already_enrolled: u64,
    /// Ids of contacts that do not exist.
    pub unknown: u64,
    /// When it was asked for.
    pub created_at: Timestamp,
}

impl EnrollmentJob {
    /// Whether nothing more will happen.
    pub fn is_done(&self) -> bool {
        self.chunks_done == self.chunks_total
    }
}

/// Where the contacts of an enrolment job come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EnrollmentSource {
    /// Ids that the caller gave: each chunk holds some.
    Contacts,
    /// Everyone that an import brought: a chunk for each of its chunks.
    Import(JobId),
    /// Those enrolled before the campaign's start: a chunk for each shard.
    Start,
}

/// A part of an enrolment job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrollmentChunk {
    /// Its number, from 0.
    pub number: u32,
    /// The contacts, where the caller gave them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<ContactId>,
    /// How many contacts were dealt with, in this pass.
    pub position: u32,
    /// The last of them, where they are found by walking through a shard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<ContactId>,
    /// Whether some were enrolled without a time, because the campaign had not started.
    pub unscheduled: bool,
    /// Whether the chunk is gone through once more, to give those a time.
    pub rescheduling: bool,
    /// Counts the changes, for conditional writes.
    pub revision: u64,
    /// Those that were enrolled.
    pub enrolled: u64,
    /// Those that were enrolled before.
    pub already_enrolled: u64,
    /// Those that do not exist.
    pub unknown: u64,
    /// Whether it was added to the job's sums.
    pub done: bool,
}

impl EnrollmentChunk {
    /// The next revision, `by` contacts on.
    pub fn moved(&self, by: usize) -> Self {
        let position = self.position.saturating_add(u32::try_from(by).unwrap_or(u32::MAX));
        Self { position, revision: self.revision + 1, ..self.clone() }
    }

    /// The next revision, at the beginning of a second pass.
    pub fn second_pass(&self) -> Self {
        Self { position: 0, unscheduled: false, rescheduling: true, revision: self.revision + 1, ..self.clone() }
    }

    /// A chunk that nobody has worked on.
    pub fn new(number: u32, contacts: Vec<ContactId>) -> Self {
        Self {
            number,
            contacts,
            position: 0,
            after: None,
            unscheduled: false,
            rescheduling: false,
            revision: 1,
            enrolled: 0,
            already_enrolled: 0,
            unknown: 0,
            done: false,
        }
    }
}

/// On the enrolment queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct EnrollmentTask {
    /// Whose job.
    pub tenant: TenantId,
    /// Which.
    pub job: JobId,
    /// The chunk to work on, or nothing: see what is left and take it up again.
    pub chunk: Option<u32>,
}

//! Enrolment as a job: contacts into a campaign, chunk by chunk.

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::id::{CampaignId, ContactId, JobId, TenantId};

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

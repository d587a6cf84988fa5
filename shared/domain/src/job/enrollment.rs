//! Enrolment as a job: contacts into a campaign, or its enrolments on their way or to their end, chunk by chunk.

mod chunk;
mod ranges;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::campaign::{Campaign, Move};
use crate::contact::target::TargetCriteria;
use crate::enrollment::SHARDS;
use crate::id::{CampaignId, JobId, TenantId};

pub use chunk::{EnrollmentChunk, Range};
pub use ranges::ranges_of;

/// Contacts on their way into a campaign, or all enrolments of a campaign on their way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EnrollmentJob {
    /// Its id.
    pub id: JobId,
    /// Of which campaign.
    pub campaign_id: CampaignId,
    /// What it goes through.
    pub source: EnrollmentSource,
    /// How many chunks there are, as far as it is known.
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

/// What an enrolment job goes through.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EnrollmentSource {
    /// Ids that the caller gave: each chunk holds some.
    Contacts,
    /// Everyone that an import brought: a chunk for each of its chunks.
    Import(JobId),
    /// Everyone whom these criteria mean: a chunk that looks how many there are, and one for each range of ids that it
    /// finds.
    Criteria(Box<TargetCriteria>),
    /// Those enrolled before the campaign's start, who get their first due time: a chunk for each shard.
    Start,
    /// Those who waited while the campaign was paused, who get their due time again: a chunk for each shard.
    Resume,
    /// Those whose way the campaign's end cuts short: a chunk for each shard.
    End,
}

/// On the enrolment queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum EnrollmentTask {
    /// A job is to be worked on.
    Job {
        /// Whose.
        tenant: TenantId,
        /// Which.
        job: JobId,
        /// The chunk to work on, or nothing: see what is left and take it up again.
        chunk: Option<u32>,
    },
    /// The time of a campaign's start or end has come.
    Campaign {
        /// Whose.
        tenant: TenantId,
        /// Which.
        campaign: CampaignId,
    },
}

impl EnrollmentJob {
    /// A job that nobody has worked on, of these chunks.
    pub fn new(
        id: JobId,
        campaign_id: CampaignId,
        source: EnrollmentSource,
        chunks: &[EnrollmentChunk],
        now: Timestamp,
    ) -> Self {
        let chunks_total = u32::try_from(chunks.len()).unwrap_or(u32::MAX);
        let (chunks_done, enrolled, already_enrolled, unknown) = (0, 0, 0, 0);
        let created_at = now;
        Self { id, campaign_id, source, chunks_total, chunks_done, enrolled, already_enrolled, unknown, created_at }
    }

    /// Whether nothing more will happen.
    pub fn is_done(&self) -> bool {
        self.chunks_done == self.chunks_total
    }

    /// Whether all chunks but one are done.
    pub fn has_one_left(&self) -> bool {
        self.chunks_done + 1 == self.chunks_total
    }

    /// How many contacts a job that may take only so many has taken.
    pub fn taken(&self) -> u64 {
        self.source.taken(self.enrolled, self.already_enrolled)
    }

    /// The task to work on a chunk, or to see what is left.
    pub fn task(&self, tenant: TenantId, chunk: Option<u32>) -> EnrollmentTask {
        EnrollmentTask::Job { tenant, job: self.id, chunk }
    }
}

impl EnrollmentSource {
    /// What the start begins with: the campaign's criteria, if it has any and nobody is in it.
    fn of_start(campaign: &Campaign) -> Self {
        match &campaign.target_criteria {
            Some(criteria) if !campaign.has_audience() => Self::Criteria(Box::new(criteria.clone())),
            _ => Self::Start,
        }
    }

    /// What begins with a move of this campaign, if anything: where nobody is in it there is nothing to go through.
    pub fn of_move(step: Move, campaign: &Campaign) -> Option<Self> {
        let anybody = campaign.has_audience();
        match step {
            Move::Start => Some(Self::of_start(campaign)).filter(|source| anybody || *source != Self::Start),
            Move::Resume => Some(Self::Resume).filter(|_| anybody),
            Move::Cancel | Move::Archive => Some(Self::End).filter(|_| anybody && !campaign.status.is_over()),
            Move::Schedule | Move::Pause | Move::Complete => None,
        }
    }

    /// The chunks that it begins with, where they follow from nothing else.
    pub fn chunks(&self) -> Vec<EnrollmentChunk> {
        match self {
            Self::Contacts | Self::Import(_) => Vec::new(),
            Self::Criteria(_) => vec![EnrollmentChunk::new(0)],
            Self::Start | Self::Resume | Self::End => (0..u32::from(SHARDS)).map(EnrollmentChunk::new).collect(),
        }
    }

    /// The most contacts that it may take.
    pub fn most(&self) -> Option<u64> {
        match self {
            Self::Criteria(criteria) => criteria.max_contacts,
            _ => None,
        }
    }

    /// How many of these count towards the most.
    pub fn taken(&self, enrolled: u64, already_enrolled: u64) -> u64 {
        match self {
            Self::Criteria(criteria) if !criteria.exclude_already_enrolled => enrolled + already_enrolled,
            _ => enrolled,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::id::Id;

    #[test]
    fn a_task_is_what_it_was_before_there_were_two_kinds() {
        let (tenant, job) = (TenantId::derived(Timestamp::default(), &[]), JobId::derived(Timestamp::default(), &[]));
        let campaign = CampaignId::derived(Timestamp::default(), &[]);
        for (task, form) in [
            (EnrollmentTask::Job { tenant, job, chunk: Some(3) }, json!({ "tenant": tenant, "job": job, "chunk": 3 })),
            (EnrollmentTask::Job { tenant, job, chunk: None }, json!({ "tenant": tenant, "job": job, "chunk": null })),
            (EnrollmentTask::Campaign { tenant, campaign }, json!({ "tenant": tenant, "campaign": campaign })),
        ] {
            assert_eq!(json!(task), form);
            assert_eq!(serde_json::from_value::<EnrollmentTask>(form).unwrap(), task);
        }
    }
}

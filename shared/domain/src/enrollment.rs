//! Enrolments: one contact's way through one campaign.

mod shown;
mod together;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::id::{CampaignId, ContactId, Id, TenantId};
use crate::money::Money;
use crate::time::Minute;

pub use shown::ShownStatus;
pub use together::{MERGED, goes_on};

/// Over how many partitions the enrolments of a campaign, and the work that falls due in a minute, are spread.
pub const SHARDS: u8 = 16;

vocabulary! {
    /// Where an enrolment stands (S4's values and `excluded`).
    EnrollmentStatus {
        /// Nothing was sent yet.
        Pending = "pending",
        /// In the sequence.
        Active = "active",
        /// Through the sequence.
        Completed = "completed",
        /// Ended by a bounce.
        Bounced = "bounced",
        /// Ended by an opt-out or a complaint.
        Unsubscribed = "unsubscribed",
        /// Ended without a single message: the contact is gone, must not be contacted, or has no address.
        Excluded = "excluded",
        /// Taken out: by hand, or because the campaign was cancelled.
        Cancelled = "cancelled",
    }
}

impl EnrollmentStatus {
    /// Whether nothing more will happen.
    pub fn is_end(self) -> bool {
        !matches!(self, Self::Pending | Self::Active)
    }
}

vocabulary! {
    /// How far a campaign got with a contact: the stages of the funnel (S4).
    #[schemars(rename = "FunnelStageName")]
    Stage {
        /// In the audience.
        Enrolled = "enrolled",
        /// A message arrived.
        Delivered = "delivered",
        /// One was opened.
        Opened = "opened",
        /// A link was followed.
        Clicked = "clicked",
        /// One was answered.
        Replied = "replied",
        /// The contact did what the campaign is for.
        Converted = "converted",
    }
}

vocabulary! {
    /// Why a step that was due is sent later.
    PutOff {
        /// It is quiet where the contact is.
        QuietHours = "quiet_hours",
        /// The contact has got as many messages as it may.
        FrequencyCap = "frequency_cap",
        /// It waits for the hour at which the contact opened earlier messages.
        SendTime = "send_time",
        /// So many messages of the tenant go out over the channel already.
        SendRate = "send_rate",
        /// The provider asks to wait, or was not reached.
        Provider = "provider",
    }
}

/// When a step is due, and where that stands in the index of what is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    /// The moment.
    pub at: Timestamp,
    /// The minute under which the scheduler finds it: one that begins after the moment, and so far ahead of the writing
    /// that a slow writer is done before the scheduler looks there. It is kept, for whoever changes the enrolment in
    /// another respect must leave it where the agenda says it is.
    pub minute: Minute,
}

impl Due {
    /// By how many minutes what is due already stands ahead in the index.
    pub const MINUTES_AHEAD: u32 = 2;

    /// Due at `at`, as written at `now`.
    pub fn new(at: Timestamp, now: Timestamp) -> Self {
        Self { at, minute: Minute::of(at).plus(1).max(Minute::of(now).plus(Self::MINUTES_AHEAD)) }
    }
}

/// One contact's way through one campaign.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Enrollment {
    /// Which campaign.
    pub campaign_id: CampaignId,
    /// Which contact.
    pub contact_id: ContactId,
    /// Where it stands.
    pub status: EnrollmentStatus,
    /// Why it ended, if there is more to say than the status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The number of the last step that was dealt with; 0 before the first.
    pub step_done: u32,
    /// When the next step is due; nothing before the campaign starts and after the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Due>,
    /// When the next step was due, if the campaign was found paused then: the resume gives it a time again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Timestamp>,
    /// Why the next step is later than it was due first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub put_off: Option<PutOff>,
    /// Whether the hour of the next step was chosen already, after the contact's habits.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub timed: bool,
    /// How many messages were sent.
    pub sent: u32,
    /// How far the messages got.
    pub reached: Stage,
    /// When the contact did what the campaign is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub converted_at: Option<Timestamp>,
    /// What that brought.
    #[serde(default, skip_serializing_if = "Money::is_zero")]
    pub revenue: Money,
    /// When the contact was enrolled.
    pub enrolled_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Counts the changes, for conditional writes.
    pub revision: u64,
}

impl Enrollment {
    /// A new enrolment. `due`: when the first step is due, or nothing while the campaign has not started.
    pub fn new(campaign_id: CampaignId, contact_id: ContactId, due: Option<Due>, now: Timestamp) -> Self {
        Self {
            campaign_id,
            contact_id,
            status: EnrollmentStatus::Pending,
            reason: None,
            step_done: 0,
            due,
            held: None,
            put_off: None,
            timed: false,
            sent: 0,
            reached: Stage::Enrolled,
            converted_at: None,
            revenue: Money::ZERO,
            enrolled_at: now,
            updated_at: now,
            revision: 1,
        }
    }

    /// The next revision, ended. An enrolment that has ended stays as it ended: nothing then.
    pub fn ended(&self, status: EnrollmentStatus, reason: Option<&str>, now: Timestamp) -> Option<Self> {
        if self.status.is_end() {
            return None;
        }
        let reason = reason.map(str::to_owned);
        let revision = self.revision + 1;
        Some(Self { status, reason, due: None, held: None, put_off: None, updated_at: now, revision, ..self.clone() })
    }

    /// The next revision, due at another time. One that has ended is never due: nothing then.
    pub fn put_off(&self, due_at: Timestamp, now: Timestamp) -> Option<Self> {
        (!self.status.is_end()).then(|| Self {
            due: Some(Due::new(due_at, now)),
            updated_at: now,
            revision: self.revision + 1,
            ..self.clone()
        })
    }

    /// The next revision, further down the funnel; nothing if it is there already.
    pub fn reached(&self, stage: Stage, now: Timestamp) -> Option<Self> {
        (stage > self.reached).then(|| Self {
            reached: stage,
            updated_at: now,
            revision: self.revision + 1,
            ..self.clone()
        })
    }
}

/// The partition of a contact's enrolments and due work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Shard(u8);

impl Shard {
    /// How many there are.
    pub const COUNT: usize = SHARDS as usize;

    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..SHARDS).map(Self)
    }

    /// The shard of `contact`: the last bits of its id, which are random or a hash.
    pub fn of(contact: ContactId) -> Self {
        Self(contact.uuid().as_bytes()[15] % SHARDS)
    }

    /// The shard with this number, if there is one.
    pub fn numbered(number: u8) -> Option<Self> {
        (number < SHARDS).then_some(Self(number))
    }

    /// Its number, from 0.
    pub fn number(self) -> u8 {
        self.0
    }
}

impl std::fmt::Display for Shard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02}", self.0)
    }
}

/// On the send queue: the step after `step_done` of this enrolment is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SendTask {
    /// Whose campaign.
    pub tenant: TenantId,
    /// Which campaign.
    pub campaign: CampaignId,
    /// Which contact.
    pub contact: ContactId,
    /// The last step that was done when the task was made: a task for a step that is done by now is stale.
    pub step_done: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        chrono::DateTime::from_timestamp(second, 0).unwrap_or_default()
    }

    #[test]
    fn what_is_due_stands_under_a_minute_that_begins_after_it() {
        assert_eq!(Due::new(at(600), at(0)).minute, Minute::of(at(660)));
        assert_eq!(Due::new(at(659), at(0)).minute, Minute::of(at(660)));
        assert_eq!(Due::new(at(0), at(600)).minute, Minute::of(at(720)));
    }

    #[test]
    fn a_receipt_leaves_the_enrolment_where_the_agenda_says_it_is() {
        let (campaign, contact) = (CampaignId::derived(at(0), &[]), ContactId::derived(at(0), &[]));
        let enrollment = Enrollment::new(campaign, contact, Some(Due::new(at(600), at(0))), at(0));
        assert_eq!(enrollment.reached(Stage::Opened, at(630)).and_then(|next| next.due), enrollment.due);
    }
}

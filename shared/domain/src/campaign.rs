//! Campaigns: a sequence of messages, and the audience that goes through it.

pub mod draft;
pub mod life_cycle;
pub mod patch;
pub mod step;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::contact::target::TargetCriteria;
use crate::id::CampaignId;
use crate::message::Channel;
use crate::money::Money;
use crate::naming::fields;
use crate::{Error, Fault, FaultCode, Result, Timestamp};

pub use draft::CampaignDraft;
pub use life_cycle::Move;
pub use patch::CampaignPatch;
pub use step::{Condition, Content, ContentType, DelayUnit, Reaction, Step, StepDraft, StepPatch, Variant};

/// The longest campaign name, in characters.
pub const MAX_NAME: usize = 200;
/// The longest description of a campaign, in characters.
pub const MAX_DESCRIPTION: usize = 2_000;

vocabulary! {
    /// Which channels a campaign uses (S4).
    CampaignType {
        /// E-mail only.
        Email = "email",
        /// SMS only.
        Sms = "sms",
        /// WhatsApp only.
        Whatsapp = "whatsapp",
        /// Calls only.
        Voice = "voice",
        /// All of them, in one sequence.
        MultiChannel = "multi_channel",
    }
}

vocabulary! {
    /// Where a campaign stands.
    CampaignStatus {
        /// Being written; sends nothing.
        Draft = "draft",
        /// Begins to send at its start date.
        Scheduled = "scheduled",
        /// Sending.
        Active = "active",
        /// Holding back until it is resumed.
        Paused = "paused",
        /// Every enrolment has ended.
        Completed = "completed",
        /// Ended before its time, for good.
        Cancelled = "cancelled",
        /// Put away; nothing can change any more.
        Archived = "archived",
    }
}

vocabulary! {
    /// What a campaign is for (S4).
    GoalType {
        /// New leads.
        LeadGeneration = "lead_generation",
        /// Leads that come closer.
        Nurture = "nurture",
        /// Deals.
        Conversion = "conversion",
        /// Contacts that react.
        Engagement = "engagement",
        /// Customers that stay.
        Retention = "retention",
    }
}

/// The id of something that the caller keeps elsewhere: a text, or a number as S4 has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ExternalId {
    /// A number.
    Number(i64),
    /// A text.
    Text(String),
}

/// How Twilio is used for a campaign's calls (S4).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TwilioConfig {
    /// The account.
    pub account_sid: Option<String>,
    /// The number that calls, in E.164.
    pub phone_number: Option<String>,
    /// Whether an agent talks.
    pub use_ai_agent: Option<bool>,
    /// Whether answering machines are told from people.
    pub voicemail_detection: Option<bool>,
    /// Whether calls are recorded.
    pub recording_enabled: Option<bool>,
}

/// What a campaign chooses for itself (S4); what else is given is kept as it is.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct CampaignSettings {
    /// Whether a message waits for the hour at which the contact opened earlier ones, where that is known.
    pub send_time_optimization: bool,
    /// The most messages that a contact gets before this campaign holds back: such as `1_per_day` or `3_per_week`. All
    /// messages to the contact count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frequency_cap: Option<String>,
    /// Whatever else the caller keeps here.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl CampaignStatus {
    /// Whether nothing more will be sent, ever.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Completed | Self::Cancelled | Self::Archived)
    }
}

/// A campaign.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Campaign {
    /// Its id.
    pub id: CampaignId,
    /// What people call it.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub description: Option<String>,
    /// Which channels it uses.
    pub campaign_type: CampaignType,
    /// Where it stands.
    pub status: CampaignStatus,
    /// Whom it is for, where it finds its contacts itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "TargetCriteria")]
    pub target_criteria: Option<TargetCriteria>,
    /// What it is for, in a word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "GoalType")]
    pub goal_type: Option<GoalType>,
    /// How much of it is wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64")]
    pub goal_value: Option<f64>,
    /// What it may cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Money")]
    pub budget: Option<Money>,
    /// When a scheduled campaign begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Timestamp")]
    pub start_date: Option<Timestamp>,
    /// From when on nothing more is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Timestamp")]
    pub end_date: Option<Timestamp>,
    /// The workflow that it belongs to, an id of the caller's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ExternalId")]
    pub workflow_id: Option<ExternalId>,
    /// The agent that talks for it, an id of the caller's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ExternalId")]
    pub agent_id: Option<ExternalId>,
    /// How Twilio is used for its calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "TwilioConfig")]
    pub twilio_config: Option<TwilioConfig>,
    /// What it chooses for itself.
    #[serde(default)]
    pub settings: CampaignSettings,
    /// How many contacts were enrolled, exactly.
    pub audience: u64,
    /// How many enrolment jobs are still at work.
    pub enrolling: u64,
    /// Counts the changes, from 1.
    pub version: u64,
    /// When it came to be.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it was started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Timestamp")]
    pub started_at: Option<Timestamp>,
    /// When its last enrolment ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Timestamp")]
    pub completed_at: Option<Timestamp>,
}

impl Campaign {
    /// By the names of the contract, for the audit.
    pub fn fields(&self) -> BTreeMap<String, Value> {
        let mut fields = fields(self);
        // What counts and what only tells of the change itself is no part of it.
        fields.retain(|name, _| !["audience", "enrolling", "version", "updated_at"].contains(&name.as_str()));
        fields
    }

    /// Whether a step of `channel` belongs into it.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the campaign is over, [`Error::Refused`] when its type has no such channel.
    pub fn accepts_step(&self, channel: Channel) -> Result<()> {
        if self.status.is_over() {
            return Err(Error::conflict(format!(
                "the campaign is {}: its messages cannot change any more",
                self.status
            )));
        }
        match (self.campaign_type, channel) {
            (CampaignType::MultiChannel, _)
            | (CampaignType::Email, Channel::Email)
            | (CampaignType::Sms, Channel::Sms)
            | (CampaignType::Whatsapp, Channel::Whatsapp)
            | (CampaignType::Voice, Channel::Voice) => Ok(()),
            (only, _) => Err(Error::refused(Fault::not_allowed("message_type", &[only.as_str()]))),
        }
    }
}

/// What is wrong with `text`, if it is longer than `max` characters.
fn too_long(field: &str, text: &str, max: usize) -> Option<Fault> {
    let is_longer = text.chars().count() > max;
    is_longer.then(|| Fault::new(field, FaultCode::TooLong, format!("is longer than {max} characters")))
}

fn refuse_longer(faults: &mut Vec<Fault>, field: &str, text: &str, max: usize) {
    faults.extend(too_long(field, text, max));
}

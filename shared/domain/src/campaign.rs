//! Campaigns: a sequence of messages, and the audience that goes through it.

pub mod step;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::contact::target::TargetCriteria;
use crate::id::CampaignId;
use crate::message::Channel;
use crate::money::Money;
use crate::{Error, Fault, FaultCode, Result, Timestamp};

pub use step::{Condition, Content, ContentType, DelayUnit, Reaction, Step, StepDraft, StepPatch, Variant};

/// The longest campaign name, in characters.
pub const MAX_NAME: usize = 200;
/// The longest description of a campaign, in characters.
pub const MAX_DESCRIPTION: usize = 2_000;
/// The pattern of a text that holds more than blanks.
const NOT_BLANK: &str = r"\S";

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
    /// A draft.
    ///
    /// # Errors
    /// [`Error::Refused`] with every fault.
    pub fn draft(id: CampaignId, draft: CampaignDraft, now: Timestamp) -> Result<Self> {
        let mut faults = Vec::new();
        let name = draft.name.trim().to_owned();
        if name.is_empty() {
            faults.push(Fault::missing("name"));
        }
        refuse_longer(&mut faults, "name", &draft.name, MAX_NAME);
        refuse_longer(&mut faults, "description", draft.description.as_deref().unwrap_or_default(), MAX_DESCRIPTION);
        let campaign_type =
            CampaignType::parse("campaign_type", &draft.campaign_type).map_err(|fault| faults.push(fault));
        match campaign_type {
            Ok(campaign_type) if faults.is_empty() => Ok(Self {
                id,
                name,
                description: draft.description,
                campaign_type,
                status: CampaignStatus::Draft,
                target_criteria: None,
                goal_type: None,
                goal_value: None,
                budget: None,
                start_date: None,
                end_date: None,
                workflow_id: None,
                agent_id: None,
                twilio_config: None,
                settings: CampaignSettings::default(),
                audience: 0,
                enrolling: 0,
                version: 1,
                created_at: now,
                updated_at: now,
                started_at: None,
                completed_at: None,
            }),
            _ => Err(Error::Refused(faults)),
        }
    }

    /// Whether contacts can be enrolled.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the campaign is over.
    pub fn accepts_enrolments(&self) -> Result<()> {
        match self.status {
            CampaignStatus::Draft | CampaignStatus::Scheduled | CampaignStatus::Active | CampaignStatus::Paused => {
                Ok(())
            }
            over => Err(Error::conflict(format!("the campaign is {over}: nobody can be enrolled any more"))),
        }
    }

    /// Whether it can be started with these steps.
    ///
    /// # Errors
    /// [`Error::Conflict`] when it was started before or has no steps.
    pub fn can_start(&self, steps: &[Step]) -> Result<()> {
        if self.status != CampaignStatus::Draft {
            return Err(Error::conflict(format!("the campaign is {}: only a draft can be started", self.status)));
        }
        if steps.is_empty() {
            return Err(Error::conflict("the campaign has no messages: add one before the start"));
        }
        Ok(())
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

/// A campaign as somebody typed it.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = campaign_example())]
pub struct CampaignDraft {
    /// What people call it.
    #[schemars(length(min = 1, max = MAX_NAME), regex(pattern = NOT_BLANK))]
    pub name: String,
    /// What it is for.
    #[serde(default)]
    #[schemars(length(max = MAX_DESCRIPTION))]
    pub description: Option<String>,
    /// Which channels its messages take.
    #[schemars(with = "CampaignType")]
    pub campaign_type: String,
}

fn campaign_example() -> Value {
    serde_json::json!({
        "name": "Spring sale", "description": "For customers in London", "campaign_type": "multi_channel",
    })
}

fn refuse_longer(faults: &mut Vec<Fault>, field: &str, text: &str, max: usize) {
    if text.chars().count() > max {
        faults.push(Fault::new(field, FaultCode::TooLong, format!("is longer than {max} characters")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;

    #[test]
    fn the_example_is_acceptable() {
        let id = CampaignId::derived(Timestamp::default(), &[]);
        let draft = serde_json::from_value(campaign_example()).unwrap();
        let campaign = Campaign::draft(id, draft, Timestamp::default()).unwrap();
        assert!(campaign.accepts_step(Channel::Email).is_ok());
    }
}

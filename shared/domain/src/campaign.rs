//! Campaigns: a sequence of messages, and the audience that goes through it.

use chrono::TimeDelta;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::{CampaignId, StepId};
use crate::message::Channel;
use crate::template::Template;
use crate::{Error, Fault, FaultCode, Result, Timestamp};

/// The longest campaign name, in characters.
pub const MAX_NAME: usize = 200;
/// The longest description of a campaign, in characters.
pub const MAX_DESCRIPTION: usize = 2_000;
/// The longest content of a step, in characters: even of four bytes each they fit into an item.
pub const MAX_CONTENT: usize = 50_000;
/// The longest subject, in characters (RFC 5322 §2.1.1).
pub const MAX_SUBJECT: usize = 998;
/// The highest step number.
pub const MAX_STEP: u32 = 100;
/// The longest delay of a step.
const MAX_DELAY: TimeDelta = TimeDelta::days(365);
/// The pattern of a text that holds more than blanks.
const NOT_BLANK: &str = r"\S";

vocabulary! {
    /// Which channels a campaign uses (S4).
    CampaignType {
        /// E-mail only.
        Email = "email",
        /// SMS only.
        Sms = "sms",
        /// Both, in one sequence.
        MultiChannel = "multi_channel",
    }
}

vocabulary! {
    /// Where a campaign stands.
    CampaignStatus {
        /// Being written; sends nothing.
        Draft = "draft",
        /// Sending.
        Active = "active",
        /// Every enrolment has ended.
        Completed = "completed",
    }
}

vocabulary! {
    /// The unit of a step's delay (S4).
    DelayUnit {
        /// 60 seconds.
        Minutes = "minutes",
        /// 60 minutes.
        Hours = "hours",
        /// 24 hours.
        Days = "days",
        /// 7 days.
        Weeks = "weeks",
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
            CampaignStatus::Draft | CampaignStatus::Active => Ok(()),
            CampaignStatus::Completed => {
                Err(Error::conflict("the campaign is completed: nobody can be enrolled any more"))
            }
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
        if self.status == CampaignStatus::Completed {
            return Err(Error::conflict("the campaign is completed: its messages cannot change any more"));
        }
        match (self.campaign_type, channel) {
            (CampaignType::MultiChannel, _)
            | (CampaignType::Email, Channel::Email)
            | (CampaignType::Sms, Channel::Sms) => Ok(()),
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

/// A step of a campaign: one message, some time after the one before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// Its id.
    pub id: StepId,
    /// Its place in the sequence; gaps are allowed.
    pub step_number: u32,
    /// The channel.
    pub message_type: Channel,
    /// A template, for e-mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub subject: Option<String>,
    /// A template.
    pub content: String,
    /// How long after the step before (for the first: after the enrolment).
    pub delay_amount: u32,
    /// In what unit.
    pub delay_unit: DelayUnit,
    /// When it was added.
    pub created_at: Timestamp,
}

impl Step {
    /// A step that can be sent: its templates parse.
    ///
    /// # Errors
    /// [`Error::Refused`] with every fault.
    pub fn new(id: StepId, draft: StepDraft, now: Timestamp) -> Result<Self> {
        let mut faults = Vec::new();
        if !(1..=MAX_STEP).contains(&draft.step_number) {
            faults.push(Fault::new("step_number", FaultCode::NotAllowed, format!("must be from 1 to {MAX_STEP}")));
        }
        let unit = draft.delay_unit.as_deref().unwrap_or(DelayUnit::Days.as_str());
        let unit = DelayUnit::parse("delay_unit", unit).map_err(|fault| faults.push(fault));
        let channel = Channel::parse("message_type", &draft.message_type).map_err(|fault| faults.push(fault));
        refuse_templates(&mut faults, &draft, channel.ok());
        if unit.is_ok_and(|unit| delay(draft.delay_amount, unit) > MAX_DELAY) {
            faults.push(Fault::new("delay_amount", FaultCode::TooLong, "is more than a year"));
        }
        match (channel, unit) {
            (Ok(message_type), Ok(delay_unit)) if faults.is_empty() => Ok(Self {
                id,
                step_number: draft.step_number,
                message_type,
                subject: draft.subject,
                content: draft.content,
                delay_amount: draft.delay_amount,
                delay_unit,
                created_at: now,
            }),
            _ => Err(Error::Refused(faults)),
        }
    }

    /// The time between the step before and this one.
    pub fn delay(&self) -> TimeDelta {
        delay(self.delay_amount, self.delay_unit)
    }
}

/// A step as somebody typed it.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = step_example())]
pub struct StepDraft {
    /// Its place in the sequence; gaps are allowed.
    #[schemars(range(min = 1, max = MAX_STEP))]
    pub step_number: u32,
    /// The channel; it must be one of the campaign's.
    #[schemars(with = "Channel")]
    pub message_type: String,
    /// One line, required for e-mail. A template, as `content` is.
    #[serde(default)]
    #[schemars(length(max = MAX_SUBJECT), regex(pattern = r"^[^\r\n]*$"))]
    pub subject: Option<String>,
    /// The text. `{{first_name}}` stands for the contact's first name, `{{first_name|there}}` for that or else `there`,
    /// `{{custom_fields.plan}}` for the custom field `plan`.
    #[schemars(length(min = 1, max = MAX_CONTENT), regex(pattern = NOT_BLANK))]
    pub content: String,
    /// How long after the step before, or after the enrolment if it is the first: a year at most.
    #[serde(default)]
    #[schemars(range(max = MAX_DELAY.num_minutes()))]
    pub delay_amount: u32,
    /// In what unit; `days` where nothing is said.
    #[serde(default)]
    #[schemars(with = "Option<DelayUnit>")]
    pub delay_unit: Option<String>,
}

fn step_example() -> Value {
    serde_json::json!({
        "step_number": 1, "message_type": "email", "subject": "Spring is here, {{first_name|dear customer}}",
        "content": "Hello {{first_name|there}}, all seeds are half price this week.",
        "delay_amount": 2, "delay_unit": "hours",
    })
}

fn refuse_templates(faults: &mut Vec<Fault>, draft: &StepDraft, channel: Option<Channel>) {
    let subject = draft.subject.as_deref().unwrap_or_default();
    if channel == Some(Channel::Email) && subject.trim().is_empty() {
        faults.push(Fault::missing("subject"));
    }
    if draft.content.trim().is_empty() {
        faults.push(Fault::missing("content"));
    }
    if subject.contains(['\r', '\n']) {
        faults.push(Fault::new("subject", FaultCode::Invalid, "must be one line"));
    }
    refuse_longer(faults, "subject", subject, MAX_SUBJECT);
    refuse_longer(faults, "content", &draft.content, MAX_CONTENT);
    for (field, text) in [("subject", subject), ("content", &draft.content)] {
        faults.extend(Template::parse(field, text).err());
    }
}

fn refuse_longer(faults: &mut Vec<Fault>, field: &str, text: &str, max: usize) {
    if text.chars().count() > max {
        faults.push(Fault::new(field, FaultCode::TooLong, format!("is longer than {max} characters")));
    }
}

fn delay(amount: u32, unit: DelayUnit) -> TimeDelta {
    let minutes = match unit {
        DelayUnit::Minutes => 1,
        DelayUnit::Hours => 60,
        DelayUnit::Days => 24 * 60,
        DelayUnit::Weeks => 7 * 24 * 60,
    };
    TimeDelta::minutes(i64::from(amount) * minutes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;

    fn draft() -> StepDraft {
        StepDraft {
            step_number: 1,
            message_type: "email".into(),
            subject: Some("Hello {{first_name|there}}".into()),
            content: "Welcome.".into(),
            delay_amount: 2,
            delay_unit: Some("days".into()),
        }
    }

    fn step(draft: StepDraft) -> Result<Step> {
        Step::new(StepId::derived(Timestamp::default(), &[]), draft, Timestamp::default())
    }

    fn faults(draft: StepDraft) -> Vec<String> {
        match step(draft) {
            Err(Error::Refused(faults)) => faults.into_iter().map(|fault| fault.field).collect(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn the_examples_are_acceptable() {
        let id = CampaignId::derived(Timestamp::default(), &[]);
        let draft = serde_json::from_value(campaign_example()).unwrap();
        let campaign = Campaign::draft(id, draft, Timestamp::default()).unwrap();
        let step = step(serde_json::from_value(step_example()).unwrap()).unwrap();
        assert!(campaign.accepts_step(step.message_type).is_ok());
    }

    #[test]
    fn a_delay_counts_in_its_unit() {
        for (unit, hours) in [("minutes", 0), ("hours", 2), ("days", 48), ("weeks", 336)] {
            let made = step(StepDraft { delay_unit: Some(unit.into()), ..draft() });
            assert_eq!(made.map(|step| step.delay().num_hours()).ok(), Some(hours));
        }
    }

    #[test]
    fn a_step_that_cannot_be_sent_is_refused_when_saved() {
        let table: [(StepDraft, &[&str]); 6] = [
            (StepDraft { step_number: 0, ..draft() }, &["step_number"]),
            (StepDraft { subject: None, ..draft() }, &["subject"]),
            (StepDraft { content: "Hi {{nick}}".into(), ..draft() }, &["content"]),
            (
                StepDraft { message_type: "fax".into(), delay_unit: Some("moons".into()), ..draft() },
                &["delay_unit", "message_type"],
            ),
            (StepDraft { delay_amount: u32::MAX, delay_unit: Some("weeks".into()), ..draft() }, &["delay_amount"]),
            (StepDraft { subject: Some("a\nBcc: b".into()), ..draft() }, &["subject"]),
        ];
        for (draft, fields) in table {
            assert_eq!(faults(draft), fields);
        }
    }
}

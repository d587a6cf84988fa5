//! Steps: the messages of a campaign's sequence.

use chrono::TimeDelta;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::refuse_longer;
use crate::id::StepId;
use crate::message::Channel;
use crate::settings::TimeOfDay;
use crate::template::Template;
use crate::{Error, Fault, FaultCode, Result, Timestamp};

use super::ExternalId;

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

vocabulary! {
    /// What an e-mail's content is written in.
    ContentType {
        /// Plain text.
        Text = "text",
        /// HTML.
        Html = "html",
    }
}

vocabulary! {
    /// What the contact did, or did not, with the message of an earlier step.
    Reaction {
        /// It was opened.
        Opened = "opened",
        /// A link in it was followed.
        Clicked = "clicked",
        /// It was answered.
        Replied = "replied",
        /// It was not opened so far.
        NotOpened = "not_opened",
        /// No link in it was followed so far.
        NotClicked = "not_clicked",
        /// It was not answered so far.
        NotReplied = "not_replied",
    }
}

/// What must hold for a step to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "StepCondition")]
pub struct Condition {
    /// The number of an earlier step.
    pub step_number: u32,
    /// What the contact did with its message.
    pub event: Reaction,
}

/// What a step says, as templates.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "StepContent")]
pub struct Content {
    /// For e-mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub subject: Option<String>,
    /// For all but voice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub content: Option<String>,
    /// What an e-mail's content is written in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ContentType")]
    pub content_type: Option<ContentType>,
    /// What those see whose program shows no HTML; made of the content, where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub plain_text: Option<String>,
    /// What is said on the phone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub voice_script: Option<String>,
}

/// One of several contents of a step, of which each contact gets one (A/B test).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "StepVariant")]
pub struct Variant {
    /// Its name, unique in the step.
    pub name: String,
    /// Its share of the contacts, in parts of the sum of all weights.
    pub weight: u32,
    /// What it says.
    #[serde(flatten)]
    pub content: Content,
}

/// How a call goes (S4).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CallFlow {
    /// After how many seconds it is ended.
    #[schemars(range(min = 1, max = 14_400))]
    pub max_duration_seconds: Option<u32>,
    /// Whether keys that are pressed are understood.
    pub enable_dtmf: Option<bool>,
    /// The number that the call can be handed to, in E.164.
    pub transfer_number: Option<String>,
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
    /// What it says; nothing if its variants do.
    #[serde(flatten)]
    pub content: Content,
    /// The voice that speaks (S4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub tts_voice_id: Option<String>,
    /// The agent that talks (S4): an id of the caller's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ExternalId")]
    pub voice_agent_id: Option<ExternalId>,
    /// How the call goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "CallFlow")]
    pub call_flow_config: Option<CallFlow>,
    /// How long after the step before (for the first: after the enrolment).
    pub delay_amount: u32,
    /// In what unit.
    pub delay_unit: DelayUnit,
    /// The time of day in the contact's zone at which it is sent, the first one after the delay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "TimeOfDay")]
    pub send_time: Option<TimeOfDay>,
    /// What must hold, all of it; otherwise the step is left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// Whether an answer to its message ends the sequence.
    #[serde(default)]
    pub stop_on_reply: bool,
    /// Two to four contents, of which each contact gets one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variants: Vec<Variant>,
    /// Counts the changes, from 1.
    #[serde(default)]
    pub version: u64,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it last changed.
    #[serde(default)]
    pub updated_at: Timestamp,
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
                content: Content { subject: draft.subject, content: Some(draft.content), ..Content::default() },
                tts_voice_id: None,
                voice_agent_id: None,
                call_flow_config: None,
                delay_amount: draft.delay_amount,
                delay_unit,
                send_time: None,
                conditions: Vec::new(),
                stop_on_reply: false,
                variants: Vec::new(),
                version: 1,
                created_at: now,
                updated_at: now,
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
    fn the_example_is_acceptable() {
        assert!(step(serde_json::from_value(step_example()).unwrap()).is_ok());
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

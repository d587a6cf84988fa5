//! Steps: the messages of a campaign's sequence.
//!
//! What somebody typed becomes one in [`draft`], or changes one in [`patch`]; [`wording`] says what it says to a contact.

pub mod draft;
mod parse;
pub mod patch;
mod texts;
pub mod wording;

use chrono::TimeDelta;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Campaign, ExternalId};
use crate::id::StepId;
use crate::message::Channel;
use crate::settings::TimeOfDay;
use crate::template::looks_like_html;
use crate::{Error, Result, Timestamp};

pub use draft::{StepDraft, VariantDraft};
pub use patch::StepPatch;
pub use wording::{Wording, Wordings, Words};

/// The longest content of a step, in characters: even of four bytes each they fit into an item.
pub const MAX_CONTENT: usize = 50_000;
/// The longest subject, in characters (RFC 5322 §2.1.1).
pub const MAX_SUBJECT: usize = 998;
/// The highest step number.
pub const MAX_STEP: u32 = 100;
/// The longest delay of a step.
pub const MAX_DELAY: TimeDelta = TimeDelta::days(365);
/// How many contents a step can have side by side.
pub const VARIANTS: std::ops::RangeInclusive<usize> = 2..=4;

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

impl Content {
    /// What the content is written in: as somebody said, or else as it looks.
    pub fn kind(&self) -> ContentType {
        let looks = || self.content.as_deref().is_some_and(looks_like_html);
        self.content_type.unwrap_or_else(|| if looks() { ContentType::Html } else { ContentType::Text })
    }

    /// This content, with what it leaves out taken from `base`. What is written in another language, and the plain text of
    /// it, belong to the content that they stand beside.
    #[must_use]
    pub fn over(&self, base: &Self) -> Self {
        let body = if self.content.is_some() { self } else { base };
        Self {
            subject: self.subject.clone().or_else(|| base.subject.clone()),
            content: body.content.clone(),
            content_type: body.content_type,
            plain_text: body.plain_text.clone(),
            voice_script: self.voice_script.clone().or_else(|| base.voice_script.clone()),
        }
    }
}

impl Campaign {
    /// Whether its steps can change.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the campaign is over.
    pub fn accepts_edits(&self) -> Result<()> {
        match self.status.is_over() {
            false => Ok(()),
            true => {
                Err(Error::conflict(format!("the campaign is {}: its messages cannot change any more", self.status)))
            }
        }
    }
}

impl Step {
    /// A step that can be sent: its templates parse. `others` are the campaign's steps.
    ///
    /// # Errors
    /// [`Error::Refused`] with every fault; [`Error::Conflict`] when another step has its number.
    pub fn new(id: StepId, draft: StepDraft, others: &[Self], now: Timestamp) -> Result<Self> {
        draft.parse(id, others, now)
    }

    /// The step with the patch laid over it, one version on; as it is if that changes nothing. `others` are the campaign's
    /// steps but for this one.
    ///
    /// # Errors
    /// As [`Step::new`]; [`Error::Conflict`] as well when it is renumbered although another step looks at it.
    pub fn patched(&self, patch: &StepPatch, others: &[Self], now: Timestamp) -> Result<Self> {
        let next = patch.over(self)?.parse(self.id, others, now)?;
        let next = Self { version: self.version, created_at: self.created_at, updated_at: self.updated_at, ..next };
        if next == *self {
            return Ok(next);
        }
        if next.step_number != self.step_number {
            self.can_leave(others)?;
        }
        Ok(Self { version: self.version + 1, updated_at: now, ..next })
    }

    /// Whether no other step looks at this one under its number.
    ///
    /// # Errors
    /// [`Error::Conflict`] with the id of one that does.
    pub fn can_leave(&self, others: &[Self]) -> Result<()> {
        let looks = |step: &&Self| step.conditions.iter().any(|condition| condition.step_number == self.step_number);
        match others.iter().find(looks) {
            None => Ok(()),
            Some(other) => Err(Error::Conflict {
                message: format!(
                    "message {} has a condition on message {}: change that first",
                    other.step_number, self.step_number
                ),
                existing_id: Some(other.id.to_string()),
            }),
        }
    }

    /// The time between the step before and this one.
    pub fn delay(&self) -> TimeDelta {
        delay(self.delay_amount, self.delay_unit)
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
mod tests;

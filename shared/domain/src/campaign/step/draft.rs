//! Steps as somebody typed them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    CallFlow, Condition, Content, ContentType, DelayUnit, MAX_CONTENT, MAX_DELAY, MAX_STEP, MAX_SUBJECT, Reaction,
    Step, VARIANTS, Variant,
};
use crate::campaign::ExternalId;
use crate::campaign::draft::NOT_BLANK;
use crate::message::Channel;

/// The longest name of a variant, in characters.
pub(super) const MAX_VARIANT_NAME: usize = 50;
/// The greatest weight of a variant.
pub(super) const MAX_WEIGHT: u32 = 1_000;
/// The longest id of something that is kept elsewhere, in characters.
pub(super) const MAX_ID: usize = 200;
/// The most conditions of a step.
pub(super) const MAX_CONDITIONS: usize = 10;

/// A step as somebody typed it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = example(), example = voice_example())]
pub struct StepDraft {
    /// Its place in the sequence; gaps are allowed. The next one, where nothing is said.
    #[serde(default)]
    #[schemars(range(min = 1, max = MAX_STEP))]
    pub step_number: Option<u32>,
    /// The channel; it must be one of the campaign's.
    #[schemars(with = "Channel")]
    pub message_type: String,
    /// One line, required for e-mail. A template, as `content` is.
    #[serde(default)]
    #[schemars(length(max = MAX_SUBJECT), regex(pattern = r"^[^\r\n]*$"))]
    pub subject: Option<String>,
    /// The text, required but for voice. `{{first_name}}` stands for the contact's first name, `{{first_name|there}}` for
    /// that or else `there`, `{{custom_fields.plan}}` for the custom field `plan`. In HTML, values are escaped for their
    /// place. A text message holds 1,600 characters at most.
    #[serde(default)]
    #[schemars(length(max = MAX_CONTENT))]
    pub content: Option<String>,
    /// What an e-mail's content is written in; as it looks, where nothing is said.
    #[serde(default)]
    #[schemars(with = "Option<ContentType>")]
    pub content_type: Option<String>,
    /// What those see whose program shows no HTML; made of the content, where nothing is said. A template, too.
    #[serde(default)]
    #[schemars(length(max = MAX_CONTENT))]
    pub plain_text: Option<String>,
    /// What is said on the phone, required for voice. A template, too.
    #[serde(default)]
    #[schemars(length(max = MAX_CONTENT))]
    pub voice_script: Option<String>,
    /// The voice that speaks.
    #[serde(default)]
    #[schemars(length(max = MAX_ID))]
    pub tts_voice_id: Option<String>,
    /// The agent that talks: an id of yours.
    #[serde(default)]
    pub voice_agent_id: Option<ExternalId>,
    /// How the call goes.
    #[serde(default)]
    pub call_flow_config: Option<CallFlow>,
    /// How long after the step before, or after the enrolment if it is the first: a year at most.
    #[serde(default)]
    #[schemars(range(max = MAX_DELAY.num_minutes()))]
    pub delay_amount: Option<u32>,
    /// In what unit; `days` where nothing is said.
    #[serde(default)]
    #[schemars(with = "Option<DelayUnit>")]
    pub delay_unit: Option<String>,
    /// The time of day in the contact's zone at which it is sent, the first one after the delay.
    #[serde(default)]
    #[schemars(regex(pattern = r"^([01][0-9]|2[0-3]):[0-5][0-9](:00)?$"))]
    pub send_time: Option<String>,
    /// What the contact must have done, or not, with the messages of earlier steps: all of it, or the step is left out.
    #[serde(default)]
    #[schemars(length(max = MAX_CONDITIONS))]
    pub conditions: Option<Vec<ConditionDraft>>,
    /// Whether an answer to its message ends the sequence.
    #[serde(default)]
    pub stop_on_reply: Option<bool>,
    /// Two to four contents, of which each contact gets one. What one leaves out, it has from the step itself.
    #[serde(default)]
    #[schemars(length(max = *VARIANTS.end()))]
    pub variants: Option<Vec<VariantDraft>>,
}

/// A condition of a step as somebody typed it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "StepConditionDraft")]
pub struct ConditionDraft {
    /// The number of an earlier step.
    #[schemars(range(min = 1, max = MAX_STEP))]
    pub step_number: u32,
    /// What the contact did with its message.
    #[schemars(with = "Reaction")]
    pub event: String,
}

/// A variant of a step as somebody typed it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "StepVariantDraft")]
pub struct VariantDraft {
    /// Its name, unique in the step.
    #[schemars(length(min = 1, max = MAX_VARIANT_NAME), regex(pattern = NOT_BLANK))]
    pub name: String,
    /// Its share of the contacts, in parts of the sum of all weights; 1 where nothing is said.
    #[serde(default)]
    #[schemars(range(min = 1, max = MAX_WEIGHT))]
    pub weight: Option<u32>,
    /// As the step's.
    #[serde(default)]
    #[schemars(length(max = MAX_SUBJECT), regex(pattern = r"^[^\r\n]*$"))]
    pub subject: Option<String>,
    /// As the step's.
    #[serde(default)]
    #[schemars(length(max = MAX_CONTENT))]
    pub content: Option<String>,
    /// What this content is written in.
    #[serde(default)]
    #[schemars(with = "Option<ContentType>")]
    pub content_type: Option<String>,
    /// The plain text of this content.
    #[serde(default)]
    #[schemars(length(max = MAX_CONTENT))]
    pub plain_text: Option<String>,
    /// As the step's.
    #[serde(default)]
    #[schemars(length(max = MAX_CONTENT))]
    pub voice_script: Option<String>,
}

fn example() -> Value {
    serde_json::json!({
        "step_number": 1, "message_type": "email", "subject": "Spring is here, {{first_name|dear customer}}",
        "content": "Hello {{first_name|there}}, all seeds are half price this week.",
        "delay_amount": 2, "delay_unit": "hours", "send_time": "09:00:00",
    })
}

fn voice_example() -> Value {
    serde_json::json!({
        "message_type": "voice", "voice_script": "Hi {{first_name|there}}, this is Sarah.",
        "tts_voice_id": "en-US-Neural2-F", "voice_agent_id": 8,
        "call_flow_config": { "max_duration_seconds": 300, "enable_dtmf": true, "transfer_number": "+15559876543" },
    })
}

impl From<&Step> for StepDraft {
    fn from(step: &Step) -> Self {
        let Content { subject, content, content_type, plain_text, voice_script } = step.content.clone();
        let condition = |condition: &Condition| ConditionDraft {
            step_number: condition.step_number,
            event: condition.event.to_string(),
        };
        Self {
            step_number: Some(step.step_number),
            message_type: step.message_type.to_string(),
            subject,
            content,
            content_type: content_type.map(|kind| kind.to_string()),
            plain_text,
            voice_script,
            tts_voice_id: step.tts_voice_id.clone(),
            voice_agent_id: step.voice_agent_id.clone(),
            call_flow_config: step.call_flow_config.clone(),
            delay_amount: Some(step.delay_amount),
            delay_unit: Some(step.delay_unit.to_string()),
            send_time: step.send_time.map(|time| time.to_string()),
            conditions: Some(step.conditions.iter().map(condition).collect()),
            stop_on_reply: Some(step.stop_on_reply),
            variants: Some(step.variants.iter().map(VariantDraft::from).collect()),
        }
    }
}

impl From<&Variant> for VariantDraft {
    fn from(variant: &Variant) -> Self {
        let Content { subject, content, content_type, plain_text, voice_script } = variant.content.clone();
        let content_type = content_type.map(|kind| kind.to_string());
        let (name, weight) = (variant.name.clone(), Some(variant.weight));
        Self { name, weight, subject, content, content_type, plain_text, voice_script }
    }
}

//! From what somebody typed to a step, with every fault at once.

use super::draft::{ConditionDraft, MAX_CONDITIONS, MAX_ID, MAX_VARIANT_NAME, MAX_WEIGHT, VariantDraft};
use super::texts::Texts;
use super::{
    CallFlow, Condition, Content, ContentType, DelayUnit, MAX_DELAY, MAX_STEP, Reaction, Step, StepDraft, VARIANTS,
    Variant, delay,
};
use crate::campaign::{ExternalId, refuse_longer};
use crate::id::StepId;
use crate::message::Channel;
use crate::settings::TimeOfDay;
use crate::{Error, Fault, FaultCode, Result, Timestamp};

/// The longest call, in seconds (Twilio's limit).
const MAX_CALL: u32 = 14_400;

impl StepDraft {
    /// The step that is meant, in its first version.
    pub(super) fn parse(self, id: StepId, others: &[Step], now: Timestamp) -> Result<Step> {
        let mut faults = Vec::new();
        let step_number = number(&mut faults, self.step_number, others);
        let message_type = kept(&mut faults, Channel::parse("message_type", &self.message_type));
        let unit = self.delay_unit.as_deref().unwrap_or(DelayUnit::Days.as_str());
        let delay_unit = kept(&mut faults, DelayUnit::parse("delay_unit", unit)).unwrap_or(DelayUnit::Days);
        let delay_amount = self.delay_amount.unwrap_or_default();
        if delay(delay_amount, delay_unit) > MAX_DELAY {
            faults.push(Fault::new("delay_amount", FaultCode::TooLong, "is more than a year"));
        }
        let send_time = self.send_time.as_deref().and_then(|text| kept(&mut faults, time(text)));
        let conditions = conditions(&mut faults, self.conditions.unwrap_or_default(), step_number, others);
        let call = Call::parse(&mut faults, self.tts_voice_id, self.voice_agent_id, self.call_flow_config);
        let content = Content {
            subject: worded(self.subject),
            content: worded(self.content),
            content_type: content_type(&mut faults, "content_type", self.content_type),
            plain_text: worded(self.plain_text),
            voice_script: worded(self.voice_script),
        };
        let variants = variants(&mut faults, self.variants.unwrap_or_default());
        if let Some(channel) = message_type {
            Texts { channel, content: &content, variants: &variants }.judge(&mut faults);
            call.judge(&mut faults, channel);
        }
        let Some(message_type) = message_type.filter(|_| faults.is_empty()) else { return Err(Error::Refused(faults)) };
        demand_free(step_number, others)?;
        Ok(Step {
            id,
            step_number,
            message_type,
            content,
            tts_voice_id: call.voice,
            voice_agent_id: call.agent,
            call_flow_config: call.flow,
            delay_amount,
            delay_unit,
            send_time,
            conditions,
            stop_on_reply: self.stop_on_reply.unwrap_or_default(),
            variants,
            version: 1,
            created_at: now,
            updated_at: now,
        })
    }
}

/// How a call goes, and who makes it.
struct Call {
    voice: Option<String>,
    agent: Option<ExternalId>,
    flow: Option<CallFlow>,
}

impl Call {
    fn parse(
        faults: &mut Vec<Fault>,
        voice: Option<String>,
        agent: Option<ExternalId>,
        flow: Option<CallFlow>,
    ) -> Self {
        let voice = worded(voice);
        refuse_longer(faults, "tts_voice_id", voice.as_deref().unwrap_or_default(), MAX_ID);
        if let Some(ExternalId::Text(id)) = &agent {
            refuse_longer(faults, "voice_agent_id", id, MAX_ID);
        }
        if agent.as_ref().is_some_and(|id| matches!(id, ExternalId::Text(text) if text.trim().is_empty())) {
            faults.push(Fault::new("voice_agent_id", FaultCode::Invalid, "must not be blank"));
        }
        let flow = flow.map(|flow| CallFlow {
            max_duration_seconds: flow.max_duration_seconds.and_then(|seconds| kept(faults, duration(seconds))),
            transfer_number: flow.transfer_number.and_then(|number| kept(faults, e164(&number))),
            ..flow
        });
        Self { voice, agent, flow }
    }

    fn judge(&self, faults: &mut Vec<Fault>, channel: Channel) {
        let given = [
            ("tts_voice_id", self.voice.is_some()),
            ("voice_agent_id", self.agent.is_some()),
            ("call_flow_config", self.flow.is_some()),
        ];
        for (field, _) in given.into_iter().filter(|(_, given)| *given && channel != Channel::Voice) {
            faults.push(Fault::new(field, FaultCode::NotAllowed, "is for voice only"));
        }
    }
}

/// The value, or its fault among the others.
fn kept<T>(faults: &mut Vec<Fault>, parsed: Result<T, Fault>) -> Option<T> {
    parsed.map_err(|fault| faults.push(fault)).ok()
}

/// A text that says something.
fn worded(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty())
}

fn number(faults: &mut Vec<Fault>, given: Option<u32>, others: &[Step]) -> u32 {
    let next = || others.iter().map(|step| step.step_number).max().unwrap_or_default() + 1;
    let number = given.unwrap_or_else(next);
    if !(1..=MAX_STEP).contains(&number) {
        faults.push(Fault::new("step_number", FaultCode::NotAllowed, format!("must be from 1 to {MAX_STEP}")));
    }
    number
}

fn demand_free(number: u32, others: &[Step]) -> Result<()> {
    match others.iter().find(|step| step.step_number == number) {
        None => Ok(()),
        Some(other) => Err(Error::Conflict {
            message: format!("the campaign has a message with the number {number} already"),
            existing_id: Some(other.id.to_string()),
        }),
    }
}

/// A time of day; of its seconds, which S4 writes, nothing is kept but that they are none.
fn time(text: &str) -> Result<TimeOfDay, Fault> {
    let reason = "is not a time of day such as 09:00 or 09:00:00";
    let minutes = if text.len() == 8 { text.strip_suffix(":00").unwrap_or(text) } else { text };
    minutes.parse().map_err(|_| Fault::new("send_time", FaultCode::Invalid, reason))
}

fn duration(seconds: u32) -> Result<u32, Fault> {
    let reason = || format!("must be from 1 to {MAX_CALL}");
    let field = "call_flow_config.max_duration_seconds";
    if (1..=MAX_CALL).contains(&seconds) {
        Ok(seconds)
    } else {
        Err(Fault::new(field, FaultCode::NotAllowed, reason()))
    }
}

/// A number in the form of E.164; whether anybody has it, the call will tell.
fn e164(text: &str) -> Result<String, Fault> {
    let is_number = |digits: &str| {
        (7..=15).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    let text = text.trim();
    let reason = "is not a phone number with + and the country's code, in digits only";
    let fault = || Fault::new("call_flow_config.transfer_number", FaultCode::Invalid, reason);
    text.strip_prefix('+').filter(|digits| is_number(digits)).map(|_| text.to_owned()).ok_or_else(fault)
}

fn conditions(faults: &mut Vec<Fault>, drafts: Vec<ConditionDraft>, number: u32, others: &[Step]) -> Vec<Condition> {
    if drafts.len() > MAX_CONDITIONS {
        faults.push(Fault::new("conditions", FaultCode::TooLong, format!("are more than {MAX_CONDITIONS}")));
    }
    let mut conditions = Vec::new();
    for (at, draft) in drafts.into_iter().enumerate() {
        let is_earlier = |step: &Step| step.step_number == draft.step_number && step.step_number < number;
        if !others.iter().any(is_earlier) {
            let field = format!("conditions[{at}].step_number");
            faults.push(Fault::new(field, FaultCode::Invalid, "is not the number of an earlier message"));
        }
        let event = kept(faults, Reaction::parse(&format!("conditions[{at}].event"), &draft.event));
        conditions.extend(event.map(|event| Condition { step_number: draft.step_number, event }));
    }
    conditions
}

fn content_type(faults: &mut Vec<Fault>, field: &str, text: Option<String>) -> Option<ContentType> {
    text.and_then(|text| kept(faults, ContentType::parse(field, &text)))
}

fn variants(faults: &mut Vec<Fault>, drafts: Vec<VariantDraft>) -> Vec<Variant> {
    if !drafts.is_empty() && !VARIANTS.contains(&drafts.len()) {
        let reason = format!("must be from {} to {}", VARIANTS.start(), VARIANTS.end());
        faults.push(Fault::new("variants", FaultCode::NotAllowed, reason));
    }
    let mut variants: Vec<Variant> = Vec::new();
    for (at, draft) in drafts.into_iter().enumerate() {
        let variant = variant(faults, at, draft);
        if variants.iter().any(|other| other.name == variant.name) {
            faults.push(Fault::new(format!("variants[{at}].name"), FaultCode::NotAllowed, "is another variant's"));
        }
        variants.push(variant);
    }
    variants
}

fn variant(faults: &mut Vec<Fault>, at: usize, draft: VariantDraft) -> Variant {
    let field = |name: &str| format!("variants[{at}].{name}");
    let (name, weight) = (draft.name.trim().to_owned(), draft.weight.unwrap_or(1));
    if name.is_empty() {
        faults.push(Fault::missing(field("name")));
    }
    refuse_longer(faults, &field("name"), &name, MAX_VARIANT_NAME);
    if !(1..=MAX_WEIGHT).contains(&weight) {
        let reason = format!("must be from 1 to {MAX_WEIGHT}");
        faults.push(Fault::new(field("weight"), FaultCode::NotAllowed, reason));
    }
    let content = Content {
        subject: worded(draft.subject),
        content: worded(draft.content),
        content_type: content_type(faults, &field("content_type"), draft.content_type),
        plain_text: worded(draft.plain_text),
        voice_script: worded(draft.voice_script),
    };
    Variant { name, weight, content }
}

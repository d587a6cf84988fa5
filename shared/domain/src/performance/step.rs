//! The messages of one step, and of its variants.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::percentage;
use crate::counters::{Counter, MessageEvent, Tally};
use crate::message::{Channel, MessageStatus};
use crate::money::Money;

/// The messages of one step.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct StepPerformance {
    /// Its number.
    pub step_number: u32,
    /// Its channel.
    pub message_type: Channel,
    /// All its messages.
    pub messages: i64,
    /// Those that the provider ever took.
    pub sent: i64,
    /// Those that arrived.
    pub delivered: i64,
    /// Those that were opened.
    pub opened: i64,
    /// Those in which a link was followed.
    pub clicked: i64,
    /// Those that were answered.
    pub replied: i64,
    /// Those that came back.
    pub bounced: i64,
    /// Those to which their recipient said, or complained, that no more are wanted.
    pub unsubscribed: i64,
    /// Those that failed, and were not delivered after all.
    pub failed: i64,
    /// Those whose outcome is not known yet.
    pub pending: i64,
    /// What they cost.
    pub cost: Money,
    /// The messages by variant, in the order of their names; nothing if the step has none.
    pub variants: Vec<VariantPerformance>,
}

/// The messages of one variant of a step.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct VariantPerformance {
    /// Its name.
    pub variant: String,
    /// Those that the provider ever took.
    pub sent: i64,
    /// Those that arrived.
    pub delivered: i64,
    /// Those that were opened.
    pub opened: i64,
    /// Those in which a link was followed.
    pub clicked: i64,
    /// Those that were answered.
    pub replied: i64,
    /// Those that came back.
    pub bounced: i64,
    /// Those to which their recipient said, or complained, that no more are wanted.
    pub unsubscribed: i64,
    /// Percentage of the delivered that were opened.
    pub open_rate: f64,
    /// Percentage of the delivered in which a link was followed.
    pub click_rate: f64,
    /// Percentage of the delivered that were answered.
    pub reply_rate: f64,
}

/// What happened to the messages of each variant.
type Variants<'a> = BTreeMap<(u32, Channel, &'a str), BTreeMap<MessageEvent, i64>>;

/// All steps of which there are messages.
pub(super) fn all(tally: &Tally) -> Vec<StepPerformance> {
    let (mut known, mut variants) = (BTreeSet::new(), Variants::new());
    for (counter, amount) in tally.iter() {
        match counter {
            Counter::Messages(step, channel, _) => drop(known.insert((*step, *channel))),
            Counter::Variant(step, channel, event, name) => {
                variants.entry((*step, *channel, name)).or_default().insert(*event, amount);
            }
            _ => {}
        }
    }
    known.into_iter().map(|(step, channel)| of_step(tally, step, channel, &variants)).collect()
}

fn of_step(tally: &Tally, step: u32, channel: Channel, variants: &Variants<'_>) -> StepPerformance {
    let event = |event| tally.get(Counter::Events(step, channel, event));
    let status = |status| tally.get(Counter::Messages(step, channel, status));
    let is_of = |key: &(u32, Channel, &str)| (key.0, key.1) == (step, channel);
    StepPerformance {
        step_number: step,
        message_type: channel,
        messages: MessageStatus::ALL.iter().map(|&each| status(each)).sum(),
        sent: event(MessageEvent::Sent),
        delivered: event(MessageEvent::Delivered),
        opened: event(MessageEvent::Opened),
        clicked: event(MessageEvent::Clicked),
        replied: event(MessageEvent::Replied),
        bounced: event(MessageEvent::Bounced),
        unsubscribed: event(MessageEvent::Unsubscribed),
        failed: status(MessageStatus::Failed),
        pending: status(MessageStatus::Pending),
        cost: Money::micros(tally.get(Counter::Cost(step, channel))),
        variants: variants
            .iter()
            .filter(|(key, _)| is_of(key))
            .map(|(key, events)| of_variant(key.2, events))
            .collect(),
    }
}

fn of_variant(name: &str, events: &BTreeMap<MessageEvent, i64>) -> VariantPerformance {
    let event = |event| events.get(&event).copied().unwrap_or_default();
    let delivered = event(MessageEvent::Delivered);
    VariantPerformance {
        variant: name.to_owned(),
        sent: event(MessageEvent::Sent),
        delivered,
        opened: event(MessageEvent::Opened),
        clicked: event(MessageEvent::Clicked),
        replied: event(MessageEvent::Replied),
        bounced: event(MessageEvent::Bounced),
        unsubscribed: event(MessageEvent::Unsubscribed),
        open_rate: percentage(event(MessageEvent::Opened), delivered),
        click_rate: percentage(event(MessageEvent::Clicked), delivered),
        reply_rate: percentage(event(MessageEvent::Replied), delivered),
    }
}

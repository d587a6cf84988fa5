//! What is counted of a campaign, and how a change of an item changes the counts.

mod name;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::enrollment::{Enrollment, EnrollmentStatus, PutOff, Stage};
use crate::message::{Channel, Message, MessageStatus};

vocabulary! {
    /// What happened to a message at some time; unlike its status, none of these undoes another.
    MessageEvent {
        /// The provider took it.
        Sent = "sent",
        /// It arrived.
        Delivered = "delivered",
        /// It was opened.
        Opened = "opened",
        /// A link was followed.
        Clicked = "clicked",
        /// It was answered.
        Replied = "replied",
        /// It came back.
        Bounced = "bounced",
        /// An answering machine took the call.
        Voicemail = "voicemail",
        /// Its recipient wants no more.
        Unsubscribed = "unsubscribed",
    }
}

/// One figure of a campaign.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Counter {
    /// Enrolments that reached this stage of the funnel, or went beyond it.
    Reached(Stage),
    /// Enrolments that stand at this status.
    Enrollments(EnrollmentStatus),
    /// Enrolments whose next step is put off, and why.
    PutOff(PutOff),
    /// Enrolments whose next step was due while the campaign was paused.
    Held,
    /// Enrolments whose contact did what the campaign is for.
    Conversions,
    /// What the enrolments brought, in millionths.
    Revenue,
    /// Messages of a step to which this happened.
    Events(u32, Channel, MessageEvent),
    /// Messages of a step that stand at this status.
    Messages(u32, Channel, MessageStatus),
    /// Messages of a step's variant to which this happened.
    Variant(u32, Channel, MessageEvent, String),
    /// What the messages of a step cost, in millionths.
    Cost(u32, Channel),
    /// The time between sending and first answer, in milliseconds, over all messages that were answered.
    ResponseMillis,
}

/// Figures, or changes of figures.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally(BTreeMap<Counter, i64>);

impl Tally {
    /// Adds `amount` to a figure.
    pub fn add(&mut self, counter: Counter, amount: i64) {
        if amount != 0 {
            *self.0.entry(counter).or_default() += amount;
        }
    }

    /// The figure; 0 where nothing was counted.
    pub fn get(&self, counter: Counter) -> i64 {
        self.0.get(&counter).copied().unwrap_or_default()
    }

    /// Every figure that is not 0.
    pub fn iter(&self) -> impl Iterator<Item = (&Counter, i64)> {
        self.0.iter().map(|(counter, amount)| (counter, *amount)).filter(|(_, amount)| *amount != 0)
    }

    /// Whether every figure is 0.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// Counts the change of an enrolment from `old` to `new`; either may be absent.
    pub fn count_enrollment(&mut self, old: Option<&Enrollment>, new: Option<&Enrollment>) {
        for (enrollment, sign) in [(old, -1), (new, 1)] {
            let Some(enrollment) = enrollment else { continue };
            self.add(Counter::Enrollments(enrollment.status), sign);
            for stage in Stage::ALL.iter().filter(|stage| **stage <= enrollment.reached) {
                self.add(Counter::Reached(*stage), sign);
            }
            if let Some(why) = enrollment.put_off.filter(|_| enrollment.due.is_some()) {
                self.add(Counter::PutOff(why), sign);
            }
            self.add(Counter::Held, sign * i64::from(enrollment.held.is_some()));
            self.add(Counter::Conversions, sign * i64::from(enrollment.converted_at.is_some()));
            self.add(Counter::Revenue, sign * enrollment.revenue.in_micros());
        }
    }

    /// Counts the change of a message from `old` to `new`; either may be absent.
    pub fn count_message(&mut self, old: Option<&Message>, new: Option<&Message>) {
        for (message, sign) in [(old, -1), (new, 1)] {
            let Some(message) = message else { continue };
            let (step, channel) = (message.step_number, message.channel);
            self.add(Counter::Messages(step, channel, message.status), sign);
            for &event in MessageEvent::ALL.iter().filter(|event| happened(message, **event)) {
                self.add(Counter::Events(step, channel, event), sign);
                if let Some(variant) = &message.variant {
                    self.add(Counter::Variant(step, channel, event, variant.clone()), sign);
                }
            }
            self.add(Counter::Cost(step, channel), sign * message.cost.in_micros());
            self.add(Counter::ResponseMillis, sign * response_millis(message));
        }
    }
}

impl FromIterator<(Counter, i64)> for Tally {
    fn from_iter<I: IntoIterator<Item = (Counter, i64)>>(figures: I) -> Self {
        let mut tally = Self::default();
        figures.into_iter().for_each(|(counter, amount)| tally.add(counter, amount));
        tally
    }
}

fn happened(message: &Message, event: MessageEvent) -> bool {
    match event {
        MessageEvent::Sent => message.sent_at.is_some(),
        MessageEvent::Delivered => message.delivered_at.is_some(),
        MessageEvent::Opened => message.opened_at.is_some(),
        MessageEvent::Clicked => message.clicked_at.is_some(),
        MessageEvent::Replied => message.replied_at.is_some(),
        MessageEvent::Bounced => message.bounced.is_some(),
        MessageEvent::Voicemail => message.voicemail_at.is_some(),
        MessageEvent::Unsubscribed => message.unsubscribed_at.is_some(),
    }
}

/// How long the first answer took; 0 without one.
fn response_millis(message: &Message) -> i64 {
    let both = message.sent_at.zip(message.replied_at);
    both.map_or(0, |(sent, replied)| replied.timestamp_millis() - sent.timestamp_millis())
}

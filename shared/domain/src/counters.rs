//! What is counted of a campaign, and how a change of an item changes the counts.

use std::collections::BTreeMap;

use crate::enrollment::{Enrollment, EnrollmentStatus, Stage};
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
        /// It came back.
        Bounced = "bounced",
    }
}

/// One figure of a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Counter {
    /// Enrolments that reached this stage of the funnel.
    Reached(Stage),
    /// Enrolments that stand at this status.
    Enrollments(EnrollmentStatus),
    /// Messages of a step to which this happened.
    Events(u32, Channel, MessageEvent),
    /// Messages of a step that stand at this status.
    Messages(u32, Channel, MessageStatus),
}

impl Counter {
    /// The name under which the figure is kept.
    pub fn name(self) -> String {
        match self {
            Self::Reached(stage) => format!("reached.{stage}"),
            Self::Enrollments(status) => format!("enrollments.{status}"),
            Self::Events(step, channel, event) => format!("events.{step}.{channel}.{event}"),
            Self::Messages(step, channel, status) => format!("messages.{step}.{channel}.{status}"),
        }
    }

    /// The figure kept under `name`; nothing for a name of another version.
    pub fn named(name: &str) -> Option<Self> {
        let parts: Vec<&str> = name.split('.').collect();
        match parts[..] {
            ["reached", stage] => Some(Self::Reached(Stage::parse("", stage).ok()?)),
            ["enrollments", status] => Some(Self::Enrollments(EnrollmentStatus::parse("", status).ok()?)),
            ["events", step, channel, event] => Some(Self::Events(
                step.parse().ok()?,
                Channel::parse("", channel).ok()?,
                MessageEvent::parse("", event).ok()?,
            )),
            ["messages", step, channel, status] => Some(Self::Messages(
                step.parse().ok()?,
                Channel::parse("", channel).ok()?,
                MessageStatus::parse("", status).ok()?,
            )),
            _ => None,
        }
    }
}

/// Figures, or changes of figures.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally(BTreeMap<Counter, i64>);

impl Tally {
    /// Adds `amount` to a figure.
    pub fn add(&mut self, counter: Counter, amount: i64) {
        *self.0.entry(counter).or_default() += amount;
    }

    /// The figure; 0 where nothing was counted.
    pub fn get(&self, counter: Counter) -> i64 {
        self.0.get(&counter).copied().unwrap_or_default()
    }

    /// Every figure that is not 0.
    pub fn iter(&self) -> impl Iterator<Item = (Counter, i64)> {
        self.0.iter().map(|(counter, amount)| (*counter, *amount)).filter(|(_, amount)| *amount != 0)
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
        }
    }

    /// Counts the change of a message from `old` to `new`; either may be absent.
    pub fn count_message(&mut self, old: Option<&Message>, new: Option<&Message>) {
        for (message, sign) in [(old, -1), (new, 1)] {
            let Some(message) = message else { continue };
            let (step, channel) = (message.step_number, message.channel);
            self.add(Counter::Messages(step, channel, message.status), sign);
            for event in MessageEvent::ALL.iter().filter(|event| happened(message, **event)) {
                self.add(Counter::Events(step, channel, *event), sign);
            }
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
        MessageEvent::Bounced => message.bounced.is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;
    use crate::id::{CampaignId, ContactId, Id};

    #[test]
    fn every_counter_is_found_again_by_its_name() {
        let counters = [
            Counter::Reached(Stage::Opened),
            Counter::Enrollments(EnrollmentStatus::Bounced),
            Counter::Events(7, Channel::Sms, MessageEvent::Delivered),
            Counter::Messages(2, Channel::Email, MessageStatus::Failed),
        ];
        for counter in counters {
            assert_eq!(Counter::named(&counter.name()), Some(counter));
        }
        assert_eq!(Counter::named("events.x.sms.sent"), None);
    }

    #[test]
    fn a_step_down_the_funnel_counts_every_stage_on_the_way() {
        let now = Timestamp::default();
        let old = Enrollment::new(CampaignId::derived(now, &[]), ContactId::derived(now, &[]), None, now);
        let new = old.reached(Stage::Clicked, now);
        let mut tally = Tally::default();
        tally.count_enrollment(None, Some(&old));
        tally.count_enrollment(Some(&old), new.as_ref());
        for stage in Stage::ALL {
            assert_eq!(tally.get(Counter::Reached(*stage)), i64::from(*stage <= Stage::Clicked));
        }
        assert_eq!(tally.get(Counter::Enrollments(EnrollmentStatus::Pending)), 1);
        tally.count_enrollment(new.as_ref(), None);
        assert!(tally.is_empty());
    }
}

//! Performance and funnel of a campaign (S4, sections 17 and 18), from its counters.

mod step;
#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::Serialize;

use crate::counters::{Counter, MessageEvent, Tally};
use crate::enrollment::{EnrollmentStatus, PutOff, Stage};
use crate::id::CampaignId;
use crate::message::Channel;
use crate::money::Money;

pub use step::{StepPerformance, VariantPerformance};

/// An hour in milliseconds.
const HOUR: f64 = 3_600_000.0;

/// The figures of a campaign over all its steps, and by step.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Performance {
    /// Which campaign.
    pub campaign_id: CampaignId,
    /// Enrolments that were made.
    pub total_enrolled: i64,
    /// E-mails that the provider took.
    pub emails_sent: i64,
    /// E-mails that arrived.
    pub emails_delivered: i64,
    /// E-mails that were opened.
    pub emails_opened: i64,
    /// E-mails in which a link was followed.
    pub emails_clicked: i64,
    /// E-mails that came back.
    pub emails_bounced: i64,
    /// E-mails that were answered.
    pub emails_replied: i64,
    /// Percentage of the delivered e-mails that were opened.
    pub open_rate: f64,
    /// Percentage of the delivered e-mails in which a link was followed.
    pub click_rate: f64,
    /// Text messages that the provider took.
    pub sms_sent: i64,
    /// Text messages that arrived.
    pub sms_delivered: i64,
    /// Text messages that were answered.
    pub sms_replied: i64,
    /// WhatsApp messages that the provider took.
    pub whatsapp_sent: i64,
    /// WhatsApp messages that arrived.
    pub whatsapp_delivered: i64,
    /// WhatsApp messages that were read.
    pub whatsapp_opened: i64,
    /// WhatsApp messages that were answered.
    pub whatsapp_replied: i64,
    /// Calls that the provider began.
    pub calls_initiated: i64,
    /// Calls that were taken and went to their end, those that a machine took included.
    pub calls_completed: i64,
    /// Calls that an answering machine took.
    pub voicemails_detected: i64,
    /// Messages that were answered, over all channels.
    pub replies: i64,
    /// Messages to which their recipient said, or complained, that no more are wanted.
    pub unsubscribes: i64,
    /// Enrolments whose contact did what the campaign is for.
    pub conversions: i64,
    /// Percentage of the enrolments whose contact did what the campaign is for.
    pub conversion_rate: f64,
    /// What the enrolments brought.
    pub total_revenue: Money,
    /// What the messages cost, by the costs that the settings had when they were sent.
    pub actual_cost: Money,
    /// What the campaign brought beyond its cost, in percent of the cost; 0 if it cost nothing.
    pub roi: f64,
    /// The time between the sending of a message and its first answer, in hours: the mean of those that were answered, with
    /// four decimals; 0 if none was.
    pub avg_response_time_hours: f64,
    /// Enrolments by status.
    pub enrollments: Vec<StatusCount>,
    /// Enrolments whose next step waits at present, by what it waits for.
    pub put_off: Vec<PutOffCount>,
    /// Enrolments whose next step waits until the campaign is resumed.
    pub held: i64,
    /// Messages of each step, by number.
    pub steps: Vec<StepPerformance>,
}

/// How many enrolments stand at a status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "EnrollmentStatusCount")]
pub struct StatusCount {
    /// The status.
    pub status: EnrollmentStatus,
    /// How many.
    pub count: i64,
}

/// How many enrolments wait for something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PutOffCount {
    /// For what.
    pub reason: PutOff,
    /// How many.
    pub count: i64,
}

/// The funnel of a campaign.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Funnel {
    /// From the widest to the narrowest.
    pub stages: Vec<FunnelStage>,
}

/// One stage: how many contacts came that far, or further.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct FunnelStage {
    /// Which.
    pub stage: Stage,
    /// Contacts, not messages.
    pub count: i64,
    /// Of those enrolled, with two decimals.
    pub percentage: f64,
}

impl Performance {
    /// The figures of `campaign_id` from its counters.
    pub fn of(campaign_id: CampaignId, tally: &Tally) -> Self {
        use Channel::{Email, Sms, Voice, Whatsapp};
        use MessageEvent::{Bounced, Clicked, Delivered, Opened, Replied, Sent, Unsubscribed, Voicemail};
        let events = |channel, event| total(tally, Some(channel), event);
        let (emails_delivered, enrolled) = (events(Email, Delivered), tally.get(Counter::Reached(Stage::Enrolled)));
        let (replies, conversions) = (total(tally, None, Replied), tally.get(Counter::Conversions));
        let (revenue, cost) = (Money::micros(tally.get(Counter::Revenue)), cost(tally));
        Self {
            campaign_id,
            total_enrolled: enrolled,
            emails_sent: events(Email, Sent),
            emails_delivered,
            emails_opened: events(Email, Opened),
            emails_clicked: events(Email, Clicked),
            emails_bounced: events(Email, Bounced),
            emails_replied: events(Email, Replied),
            open_rate: percentage(events(Email, Opened), emails_delivered),
            click_rate: percentage(events(Email, Clicked), emails_delivered),
            sms_sent: events(Sms, Sent),
            sms_delivered: events(Sms, Delivered),
            sms_replied: events(Sms, Replied),
            whatsapp_sent: events(Whatsapp, Sent),
            whatsapp_delivered: events(Whatsapp, Delivered),
            whatsapp_opened: events(Whatsapp, Opened),
            whatsapp_replied: events(Whatsapp, Replied),
            calls_initiated: events(Voice, Sent),
            calls_completed: events(Voice, Delivered),
            voicemails_detected: events(Voice, Voicemail),
            replies,
            unsubscribes: total(tally, None, Unsubscribed),
            conversions,
            conversion_rate: percentage(conversions, enrolled),
            total_revenue: revenue,
            actual_cost: cost,
            roi: percentage((revenue - cost).in_micros(), cost.in_micros()),
            avg_response_time_hours: mean_hours(tally.get(Counter::ResponseMillis), replies),
            enrollments: by_status(tally),
            put_off: put_off(tally),
            held: tally.get(Counter::Held),
            steps: step::all(tally),
        }
    }
}

impl Funnel {
    /// The funnel from a campaign's counters.
    pub fn of(tally: &Tally) -> Self {
        let enrolled = tally.get(Counter::Reached(Stage::Enrolled));
        let stage = |&stage: &Stage| {
            let count = tally.get(Counter::Reached(stage));
            FunnelStage { stage, count, percentage: percentage(count, enrolled) }
        };
        Self { stages: Stage::ALL.iter().map(stage).collect() }
    }
}

fn total(tally: &Tally, channel: Option<Channel>, event: MessageEvent) -> i64 {
    let is_meant = |counter: &Counter| matches!(counter, Counter::Events(_, of, what) if channel.is_none_or(|channel| channel == *of) && *what == event);
    tally.iter().filter(|(counter, _)| is_meant(counter)).map(|(_, amount)| amount).sum()
}

fn cost(tally: &Tally) -> Money {
    let costs = tally.iter().filter(|(counter, _)| matches!(counter, Counter::Cost(..)));
    Money::micros(costs.map(|(_, micros)| micros).sum())
}

fn by_status(tally: &Tally) -> Vec<StatusCount> {
    let count = |&status: &EnrollmentStatus| StatusCount { status, count: tally.get(Counter::Enrollments(status)) };
    EnrollmentStatus::ALL.iter().map(count).collect()
}

fn put_off(tally: &Tally) -> Vec<PutOffCount> {
    let count = |&reason: &PutOff| PutOffCount { reason, count: tally.get(Counter::PutOff(reason)) };
    PutOff::ALL.iter().map(count).collect()
}

fn mean_hours(millis: i64, count: i64) -> f64 {
    if count == 0 {
        return 0.0;
    }
    (millis as f64 / count as f64 / HOUR * 10_000.0).round() / 10_000.0
}

/// `part` of `whole` in percent, rounded to two decimals; 0 of nothing.
fn percentage(part: i64, whole: i64) -> f64 {
    if whole == 0 {
        return 0.0;
    }
    let hundredths = (part as f64 * 10_000.0 / whole as f64).round();
    hundredths / 100.0
}

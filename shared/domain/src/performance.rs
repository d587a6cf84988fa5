//! Performance and funnel of a campaign (S4, sections 17 and 18), from its counters.

use schemars::JsonSchema;
use serde::Serialize;

use crate::counters::{Counter, MessageEvent, Tally};
use crate::enrollment::{EnrollmentStatus, Stage};
use crate::id::CampaignId;
use crate::message::{Channel, MessageStatus};

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
    /// Percentage of the delivered e-mails that were opened.
    pub open_rate: f64,
    /// Percentage of the delivered e-mails in which a link was followed.
    pub click_rate: f64,
    /// Text messages that the provider took.
    pub sms_sent: i64,
    /// Text messages that arrived.
    pub sms_delivered: i64,
    /// Enrolments by status.
    pub enrollments: Vec<StatusCount>,
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

/// The messages of one step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
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
    /// Those that came back.
    pub bounced: i64,
    /// Those that failed, and were not delivered after all.
    pub failed: i64,
    /// Those whose outcome is not known yet.
    pub pending: i64,
}

/// The funnel of a campaign.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Funnel {
    /// From the widest to the narrowest.
    pub stages: Vec<FunnelStage>,
}

/// One stage: how many contacts came that far.
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
        let total = |channel, event| -> i64 {
            tally
                .iter()
                .filter(|(counter, _)| matches!(counter, Counter::Events(_, c, e) if *c == channel && *e == event))
                .map(|(_, amount)| amount)
                .sum()
        };
        let emails_delivered = total(Channel::Email, MessageEvent::Delivered);
        let emails_opened = total(Channel::Email, MessageEvent::Opened);
        let emails_clicked = total(Channel::Email, MessageEvent::Clicked);
        Self {
            campaign_id,
            total_enrolled: tally.get(Counter::Reached(Stage::Enrolled)),
            emails_sent: total(Channel::Email, MessageEvent::Sent),
            emails_delivered,
            emails_opened,
            emails_clicked,
            emails_bounced: total(Channel::Email, MessageEvent::Bounced),
            open_rate: percentage(emails_opened, emails_delivered),
            click_rate: percentage(emails_clicked, emails_delivered),
            sms_sent: total(Channel::Sms, MessageEvent::Sent),
            sms_delivered: total(Channel::Sms, MessageEvent::Delivered),
            enrollments: EnrollmentStatus::ALL
                .iter()
                .map(|&status| StatusCount { status, count: tally.get(Counter::Enrollments(status)) })
                .collect(),
            steps: steps(tally),
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

fn steps(tally: &Tally) -> Vec<StepPerformance> {
    let mut known: Vec<(u32, Channel)> = tally
        .iter()
        .filter_map(|(counter, _)| match counter {
            Counter::Messages(step, channel, _) => Some((step, channel)),
            _ => None,
        })
        .collect();
    known.dedup();
    known.into_iter().map(|(step, channel)| step_performance(tally, step, channel)).collect()
}

fn step_performance(tally: &Tally, step: u32, channel: Channel) -> StepPerformance {
    let event = |event| tally.get(Counter::Events(step, channel, event));
    let status = |status| tally.get(Counter::Messages(step, channel, status));
    StepPerformance {
        step_number: step,
        message_type: channel,
        messages: MessageStatus::ALL.iter().map(|&each| status(each)).sum(),
        sent: event(MessageEvent::Sent),
        delivered: event(MessageEvent::Delivered),
        opened: event(MessageEvent::Opened),
        clicked: event(MessageEvent::Clicked),
        bounced: event(MessageEvent::Bounced),
        failed: status(MessageStatus::Failed),
        pending: status(MessageStatus::Pending),
    }
}

/// `part` of `whole` in percent, rounded to two decimals; 0 of nothing.
fn percentage(part: i64, whole: i64) -> f64 {
    if whole == 0 {
        return 0.0;
    }
    let hundredths = (part as f64 * 10_000.0 / whole as f64).round();
    hundredths / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;
    use crate::id::Id;

    #[test]
    fn the_figures_of_s4_come_out_of_their_counts() {
        let tally: Tally = [
            (Counter::Events(1, Channel::Email, MessageEvent::Sent), 700),
            (Counter::Events(2, Channel::Email, MessageEvent::Sent), 500),
            (Counter::Events(1, Channel::Email, MessageEvent::Delivered), 1150),
            (Counter::Events(1, Channel::Email, MessageEvent::Opened), 450),
            (Counter::Events(2, Channel::Email, MessageEvent::Clicked), 180),
            (Counter::Messages(1, Channel::Email, MessageStatus::Opened), 450),
            (Counter::Messages(1, Channel::Email, MessageStatus::Failed), 2),
            (Counter::Messages(2, Channel::Email, MessageStatus::Clicked), 180),
        ]
        .into_iter()
        .collect();
        let performance = Performance::of(CampaignId::derived(Timestamp::default(), &[]), &tally);
        assert_eq!((performance.emails_sent, performance.open_rate, performance.click_rate), (1200, 39.13, 15.65));
        let steps: Vec<_> =
            performance.steps.iter().map(|step| (step.step_number, step.messages, step.failed)).collect();
        assert_eq!(steps, [(1, 452, 2), (2, 180, 0)]);
    }

    #[test]
    fn the_funnel_is_in_percent_of_the_enrolled() {
        let counts = [(Stage::Enrolled, 500), (Stage::Delivered, 480), (Stage::Opened, 280), (Stage::Clicked, 120)];
        let tally = counts.into_iter().map(|(stage, count)| (Counter::Reached(stage), count)).collect();
        let shown: Vec<_> = Funnel::of(&tally).stages.iter().map(|stage| (stage.count, stage.percentage)).collect();
        assert_eq!(shown, [(500, 100.0), (480, 96.0), (280, 56.0), (120, 24.0), (0, 0.0), (0, 0.0)]);
        assert_eq!(Funnel::of(&Tally::default()).stages[0].percentage, 0.0);
    }
}

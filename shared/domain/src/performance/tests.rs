//! Tests: S4's examples come out of their counts.

use super::*;
use crate::Timestamp;
use crate::id::Id;
use crate::message::MessageStatus;

fn performance(figures: impl IntoIterator<Item = (Counter, i64)>) -> Performance {
    Performance::of(CampaignId::derived(Timestamp::default(), &[]), &figures.into_iter().collect())
}

#[test]
fn the_figures_of_s4_come_out_of_their_counts() {
    use Channel::{Email, Sms, Voice};
    use MessageEvent::{Clicked, Delivered, Opened, Replied, Sent};
    let shown = performance([
        (Counter::Reached(Stage::Enrolled), 500),
        (Counter::Events(1, Email, Sent), 700),
        (Counter::Events(2, Email, Sent), 500),
        (Counter::Events(1, Email, Delivered), 1150),
        (Counter::Events(1, Email, Opened), 450),
        (Counter::Events(2, Email, Clicked), 180),
        (Counter::Events(3, Sms, Sent), 300),
        (Counter::Events(3, Sms, Replied), 2),
        (Counter::Events(4, Voice, Sent), 50),
        (Counter::Events(4, Voice, Delivered), 38),
        (Counter::ResponseMillis, 9 * 3_600_000),
        (Counter::Conversions, 12),
        (Counter::Revenue, 180_000_000_000),
        (Counter::Cost(1, Email), 1_500_000_000),
        (Counter::Cost(3, Sms), 1_000_000_000),
    ]);
    assert_eq!((shown.emails_sent, shown.open_rate, shown.click_rate), (1200, 39.13, 15.65));
    assert_eq!((shown.sms_sent, shown.calls_initiated, shown.calls_completed), (300, 50, 38));
    assert_eq!((shown.conversions, shown.conversion_rate), (12, 2.4));
    let money = (shown.total_revenue, shown.actual_cost, shown.roi);
    assert_eq!(money, (Money::micros(180_000_000_000), Money::micros(2_500_000_000), 7100.0));
    assert_eq!((shown.replies, shown.avg_response_time_hours), (2, 4.5));
}

#[test]
fn without_cost_or_answers_there_is_nothing_to_divide_by() {
    let shown = performance([(Counter::Revenue, 5)]);
    assert_eq!((shown.roi, shown.avg_response_time_hours, shown.conversion_rate), (0.0, 0.0, 0.0));
    assert_eq!(performance([(Counter::Cost(1, Channel::Email), 5)]).roi, -100.0);
}

#[test]
fn steps_have_their_messages_and_variants() {
    let variant = |name: &str, event| Counter::Variant(1, Channel::Email, event, name.to_owned());
    let shown = performance([
        (Counter::Messages(1, Channel::Email, MessageStatus::Opened), 450),
        (Counter::Messages(1, Channel::Email, MessageStatus::Failed), 2),
        (Counter::Messages(2, Channel::Email, MessageStatus::Clicked), 180),
        (variant("B", MessageEvent::Delivered), 200),
        (variant("B", MessageEvent::Opened), 50),
        (variant("A", MessageEvent::Delivered), 250),
    ]);
    let steps: Vec<_> = shown.steps.iter().map(|step| (step.step_number, step.messages, step.failed)).collect();
    assert_eq!(steps, [(1, 452, 2), (2, 180, 0)]);
    let variants = shown.steps[0].variants.iter().map(|each| (each.variant.as_str(), each.delivered, each.open_rate));
    assert_eq!(variants.collect::<Vec<_>>(), [("A", 250, 0.0), ("B", 200, 25.0)]);
    assert!(shown.steps[1].variants.is_empty());
}

#[test]
fn what_waits_is_shown_with_its_reason() {
    let shown = performance([(Counter::PutOff(PutOff::QuietHours), 7), (Counter::Held, 3)]);
    let quiet = shown.put_off.iter().find(|each| each.reason == PutOff::QuietHours).map(|each| each.count);
    assert_eq!((quiet, shown.held, shown.put_off.len()), (Some(7), 3, PutOff::ALL.len()));
}

#[test]
fn the_funnel_is_in_percent_of_the_enrolled() {
    let counts = [
        (Stage::Enrolled, 500),
        (Stage::Delivered, 480),
        (Stage::Opened, 280),
        (Stage::Clicked, 120),
        (Stage::Replied, 45),
        (Stage::Converted, 12),
    ];
    let tally = counts.into_iter().map(|(stage, count)| (Counter::Reached(stage), count)).collect();
    let shown: Vec<_> = Funnel::of(&tally).stages.iter().map(|stage| (stage.count, stage.percentage)).collect();
    assert_eq!(shown, [(500, 100.0), (480, 96.0), (280, 56.0), (120, 24.0), (45, 9.0), (12, 2.4)]);
    assert_eq!(Funnel::of(&Tally::default()).stages[0].percentage, 0.0);
}

//! What becomes of a message: a mix that follows from the message alone, so that each run tells the same.

use aws_lc_rs::digest::{SHA256, digest};
use chrono::TimeDelta;
use domain::message::{Channel, ReceiptEvent};

/// An event of a message, and how long after its acceptance it happens.
pub(super) type Planned = (ReceiptEvent, TimeDelta);

/// The reports that a message gets, in the order in which they go out.
///
/// Of e-mails 3 % bounce, 0.5 % arrive and bring a complaint, the rest arrive; of these 45 % are opened, and of those
/// 40 % clicked. Of text messages 4 % fail. An e-mail address with `bounce` in it bounces always. Like a real
/// provider, it reports all events of every tenth message twice, and those of every eighth in the wrong order.
pub(super) fn reports(channel: Channel, recipient: &str, body: &str) -> Vec<Planned> {
    let dice = Dice::of(channel, recipient, body);
    let events = match channel {
        Channel::Email => email(&dice, recipient),
        Channel::Sms | Channel::Whatsapp | Channel::Voice => sms(&dice),
    };
    let mut planned: Vec<_> = events.into_iter().map(|event| (event, after_acceptance(event))).collect();
    if dice.roll(4, 8) == 0 {
        planned.reverse();
    }
    if dice.roll(3, 10) == 0 {
        planned = planned.into_iter().flat_map(|report| [report, report]).collect();
    }
    planned
}

fn email(dice: &Dice, recipient: &str) -> Vec<ReceiptEvent> {
    let outcome = dice.roll(0, 1000);
    if outcome < 30 || recipient.contains("bounce") {
        return vec![ReceiptEvent::Bounced];
    }
    let mut events = vec![ReceiptEvent::Delivered];
    if outcome < 35 {
        events.push(ReceiptEvent::Complained);
        return events;
    }
    let opened = dice.roll(1, 100) < 45;
    let clicked = opened && dice.roll(2, 100) < 40;
    events.extend(opened.then_some(ReceiptEvent::Opened));
    events.extend(clicked.then_some(ReceiptEvent::Clicked));
    events
}

fn sms(dice: &Dice) -> Vec<ReceiptEvent> {
    if dice.roll(0, 1000) < 40 { vec![ReceiptEvent::Failed] } else { vec![ReceiptEvent::Sent, ReceiptEvent::Delivered] }
}

fn after_acceptance(event: ReceiptEvent) -> TimeDelta {
    TimeDelta::milliseconds(match event {
        ReceiptEvent::Sent => 100,
        ReceiptEvent::Delivered => 800,
        ReceiptEvent::Bounced | ReceiptEvent::Failed => 1_500,
        ReceiptEvent::Opened => 4_000,
        ReceiptEvent::Clicked => 6_000,
        ReceiptEvent::Replied => 7_000,
        ReceiptEvent::Complained => 8_000,
    })
}

/// Eight independent numbers that follow from a message.
struct Dice([u32; 8]);

impl Dice {
    fn of(channel: Channel, recipient: &str, body: &str) -> Self {
        let hash = digest(&SHA256, format!("{channel}|{recipient}|{body}").as_bytes());
        let mut numbers = [0; 8];
        for (number, bytes) in numbers.iter_mut().zip(hash.as_ref().as_chunks::<4>().0) {
            *number = u32::from_be_bytes(*bytes);
        }
        Self(numbers)
    }

    /// Number `which`, as one of `sides`.
    fn roll(&self, which: usize, sides: u32) -> u32 {
        self.0[which] % sides
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(channel: Channel, wanted: ReceiptEvent) -> usize {
        let plans = (0..10_000).map(|number| reports(channel, &format!("someone-{number}@example.com"), "Hello"));
        plans.filter(|plan| plan.iter().any(|(event, _)| *event == wanted)).count()
    }

    #[test]
    fn the_mix_is_as_promised() {
        let cases = [
            (Channel::Email, ReceiptEvent::Bounced, 300),
            (Channel::Email, ReceiptEvent::Complained, 50),
            (Channel::Email, ReceiptEvent::Delivered, 9_700),
            (Channel::Email, ReceiptEvent::Opened, 4_340),
            (Channel::Email, ReceiptEvent::Clicked, 1_740),
            (Channel::Sms, ReceiptEvent::Failed, 400),
            (Channel::Sms, ReceiptEvent::Delivered, 9_600),
        ];
        for (channel, event, expected) in cases {
            let (found, slack) = (count(channel, event), 25 + expected / 25);
            assert!(found.abs_diff(expected) <= slack, "{channel} {event}: {found} instead of {expected}");
        }
    }

    #[test]
    fn some_reports_come_twice_and_some_in_the_wrong_order() {
        let plans = |number| reports(Channel::Sms, &format!("+4917012{number:05}"), "Hello");
        let twice = (0..10_000).filter(|&number| plans(number).iter().is_sorted() && plans(number).len() > 2).count();
        let reversed = (0..10_000).filter(|&number| !plans(number).is_sorted_by_key(|(_, after)| *after)).count();
        assert!((700..1_000).contains(&twice), "{twice}");
        assert!((1_050..1_350).contains(&reversed), "{reversed}");
    }

    #[test]
    fn an_address_can_ask_for_a_bounce() {
        let plan = reports(Channel::Email, "bounce@example.com", "Hello");
        assert!(!plan.is_empty() && plan.iter().all(|(event, _)| *event == ReceiptEvent::Bounced));
    }
}

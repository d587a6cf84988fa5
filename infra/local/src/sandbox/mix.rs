//! What becomes of a message: a mix that follows from the message alone, so that each run tells the same.

use aws_lc_rs::digest::{SHA256, digest};
use chrono::TimeDelta;
use domain::message::{Channel, ReceiptEvent};

/// An event of a message, and how long after its acceptance it happens.
pub(super) type Planned = (ReceiptEvent, TimeDelta);

/// The reports that a message gets, in the order in which they go out. `hears`: whether it comes from a number that can
/// be answered.
///
/// Of e-mails 3 % bounce, 0.5 % arrive and bring a complaint, the rest arrive; of these 45 % are opened, and of those
/// 40 % clicked. Of text and WhatsApp messages 4 % fail; of those that arrive 8 % are answered and 1 % stopped, if that can
/// be, and of WhatsApp messages 60 % are read. Of calls 10 % find the line busy, 15 % are taken by a machine, the rest by
/// people. An e-mail address with `bounce` in it bounces always; a number that ends in 1111 answers, one in 9999 says STOP,
/// one in 2222 is busy, one in 3333 has a machine. Like a real provider, it reports all events of every tenth message
/// twice, and those of every eighth in the wrong order; but people answer once, and after the message has arrived.
pub(super) fn reports(channel: Channel, recipient: &str, body: &str, hears: bool) -> Vec<Planned> {
    let dice = Dice::of(channel, recipient, body);
    let events = match channel {
        Channel::Email => email(&dice, recipient),
        Channel::Sms | Channel::Whatsapp => text(&dice, channel, recipient),
        Channel::Voice => call(&dice, recipient),
    };
    let mut planned: Vec<_> = events.into_iter().map(|event| (event, after_acceptance(event))).collect();
    if dice.roll(4, 8) == 0 {
        planned.reverse();
    }
    if dice.roll(3, 10) == 0 {
        planned = planned.into_iter().flat_map(|report| [report, report]).collect();
    }
    let arrives = planned.iter().any(|(event, _)| *event == ReceiptEvent::Delivered);
    let said = said(&dice, channel, recipient).filter(|_| hears && arrives);
    planned.extend(said.map(|event| (event, after_acceptance(event))));
    planned
}

/// Whether it is people who do it, and not what comes before them on the way.
pub(super) fn is_of_people(event: ReceiptEvent) -> bool {
    match event {
        ReceiptEvent::Opened
        | ReceiptEvent::Clicked
        | ReceiptEvent::Replied
        | ReceiptEvent::Complained
        | ReceiptEvent::Unsubscribed => true,
        ReceiptEvent::Sent
        | ReceiptEvent::Delivered
        | ReceiptEvent::Voicemail
        | ReceiptEvent::Bounced
        | ReceiptEvent::Failed => false,
    }
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

fn text(dice: &Dice, channel: Channel, recipient: &str) -> Vec<ReceiptEvent> {
    let speaks = recipient.ends_with("1111") || recipient.ends_with("9999");
    if dice.roll(0, 1000) < 40 && !speaks {
        return vec![ReceiptEvent::Failed];
    }
    let mut events = vec![ReceiptEvent::Sent, ReceiptEvent::Delivered];
    events.extend((channel == Channel::Whatsapp && dice.roll(1, 100) < 60).then_some(ReceiptEvent::Opened));
    events
}

fn call(dice: &Dice, recipient: &str) -> Vec<ReceiptEvent> {
    let outcome = match dice.roll(0, 100) {
        _ if recipient.ends_with("2222") => ReceiptEvent::Failed,
        _ if recipient.ends_with("3333") => ReceiptEvent::Voicemail,
        0..10 => ReceiptEvent::Failed,
        10..25 => ReceiptEvent::Voicemail,
        _ => ReceiptEvent::Delivered,
    };
    vec![ReceiptEvent::Sent, outcome]
}

/// What the recipient of a text message says to it, if anything.
fn said(dice: &Dice, channel: Channel, recipient: &str) -> Option<ReceiptEvent> {
    match dice.roll(5, 100) {
        _ if !matches!(channel, Channel::Sms | Channel::Whatsapp) => None,
        _ if recipient.ends_with("1111") => Some(ReceiptEvent::Replied),
        _ if recipient.ends_with("9999") => Some(ReceiptEvent::Unsubscribed),
        0..8 => Some(ReceiptEvent::Replied),
        8 => Some(ReceiptEvent::Unsubscribed),
        _ => None,
    }
}

fn after_acceptance(event: ReceiptEvent) -> TimeDelta {
    TimeDelta::milliseconds(match event {
        ReceiptEvent::Sent => 100,
        ReceiptEvent::Delivered => 800,
        ReceiptEvent::Voicemail => 1_000,
        ReceiptEvent::Bounced | ReceiptEvent::Failed => 1_500,
        ReceiptEvent::Opened => 4_000,
        ReceiptEvent::Clicked => 6_000,
        ReceiptEvent::Replied => 7_000,
        ReceiptEvent::Complained | ReceiptEvent::Unsubscribed => 8_000,
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
        let plans = (0..10_000).map(|number| reports(channel, &format!("someone-{number}@example.com"), "Hello", true));
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
            (Channel::Sms, ReceiptEvent::Replied, 770),
            (Channel::Whatsapp, ReceiptEvent::Opened, 5_760),
            (Channel::Whatsapp, ReceiptEvent::Unsubscribed, 96),
            (Channel::Voice, ReceiptEvent::Failed, 1_000),
            (Channel::Voice, ReceiptEvent::Voicemail, 1_500),
            (Channel::Voice, ReceiptEvent::Delivered, 7_500),
        ];
        for (channel, event, expected) in cases {
            let (found, slack) = (count(channel, event), 25 + expected / 25);
            assert!(found.abs_diff(expected) <= slack, "{channel} {event}: {found} instead of {expected}");
        }
    }

    #[test]
    fn some_reports_come_twice_and_some_in_the_wrong_order() {
        let plans = |number| reports(Channel::Sms, &format!("+4917012{number:05}"), "Hello", false);
        let twice = (0..10_000).filter(|&number| plans(number).iter().is_sorted() && plans(number).len() > 2).count();
        let reversed = (0..10_000).filter(|&number| !plans(number).is_sorted_by_key(|(_, after)| *after)).count();
        assert!((700..1_000).contains(&twice), "{twice}");
        assert!((1_050..1_350).contains(&reversed), "{reversed}");
    }

    #[test]
    fn an_address_can_ask_for_a_bounce() {
        let plan = reports(Channel::Email, "bounce@example.com", "Hello", false);
        assert!(!plan.is_empty() && plan.iter().all(|(event, _)| *event == ReceiptEvent::Bounced));
    }

    #[test]
    fn a_number_can_ask_for_what_becomes_of_it() {
        let last =
            |channel, number: &str, hears| reports(channel, number, "Hello", hears).last().map(|(event, _)| *event);
        assert_eq!(last(Channel::Sms, "+12025551111", true), Some(ReceiptEvent::Replied));
        assert_eq!(last(Channel::Whatsapp, "+12025559999", true), Some(ReceiptEvent::Unsubscribed));
        let of =
            |number: &str| reports(Channel::Voice, number, "Hello", true).into_iter().map(|(event, _)| event).max();
        assert_eq!(of("+12025553333"), Some(ReceiptEvent::Voicemail));
        assert_eq!(of("+12025552222"), Some(ReceiptEvent::Failed));
    }

    #[test]
    fn who_has_no_number_to_answer_to_says_nothing() {
        let says = |hears| {
            reports(Channel::Sms, "+12025551111", "Hello", hears)
                .iter()
                .any(|(event, _)| *event == ReceiptEvent::Replied)
        };
        assert_eq!((says(true), says(false)), (true, false));
    }
}

//! The provider: remembers each message that it ever took, whoever heard of it, and tells afterwards what became of it.

use std::time::Duration;

use channels::{Accepted, Outgoing, SendError};
use domain::Timestamp;
use domain::message::{Channel, MessageRef, ReceiptEvent};
use local::sandbox::Taken;

use super::dice::Dice;

/// A message that the provider took.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    pub(super) reference: MessageRef,
    pub(super) taken: Taken,
    /// The step of the world in which the sender last read the contact before; nothing if it never did.
    pub(super) decided: Option<u64>,
    /// What is reported of it.
    pub(super) events: Vec<ReceiptEvent>,
}

impl Sent {
    /// Whose message went where.
    pub(super) fn address(&self) -> String {
        format!("{} {} {}", self.reference.tenant, self.taken.channel, self.taken.recipient)
    }
}

/// A report that is to be posted.
#[derive(Debug, Clone)]
pub(super) struct Report {
    pub(super) number: u32,
    pub(super) event: ReceiptEvent,
    pub(super) happened_at: i64,
    pub(super) due: i64,
}

/// What the provider has.
#[derive(Debug, Default)]
pub(super) struct Provider {
    pub(super) sent: Vec<Sent>,
    pub(super) reports: Vec<Report>,
}

impl Provider {
    /// Takes a message, unless it refuses the recipient.
    pub(super) fn take(
        &mut self,
        message: &Outgoing,
        now: i64,
        decided: Option<u64>,
        dice: &mut Dice,
    ) -> Result<Accepted, SendError> {
        if message.recipient.contains("refused") {
            return Err(SendError::Rejected { reason: "the recipient is refused".to_owned() });
        }
        let number = u32::try_from(self.sent.len()).unwrap() + 1;
        let taken = Taken {
            number,
            reference: message.reference.to_string(),
            channel: message.channel,
            sender: message.sender.clone(),
            recipient: message.recipient.clone(),
            callback: message.callback.clone(),
            at: moment(now),
        };
        let accepted = accepted(&taken);
        let reports = reports(&taken, dice);
        let events = reports.iter().map(|report| report.event).collect();
        self.reports.extend(reports);
        self.sent.push(Sent { reference: message.reference, taken, decided, events });
        Ok(accepted)
    }

    /// The message, if it was taken.
    pub(super) fn find(&self, reference: MessageRef) -> Option<Accepted> {
        self.sent.iter().find(|sent| sent.reference == reference).map(|sent| accepted(&sent.taken))
    }
}

/// The provider asks to wait.
pub(super) fn throttled(dice: &mut Dice) -> SendError {
    SendError::Throttled { retry_after: Duration::from_secs(dice.one_of(&[1, 5, 90, 600])) }
}

pub(super) fn moment(millis: i64) -> Timestamp {
    Timestamp::from_timestamp_millis(millis).unwrap_or_default()
}

fn accepted(taken: &Taken) -> Accepted {
    Accepted { provider_id: format!("sandbox-{}", taken.number), at: taken.at }
}

/// What becomes of a message, when that is reported, and how often.
fn reports(taken: &Taken, dice: &mut Dice) -> Vec<Report> {
    let mut events = match taken.channel {
        _ if taken.recipient.contains("bounce") => vec![ReceiptEvent::Bounced],
        Channel::Email => match dice.below(40) {
            0 => vec![ReceiptEvent::Bounced],
            1 => vec![ReceiptEvent::Delivered, ReceiptEvent::Complained],
            2..=15 => vec![ReceiptEvent::Delivered],
            16..=28 => vec![ReceiptEvent::Delivered, ReceiptEvent::Opened],
            29..=36 => vec![ReceiptEvent::Delivered, ReceiptEvent::Opened, ReceiptEvent::Clicked],
            _ => vec![],
        },
        Channel::Voice => match dice.below(4) {
            0 => vec![ReceiptEvent::Failed],
            1 => vec![ReceiptEvent::Sent, ReceiptEvent::Voicemail],
            _ => vec![ReceiptEvent::Sent, ReceiptEvent::Delivered],
        },
        _ => match dice.below(16) {
            0 => vec![ReceiptEvent::Failed],
            1 => vec![ReceiptEvent::Failed, ReceiptEvent::Delivered],
            2 => vec![],
            3 => vec![ReceiptEvent::Delivered, ReceiptEvent::Replied],
            4 => vec![ReceiptEvent::Delivered, ReceiptEvent::Unsubscribed],
            _ => vec![ReceiptEvent::Sent, ReceiptEvent::Delivered],
        },
    };
    if dice.chance(150) {
        let again = dice.some(&events, 2);
        events.extend(again);
    }
    let at = taken.at.timestamp_millis();
    let mut happened_at = at;
    let mut report = |event| {
        happened_at += dice.within(10, 60_000);
        let late = dice.one_of(&[100, 5_000, 90_000, 3_600_000]);
        Report { number: taken.number, event, happened_at, due: happened_at + dice.within(0, late) }
    };
    events.into_iter().map(&mut report).collect()
}

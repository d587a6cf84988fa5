//! Messages: what goes to one person over one channel, and what becomes of it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Timestamp;
use crate::id::{CampaignId, ContactId, Id, MessageId, StepId, TenantId};
use crate::money::Money;

vocabulary! {
    /// The way a message takes.
    Channel {
        /// E-mail.
        Email = "email",
        /// Text message.
        Sms = "sms",
        /// WhatsApp message.
        Whatsapp = "whatsapp",
        /// Call.
        Voice = "voice",
    }
}

vocabulary! {
    /// How far a message came, in the order in which it can only move forward.
    MessageStatus {
        /// Claimed for sending; whether the provider has it is not known yet.
        Pending = "pending",
        /// The provider took it.
        Sent = "sent",
        /// The provider refused it, or nobody knows whether it went out.
        Failed = "failed",
        /// It reached the recipient's server or handset; that outweighs a failure that was reported before.
        Delivered = "delivered",
        /// It was opened.
        Opened = "opened",
        /// A link in it was followed.
        Clicked = "clicked",
        /// It was answered.
        Replied = "replied",
        /// It came back.
        Bounced = "bounced",
    }
}

/// Names one message to whoever sends it, and comes back in the provider's callbacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MessageRef {
    /// Whose message.
    pub tenant: TenantId,
    /// Of which campaign.
    pub campaign: CampaignId,
    /// To whom.
    pub contact: ContactId,
    /// Which.
    pub message: MessageId,
}

impl fmt::Display for MessageRef {
    /// Four ids of 32 digits, joined by `-`: fits SES tags, URLs and WhatsApp's callback data. Not a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tenant, campaign, contact, message } = self;
        let [tenant, campaign] = [tenant.uuid(), campaign.uuid()].map(Uuid::simple);
        let [contact, message] = [contact.uuid(), message.uuid()].map(Uuid::simple);
        write!(f, "{tenant}-{campaign}-{contact}-{message}")
    }
}

/// The text names no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a reference to a message")]
pub struct NotAMessageRef;

impl FromStr for MessageRef {
    type Err = NotAMessageRef;

    fn from_str(text: &str) -> Result<Self, NotAMessageRef> {
        let parts: Vec<&str> = text.split('-').collect();
        let [tenant, campaign, contact, message] = parts[..] else { return Err(NotAMessageRef) };
        let (tenant, campaign) = (unhyphenated(tenant)?, unhyphenated(campaign)?);
        Ok(Self { tenant, campaign, contact: unhyphenated(contact)?, message: unhyphenated(message)? })
    }
}

fn unhyphenated<I: Id>(text: &str) -> Result<I, NotAMessageRef> {
    Uuid::try_parse(text).map(I::from_uuid).map_err(|_| NotAMessageRef)
}

/// One message of a campaign to one person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Its id, derived from campaign, contact and step: the same step can never claim a second one.
    pub id: MessageId,
    /// To whom: the contact that was enrolled.
    pub contact_id: ContactId,
    /// The contact that this one went into, if it was merged into another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<ContactId>,
    /// Of which campaign.
    pub campaign_id: CampaignId,
    /// Of which step.
    pub step_id: StepId,
    /// The step's place in the sequence.
    pub step_number: u32,
    /// Which of the step's variants, if it has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// Which way.
    pub channel: Channel,
    /// The address it went to.
    pub recipient: String,
    /// How far it came.
    pub status: MessageStatus,
    /// The provider's name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_id: Option<String>,
    /// When a worker last claimed the right to send it.
    pub claimed_at: Timestamp,
    /// When the provider took it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<Timestamp>,
    /// When it arrived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<Timestamp>,
    /// When it was first opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened_at: Option<Timestamp>,
    /// When a link in it was first followed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clicked_at: Option<Timestamp>,
    /// When it was first answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replied_at: Option<Timestamp>,
    /// When an answering machine was found to have taken the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voicemail_at: Option<Timestamp>,
    /// When the recipient said, to this message, that no more are wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsubscribed_at: Option<Timestamp>,
    /// What it cost, once the provider took it.
    #[serde(default, skip_serializing_if = "Money::is_zero")]
    pub cost: Money,
    /// That it failed; never together with a delivery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<Mishap>,
    /// That it came back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bounced: Option<Mishap>,
    /// Counts the changes, for conditional writes.
    pub revision: u64,
}

/// When and why a message failed or bounced.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Mishap {
    /// When.
    pub at: Timestamp,
    /// Why, in the provider's words or ours; no personal data.
    pub reason: String,
}

/// What a provider says of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// What happened.
    pub event: ReceiptEvent,
    /// When, as the provider has it.
    pub at: Timestamp,
    /// Why, for failures and bounces.
    pub reason: Option<String>,
    /// The provider's name for the message, if it came along.
    pub provider_id: Option<String>,
}

vocabulary! {
    /// What can be said of a message after it was claimed.
    ReceiptEvent {
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
        /// An answering machine took the call, and heard the message.
        Voicemail = "voicemail",
        /// It failed.
        Failed = "failed",
        /// It came back, for good.
        Bounced = "bounced",
        /// The recipient complained of spam: it arrived, and nothing more may follow.
        Complained = "complained",
        /// The recipient answered that no more are wanted.
        Unsubscribed = "unsubscribed",
    }
}

impl Message {
    /// The id that the message of `step` to `contact` has, whoever computes it.
    pub fn id_for(campaign: CampaignId, contact: ContactId, step: StepId) -> MessageId {
        MessageId::derived(
            campaign.created_at(),
            &[campaign.uuid().as_bytes(), contact.uuid().as_bytes(), step.uuid().as_bytes()],
        )
    }

    /// The message as one to this person; nothing if it is so already.
    pub fn to_person(&self, person: ContactId) -> Option<Self> {
        let person = Some(person).filter(|person| *person != self.contact_id);
        (person != self.person).then(|| Self { person, revision: self.revision + 1, ..self.clone() })
    }

    /// Whether the provider refused to take it. One that failed after it was taken went out all the same, and may yet be
    /// reported as delivered.
    pub fn is_refused(&self) -> bool {
        self.status == MessageStatus::Failed && self.provider_id.is_none()
    }

    /// Whether it tells nobody's address.
    pub fn is_anonymous(&self) -> bool {
        self.recipient.is_empty()
    }

    /// The message without the address, for its campaign's figures; nothing if it has none.
    pub fn anonymous(&self) -> Option<Self> {
        let anonymous = || Self { recipient: String::new(), revision: self.revision + 1, ..self.clone() };
        (!self.is_anonymous()).then(anonymous)
    }

    /// The message after `receipt`, or nothing if that changes nothing. Order and repetition of receipts do not matter:
    /// the status is the furthest, and each moment the earliest, that any of them tells. What is later implies what
    /// comes before it: who opened a message has received it.
    pub fn after(&self, receipt: &Receipt) -> Option<Self> {
        let mut next = self.clone();
        let (status, moments) = match receipt.event {
            ReceiptEvent::Sent => (MessageStatus::Sent, 1),
            ReceiptEvent::Delivered
            | ReceiptEvent::Voicemail
            | ReceiptEvent::Complained
            | ReceiptEvent::Unsubscribed => (MessageStatus::Delivered, 2),
            ReceiptEvent::Opened => (MessageStatus::Opened, 3),
            ReceiptEvent::Clicked => (MessageStatus::Clicked, 4),
            // Who answers has got it; whether it was opened is not told by that.
            ReceiptEvent::Replied => (MessageStatus::Replied, 2),
            ReceiptEvent::Failed => (MessageStatus::Failed, 0),
            ReceiptEvent::Bounced => (MessageStatus::Bounced, 1),
        };
        for moment in next.progress().into_iter().take(moments) {
            keep_first(moment, receipt.at);
        }
        match receipt.event {
            ReceiptEvent::Failed => keep_earliest(&mut next.failed, receipt),
            ReceiptEvent::Bounced => keep_earliest(&mut next.bounced, receipt),
            ReceiptEvent::Replied => keep_first(&mut next.replied_at, receipt.at),
            ReceiptEvent::Voicemail => keep_first(&mut next.voicemail_at, receipt.at),
            ReceiptEvent::Complained | ReceiptEvent::Unsubscribed => keep_first(&mut next.unsubscribed_at, receipt.at),
            ReceiptEvent::Sent | ReceiptEvent::Delivered | ReceiptEvent::Opened | ReceiptEvent::Clicked => {}
        }
        if next.delivered_at.is_some() {
            next.failed = None;
        }
        next.status = next.status.max(status);
        next.provider_id = next.provider_id.take().or_else(|| receipt.provider_id.clone());
        if next == *self {
            return None;
        }
        next.revision += 1;
        Some(next)
    }

    fn progress(&mut self) -> [&mut Option<Timestamp>; 4] {
        [&mut self.sent_at, &mut self.delivered_at, &mut self.opened_at, &mut self.clicked_at]
    }
}

fn keep_first(moment: &mut Option<Timestamp>, at: Timestamp) {
    *moment = Some(moment.map_or(at, |known| known.min(at)));
}

fn keep_earliest(mishap: &mut Option<Mishap>, receipt: &Receipt) {
    let reason = receipt.reason.clone().unwrap_or_else(|| "no reason given".to_owned());
    let new = Mishap { at: receipt.at, reason };
    *mishap = Some(mishap.take().map_or(new.clone(), |known| known.min(new)));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> Timestamp {
        chrono::DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap_or_default()
    }

    fn claimed() -> Message {
        let campaign = CampaignId::derived(at(0), &[b"campaign"]);
        let contact = ContactId::derived(at(0), &[b"contact"]);
        let step = StepId::derived(at(0), &[b"step"]);
        Message {
            id: Message::id_for(campaign, contact, step),
            contact_id: contact,
            person: None,
            campaign_id: campaign,
            step_id: step,
            step_number: 1,
            variant: None,
            channel: Channel::Email,
            recipient: "ada@example.com".into(),
            status: MessageStatus::Pending,
            provider_id: None,
            claimed_at: at(0),
            sent_at: None,
            delivered_at: None,
            opened_at: None,
            clicked_at: None,
            replied_at: None,
            voicemail_at: None,
            unsubscribed_at: None,
            cost: Money::ZERO,
            failed: None,
            bounced: None,
            revision: 1,
        }
    }

    fn receipts() -> impl Strategy<Value = Vec<Receipt>> {
        let one = (0..ReceiptEvent::ALL.len(), 0..5_i64, 0..2_u8).prop_map(|(event, second, reason)| Receipt {
            event: ReceiptEvent::ALL[event],
            at: at(second),
            reason: Some(format!("reason {reason}")),
            provider_id: Some("provider".into()),
        });
        prop::collection::vec(one, 0..8)
    }

    fn all(receipts: &[Receipt]) -> Message {
        let end = receipts.iter().fold(claimed(), |message, receipt| message.after(receipt).unwrap_or(message));
        Message { revision: 0, ..end }
    }

    proptest! {
        #[test]
        fn order_and_repetition_of_receipts_do_not_matter(receipts in receipts(), seed in any::<u64>()) {
            let mut shuffled = receipts.clone();
            shuffled.extend(receipts.iter().take(3).cloned());
            shuffled.sort_by_key(|receipt| (receipt.event as u64 + 1).wrapping_mul(seed | 1).rotate_left(17) ^ receipt.at.timestamp() as u64);
            prop_assert_eq!(all(&receipts), all(&shuffled));
        }

        #[test]
        fn a_message_never_moves_backward(receipts in receipts()) {
            let mut message = claimed();
            for receipt in &receipts {
                if let Some(next) = message.after(receipt) {
                    prop_assert!(next.status >= message.status && next.revision > message.revision);
                    message = next;
                }
            }
        }
    }

    #[test]
    fn what_failed_was_refused_only_if_the_provider_never_took_it() {
        let failed = |provider_id: Option<&str>| {
            let provider_id = provider_id.map(str::to_owned);
            claimed().after(&Receipt { event: ReceiptEvent::Failed, at: at(1), reason: None, provider_id }).unwrap()
        };
        assert!(failed(None).is_refused() && !failed(Some("SM1")).is_refused() && !claimed().is_refused());
    }

    #[test]
    fn a_delivery_outweighs_an_unknown_outcome() {
        let receipt = |event| Receipt { event, at: at(1), reason: None, provider_id: None };
        let end = all(&[receipt(ReceiptEvent::Failed), receipt(ReceiptEvent::Delivered)]);
        assert_eq!((end.status, end.failed), (MessageStatus::Delivered, None));
    }

    #[test]
    fn a_reference_survives_the_journey() {
        let reference = MessageRef {
            tenant: TenantId::derived(at(0), &[b"t"]),
            campaign: CampaignId::derived(at(0), &[b"p"]),
            contact: ContactId::derived(at(0), &[b"c"]),
            message: MessageId::derived(at(0), &[b"m"]),
        };
        assert_eq!(reference.to_string().parse(), Ok(reference));
        for text in ["", "a-b-c", "-", "a-b-c-d", "0".repeat(131).as_str()] {
            assert_eq!(text.parse::<MessageRef>(), Err(NotAMessageRef));
        }
    }
}

//! One message: claimed, handed to the provider, and its outcome recorded.
//!
//! | found | done |
//! |---|---|
//! | no message | claim it, send it |
//! | a claim younger than [`LEASE`] | somebody is at it: look again when the lease is over |
//! | an older claim | its worker died: ask the provider; if it has the message, it is sent, else claim anew and send |
//! | a message beyond its claim | it was dealt with: only the enrolment is left to move on |
//!
//! A provider that asks to wait, or is not reached, has taken nothing for certain: the claim is given back.

use channels::{Accepted, Outgoing, SendError, twilio};
use chrono::TimeDelta;
use domain::campaign::Step;
use domain::campaign::step::Wording;
use domain::contact::Contact;
use domain::id::ContactId;
use domain::message::{Channel, Message, MessageRef, MessageStatus, Receipt, ReceiptEvent};
use domain::money::Money;
use domain::sms::Weight;
use domain::time::after;
use domain::{Error, Result, Timestamp};
use store::TenantStore;

use crate::Sender;
use crate::plan::Plan;

/// How long a claim is believed to be at work: longer than the function's time-out and the provider's.
pub(crate) const LEASE: TimeDelta = TimeDelta::seconds(60);
/// How long a provider that is not reached is left alone.
const UNREACHED: TimeDelta = TimeDelta::seconds(30);
/// How often a record is tried again that somebody else changed.
const TRIES: usize = 5;

/// How a delivery ended, for the enrolment.
pub(crate) enum Delivered {
    /// The provider took it at this time.
    Sent(Timestamp),
    /// It never will.
    Failed,
    /// Somebody else is at it, or was: it is to be looked at again at this time.
    Unknown(Timestamp),
    /// The provider has not taken it, and is to be asked again at this time.
    Later(Timestamp),
}

/// A message on its way.
pub(crate) struct Delivery<'a> {
    pub(crate) sender: &'a Sender,
    pub(crate) store: &'a TenantStore,
    pub(crate) plan: &'a Plan,
    pub(crate) step: &'a Step,
    /// The contact that was enrolled: what the message's id follows from, whomever that went into.
    pub(crate) enrolled: ContactId,
    /// The contact that is written to.
    pub(crate) contact: &'a Contact,
    pub(crate) address: &'a str,
}

impl Delivery<'_> {
    pub(crate) async fn make(&self) -> Result<Delivered> {
        let wordings = self.step.wordings()?;
        let wording = wordings.of(self.enrolled);
        let message = self.claimed(wording);
        let messages = self.store.messages();
        let (claimed, ()) = tokio::try_join!(messages.claim(&message), self.expect_answer(&message))?;
        if claimed {
            return self.send(message, wording).await;
        }
        let reference = self.reference(&message);
        let found = self.store.messages().get(reference).await?;
        let found = found.ok_or_else(|| Error::not_found("message", reference.message))?;
        match found.status {
            MessageStatus::Pending => self.take_over(found, wording).await,
            _ if found.is_refused() => Ok(Delivered::Failed),
            _ => Ok(Delivered::Sent(found.sent_at.unwrap_or(found.claimed_at))),
        }
    }

    fn claimed(&self, wording: &Wording) -> Message {
        Message {
            id: Message::id_for(self.plan.campaign.id, self.enrolled, self.step.id),
            contact_id: self.enrolled,
            person: Some(self.contact.id).filter(|person| *person != self.enrolled),
            campaign_id: self.plan.campaign.id,
            step_id: self.step.id,
            step_number: self.step.step_number,
            variant: wording.variant.clone(),
            channel: self.step.message_type,
            recipient: self.address.to_owned(),
            status: MessageStatus::Pending,
            provider_id: None,
            claimed_at: self.sender.clock.now(),
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

    /// What comes from the number is an answer to the message.
    async fn expect_answer(&self, message: &Message) -> Result<()> {
        match message.channel {
            Channel::Sms | Channel::Whatsapp => self.store.answers().expect(message).await,
            Channel::Email | Channel::Voice => Ok(()),
        }
    }

    fn reference(&self, message: &Message) -> MessageRef {
        let (tenant, campaign) = (self.store.tenant(), self.plan.campaign.id);
        MessageRef { tenant, campaign, contact: self.enrolled, message: message.id }
    }

    /// The message is claimed by somebody else: by a worker that is at it, or by one that died.
    async fn take_over(&self, claimed: Message, wording: &Wording) -> Result<Delivered> {
        let now = self.sender.clock.now();
        let lease_ends = after(claimed.claimed_at, LEASE);
        if now < lease_ends {
            return Ok(Delivered::Unknown(lease_ends));
        }
        match self.sender.provider.lookup(self.reference(&claimed)).await {
            Ok(Some(accepted)) => self.accepted(claimed, accepted, self.cost(wording)).await,
            Ok(None) => {
                let again = Message { claimed_at: now, revision: claimed.revision + 1, ..claimed };
                match self.store.messages().save(&again).await? {
                    true => self.send(again, wording).await,
                    // Somebody else took it over.
                    false => Ok(Delivered::Unknown(after(now, LEASE))),
                }
            }
            Err(error) => {
                tracing::warn!(message_id = %claimed.id, %error, "the provider could not be asked");
                Ok(Delivered::Unknown(after(now, LEASE)))
            }
        }
    }

    async fn send(&self, claimed: Message, wording: &Wording) -> Result<Delivered> {
        let sent = self.sender.provider.send(&self.outgoing(&claimed, wording)).await;
        let error = match sent {
            Ok(accepted) => return self.accepted(claimed, accepted, self.cost(wording)).await,
            Err(error) => error,
        };
        let id = claimed.id;
        match error {
            SendError::Rejected { reason } => {
                let receipt = self.receipt(ReceiptEvent::Failed, self.sender.clock.now(), Some(reason), None);
                self.record(claimed, &receipt, Money::ZERO).await?;
                Ok(Delivered::Failed)
            }
            SendError::Throttled { retry_after } => {
                let wait = TimeDelta::from_std(retry_after).unwrap_or(LEASE);
                tracing::info!(message_id = %id, seconds = wait.num_seconds(), "the provider asks to wait");
                self.give_back(claimed, wait).await
            }
            SendError::Unreachable(_) => {
                tracing::warn!(message_id = %id, error = %chain(&error), "the provider was not reached");
                self.give_back(claimed, UNREACHED).await
            }
            SendError::Unknown(_) => {
                tracing::warn!(message_id = %id, error = %chain(&error), "the provider did not answer");
                Ok(Delivered::Unknown(after(claimed.claimed_at, LEASE)))
            }
        }
    }

    /// The provider has taken nothing: the claim is as if it had not been, and the provider rests for a while.
    async fn give_back(&self, claimed: Message, wait: TimeDelta) -> Result<Delivered> {
        let until = after(self.sender.clock.now(), wait.max(TimeDelta::seconds(1)));
        self.sender.pacing.rest((self.store.tenant(), claimed.channel), until);
        match self.store.messages().give_back(&claimed).await? {
            true => Ok(Delivered::Later(until)),
            // Somebody else took it over.
            false => Ok(Delivered::Unknown(after(claimed.claimed_at, LEASE))),
        }
    }

    fn outgoing(&self, message: &Message, wording: &Wording) -> Outgoing {
        let words = wording.render(self.contact);
        Outgoing {
            reference: self.reference(message),
            channel: message.channel,
            sender: self.plan.settings.sender_identities.number(message.channel).map(str::to_owned),
            recipient: message.recipient.clone(),
            subject: words.subject,
            body: words.text,
            html: words.html,
            callback: twilio::callback(&self.sender.twilio_webhook, self.reference(message)),
        }
    }

    /// What the message costs: a text message each of its parts.
    fn cost(&self, wording: &Wording) -> Money {
        let each = self.plan.settings.message_costs.get(&self.step.message_type).copied().unwrap_or_default();
        if each.is_zero() || self.step.message_type != Channel::Sms {
            return each;
        }
        let segments = Weight::of(&wording.render(self.contact).text).segments;
        each.times(u32::try_from(segments).unwrap_or(u32::MAX).max(1))
    }

    async fn accepted(&self, claimed: Message, accepted: Accepted, cost: Money) -> Result<Delivered> {
        let Accepted { provider_id, at } = accepted;
        self.record(claimed, &self.receipt(ReceiptEvent::Sent, at, None, Some(provider_id)), cost).await?;
        Ok(Delivered::Sent(at))
    }

    fn receipt(
        &self,
        event: ReceiptEvent,
        at: Timestamp,
        reason: Option<String>,
        provider_id: Option<String>,
    ) -> Receipt {
        Receipt { event, at, reason, provider_id }
    }

    /// Keeps what the provider said; its own reports may have come first.
    async fn record(&self, mut message: Message, receipt: &Receipt, cost: Money) -> Result<()> {
        for _ in 0..TRIES {
            let mut next = message.after(receipt).unwrap_or_else(|| message.clone());
            next.cost = cost;
            if next == message {
                return Ok(());
            }
            next.revision = message.revision + 1;
            if self.store.messages().save(&next).await? {
                return Ok(());
            }
            let reference = self.reference(&message);
            let found = self.store.messages().get(reference).await?;
            message = found.ok_or_else(|| Error::not_found("message", reference.message))?;
        }
        Err(Error::Unavailable { service: "the table", source: "the message keeps changing".into() })
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line.push_str(": ");
        line.push_str(&error.to_string());
        cause = error.source();
    }
    line
}

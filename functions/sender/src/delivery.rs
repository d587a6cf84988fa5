//! One message: claimed, handed to the provider, and its outcome recorded.
//!
//! | found | done |
//! |---|---|
//! | no message | claim it, send it |
//! | a claim younger than [`LEASE`] | somebody is at it: look again when the lease is over |
//! | an older claim | its worker died: ask the provider; if it has the message, it is sent, else claim anew and send |
//! | a message beyond its claim | it was dealt with: only the enrolment is left to move on |

use channels::{Accepted, Outgoing, SendError, twilio};
use chrono::TimeDelta;
use domain::campaign::{Campaign, Step};
use domain::contact::Contact;
use domain::id::{ContactId, TenantId};
use domain::message::{Message, MessageRef, MessageStatus, Receipt, ReceiptEvent};
use domain::money::Money;
use domain::template::Template;
use domain::time::after;
use domain::{Error, Result, Timestamp};
use store::TenantStore;

use crate::Sender;

/// How long a claim is believed to be at work: longer than the function's time-out and the provider's.
pub(crate) const LEASE: TimeDelta = TimeDelta::seconds(60);
/// How often a record is tried again that somebody else changed.
const TRIES: usize = 5;

/// How a delivery ended, for the enrolment.
pub(crate) enum Delivered {
    /// The provider took it at this time.
    Sent(Timestamp),
    /// It never will.
    Failed,
    /// It is to be tried again at this time.
    Later(Timestamp),
}

/// A message on its way.
pub(crate) struct Delivery<'a> {
    pub(crate) sender: &'a Sender,
    pub(crate) store: &'a TenantStore,
    pub(crate) tenant: TenantId,
    pub(crate) step: &'a Step,
    /// The contact that was enrolled: what the message's id follows from, whomever that went into.
    pub(crate) enrolled: ContactId,
    /// The contact that is written to.
    pub(crate) contact: &'a Contact,
    pub(crate) address: &'a str,
}

impl Delivery<'_> {
    pub(crate) async fn make(&self, campaign: &Campaign) -> Result<Delivered> {
        let message = self.claimed(campaign);
        if self.store.messages().claim(&message).await? {
            return self.send(message).await;
        }
        let reference = self.reference(&message);
        let found = self.store.messages().get(reference).await?;
        let found = found.ok_or_else(|| Error::not_found("message", reference.message))?;
        match found.status {
            MessageStatus::Pending => self.take_over(found).await,
            MessageStatus::Failed => Ok(Delivered::Failed),
            _ => Ok(Delivered::Sent(found.sent_at.unwrap_or(found.claimed_at))),
        }
    }

    fn claimed(&self, campaign: &Campaign) -> Message {
        Message {
            id: Message::id_for(campaign.id, self.enrolled, self.step.id),
            contact_id: self.enrolled,
            person: Some(self.contact.id).filter(|person| *person != self.enrolled),
            campaign_id: campaign.id,
            step_id: self.step.id,
            step_number: self.step.step_number,
            variant: None,
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
            cost: Money::ZERO,
            failed: None,
            bounced: None,
            revision: 1,
        }
    }

    fn reference(&self, message: &Message) -> MessageRef {
        MessageRef { tenant: self.tenant, contact: self.enrolled, message: message.id }
    }

    /// The message is claimed by somebody else: by a worker that is at it, or by one that died.
    async fn take_over(&self, claimed: Message) -> Result<Delivered> {
        let now = self.sender.clock.now();
        let lease_ends = after(claimed.claimed_at, LEASE);
        if now < lease_ends {
            return Ok(Delivered::Later(lease_ends));
        }
        match self.sender.provider.lookup(self.reference(&claimed)).await {
            Ok(Some(accepted)) => self.accepted(claimed, accepted).await,
            Ok(None) => {
                let again = Message { claimed_at: now, revision: claimed.revision + 1, ..claimed };
                match self.store.messages().save(&again).await? {
                    true => self.send(again).await,
                    // Somebody else took it over.
                    false => Ok(Delivered::Later(after(now, LEASE))),
                }
            }
            Err(error) => {
                tracing::warn!(message_id = %claimed.id, %error, "the provider could not be asked");
                Ok(Delivered::Later(after(now, LEASE)))
            }
        }
    }

    async fn send(&self, claimed: Message) -> Result<Delivered> {
        let outgoing = self.outgoing(&claimed)?;
        match self.sender.provider.send(&outgoing).await {
            Ok(accepted) => self.accepted(claimed, accepted).await,
            Err(SendError::Rejected { reason }) => {
                let receipt = self.receipt(ReceiptEvent::Failed, self.sender.clock.now(), Some(reason), None);
                self.record(claimed, &receipt).await?;
                Ok(Delivered::Failed)
            }
            Err(SendError::Throttled { retry_after }) => {
                let wait = TimeDelta::from_std(retry_after).unwrap_or(LEASE).max(LEASE);
                Ok(Delivered::Later(after(claimed.claimed_at, wait)))
            }
            Err(error @ (SendError::Unreachable(_) | SendError::Unknown(_))) => {
                tracing::warn!(message_id = %claimed.id, error = %chain(&error), "the provider did not answer");
                Ok(Delivered::Later(after(claimed.claimed_at, LEASE)))
            }
        }
    }

    fn outgoing(&self, message: &Message) -> Result<Outgoing> {
        let render = |field: &'static str, text: &str| {
            let template =
                Template::parse(field, text).map_err(|fault| Error::internal("rendering a step", fault.reason))?;
            Ok::<_, Error>(template.render(self.contact))
        };
        let subject = self.step.content.subject.as_deref().map(|subject| render("subject", subject)).transpose()?;
        Ok(Outgoing {
            reference: self.reference(message),
            channel: message.channel,
            recipient: message.recipient.clone(),
            // A value of the contact's must not begin another header.
            subject: subject.map(|subject| subject.replace(['\r', '\n'], " ")),
            body: render("content", self.step.content.content.as_deref().unwrap_or_default())?,
            callback: twilio::callback(&self.sender.twilio_webhook, self.reference(message)),
        })
    }

    async fn accepted(&self, claimed: Message, accepted: Accepted) -> Result<Delivered> {
        let Accepted { provider_id, at } = accepted;
        self.record(claimed, &self.receipt(ReceiptEvent::Sent, at, None, Some(provider_id))).await?;
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
    async fn record(&self, mut message: Message, receipt: &Receipt) -> Result<()> {
        for _ in 0..TRIES {
            let Some(next) = message.after(receipt) else { return Ok(()) };
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

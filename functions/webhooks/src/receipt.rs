//! A receipt, once it is proven: the message moves forward, and what follows from that happens.
//!
//! Everything is done again when the receipt comes again, and changes nothing then; so a receipt whose work broke off in
//! the middle is completed by its repetition.

use domain::conversion::{News, Purpose};
use domain::enrollment::Enrollment;
use domain::interaction::contact_of;
use domain::message::{Message, MessageRef, Receipt, ReceiptEvent};
use domain::{Error, Result, Timestamp};
use store::{Suppression, TenantStore};

use crate::Webhooks;

/// How often a write is tried again that collided with another.
const TRIES: usize = 8;

/// Takes a proven receipt in. The message after it; nothing for one that does not exist (any more), which is passed over.
pub(crate) async fn take(webhooks: &Webhooks, reference: MessageRef, receipt: &Receipt) -> Result<Option<Message>> {
    let store = webhooks.store.tenant(reference.tenant);
    let (found, enrollment) = store.messages().with_enrollment(reference).await?;
    let Some(message) = forward(&store, reference, found, receipt).await? else {
        tracing::info!(message_id = %reference.message, "a receipt names no message");
        return Ok(None);
    };
    let now = webhooks.clock.now();
    if let Some(reason) = suppression(receipt.event).filter(|_| !message.is_anonymous()) {
        let suppression = Suppression { reason: reason.to_owned(), since: now };
        store.suppressions().add(message.channel, &message.recipient, &suppression).await?;
    }
    let purpose = match receipt.event {
        ReceiptEvent::Clicked | ReceiptEvent::Replied => webhooks.purposes.of(&store, &message).await?,
        _ => Purpose::default(),
    };
    if let Some(news) = News::of_receipt(receipt, message.channel, purpose) {
        follow(&store, &message, enrollment, &news, now).await?;
    }
    Ok(Some(message))
}

/// The message after the receipt; `found` is what was there just now.
async fn forward(
    store: &TenantStore,
    reference: MessageRef,
    mut found: Option<Message>,
    receipt: &Receipt,
) -> Result<Option<Message>> {
    for _ in 0..TRIES {
        let Some(message) = found else { return Ok(None) };
        match message.after(receipt) {
            None => return Ok(Some(message)),
            Some(next) if store.messages().save(&next).await? => return Ok(Some(next)),
            Some(_) => found = store.messages().get(reference).await?,
        }
    }
    Err(busy("the message"))
}

fn suppression(event: ReceiptEvent) -> Option<&'static str> {
    match event {
        ReceiptEvent::Bounced => Some("bounced"),
        ReceiptEvent::Complained => Some("complained"),
        _ => None,
    }
}

/// The enrolment gets further down the funnel, or ends; `found` is how it was a moment ago.
async fn follow(
    store: &TenantStore,
    message: &Message,
    mut found: Option<Enrollment>,
    news: &News,
    now: Timestamp,
) -> Result<()> {
    let enrollments = store.enrollments();
    for _ in 0..TRIES {
        let Some(before) = found else { return Ok(()) };
        let Some(next) = before.after(news, now) else { return Ok(()) };
        // A timeline whose contact is gone is not begun anew.
        let told = before.conversion(&next, contact_of(message), now).filter(|_| !message.is_anonymous());
        let saved = match &told {
            Some(told) => enrollments.save_telling(&next, told).await?,
            None => enrollments.save(&next).await?,
        };
        if saved {
            return Ok(());
        }
        found = enrollments.get(message.campaign_id, message.contact_id).await?;
    }
    Err(busy("the enrolment"))
}

fn busy(what: &str) -> Error {
    Error::Unavailable { service: "the table", source: format!("{what} keeps changing").into() }
}

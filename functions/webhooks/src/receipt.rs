//! A receipt, once it is proven: the message moves forward, and what follows from that happens.
//!
//! Everything is done again when the receipt comes again, and changes nothing then; so a receipt whose work broke off in
//! the middle is completed by its repetition.

use domain::enrollment::{Enrollment, EnrollmentStatus, Stage};
use domain::message::{Message, MessageRef, Receipt, ReceiptEvent};
use domain::{Error, Result, Timestamp};
use store::{Suppression, TenantStore};

use crate::Webhooks;

/// How often a write is tried again that collided with another.
const TRIES: usize = 8;

/// Takes a proven receipt in. One for a message that does not exist (any more) is passed over.
pub(crate) async fn take(webhooks: &Webhooks, reference: MessageRef, receipt: &Receipt) -> Result<()> {
    let store = webhooks.store.tenant(reference.tenant);
    let Some(message) = forward(&store, reference, receipt).await? else {
        tracing::info!(message_id = %reference.message, "a receipt names no message");
        return Ok(());
    };
    let now = webhooks.clock.now();
    if let Some(reason) = suppression(receipt.event).filter(|_| !message.is_anonymous()) {
        let suppression = Suppression { reason: reason.to_owned(), since: now };
        store.suppressions().add(message.channel, &message.recipient, &suppression).await?;
    }
    enrollment(&store, &message, receipt.event, now).await
}

/// The message after the receipt.
async fn forward(store: &TenantStore, reference: MessageRef, receipt: &Receipt) -> Result<Option<Message>> {
    for _ in 0..TRIES {
        let Some(message) = store.messages().get(reference).await? else { return Ok(None) };
        match message.after(receipt) {
            None => return Ok(Some(message)),
            Some(next) if store.messages().save(&next).await? => return Ok(Some(next)),
            Some(_) => {}
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

/// The enrolment gets further down the funnel, or ends.
async fn enrollment(store: &TenantStore, message: &Message, event: ReceiptEvent, now: Timestamp) -> Result<()> {
    for _ in 0..TRIES {
        let found = store.enrollments().get(message.campaign_id, message.contact_id).await?;
        let Some(enrollment) = found else { return Ok(()) };
        match next(&enrollment, event, now) {
            None => return Ok(()),
            Some(next) if store.enrollments().save(&next).await? => return Ok(()),
            Some(_) => {}
        }
    }
    Err(busy("the enrolment"))
}

fn next(enrollment: &Enrollment, event: ReceiptEvent, now: Timestamp) -> Option<Enrollment> {
    match event {
        ReceiptEvent::Sent | ReceiptEvent::Failed => None,
        ReceiptEvent::Delivered => enrollment.reached(Stage::Delivered, now),
        ReceiptEvent::Opened => enrollment.reached(Stage::Opened, now),
        ReceiptEvent::Clicked => enrollment.reached(Stage::Clicked, now),
        ReceiptEvent::Replied => enrollment.reached(Stage::Replied, now),
        ReceiptEvent::Bounced => enrollment.ended(EnrollmentStatus::Bounced, None, now),
        ReceiptEvent::Complained => {
            let reached = enrollment.reached(Stage::Delivered, now);
            let ended = reached.as_ref().unwrap_or(enrollment).ended(EnrollmentStatus::Unsubscribed, None, now);
            // Both changes are one write: the revision goes up by one.
            ended.map(|ended| Enrollment { revision: enrollment.revision + 1, ..ended }).or(reached)
        }
    }
}

fn busy(what: &str) -> Error {
    Error::Unavailable { service: "the table", source: format!("{what} keeps changing").into() }
}

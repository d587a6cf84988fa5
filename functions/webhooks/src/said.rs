//! What people say by SMS or WhatsApp: an answer to the last message that went to them, or a word that says how they want
//! to be dealt with.
//!
//! What comes again is made nothing of, even if another message went out since: what it was an answer to is noted before
//! anything follows from it, and that all followed is noted after.

use channels::twilio::{Inbound, Word};
use domain::id::TenantId;
use domain::interaction::contact_of;
use domain::message::{Message, Receipt, ReceiptEvent};
use domain::preferences::Preferences;
use domain::{Error, Result};
use store::{Heard, Suppression, TenantStore};

use crate::{Webhooks, receipt};

/// Why an address is suppressed whose owner said so.
const OPTED_OUT: &str = "opted_out";
/// How often a change is tried again that was overtaken.
const TRIES: usize = 8;

/// Takes in what somebody said. What was said to nobody's number is passed over.
pub(crate) async fn take(webhooks: &Webhooks, said: &Inbound) -> Result<()> {
    let Some(tenant) = tenant(webhooks, said).await? else {
        tracing::info!(name = said.name, "nobody's messages come from the number that something was said to");
        return Ok(());
    };
    let store = webhooks.store.tenant(tenant);
    let answers = store.answers();
    let to = answers.last(said.channel, &said.from).await?;
    let heard = answers.hear(&said.name, &Heard { at: webhooks.clock.now(), to, done: false }).await?;
    if heard.done {
        return Ok(());
    }
    match said.word {
        Some(Word::Stop) => stop(webhooks, &store, said, &heard).await?,
        Some(Word::Help) => {}
        Some(Word::Start) if start(webhooks, &store, said, &heard).await? => {}
        // Who was not stopped says yes to what was asked.
        Some(Word::Start) | None => drop(answer(webhooks, &store, &heard, ReceiptEvent::Replied).await?),
    }
    answers.done(&said.name).await
}

/// Whose number it was said to.
async fn tenant(webhooks: &Webhooks, said: &Inbound) -> Result<Option<TenantId>> {
    for to in &said.to {
        let owner = webhooks.store.senders().owner(said.channel, to).await?;
        if owner.is_some() {
            return Ok(owner);
        }
    }
    Ok(None)
}

/// The message that was answered, after the answer.
async fn answer(
    webhooks: &Webhooks,
    store: &TenantStore,
    heard: &Heard,
    event: ReceiptEvent,
) -> Result<Option<Message>> {
    let Some(last) = heard.to else { return Ok(None) };
    let receipt = Receipt { event, at: heard.at, reason: None, provider_id: None };
    receipt::take(webhooks, last.reference(store.tenant()), &receipt).await
}

/// Nothing more goes to the address over the channel, whoever has it; the contact that was written to
/// wants nothing over it.
async fn stop(webhooks: &Webhooks, store: &TenantStore, said: &Inbound, heard: &Heard) -> Result<()> {
    let suppression = Suppression { reason: OPTED_OUT.to_owned(), since: heard.at };
    store.suppressions().add(said.channel, &said.from, &suppression).await?;
    if let Some(message) = answer(webhooks, store, heard, ReceiptEvent::Unsubscribed).await? {
        opt(webhooks, store, &message, true).await?;
    }
    Ok(())
}

/// Messages go to the address again, if it was its owner who stopped them; whether it was, then or when this was begun
/// before.
async fn start(webhooks: &Webhooks, store: &TenantStore, said: &Inbound, heard: &Heard) -> Result<bool> {
    let suppressions = store.suppressions();
    let found = suppressions.get(said.channel, &said.from).await?;
    let is_stopped = found.is_some_and(|found| found.reason == OPTED_OUT);
    let last = match heard.to {
        Some(last) => store.messages().get(last.reference(store.tenant())).await?,
        None => None,
    };
    let stopped = last.filter(|message| message.unsubscribed_at.is_some());
    if is_stopped {
        if let Some(message) = &stopped {
            opt(webhooks, store, message, false).await?;
        }
        // At last, so that it is found again if this breaks off.
        suppressions.lift(said.channel, &said.from, OPTED_OUT).await?;
    }
    Ok(is_stopped || stopped.is_some())
}

/// Notes with the contact of a message whether it wants nothing over its channel.
async fn opt(webhooks: &Webhooks, store: &TenantStore, message: &Message, out: bool) -> Result<()> {
    let preferences = store.preferences();
    for _ in 0..TRIES {
        let Some(contact) = store.contacts().get(contact_of(message)).await? else { return Ok(()) };
        let said = preferences.get(contact.id).await?.unwrap_or_else(|| Preferences::none(contact.id));
        let Some(next) = said.opting(message.channel, out, webhooks.clock.now()) else { return Ok(()) };
        if preferences.save(&next).await? {
            return Ok(());
        }
    }
    Err(Error::Unavailable { service: "the table", source: "the preferences keep changing".into() })
}

//! A message's place in its contact's days: taken before it is sent, where caps count.

use std::time::Duration;

use chrono::TimeDelta;
use domain::contact::Contact;
use domain::frequency::{Ledger, Reserved};
use domain::id::{ContactId, MessageId};
use domain::message::Channel;
use domain::schedule::{LocalDay, Zone};
use domain::{Error, Result, Timestamp};
use store::{KeptLedger, TenantStore};

use crate::plan::Plan;

/// How often a ledger is tried again that somebody else changed: many campaigns may want to write to one contact at once.
const TRIES: u32 = 40;
/// Settings are believed for a moment: what was sent by the old ones so long after a change was not counted.
const SETTLED: TimeDelta = TimeDelta::seconds(30);

/// A message that wants a place.
pub(crate) struct Place<'a> {
    pub(crate) store: &'a TenantStore,
    pub(crate) plan: &'a Plan,
    /// The contact that is written to.
    pub(crate) contact: &'a Contact,
    pub(crate) zone: Zone,
    pub(crate) channel: Channel,
    pub(crate) message: MessageId,
}

impl Place<'_> {
    /// Takes a place today; `read` is the ledger as it was found. The first day with a place, if there is none.
    pub(crate) async fn take(&self, read: Option<KeptLedger>, now: Timestamp) -> Result<Option<LocalDay>> {
        let mut kept = read.unwrap_or_default();
        for turn in 0..TRIES {
            let merged = self.merged().await?;
            let mut places = kept.places.clone();
            merged.iter().for_each(|(_, other)| places.absorb(&other.places));
            let is_noted = self.is_noted(&kept) && merged.iter().all(|(_, other)| other.closed);
            if !is_noted {
                self.note(&mut places).await?;
            }
            let noted_at = if is_noted { kept.noted_at } else { now };
            match places.reserve(self.message, self.zone.day(now), self.channel, &self.plan.caps) {
                Reserved::Already => return Ok(None),
                Reserved::Full { until } => return Ok(Some(until)),
                Reserved::Yes => {}
            }
            let next = KeptLedger { places, noted_at, revision: kept.revision + 1, closed: kept.closed };
            if self.save(&next, &merged).await? {
                return Ok(None);
            }
            // Others are at it as well; not all of them again at the same moment.
            tokio::time::sleep(Duration::from_millis(u64::from(turn % 5) * 3)).await;
            kept = self.store.ledgers().get(self.contact.id).await?;
        }
        Err(Error::Unavailable { service: "the table", source: "the ledger keeps changing".into() })
    }

    /// Gives the place up: the message does not go out.
    pub(crate) async fn give_up(&self) -> Result<()> {
        for _ in 0..TRIES {
            let kept = self.store.ledgers().get(self.contact.id).await?;
            let mut places: Ledger = kept.places.clone();
            if !places.release(self.message) {
                return Ok(());
            }
            let next = KeptLedger { places, revision: kept.revision + 1, ..kept };
            if self.store.ledgers().save(self.contact.id, &next, &[]).await? {
                return Ok(());
            }
        }
        // The place stays taken: a message fewer goes out, not one too many.
        Ok(())
    }

    /// The ledgers of the contacts that went into this one.
    async fn merged(&self) -> Result<Vec<(ContactId, KeptLedger)>> {
        let mut merged = Vec::new();
        for &other in &self.contact.merged_from {
            merged.push((other, self.store.ledgers().get(other).await?));
        }
        Ok(merged)
    }

    async fn save(&self, next: &KeptLedger, merged: &[(ContactId, KeptLedger)]) -> Result<bool> {
        let ledgers = self.store.ledgers();
        match next.closed {
            true => ledgers.reopen(self.contact.id, next).await,
            false => ledgers.save(self.contact.id, next, merged).await,
        }
    }

    /// Whether all messages that count are in the ledger: since it was last made sure of that, the tenant's caps have
    /// counted each of them.
    fn is_noted(&self, kept: &KeptLedger) -> bool {
        let changed = self.plan.settings.updated_at.unwrap_or(Timestamp::UNIX_EPOCH);
        self.plan.caps.see_all() && kept.revision > 0 && kept.noted_at > changed + SETTLED
    }

    /// Notes the messages that went out although nobody counted them.
    async fn note(&self, places: &mut Ledger) -> Result<()> {
        let ids = std::iter::once(self.contact.id).chain(self.contact.merged_from.iter().copied());
        for message in self.store.messages().of_contacts(ids).await? {
            if !message.is_refused() {
                let sent = message.sent_at.unwrap_or(message.claimed_at);
                places.note(message.id, self.zone.day(sent), message.channel);
            }
        }
        Ok(())
    }
}

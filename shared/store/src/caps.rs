//! The ledgers of contacts: which messages have a place in their days. A ledger is kept with the contact and goes when it
//! goes; of its own it vanishes when its places count no more.
//!
//! A contact that went into another one has its ledger closed by the other one's first message: from then on the places in
//! it count there, and whoever still takes it for a contact of its own finds that it has changed.

use chrono::{DateTime, TimeDelta};
use domain::frequency::Ledger;
use domain::id::{ContactId, TenantId};
use domain::{Result, Timestamp};
use serde::{Deserialize, Serialize};

use crate::item::{Condition, Item, Write};
use crate::keys::Key;
use crate::table::{Table, Transacted, Written};

/// For how long after its last day a ledger is kept: a week, and what zones and clocks differ.
const KEPT: TimeDelta = TimeDelta::days(10);

/// A ledger as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptLedger {
    /// The places.
    pub places: Ledger,
    /// When it was last made sure that all messages of the last week are among them.
    pub noted_at: Timestamp,
    /// Whether its places count for another contact, into which its own one went.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub closed: bool,
    /// Counts the changes, for conditional writes; 0 before it is kept.
    pub revision: u64,
}

impl Default for KeptLedger {
    /// One that is not kept yet.
    fn default() -> Self {
        Self { places: Ledger::default(), noted_at: Timestamp::UNIX_EPOCH, closed: false, revision: 0 }
    }
}

/// The ledgers of a tenant's contacts.
#[derive(Debug, Clone)]
pub struct ContactLedgers {
    table: Table,
    tenant: TenantId,
}

impl ContactLedgers {
    pub(crate) fn new(table: Table, tenant: TenantId) -> Self {
        Self { table, tenant }
    }

    /// The ledger of a contact, as it is now.
    pub async fn get(&self, contact: ContactId) -> Result<KeptLedger> {
        Ok(self.table.get(&Key::ledger(self.tenant, contact)).await?.unwrap_or_default())
    }

    /// Keeps the next revision of a contact's ledger, and closes those of `merged`, the contacts that went into it.
    /// `false`: one of them has changed since it was read, or the contact went into another one itself; nothing was kept.
    pub async fn save(
        &self,
        contact: ContactId,
        next: &KeptLedger,
        merged: &[(ContactId, KeptLedger)],
    ) -> Result<bool> {
        let own = self.next_revision(contact, next)?;
        let mut closing = Vec::new();
        for (other, ledger) in merged.iter().filter(|(_, ledger)| !ledger.closed) {
            let closed = KeptLedger { closed: true, revision: ledger.revision + 1, ..ledger.clone() };
            closing.push(self.next_revision(*other, &closed)?);
        }
        if closing.is_empty() {
            // Half as dear as a transaction.
            return Ok(self.table.write(own).await? == Written::Yes);
        }
        closing.push(own);
        Ok(self.table.transact(closing).await? == Transacted::Yes)
    }

    /// Keeps the next revision of a ledger that was closed, if its contact is one for itself again.
    pub async fn reopen(&self, contact: ContactId, next: &KeptLedger) -> Result<bool> {
        let is_there = vec![Condition::Present, Condition::Lacks("merged_into")];
        let contact_is_there = Write::Check { key: Key::contact(self.tenant, contact), conditions: is_there };
        let next = KeptLedger { closed: false, ..next.clone() };
        let writes = vec![self.next_revision(contact, &next)?, contact_is_there];
        Ok(self.table.transact(writes).await? == Transacted::Yes)
    }

    fn next_revision(&self, contact: ContactId, next: &KeptLedger) -> Result<Write> {
        let as_read = match next.revision {
            1 => Condition::Absent,
            revision => Condition::number("revision", revision - 1),
        };
        let last = next.places.last_day().map_or(0, |day| i64::from(day.number()));
        let last = DateTime::UNIX_EPOCH + TimeDelta::days(last).max(next.noted_at - DateTime::UNIX_EPOCH);
        let item = Item::new(&Key::ledger(self.tenant, contact), next)?.expiring(last + KEPT);
        Ok(Write::put(item, as_read))
    }
}

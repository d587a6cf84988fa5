//! Addresses that must not be written to, whoever has them: they bounced, or somebody complained or opted out.

use domain::id::TenantId;
use domain::message::Channel;
use domain::{Result, Timestamp};
use serde::{Deserialize, Serialize};

use crate::item::{Condition, Item, Write};
use crate::keys::Key;
use crate::table::{Table, Written};

/// Why and since when an address is suppressed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppression {
    /// In a word: `bounced`, `complained`, `opted_out`.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
}

/// The suppressed addresses of a tenant.
#[derive(Debug, Clone)]
pub struct Suppressions {
    table: Table,
    tenant: TenantId,
}

impl Suppressions {
    pub(crate) fn new(table: Table, tenant: TenantId) -> Self {
        Self { table, tenant }
    }

    /// Whether `address` must not be written to over `channel`, as it is now.
    pub async fn get(&self, channel: Channel, address: &str) -> Result<Option<Suppression>> {
        self.table.get(&Key::suppression(self.tenant, channel, address)).await
    }

    /// Suppresses an address. One that is suppressed stays as it is.
    pub async fn add(&self, channel: Channel, address: &str, suppression: &Suppression) -> Result<()> {
        let item = Item::new(&Key::suppression(self.tenant, channel, address), suppression)?;
        let (Written::Yes | Written::Refused) = self.table.write(Write::put(item, Condition::Absent)).await?;
        Ok(())
    }
    /// Lifts the suppression of an address, if it was made for this reason. Whether there was one.
    pub async fn lift(&self, channel: Channel, address: &str, reason: &str) -> Result<bool> {
        let key = Key::suppression(self.tenant, channel, address);
        let conditions = vec![Condition::text("reason", reason)];
        Ok(self.table.write(Write::Delete { key, conditions }).await? == Written::Yes)
    }
}

//! Preferences of contacts, kept with the contact: they go when it goes.

use domain::Result;
use domain::id::{ContactId, TenantId};
use domain::preferences::Preferences;

use crate::item::{Condition, Item, Write};
use crate::keys::Key;
use crate::table::{Table, Transacted};

/// The preferences of a tenant's contacts.
#[derive(Debug, Clone)]
pub struct ContactPreferences {
    table: Table,
    tenant: TenantId,
}

impl ContactPreferences {
    pub(crate) fn new(table: Table, tenant: TenantId) -> Self {
        Self { table, tenant }
    }

    /// What the contact has said, as it is now.
    pub async fn get(&self, contact: ContactId) -> Result<Option<Preferences>> {
        self.table.get(&Key::preferences(self.tenant, contact)).await
    }

    /// Keeps the next revision, if the contact is there. `false`: it is not, or the preferences have changed since they
    /// were read; nothing was kept then.
    pub async fn save(&self, next: &Preferences) -> Result<bool> {
        let as_read = match next.revision {
            1 => Condition::Absent,
            revision => Condition::number("revision", revision - 1),
        };
        let item = Item::new(&Key::preferences(self.tenant, next.client_id), next)?;
        let is_there = vec![Condition::Present, Condition::Lacks("merged_into")];
        let contact = Write::Check { key: Key::contact(self.tenant, next.client_id), conditions: is_there };
        Ok(self.table.transact(vec![Write::put(item, as_read), contact]).await? == Transacted::Yes)
    }
}

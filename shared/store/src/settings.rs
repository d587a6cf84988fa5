//! The settings of a tenant.

use domain::audit::AuditEntry;
use domain::id::TenantId;
use domain::settings::Settings;
use domain::{Error, Result};

use crate::audit;
use crate::item::{Condition, Item, Write};
use crate::keys::Key;
use crate::senders;
use crate::table::{Table, Transacted};

/// The settings of a tenant.
#[derive(Debug, Clone)]
pub struct TenantSettings {
    table: Table,
    tenant: TenantId,
}

impl TenantSettings {
    pub(crate) fn new(table: Table, tenant: TenantId) -> Self {
        Self { table, tenant }
    }

    /// The settings, as they are now; the defaults where nothing was chosen.
    pub async fn get(&self) -> Result<Settings> {
        Ok(self.table.get(&Key::settings(self.tenant)).await?.unwrap_or_default())
    }

    /// Keeps the version that follows the one that was read.
    ///
    /// # Errors
    /// [`Error::Stale`] when somebody else has changed them since; [`Error::Refused`] when a number that messages are to come
    /// from is another tenant's.
    pub async fn change(&self, old: &Settings, new: &Settings, entry: &AuditEntry) -> Result<()> {
        let as_read = match old.version {
            0 => Condition::Absent,
            version => Condition::number("version", version),
        };
        let item = Item::new(&Key::settings(self.tenant), new)?;
        let mut writes = vec![Write::put(item, as_read), audit::put(self.tenant, entry)?];
        let first = writes.len();
        let changes = senders::changes(old, new);
        for change in &changes {
            writes.push(change.write(self.tenant)?);
        }
        match self.table.transact(writes).await? {
            Transacted::Yes => Ok(()),
            Transacted::Refused(at) if !at.contains(&0) => {
                let taken = at.iter().find_map(|at| changes.get(at.checked_sub(first)?));
                Err(taken.map_or_else(|| Error::conflict("the settings keep changing"), senders::Change::refusal))
            }
            Transacted::Refused(_) => Err(Error::Stale { version: self.get().await?.version }),
        }
    }
}

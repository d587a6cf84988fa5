//! Tenants: that they are there, and what they are called.

use domain::access::ApiKey;
use domain::audit::AuditEntry;
use domain::id::TenantId;
use domain::{Error, Result, Timestamp};
use serde::{Deserialize, Serialize};

use crate::audit;
use crate::item::{Condition, Item, Write};
use crate::keys::Key;
use crate::table::{Table, Transacted};

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// What people call it; no two of a deployment are called the same.
    pub name: String,
    /// When it came to be.
    pub created_at: Timestamp,
}

/// Says whose a name is.
#[derive(Serialize, Deserialize)]
struct Guard {
    tenant: TenantId,
}

/// The tenants of the deployment.
#[derive(Debug, Clone)]
pub struct Tenants {
    table: Table,
}

impl Tenants {
    pub(crate) fn new(table: Table) -> Self {
        Self { table }
    }

    /// The tenant, as it is now.
    pub async fn get(&self, id: TenantId) -> Result<Option<Tenant>> {
        self.table.get(&Key::tenant(id)).await
    }

    /// The tenant that is called so. Upper and lower case are one.
    pub async fn named(&self, name: &str) -> Result<Option<Tenant>> {
        let guard: Option<Guard> = self.table.get(&Key::tenant_name(name)).await?;
        match guard {
            Some(guard) => self.get(guard.tenant).await,
            None => Ok(None),
        }
    }

    /// Keeps a new tenant together with its first key.
    ///
    /// # Errors
    /// [`Error::Conflict`] when another has its name.
    pub async fn create(&self, tenant: &Tenant, key: &ApiKey, entries: [&AuditEntry; 2]) -> Result<()> {
        let guard = Item::new(&Key::tenant_name(&tenant.name), &Guard { tenant: tenant.id })?;
        let mut writes = vec![
            Write::put(guard, Condition::Absent),
            Write::put(Item::new(&Key::tenant(tenant.id), tenant)?, Condition::Absent),
            Write::put(Item::new(&Key::api_key(tenant.id, key.id), key)?, Condition::Absent),
        ];
        for entry in entries {
            writes.push(audit::put(tenant.id, entry)?);
        }
        match self.table.transact(writes).await? {
            Transacted::Yes => Ok(()),
            Transacted::Refused(_) => Err(Error::conflict("a tenant with this name is there already")),
        }
    }
}

//! API keys, by the hash of their secret.

use domain::Result;
use domain::Timestamp;
use domain::access::{ApiKey, Caller, FindCaller, KeyHash, Scope};
use domain::id::{ApiKeyId, TenantId};
use serde::{Deserialize, Serialize};

use crate::item::{Condition, Item, Write};
use crate::keys::Key;
use crate::table::Table;

#[derive(Serialize, Deserialize)]
struct Stored {
    id: ApiKeyId,
    tenant: TenantId,
    name: String,
    scopes: Vec<Scope>,
    created_at: Timestamp,
}

/// API keys of all tenants.
#[derive(Debug, Clone)]
pub struct ApiKeys {
    table: Table,
}

impl ApiKeys {
    pub(crate) fn new(table: Table) -> Self {
        Self { table }
    }

    /// Keeps a new key. A hash that is there already is left as it is.
    pub async fn add(&self, key: ApiKey) -> Result<()> {
        let ApiKey { id, tenant, name, hash, scopes, created_at } = key;
        let item = Item::new(&Key::api_key(&hash), &Stored { id, tenant, name, scopes, created_at })?;
        let _ = self.table.write(Write::put(item, Condition::Absent)).await?;
        Ok(())
    }
}

impl FindCaller for ApiKeys {
    async fn find_caller(&self, hash: KeyHash) -> Result<Option<Caller>> {
        let stored: Option<Stored> = self.table.get_eventually(&Key::api_key(&hash)).await?;
        Ok(stored.map(|key| Caller { tenant: key.tenant, key: key.id, scopes: key.scopes }))
    }
}

//! API keys: found by what the key itself tells, its tenant and its id.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::access::ApiKey;
use domain::audit::AuditEntry;
use domain::id::{ApiKeyId, TenantId};
use domain::{Error, Result, Timestamp};

use crate::audit;
use crate::item::{Condition, Item, Update, Write, moment};
use crate::keys::{API_KEY, Key, api_keys_partition};
use crate::table::{Range, Sort, Table, Transacted, Written};

/// How many days a revoked or expired key stays in the list.
const KEPT_DAYS: i64 = 90;

/// The API keys of a tenant.
#[derive(Debug, Clone)]
pub struct ApiKeys {
    table: Table,
    tenant: TenantId,
}

impl ApiKeys {
    pub(crate) fn new(table: Table, tenant: TenantId) -> Self {
        Self { table, tenant }
    }

    /// The key, as it is now.
    pub async fn get(&self, id: ApiKeyId) -> Result<Option<ApiKey>> {
        self.table.get(&Key::api_key(self.tenant, id)).await
    }

    /// All keys, the oldest first. There are few: people make them.
    pub async fn list(&self) -> Result<Vec<ApiKey>> {
        let range = Range::new(api_keys_partition(self.tenant), Sort::Prefix(API_KEY.to_owned()));
        self.table.query_all(range.consistent()).await
    }

    /// Keeps a new key. One that is there already is left as it is: it was made by the same request.
    pub async fn create(&self, key: &ApiKey, entry: &AuditEntry) -> Result<()> {
        let mut item = Item::new(&Key::api_key(self.tenant, key.id), key)?;
        if let Some(end) = key.expires_at {
            item = item.expiring(kept_until(end));
        }
        let writes = vec![Write::put(item, Condition::Absent), audit::put(self.tenant, entry)?];
        let (Transacted::Yes | Transacted::Refused(_)) = self.table.transact(writes).await?;
        Ok(())
    }

    /// Takes the key back. A key that is revoked already stays as it is.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none.
    pub async fn revoke(&self, id: ApiKeyId, now: Timestamp, entry: &AuditEntry) -> Result<()> {
        let revoke = Write::Update(Update {
            key: Key::api_key(self.tenant, id),
            set: vec![("revoked_at".to_owned(), moment(now)?), Item::expiry(kept_until(now))],
            add: vec![],
            remove: vec![],
            conditions: vec![Condition::Present, Condition::Lacks("revoked_at")],
        });
        match self.table.transact(vec![revoke, audit::put(self.tenant, entry)?]).await? {
            Transacted::Yes => Ok(()),
            Transacted::Refused(_) => self.get(id).await?.map(|_| ()).ok_or_else(|| Error::not_found("API key", id)),
        }
    }

    /// Notes that the key was used, if nobody has noted it since it was read.
    pub(crate) async fn note_use(&self, key: &ApiKey, at: Timestamp) -> Result<()> {
        let as_read = match key.last_used_at {
            Some(last) => Condition::Equals("last_used_at", moment(last)?),
            None => Condition::Lacks("last_used_at"),
        };
        let set: Vec<(String, AttributeValue)> = vec![("last_used_at".to_owned(), moment(at)?)];
        let conditions = vec![Condition::Present, as_read];
        let note = Write::Update(Update {
            key: Key::api_key(self.tenant, key.id),
            set,
            add: vec![],
            remove: vec![],
            conditions,
        });
        let (Written::Yes | Written::Refused) = self.table.write(note).await?;
        Ok(())
    }
}

fn kept_until(end: Timestamp) -> Timestamp {
    domain::time::after(end, chrono::TimeDelta::days(KEPT_DAYS))
}

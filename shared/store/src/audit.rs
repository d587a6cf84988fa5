//! The audit of a tenant: entries are added with the change that they tell of, never alone, and never changed.

use domain::Result;
use domain::audit::AuditEntry;
use domain::id::{AuditId, TenantId};

use crate::item::{Condition, Item, Write, entity};
use crate::keys::{Key, audit_partition};
use crate::table::{Range, Sort, Table};

/// The audit of a tenant.
#[derive(Debug, Clone)]
pub struct Audit {
    table: Table,
    tenant: TenantId,
}

impl Audit {
    pub(crate) fn new(table: Table, tenant: TenantId) -> Self {
        Self { table, tenant }
    }

    /// How many entries there are. Reads over all of them: administrators ask for it now and then, nobody else.
    pub async fn count(&self) -> Result<u64> {
        self.table.count(&Range::new(audit_partition(self.tenant), Sort::All)).await
    }

    /// `limit` entries, the newest first, from the `skip`th after `after` on.
    pub async fn newest(&self, after: Option<AuditId>, skip: usize, limit: usize) -> Result<Vec<AuditEntry>> {
        let sort = after.map_or(Sort::All, |id| Sort::Before(id.to_string()));
        let mut range = Range::new(audit_partition(self.tenant), sort).descending().consistent();
        let mut entries = Vec::new();
        while entries.len() < skip + limit {
            let (items, more) = self.table.query(&range.clone().limit(skip + limit - entries.len())).await?;
            let last = items.last().and_then(Key::of);
            entries.extend(items.into_iter().map(entity::<AuditEntry>).collect::<Result<Vec<_>>>()?);
            match last {
                Some(last) if more => range.sort = Sort::Before(last.sk),
                _ => break,
            }
        }
        Ok(entries.into_iter().skip(skip).collect())
    }
}

/// Part of the transaction that makes the change. The id is the moment, so that entries lie in the order of time.
pub(crate) fn put(tenant: TenantId, entry: &AuditEntry) -> Result<Write> {
    Ok(Write::put(Item::new(&Key::audit(tenant, entry.id), entry)?, Condition::Absent))
}

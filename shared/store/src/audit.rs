//! Audits, the tenant's and each contact's: entries are added with the change that they tell of, never alone, and
//! changed only to forget what a person wants forgotten.

use domain::Result;
use domain::audit::AuditEntry;
use domain::id::{AuditId, ContactId, TenantId};

use crate::item::{Condition, Item, Write, entity};
use crate::keys::{CONTACT_AUDIT, Key, LAST, audit_partition, contact_partition};
use crate::table::{Range, Sort, Table};

/// An audit.
#[derive(Debug, Clone)]
pub struct Audit {
    table: Table,
    partition: String,
    prefix: &'static str,
}

impl Audit {
    /// The tenant's.
    pub(crate) fn of_tenant(table: Table, tenant: TenantId) -> Self {
        Self { table, partition: audit_partition(tenant), prefix: "" }
    }

    /// A contact's.
    pub(crate) fn of_contact(table: Table, tenant: TenantId, contact: ContactId) -> Self {
        Self { table, partition: contact_partition(tenant, contact), prefix: CONTACT_AUDIT }
    }

    /// How many entries there are. Reads over all of them: administrators ask for it now and then, nobody else.
    pub async fn count(&self) -> Result<u64> {
        self.table.count(&Range::new(self.partition.clone(), self.up_to(LAST))).await
    }

    /// `limit` entries, the newest first, from the `skip`th after `after` on.
    pub async fn newest(&self, after: Option<AuditId>, skip: usize, limit: usize) -> Result<Vec<AuditEntry>> {
        let sort = after.map_or_else(|| self.up_to(LAST), |id| self.up_to(&id.to_string()));
        let mut range = Range::new(self.partition.clone(), sort).descending().consistent();
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

    /// What comes before `end`. In a contact's partition nothing comes before its audit.
    fn up_to(&self, end: &str) -> Sort {
        Sort::Before(format!("{}{end}", self.prefix))
    }
}

/// Part of the transaction that makes the change. The id is the moment, so that entries lie in the order of time.
pub(crate) fn put(tenant: TenantId, entry: &AuditEntry) -> Result<Write> {
    Ok(Write::put(Item::new(&Key::audit(tenant, entry.id), entry)?, Condition::Absent))
}

/// The same for a contact's.
pub(crate) fn put_of_contact(tenant: TenantId, contact: ContactId, entry: &AuditEntry) -> Result<Write> {
    let item = Item::new(&Key::contact_audit(tenant, contact, entry.id), entry)?;
    Ok(Write::Put { item, conditions: vec![] })
}

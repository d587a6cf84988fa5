//! Exports: what is known of each, and the parts of the file that is being written.
//!
//! They have partitions of their own, so that a list of them is one query and as new as can be. None begins with `T#`: the
//! change stream wakes nobody for them.

use chrono::TimeDelta;
use domain::Result;
use domain::export::{Export, FilePart};
use domain::id::{JobId, TenantId};
use domain::time::{Minute, after};

use crate::WATCH_MINUTES;
use crate::agenda::{AgendaEntry, AgendaItem};
use crate::item::{Condition, Item, Write};
use crate::keys::{EXPORT_PART, Key, export_partition, exports_partition};
use crate::table::{Range, Sort, Table, Transacted, Written};

/// How long an export is listed, and how long its parts are remembered.
const KEPT: TimeDelta = TimeDelta::days(30);

/// The exports of a tenant.
#[derive(Debug, Clone)]
pub struct Exports {
    table: Table,
    tenant: TenantId,
}

impl Exports {
    pub(crate) fn new(table: Table, tenant: TenantId) -> Self {
        Self { table, tenant }
    }

    /// Keeps a new one and puts it on the agenda. Does nothing if it is there already.
    pub async fn create(&self, export: &Export) -> Result<()> {
        let visit = Minute::of(export.created_at).plus(WATCH_MINUTES);
        let item = AgendaItem::Export { tenant: self.tenant, export: export.id };
        let watch = AgendaEntry { visit, item }.write()?;
        let writes = vec![Write::put(self.item(export)?, Condition::Absent), watch];
        let (Transacted::Yes | Transacted::Refused(_)) = self.table.transact(writes).await?;
        Ok(())
    }

    /// One, as it is now.
    pub async fn get(&self, id: JobId) -> Result<Option<Export>> {
        self.table.get(&Key::export(self.tenant, id)).await
    }

    /// All of the last thirty days, the oldest first, as they are now.
    pub async fn all(&self) -> Result<Vec<Export>> {
        let range = Range::new(exports_partition(self.tenant), Sort::All);
        self.table.query_all(range.consistent()).await
    }

    /// Keeps the next revision. `false`: somebody else has moved it on, and nothing was kept.
    pub async fn save(&self, next: &Export) -> Result<bool> {
        Ok(self.table.write(self.next(next)?).await? == Written::Yes)
    }

    /// The same, with the part that was put into the file last.
    pub async fn save_with(&self, next: &Export, number: u32, part: &FilePart) -> Result<bool> {
        let item = Item::new(&Key::export_part(self.tenant, next.id, number), part)?;
        let item = item.expiring(after(next.created_at, KEPT));
        let writes = vec![self.next(next)?, Write::Put { item, conditions: vec![] }];
        Ok(self.table.transact(writes).await? == Transacted::Yes)
    }

    /// The first `count` parts of the file that is being written, in their order.
    pub async fn parts(&self, id: JobId, count: u32) -> Result<Vec<FilePart>> {
        let range = Range::new(export_partition(self.tenant, id), Sort::Prefix(EXPORT_PART.to_owned()));
        let mut parts: Vec<FilePart> = self.table.query_all(range.consistent()).await?;
        // Those of a file that was given up may have been more.
        parts.truncate(usize::try_from(count).unwrap_or(usize::MAX));
        Ok(parts)
    }

    /// Removes it. `false`: somebody has moved it on, and it is still there, or removed it.
    pub async fn remove(&self, export: &Export) -> Result<bool> {
        let conditions = vec![Condition::number("revision", export.revision)];
        let delete = Write::Delete { key: Key::export(self.tenant, export.id), conditions };
        Ok(self.table.write(delete).await? == Written::Yes)
    }

    fn next(&self, next: &Export) -> Result<Write> {
        Ok(Write::put(self.item(next)?, Condition::number("revision", next.revision - 1)))
    }

    fn item(&self, export: &Export) -> Result<Item> {
        let item = Item::new(&Key::export(self.tenant, export.id), export)?;
        Ok(item.expiring(after(export.created_at, KEPT)))
    }
}

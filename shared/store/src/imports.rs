//! Imports: the job, its chunks, and the report of what became of each row.

mod chunks;
mod commit;
mod facts;
mod list;
mod report;
mod reports;
mod stopping;
#[cfg(test)]
mod tests;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::audit::AuditEntry;
use domain::id::{JobId, TenantId};
use domain::import::Column;
use domain::job::{FileFacts, ImportJob, ImportStatus};
use domain::time::Minute;
use domain::{Error, Result, Timestamp};
use serde::Serialize;

use crate::agenda::{AgendaEntry, AgendaItem};
use crate::audit;
use crate::item::{Condition, Item, Update, Write, moment};
use crate::keys::{INDEX_SK, IndexKey, Key};
use crate::table::{Table, Transacted, Written};

pub use commit::{Commit, Committed, RowWrite, RowsCommitted};
pub use list::{ImportPart, ImportPlace};
pub use report::{ChunkReport, ReportedFault, RowReport};
pub use stopping::Stopped;

/// How many days the reports of an import are kept: they hold what the file held.
pub const REPORTS_KEPT_DAYS: i64 = 30;

/// What a first look at a file tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstLook {
    /// Names the file's content.
    pub etag: String,
    /// What sort of file it is.
    pub file: FileFacts,
    /// Its columns, and what they fill.
    pub columns: Vec<Column>,
}

/// The imports of a tenant.
#[derive(Debug, Clone)]
pub struct Imports {
    table: Table,
    tenant: TenantId,
}

impl Imports {
    pub(crate) fn new(table: Table, tenant: TenantId) -> Self {
        Self { table, tenant }
    }

    /// Keeps a new job and puts it on the agenda, to be looked at in `visit`; `entry` is what the audit is to tell of it. Does
    /// nothing if it is there already. The file of the dry run that it names, if it names one, is its own from then on.
    ///
    /// # Errors
    /// [`Error::Conflict`] when that file has gone to another import.
    pub async fn create(&self, job: &ImportJob, visit: Minute, entry: Option<&AuditEntry>) -> Result<()> {
        let watch = AgendaEntry { visit, item: AgendaItem::Import { tenant: self.tenant, job: job.id } };
        let item = Item::new(&Key::job(self.tenant, job.id), job)?;
        let item = item.indexed(Some(IndexKey::import(self.tenant, job.id, job.status)));
        let mut writes = vec![Write::put(item, Condition::Absent), watch.write()?];
        writes.extend(job.file_of.map(|dry_run| self.passing(dry_run, job.id)));
        writes.extend(entry.map(|entry| audit::put(self.tenant, entry)).transpose()?);
        match self.table.transact(writes).await? {
            Transacted::Refused(at) if !at.contains(&0) => Err(Error::conflict("another import has the file already")),
            Transacted::Yes | Transacted::Refused(_) => Ok(()),
        }
    }

    fn passing(&self, dry_run: JobId, to: JobId) -> Write {
        let update = Update::of(Key::job(self.tenant, dry_run));
        let update = update.set([("file_passed_to".to_owned(), AttributeValue::S(to.to_string()))]);
        let update = update.when(Condition::text("status", ImportStatus::Completed));
        update.when(Condition::Lacks("file_passed_to")).into()
    }

    /// The job, as it is now.
    pub async fn get(&self, job: JobId) -> Result<Option<ImportJob>> {
        self.table.get(&Key::job(self.tenant, job)).await
    }

    /// Notes what a first look at the file told. Whether the file is to be read on: not if somebody stopped the import.
    pub async fn begin(&self, job: JobId, look: &FirstLook, now: Timestamp) -> Result<bool> {
        let set = [
            ("etag".to_owned(), AttributeValue::S(look.etag.clone())),
            ("file".to_owned(), attribute(&look.file)?),
            ("columns".to_owned(), attribute(&look.columns)?),
            ("started_at".to_owned(), moment(now)?),
        ];
        let begin = self.moved(job, [ImportStatus::AwaitingUpload, ImportStatus::Splitting]).set(set);
        match self.table.write(begin.into()).await? {
            Written::Yes => Ok(true),
            // Perhaps it was begun before: the file is the same, and so is what it tells.
            Written::Refused => Ok(self.get(job).await?.is_some_and(|job| job.status == ImportStatus::Splitting)),
        }
    }

    /// Notes that the first rows are ready to be looked at: a dry run ends with that.
    pub async fn previewed(&self, job: JobId, now: Timestamp) -> Result<()> {
        let end = self.moved(job, [ImportStatus::Splitting, ImportStatus::Completed]).set([finished(now)?]);
        let (Written::Yes | Written::Refused) = self.table.write(end.into()).await?;
        Ok(())
    }

    /// Moves a job on, if it stands at the first of these.
    fn moved(&self, job: JobId, [from, to]: [ImportStatus; 2]) -> Update {
        let index = IndexKey::import(self.tenant, job, to);
        let set = [("status", to.to_string()), (INDEX_SK, index.sk)];
        let set = set.map(|(name, value)| (name.to_owned(), AttributeValue::S(value)));
        Update::of(Key::job(self.tenant, job)).set(set).when(Condition::text("status", from))
    }
}

fn attribute(value: &impl Serialize) -> Result<AttributeValue> {
    serde_dynamo::to_attribute_value(value).map_err(|error| Error::internal("making an attribute of a value", error))
}

fn finished(now: Timestamp) -> Result<(String, AttributeValue)> {
    Ok(("finished_at".to_owned(), moment(now)?))
}

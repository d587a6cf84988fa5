//! Imports: the job, its chunks, and the report of what became of each row.

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::TimeDelta;
use domain::contact::Contact;
use domain::erasure::AddressHash;
use domain::id::{JobId, TenantId};
use domain::import::RowOutcome;
use domain::job::{ImportChunk, ImportJob, ImportStatus};
use domain::time::{Minute, after};
use domain::{Error, Result, Timestamp};

use crate::agenda::{AgendaEntry, AgendaItem};
use crate::contacts::{ContactChange, Transaction};
use crate::import_reports::{ChunkReport, ReportCursor, RowReport};
use crate::item::{Attributes, Condition, Item, Update, Write, entity};
use crate::keys::{CHUNK, INDEX_SK, IndexKey, Key, REPORT, imports_partition, job_partition};
use crate::table::{Page, Range, Sort, Table, Transacted, Written};

/// How many days the reports of an import are kept: they hold what the file held.
pub const REPORTS_KEPT_DAYS: i64 = 30;

/// The most imports of a page.
const JOBS: usize = 200;

/// One row's effect on the contacts.
#[derive(Debug, Clone, PartialEq)]
pub enum RowWrite {
    /// A new contact.
    Create(Box<Contact>),
    /// A change of the contact that has the address.
    Change(Box<ContactChange>),
}

/// Rows of a chunk that get their outcome together: all of it is kept, or nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Commit {
    /// The chunk before.
    pub before: ImportChunk,
    /// The chunk after: cursor and outcomes moved on.
    pub after: ImportChunk,
    /// The contacts.
    pub writes: Vec<RowWrite>,
    /// The rows with something to report.
    pub report: ChunkReport,
}

impl Commit {
    /// The most rows of a commit: a contact and a guard each, the cursor and a report make a transaction's 100 writes. Of
    /// rows that change contacts half as many: a change is up to three writes.
    /// Together they must not exceed 4 MB.
    pub const MAX_ROWS: usize = 49;
}

/// What became of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Committed {
    /// It is kept.
    Yes,
    /// The chunk has moved on: somebody else works on it, or this worker did before it was killed.
    Overtaken,
    /// A contact changed, or somebody took an address, since it was looked up. Nothing was kept.
    Outdated,
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

    /// Keeps a new job and puts it on the agenda, to be looked at in `visit`. Does nothing if it is there already.
    pub async fn create(&self, job: &ImportJob, visit: Minute) -> Result<()> {
        let watch = AgendaEntry { visit, item: AgendaItem::Import { tenant: self.tenant, job: job.id } };
        let item = Item::new(&Key::job(self.tenant, job.id), job)?;
        let item = item.indexed(Some(IndexKey::import(self.tenant, job.id)));
        let writes = vec![Write::put(item, Condition::Absent), watch.write()?];
        let (Transacted::Yes | Transacted::Refused(_)) = self.table.transact(writes).await?;
        Ok(())
    }

    /// The job, as it is now.
    pub async fn get(&self, job: JobId) -> Result<Option<ImportJob>> {
        self.table.get(&Key::job(self.tenant, job)).await
    }

    /// Notes which file is there and what its columns are called.
    pub async fn begin(&self, job: JobId, etag: &str, headers: &[String]) -> Result<()> {
        let headers = headers.iter().cloned().map(AttributeValue::S).collect();
        let headers = AttributeValue::L(headers);
        let set = vec![
            status(ImportStatus::Splitting),
            ("headers".to_owned(), headers),
            ("etag".to_owned(), AttributeValue::S(etag.to_owned())),
        ];
        let begin = Write::Update(Update {
            key: Key::job(self.tenant, job),
            set,
            add: vec![],
            remove: vec![],
            conditions: vec![Condition::text("status", ImportStatus::AwaitingUpload)],
        });
        // Refused: it was begun before. The columns are the same, for the file is.
        let (Written::Yes | Written::Refused) = self.table.write(begin).await?;
        Ok(())
    }

    /// Ends the job as a whole: its file is not acceptable, never came, or was replaced. Rows that have their outcome
    /// keep it.
    pub async fn fail(&self, job: JobId, error: &str, now: Timestamp) -> Result<()> {
        for from in [ImportStatus::AwaitingUpload, ImportStatus::Splitting, ImportStatus::Running] {
            let error = AttributeValue::S(error.to_owned());
            let set = vec![status(ImportStatus::Failed), ("error".to_owned(), error), finished(now)];
            let conditions = vec![Condition::text("status", from)];
            let fail =
                Write::Update(Update { key: Key::job(self.tenant, job), set, add: vec![], remove: vec![], conditions });
            if self.table.write(fail).await? == Written::Yes {
                break;
            }
        }
        Ok(())
    }

    /// Keeps a chunk that was found in the file. Does nothing if it is there already.
    pub async fn add_chunk(&self, job: JobId, chunk: &ImportChunk) -> Result<()> {
        let item = Item::new(&Key::chunk(self.tenant, job, chunk.number), chunk)?;
        let (Written::Yes | Written::Refused) = self.table.write(Write::put(item, Condition::Absent)).await?;
        Ok(())
    }

    /// Notes that all chunks are known; the job may be done with that.
    pub async fn all_chunks_known(&self, job: JobId, chunks: u32, rows: u64, now: Timestamp) -> Result<()> {
        let number = |value: u64| AttributeValue::N(value.to_string());
        let known = Write::Update(Update {
            key: Key::job(self.tenant, job),
            set: vec![
                status(ImportStatus::Running),
                ("chunks_total".to_owned(), number(u64::from(chunks))),
                ("rows_total".to_owned(), number(rows)),
            ],
            add: vec![],
            remove: vec![],
            conditions: vec![Condition::text("status", ImportStatus::Splitting)],
        });
        let (Written::Yes | Written::Refused) = self.table.write(known).await?;
        self.complete_if_done(job, now).await
    }

    /// One chunk, as it is now.
    pub async fn chunk(&self, job: JobId, number: u32) -> Result<Option<ImportChunk>> {
        self.table.get(&Key::chunk(self.tenant, job, number)).await
    }

    /// All chunks that are known so far.
    pub async fn chunks(&self, job: JobId) -> Result<Vec<ImportChunk>> {
        let range = Range::new(job_partition(self.tenant, job), Sort::Prefix(CHUNK.to_owned()));
        self.table.query_all(range).await
    }

    /// Gives rows their outcome.
    pub async fn commit(&self, job: JobId, commit: &Commit, now: Timestamp) -> Result<Committed> {
        let chunk = Item::new(&Key::chunk(self.tenant, job, commit.after.number), &commit.after)?;
        let mut transaction = Transaction::new(self.tenant);
        for write in &commit.writes {
            match write {
                RowWrite::Create(contact) => transaction.create(contact)?,
                RowWrite::Change(change) => transaction.change(change)?,
            }
        }
        let mut writes = vec![Write::put(chunk, Condition::number("rows_done", commit.before.rows_done))];
        writes.extend(transaction.writes());
        if !commit.report.rows.is_empty() {
            let key = Key::chunk_report(self.tenant, job, commit.after.number, commit.before.rows_done);
            let expires = after(now, TimeDelta::days(REPORTS_KEPT_DAYS));
            writes.push(Write::Put { item: Item::new(&key, &commit.report)?.expiring(expires), conditions: vec![] });
        }
        Ok(match self.table.transact(writes).await? {
            Transacted::Yes => Committed::Yes,
            Transacted::Refused(at) if at.contains(&0) => Committed::Overtaken,
            Transacted::Refused(_) => Committed::Outdated,
        })
    }

    /// Adds a chunk whose rows all have their outcome to the sums of the job; the job may be done with that.
    /// Does nothing if it was added before.
    pub async fn finish_chunk(&self, job: JobId, chunk: &ImportChunk, now: Timestamp) -> Result<()> {
        let done = ImportChunk { done: true, ..chunk.clone() };
        let item = Item::new(&Key::chunk(self.tenant, job, chunk.number), &done)?;
        let conditions =
            vec![Condition::number("rows_done", chunk.rows), Condition::Equals("done", AttributeValue::Bool(false))];
        let mut outcomes = chunk.outcomes;
        let mut add = vec![("chunks_done".to_owned(), 1)];
        for outcome in RowOutcome::ALL {
            add.push((outcome.to_string(), i64::try_from(*outcomes.of(*outcome)).unwrap_or(i64::MAX)));
        }
        let sums = Write::Update(Update {
            key: Key::job(self.tenant, job),
            set: vec![],
            add,
            remove: vec![],
            conditions: vec![Condition::Present],
        });
        let (Transacted::Yes | Transacted::Refused(_)) =
            self.table.transact(vec![Write::Put { item, conditions }, sums]).await?;
        self.complete_if_done(job, now).await
    }

    /// Completes the job if all of its chunks are done.
    pub async fn complete_if_done(&self, job: JobId, now: Timestamp) -> Result<()> {
        let Some(found) = self.get(job).await? else { return Ok(()) };
        if found.status != ImportStatus::Running || found.chunks_total != Some(found.chunks_done) {
            return Ok(());
        }
        let complete = Write::Update(Update {
            key: Key::job(self.tenant, job),
            set: vec![status(ImportStatus::Completed), finished(now)],
            add: vec![],
            remove: vec![],
            conditions: vec![Condition::text("status", ImportStatus::Running)],
        });
        let (Written::Yes | Written::Refused) = self.table.write(complete).await?;
        Ok(())
    }

    /// The imports, in the order in which they began, after `after`; perhaps a second old.
    pub async fn ids(&self, after: Option<JobId>) -> Result<Page<JobId, JobId>> {
        let sort = after.map_or(Sort::All, |after| Sort::After(after.to_string()));
        let range = Range::in_index(imports_partition(self.tenant), sort).limit(JOBS);
        let (items, more) = self.table.query(&range).await?;
        let id = |item: &Attributes| item.get(INDEX_SK)?.as_s().ok()?.parse().ok();
        let ids: Vec<JobId> = items.iter().filter_map(id).collect();
        let next = ids.last().copied().filter(|_| more);
        Ok(Page { items: ids, next })
    }

    /// What is to be reported of the rows, in the order of the file, after `after`.
    pub async fn reports(&self, job: JobId, after: Option<ReportCursor>) -> Result<Page<RowReport, ReportCursor>> {
        let prefix = REPORT.to_owned();
        let sort = match after {
            Some(after) => Sort::PrefixAfter(prefix, Key::chunk_report(self.tenant, job, after.chunk, after.row).sk),
            None => Sort::Prefix(prefix),
        };
        let (items, more) = self.table.query(&Range::new(job_partition(self.tenant, job), sort)).await?;
        let last = items.last().and_then(Key::of).and_then(|key| ReportCursor::of(&key));
        let reports: Vec<ChunkReport> = items.into_iter().map(entity).collect::<Result<_>>()?;
        Ok(Page { items: reports.into_iter().flat_map(|report| report.rows).collect(), next: last.filter(|_| more) })
    }

    /// Takes out of all reports what somebody is recognised by. May be done again.
    pub async fn forget(&self, traces: &[AddressHash]) -> Result<()> {
        let mut after = None;
        loop {
            let page = self.ids(after).await?;
            for job in page.items {
                self.forget_in(job, traces).await?;
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(()),
            }
        }
    }

    async fn forget_in(&self, job: JobId, traces: &[AddressHash]) -> Result<()> {
        let mut range = Range::new(job_partition(self.tenant, job), Sort::Prefix(REPORT.to_owned())).consistent();
        loop {
            let (items, more) = self.table.query(&range).await?;
            let last = items.last().and_then(Key::of);
            for mut item in items {
                let mut report: ChunkReport = entity(item.clone())?;
                if report.forget(self.tenant, traces) {
                    // The rest, above all when it expires, stays as it is.
                    let key = Key::of(&item).ok_or_else(|| Error::internal("reading a report", "it has no key"))?;
                    item.extend(Item::new(&key, &report)?.0);
                    let put = Write::Put { item: Item(item), conditions: vec![Condition::Present] };
                    let (Written::Yes | Written::Refused) = self.table.write(put).await?;
                }
            }
            match last {
                Some(last) if more => range.sort = Sort::PrefixAfter(REPORT.to_owned(), last.sk),
                _ => return Ok(()),
            }
        }
    }

    /// What is to be reported of the rows of one chunk.
    pub async fn chunk_reports(&self, job: JobId, number: u32) -> Result<Vec<RowReport>> {
        let prefix = format!("{REPORT}{number:08}#");
        let range = Range::new(job_partition(self.tenant, job), Sort::Prefix(prefix)).consistent();
        let reports: Vec<ChunkReport> = self.table.query_all(range).await?;
        Ok(reports.into_iter().flat_map(|report| report.rows).collect())
    }
}

fn status(status: ImportStatus) -> (String, AttributeValue) {
    ("status".to_owned(), AttributeValue::S(status.to_string()))
}

fn finished(now: Timestamp) -> (String, AttributeValue) {
    let now = serde_dynamo::to_attribute_value(now).unwrap_or(AttributeValue::Null(true));
    ("finished_at".to_owned(), now)
}

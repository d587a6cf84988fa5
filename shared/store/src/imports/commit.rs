//! Rows get their outcome, and chunks are added up.

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::TimeDelta;
use domain::contact::Contact;
use domain::enrollment::Shard;
use domain::id::JobId;
use domain::import::{DuplicatePolicy, Outcomes, RowOutcome};
use domain::job::{ImportChunk, ImportJob, ImportStatus};
use domain::time::after;
use domain::{Result, Timestamp};

use super::report::ChunkReport;
use super::{Imports, REPORTS_KEPT_DAYS, finished};
use crate::contacts::{ContactChange, Transaction};
use crate::item::{Condition, Item, Update, Write};
use crate::keys::Key;
use crate::table::{Transacted, Written};

/// One row's effect on the contacts.
#[derive(Debug, Clone, PartialEq)]
pub enum RowWrite {
    /// A new contact.
    Create(Box<Contact>),
    /// A change of the contact that has the address.
    Change(Box<ContactChange>),
}

impl RowWrite {
    /// The contact as it will be.
    pub fn contact(&self) -> &Contact {
        match self {
            Self::Create(contact) => contact,
            Self::Change(change) => &change.new,
        }
    }
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
    /// The most writes of a transaction.
    const WRITES: usize = 100;
    /// The cursor and the report.
    const OWN: usize = 2;

    /// The most rows of a commit of `job`: the cursor, a report, the counts of a group's shards and what each row writes must
    /// fit into a transaction. A new contact is written with its guard, a changed one with up to two entries of its audit; a
    /// group adds a membership. Together they must not exceed 4 MB.
    pub fn max_rows(job: &ImportJob) -> usize {
        let contact = if job.options.duplicates == DuplicatePolicy::Skip { 2 } else { 3 };
        match job.options.group {
            None => (Self::WRITES - Self::OWN) / contact,
            Some(_) => (Self::WRITES - Self::OWN - Shard::COUNT) / (contact + 1),
        }
    }
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

/// What became of a commit of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowsCommitted {
    /// It is kept.
    Yes,
    /// The chunk has moved on, or was closed: nobody is to go on with it as it was read.
    Overtaken,
    /// A contact changed, or somebody took an address, since it was looked up. Nothing was kept.
    Outdated,
    /// The group that the contacts were to get into does not exist any more. Nothing was kept.
    GroupGone,
}

impl Imports {
    /// Gives rows their outcome.
    pub async fn commit(&self, job: JobId, commit: &Commit, now: Timestamp) -> Result<RowsCommitted> {
        let rows = self.rows(commit)?;
        let mut writes = vec![self.moved_on(job, commit)?];
        writes.extend(rows.clone().writes());
        if !commit.report.rows.is_empty() {
            let key = Key::chunk_report(self.tenant, job, commit.after.number, commit.before.rows_done);
            let expires = after(now, TimeDelta::days(REPORTS_KEPT_DAYS));
            writes.push(Write::Put { item: Item::new(&key, &commit.report)?.expiring(expires), conditions: vec![] });
        }
        Ok(match self.table.transact(writes).await? {
            Transacted::Yes => RowsCommitted::Yes,
            Transacted::Refused(at) if at.contains(&0) => RowsCommitted::Overtaken,
            Transacted::Refused(at) => {
                let at: Vec<usize> = at.into_iter().map(|at| at - 1).collect();
                if rows.joined_gone_groups(&at) { RowsCommitted::GroupGone } else { RowsCommitted::Outdated }
            }
        })
    }

    /// What becomes of the contacts.
    pub(super) fn rows(&self, commit: &Commit) -> Result<Transaction> {
        let mut transaction = Transaction::new(self.tenant);
        for write in &commit.writes {
            match write {
                RowWrite::Create(contact) => transaction.create(contact)?,
                RowWrite::Change(change) => transaction.change(change)?,
            }
        }
        Ok(transaction)
    }

    /// The chunk after, if it is as it was read, and open.
    fn moved_on(&self, job: JobId, commit: &Commit) -> Result<Write> {
        let conditions = vec![Condition::number("rows_done", commit.before.rows_done), open()];
        Ok(Write::Put { item: self.chunk_item(job, &commit.after)?, conditions })
    }

    /// Adds a chunk whose rows all have their outcome to the sums of the job; the job may be done with that.
    /// Does nothing if it was added before.
    pub async fn finish_chunk(&self, job: JobId, chunk: &ImportChunk, now: Timestamp) -> Result<()> {
        let writes = vec![self.closed(job, chunk)?, self.sums(job, 1, chunk.outcomes)];
        let (Transacted::Yes | Transacted::Refused(_)) = self.table.transact(writes).await?;
        self.complete_if_done(job, now).await
    }

    /// A chunk that nobody works on any more, if it is as it was read.
    pub(super) fn closed(&self, job: JobId, chunk: &ImportChunk) -> Result<Write> {
        let item = self.chunk_item(job, &ImportChunk { done: true, ..chunk.clone() })?;
        Ok(Write::Put { item, conditions: vec![Condition::number("rows_done", chunk.rows_done), open()] })
    }

    /// Adds chunks to the sums of the job.
    pub(super) fn sums(&self, job: JobId, chunks: usize, mut outcomes: Outcomes) -> Write {
        let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let sums = Update::of(Key::job(self.tenant, job)).add("chunks_done", number(chunks as u64));
        let of = RowOutcome::ALL.iter().map(|outcome| (outcome.to_string(), number(*outcomes.of(*outcome))));
        let sums = of.filter(|(_, by)| *by > 0).fold(sums, |sums, (name, by)| sums.add(name, by));
        sums.when(Condition::Present).into()
    }

    /// Completes the job if all of its chunks are done.
    pub async fn complete_if_done(&self, job: JobId, now: Timestamp) -> Result<()> {
        let Some(found) = self.get(job).await? else { return Ok(()) };
        if found.status != ImportStatus::Running || found.chunks_total != Some(found.chunks_done) {
            return Ok(());
        }
        let complete = self.moved(job, [ImportStatus::Running, ImportStatus::Completed]).set([finished(now)?]);
        let (Written::Yes | Written::Refused) = self.table.write(complete.into()).await?;
        Ok(())
    }
}

/// That a chunk was not added up.
fn open() -> Condition {
    Condition::Equals("done", AttributeValue::Bool(false))
}

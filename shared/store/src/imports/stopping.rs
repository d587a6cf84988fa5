//! Stopping an import: no further row is begun, and what was done is added up.
//!
//! The status says first that it is to stop, so that workers begin no more groups of rows. Then every chunk is closed, which
//! refuses whatever is still on its way, and counts what was done in the same transaction. Whoever finds all chunks closed
//! ends the job.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::audit::AuditEntry;
use domain::id::JobId;
use domain::import::Outcomes;
use domain::job::{ImportChunk, ImportStatus};
use domain::{Result, Timestamp};

use super::{Imports, finished};
use crate::audit;
use crate::item::{Condition, Update, Write};
use crate::keys::{CHUNK, job_partition};
use crate::table::{Range, Sort, Transacted, Written};

/// What became of a wish to stop an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// It has ended: nothing was done.
    AtOnce,
    /// It is stopping, by this or an earlier wish: what was done is to be added up.
    Stopping,
    /// It had ended before, as this status says.
    Before(ImportStatus),
}

impl Imports {
    /// How many chunks can be closed together.
    pub const CLOSED_AT_ONCE: usize = 99;

    /// Cancels the job; `entry` is what the audit is to tell of it. If nothing was done, it ends with that.
    pub async fn cancel(&self, job: JobId, entry: &AuditEntry, now: Timestamp) -> Result<Option<Stopped>> {
        self.stop(job, ImportStatus::Cancelled, now, |update| Ok(vec![update.into(), audit::put(self.tenant, entry)?]))
            .await
    }

    /// Fails the job with `error`. If nothing was done, it ends with that.
    pub async fn fail(&self, job: JobId, error: &str, now: Timestamp) -> Result<Option<Stopped>> {
        let error = ("error".to_owned(), AttributeValue::S(error.to_owned()));
        self.stop(job, ImportStatus::Failed, now, |update| Ok(vec![update.set([error.clone()]).into()])).await
    }

    async fn stop(
        &self,
        job: JobId,
        end: ImportStatus,
        now: Timestamp,
        writes: impl Fn(Update) -> Result<Vec<Write>>,
    ) -> Result<Option<Stopped>> {
        loop {
            let Some(found) = self.get(job).await? else { return Ok(None) };
            let waits = found.status == ImportStatus::AwaitingUpload;
            let stop = match found.status {
                ImportStatus::Stopping => return Ok(Some(Stopped::Stopping)),
                status if status.is_end() => return Ok(Some(Stopped::Before(status))),
                status if waits => self.moved(job, [status, end]).set([finished(now)?]),
                status => self.moved(job, [status, ImportStatus::Stopping]),
            };
            if self.table.transact(writes(stop)?).await? == Transacted::Yes {
                return Ok(Some(if waits { Stopped::AtOnce } else { Stopped::Stopping }));
            }
        }
    }

    /// The chunks that are not closed, as they are now.
    pub async fn open_chunks(&self, job: JobId) -> Result<Vec<ImportChunk>> {
        let range = Range::new(job_partition(self.tenant, job), Sort::Prefix(CHUNK.to_owned())).consistent();
        let mut chunks: Vec<ImportChunk> = self.table.query_all(range).await?;
        chunks.retain(|chunk| !chunk.done);
        Ok(chunks)
    }

    /// Closes chunks, at most [`Self::CLOSED_AT_ONCE`], and adds what was done of them to the sums of the job. `false`: one of
    /// them is not any more as it was read, and nothing was closed.
    pub async fn close_chunks(&self, job: JobId, chunks: &[ImportChunk]) -> Result<bool> {
        let mut writes = chunks.iter().map(|chunk| self.closed(job, chunk)).collect::<Result<Vec<_>>>()?;
        let done = chunks.iter().fold(Outcomes::default(), |sum, chunk| sum.plus(chunk.outcomes));
        writes.push(self.sums(job, chunks.len(), done));
        Ok(self.table.transact(writes).await? == Transacted::Yes)
    }

    /// Ends a job that is stopping and whose chunks are all closed.
    pub async fn stopped(&self, job: JobId, now: Timestamp) -> Result<()> {
        for (end, condition) in
            [(ImportStatus::Failed, Condition::Holds("error")), (ImportStatus::Cancelled, Condition::Lacks("error"))]
        {
            let ended = self.moved(job, [ImportStatus::Stopping, end]).set([finished(now)?]).when(condition);
            if self.table.write(ended.into()).await? == Written::Yes {
                break;
            }
        }
        Ok(())
    }
}

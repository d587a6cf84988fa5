//! The chunks of an import.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::id::JobId;
use domain::import::Outcomes;
use domain::job::{ImportChunk, ImportJob, ImportStatus};
use domain::{Result, Timestamp};

use super::Imports;
use crate::item::{Condition, Item, Write, entity};
use crate::keys::{CHUNK, IndexKey, Key, chunks_under_way_partition, job_partition};
use crate::table::{Range, Sort, Written};

/// How often a picture of the rows done is taken, if chunks get done meanwhile.
const PICTURES: usize = 5;

impl Imports {
    /// Keeps a chunk that was found in the file. Does nothing if it is there already.
    pub async fn add_chunk(&self, job: JobId, chunk: &ImportChunk) -> Result<()> {
        let (Written::Yes | Written::Refused) =
            self.table.write(Write::put(self.chunk_item(job, chunk)?, Condition::Absent)).await?;
        Ok(())
    }

    /// The index shows a chunk as long as it is under way.
    pub(super) fn chunk_item(&self, job: JobId, chunk: &ImportChunk) -> Result<Item> {
        let item = Item::new(&Key::chunk(self.tenant, job, chunk.number), chunk)?;
        let under_way = chunk.is_under_way().then(|| IndexKey::chunk_under_way(self.tenant, job, chunk.number));
        Ok(item.indexed(under_way))
    }

    /// Notes that all chunks are known; the job may be done with that.
    pub async fn all_chunks_known(&self, job: JobId, chunks: u32, rows: u64, now: Timestamp) -> Result<()> {
        let number = |name: &str, value: u64| (name.to_owned(), AttributeValue::N(value.to_string()));
        let known = self.moved(job, [ImportStatus::Splitting, ImportStatus::Running]);
        let known = known.set([number("chunks_total", chunks.into()), number("rows_total", rows)]);
        let (Written::Yes | Written::Refused) = self.table.write(known.into()).await?;
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

    /// The job, and the outcomes in chunks that its sums do not tell of yet. What becomes under way is seen a second later.
    pub async fn with_under_way(&self, id: JobId) -> Result<Option<(ImportJob, Outcomes)>> {
        let Some(mut job) = self.get(id).await? else { return Ok(None) };
        let mut outcomes = Outcomes::default();
        for _ in 0..PICTURES {
            if !job.status.has_sums_to_come() {
                return Ok(Some((job, Outcomes::default())));
            }
            let before = job.chunks_done;
            outcomes = self.under_way(id).await?;
            let Some(now) = self.get(id).await? else { return Ok(None) };
            job = now;
            if job.chunks_done == before {
                return Ok(Some((job, outcomes)));
            }
            // What was counted may be in the sums by now.
            outcomes = Outcomes::default();
        }
        Ok(Some((job, outcomes)))
    }

    async fn under_way(&self, job: JobId) -> Result<Outcomes> {
        let range = Range::in_index(chunks_under_way_partition(self.tenant, job), Sort::All);
        let (entries, _) = self.table.query(&range).await?;
        let keys: Vec<Key> = entries.iter().filter_map(Key::of).collect();
        let mut outcomes = Outcomes::default();
        for item in self.table.batch_get(&keys).await? {
            let chunk: ImportChunk = entity(item)?;
            if chunk.is_under_way() {
                outcomes = outcomes.plus(chunk.outcomes);
            }
        }
        Ok(outcomes)
    }
}

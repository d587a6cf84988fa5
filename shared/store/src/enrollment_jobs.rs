//! Enrolment jobs and their chunks.

use domain::campaign::Campaign;
use domain::enrollment::Enrollment;
use domain::id::{CampaignId, JobId, TenantId};
use domain::job::{EnrollmentChunk, EnrollmentJob};
use domain::time::Minute;
use domain::{Result, Timestamp};
use futures::stream::{self, StreamExt, TryStreamExt};
use serde::Serialize;

use crate::agenda::{AgendaEntry, AgendaItem};
use crate::campaigns::{CampaignChange, audience_grows, changed_since, job_begins};
use crate::enrollments::{first_revision, next_revision};
use crate::imports::Committed;
use crate::item::{Condition, Item, Write};
use crate::keys::{CHUNK, Key, job_partition};
use crate::table::{Range, Sort, Table, Transacted, Written};

/// The most enrolments of one commit: with the cursor a transaction's 100 writes.
pub(crate) const MAX_ENROLLMENTS: usize = 99;

/// How many chunks of a new job are written at a time.
const AT_A_TIME: usize = 16;

/// That a contact is, or was, in a campaign.
#[derive(Serialize)]
struct Enrolled {
    campaign_id: CampaignId,
    enrolled_at: Timestamp,
}

/// The enrolment jobs of a tenant.
#[derive(Debug, Clone)]
pub struct EnrollmentJobs {
    table: Table,
    tenant: TenantId,
}

impl EnrollmentJobs {
    pub(crate) fn new(table: Table, tenant: TenantId) -> Self {
        Self { table, tenant }
    }

    /// How many enrolments fit into one commit.
    pub const fn commit_limit() -> usize {
        MAX_ENROLLMENTS
    }

    /// Keeps a new job with its chunks, which enrols into the campaign as it was read, and puts it on the agenda, to be
    /// looked at in `visit`. From then on the campaign does not complete until the job is done.
    ///
    /// # Errors
    /// [`Error::Stale`](domain::Error::Stale) when the campaign's status has changed since it was read.
    pub async fn create(
        &self,
        campaign: &Campaign,
        job: &EnrollmentJob,
        chunks: &[EnrollmentChunk],
        visit: Minute,
    ) -> Result<()> {
        self.begin(job, chunks, visit, campaign, vec![job_begins(self.tenant, campaign)]).await
    }

    /// The same for a job that begins with a change of the campaign.
    ///
    /// # Errors
    /// [`Error::Stale`](domain::Error::Stale) when the campaign has changed since it was read.
    pub async fn create_with(
        &self,
        change: CampaignChange<'_>,
        job: &EnrollmentJob,
        chunks: &[EnrollmentChunk],
        visit: Minute,
    ) -> Result<()> {
        self.begin(job, chunks, visit, change.old, change.writes(self.tenant, 1)?).await
    }

    async fn begin(
        &self,
        job: &EnrollmentJob,
        chunks: &[EnrollmentChunk],
        visit: Minute,
        read: &Campaign,
        more: Vec<Write>,
    ) -> Result<()> {
        self.add_chunks(job.id, chunks).await?;
        let watch = AgendaEntry { visit, item: AgendaItem::Enrollment { tenant: self.tenant, job: job.id } };
        let item = Write::put(Item::new(&Key::job(self.tenant, job.id), job)?, Condition::Absent);
        let writes: Vec<Write> = [item, watch.write()?].into_iter().chain(more).collect();
        match self.table.transact(writes).await? {
            Transacted::Yes => Ok(()),
            // The job is there: the same request kept it.
            Transacted::Refused(at) if at.contains(&0) => Ok(()),
            Transacted::Refused(_) => Err(changed_since(read)),
        }
    }

    async fn add_chunks(&self, job: JobId, chunks: &[EnrollmentChunk]) -> Result<()> {
        let item = |chunk: &EnrollmentChunk| Item::new(&Key::chunk(self.tenant, job, chunk.number), chunk);
        let items: Vec<Item> = chunks.iter().map(item).collect::<Result<_>>()?;
        let written = stream::iter(items).map(|item| async move {
            let (Written::Yes | Written::Refused) = self.table.write(Write::put(item, Condition::Absent)).await?;
            Ok(())
        });
        written.buffer_unordered(AT_A_TIME).try_collect().await
    }

    /// The job, as it is now.
    pub async fn get(&self, job: JobId) -> Result<Option<EnrollmentJob>> {
        self.table.get(&Key::job(self.tenant, job)).await
    }

    /// One chunk, as it is now.
    pub async fn chunk(&self, job: JobId, number: u32) -> Result<Option<EnrollmentChunk>> {
        self.table.get(&Key::chunk(self.tenant, job, number)).await
    }

    /// All chunks.
    pub async fn chunks(&self, job: JobId) -> Result<Vec<EnrollmentChunk>> {
        self.table.query_all(Range::new(job_partition(self.tenant, job), Sort::Prefix(CHUNK.to_owned()))).await
    }

    /// Makes enrolments, or changes those of a later revision, and moves the chunk on, in one.
    pub async fn commit(
        &self,
        job: JobId,
        before: &EnrollmentChunk,
        after: &EnrollmentChunk,
        enrollments: &[Enrollment],
    ) -> Result<Committed> {
        self.note_enrolled(enrollments).await?;
        let chunk = Item::new(&Key::chunk(self.tenant, job, after.number), after)?;
        let mut writes = vec![Write::put(chunk, Condition::number("revision", before.revision))];
        for enrollment in enrollments {
            writes.push(match enrollment.revision {
                1 => first_revision(self.tenant, enrollment)?,
                _ => next_revision(self.tenant, enrollment)?,
            });
        }
        Ok(match self.table.transact(writes).await? {
            Transacted::Yes => Committed::Yes,
            Transacted::Refused(at) if at.contains(&0) => Committed::Overtaken,
            Transacted::Refused(_) => Committed::Outdated,
        })
    }

    /// Notes with each contact that it is enrolled, before it is: a note of an enrolment that never came harms nobody.
    async fn note_enrolled(&self, enrollments: &[Enrollment]) -> Result<()> {
        let new = enrollments.iter().filter(|enrollment| enrollment.revision == 1);
        let note = |enrollment: &Enrollment| {
            let Enrollment { contact_id, campaign_id, enrolled_at, .. } = *enrollment;
            Item::new(&Key::enrolled(self.tenant, contact_id, campaign_id), &Enrolled { campaign_id, enrolled_at })
        };
        self.table.put_all(new.map(note).collect::<Result<_>>()?).await
    }

    /// Keeps what a chunk found, without any effect: `false` if somebody else has moved it on.
    pub async fn save_chunk(&self, job: JobId, before: &EnrollmentChunk, after: &EnrollmentChunk) -> Result<bool> {
        let chunk = Item::new(&Key::chunk(self.tenant, job, after.number), after)?;
        let put = Write::put(chunk, Condition::number("revision", before.revision));
        Ok(self.table.write(put).await? == Written::Yes)
    }

    /// Adds the chunks that follow from what one found, which is through with that, as [`Self::finish_chunk`] does.
    pub async fn open_chunks(&self, job: JobId, chunk: &EnrollmentChunk) -> Result<()> {
        let more = chunk.of_ranges();
        self.add_chunks(job, &more).await?;
        self.finish(job, chunk, u32::try_from(more.len()).unwrap_or(u32::MAX)).await
    }

    /// Adds a chunk that is through to the sums of the job and to the campaign's audience. Does nothing if it was added
    /// before.
    pub async fn finish_chunk(&self, job: JobId, chunk: &EnrollmentChunk) -> Result<()> {
        self.finish(job, chunk, 0).await
    }

    async fn finish(&self, job: JobId, chunk: &EnrollmentChunk, more: u32) -> Result<()> {
        loop {
            let Some(found) = self.get(job).await? else { return Ok(()) };
            let done = EnrollmentChunk { done: true, ..chunk.clone() };
            let item = Item::new(&Key::chunk(self.tenant, job, chunk.number), &done)?;
            let undone = Condition::Equals("done", aws_sdk_dynamodb::types::AttributeValue::Bool(false));
            let next = EnrollmentJob {
                chunks_total: found.chunks_total.saturating_add(more),
                chunks_done: found.chunks_done + 1,
                enrolled: found.enrolled + chunk.enrolled,
                already_enrolled: found.already_enrolled + chunk.already_enrolled,
                unknown: found.unknown + chunk.unknown,
                ..found.clone()
            };
            let counted = Condition::number("chunks_done", found.chunks_done);
            let writes = vec![
                Write::put(item, undone),
                Write::put(Item::new(&Key::job(self.tenant, job), &next)?, counted),
                audience_grows(self.tenant, found.campaign_id, chunk.enrolled, next.is_done()),
            ];
            match self.table.transact(writes).await? {
                // Another chunk of the job finished in between: count again.
                Transacted::Refused(at) if at == [1] => {}
                Transacted::Yes | Transacted::Refused(_) => return Ok(()),
            }
        }
    }
}

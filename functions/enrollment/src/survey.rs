//! Whom criteria mean, as a whole: cut into ranges that are worked on at the same time.

use domain::Result;
use domain::contact::target::TargetCriteria;
use domain::job::{EnrollmentChunk, EnrollmentJob, EnrollmentSource, ranges_of};
use store::TenantStore;

use crate::Enrollments;
use crate::audience::meant;
use crate::chunk::{Next, Worker};

impl Worker<'_> {
    /// Looks how many contacts the criteria mean, keeps how they are cut, and opens a chunk for each range. What is kept
    /// is what counts: a second worker may find other contacts.
    pub(crate) async fn survey(&self, chunk: EnrollmentChunk, criteria: &TargetCriteria) -> Result<Next> {
        let jobs = self.store.enrollment_jobs();
        if chunk.found.is_some() {
            jobs.open_chunks(self.job.id, &chunk).await?;
            return Ok(Next::Chunk(Box::new(EnrollmentChunk { done: true, ..chunk })));
        }
        let contacts = self.enrollments.reader.now(self.store.tenant()).await?;
        let ids = contacts.ids(&meant(criteria)?, None, usize::MAX);
        let surveyed = chunk.with_ranges(ranges_of(&ids, criteria.max_contacts));
        match jobs.save_chunk(self.job.id, &chunk, &surveyed).await? {
            true => Ok(Next::Chunk(Box::new(surveyed))),
            false => Ok(Next::Again),
        }
    }

    /// Whether the chunk takes what the others left, and these are not through.
    pub(crate) fn waits_for_others(&self, chunk: &EnrollmentChunk) -> bool {
        chunk.range.as_ref().is_some_and(|range| range.is_rest()) && !self.job.has_one_left()
    }

    /// How many contacts the chunk may still take.
    pub(crate) fn room(&self, chunk: &EnrollmentChunk) -> u64 {
        let Some((range, most)) = chunk.range.as_ref().and_then(|range| Some((range, range.most?))) else {
            return u64::MAX;
        };
        let others = if range.is_rest() { self.job.taken() } else { 0 };
        let own = self.job.source.taken(chunk.enrolled, chunk.already_enrolled);
        most.saturating_sub(others).saturating_sub(own)
    }

    /// Hands over to the chunks that can be worked on now that this one is through.
    pub(crate) async fn next_turn(&self, done: &EnrollmentChunk) -> Result<()> {
        if !matches!(self.job.source, EnrollmentSource::Criteria(_)) {
            return Ok(());
        }
        let Some(job) = self.store.enrollment_jobs().get(self.job.id).await? else { return Ok(()) };
        if done.found.is_some() {
            return self.enrollments.send_what_is_left(&self.store, &job).await;
        }
        if job.source.most().is_some() && job.has_one_left() {
            let rest = job.task(self.store.tenant(), job.chunks_total.checked_sub(1));
            self.enrollments.queue.send(&rest).await?;
        }
        Ok(())
    }
}

impl Enrollments {
    /// Has the chunks worked on that are not through.
    pub(crate) async fn send_what_is_left(&self, store: &TenantStore, job: &EnrollmentJob) -> Result<()> {
        if job.is_done() {
            return Ok(());
        }
        let left = store.enrollment_jobs().chunks(job.id).await?.into_iter().filter(|chunk| !chunk.done);
        let tasks: Vec<_> = left.map(|chunk| job.task(store.tenant(), Some(chunk.number))).collect();
        self.queue.send_all(&tasks).await
    }
}

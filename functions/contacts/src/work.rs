//! Queue: jobs on contacts, step by step. A step may be done again without harm, and leaves the job at its next revision;
//! what a killed worker left undone, the next one does.

use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::event::sqs::SqsEvent;
use catalog::{Catalog, Reader};
use domain::contact::job::{ContactJob, ContactTask, Work};
use domain::{Error, Result};
use runtime::batch::each_message;
use runtime::{Bucket, Clock, Handler, Platform, Queue, StartError};
use store::{Store, TenantStore};
use tokio::time::Instant;

use crate::{bulk_job, duplicates, group_removal, merging, purge, retag, type_removal};

/// How long a worker goes on with a job before it hands it over to the next: well within the function's time-out.
const TURN: Duration = Duration::from_secs(60);

/// The bytes of indexes that are held in memory.
const INDEXES: usize = 400 << 20;

/// How often a worker is overtaken before it leaves a job to whoever works on it.
const OVERTAKEN: u32 = 3;

/// What the steps need.
pub(crate) struct Worker {
    pub(crate) store: Store,
    pub(crate) queue: Queue<ContactTask>,
    pub(crate) catalog: Catalog,
    pub(crate) reader: Reader,
    pub(crate) bucket: Bucket,
    pub(crate) clock: Clock,
}

/// What a step leaves.
pub(crate) enum Step {
    /// The work has got so far, and is to go on.
    Go(Work),
    /// The work is done.
    Finish(Work),
    /// The job was kept already, together with what the step did.
    Kept(ContactJob),
    /// Somebody else has moved the job on.
    Overtaken,
    /// Nothing can be done now; the agenda comes back to it.
    Wait,
}

/// The handler of the queue.
///
/// # Errors
/// When a setting is missing.
pub(crate) fn handler(platform: &Platform) -> Result<Handler, StartError> {
    let store = Store::new(&platform.aws, platform.environment.required("TABLE_NAME")?);
    let catalog = Catalog::new(platform, store.clone())?;
    let worker = Arc::new(Worker {
        store,
        reader: Reader::new(catalog.clone(), INDEXES),
        catalog,
        bucket: Bucket::new(&platform.aws, &platform.environment)?,
        queue: Queue::new(&platform.aws, platform.environment.required("CONTACT_QUEUE_URL")?),
        clock: platform.clock.clone(),
    });
    Ok(Handler::events(move |event: SqsEvent| {
        let worker = worker.clone();
        async move { Ok(each_message(event, |task| worker.work(task)).await) }
    }))
}

impl Worker {
    async fn work(&self, task: ContactTask) -> Result<()> {
        let (store, begun) = (self.store.tenant(task.tenant).unmarked(), Instant::now());
        let (mut job, mut overtaken) = (self.job(&store, &task).await?, 0);
        while job.finished_at.is_none() {
            if begun.elapsed() > TURN {
                return self.queue.send(&task).await;
            }
            let next = match self.step(&store, &job).await? {
                Step::Go(work) => job.moved(work),
                Step::Finish(work) => job.finished(work, self.clock.now()),
                Step::Kept(next) => {
                    job = next;
                    continue;
                }
                Step::Wait => return Ok(()),
                Step::Overtaken => job.clone(),
            };
            if next.revision > job.revision && store.contact_jobs().save(&next).await? {
                job = next;
                continue;
            }
            // Once may be an answer that was lost; who is overtaken again and again leaves the job to the other worker.
            overtaken += 1;
            if overtaken == OVERTAKEN {
                return Ok(());
            }
            job = self.job(&store, &task).await?;
        }
        Ok(())
    }

    async fn job(&self, store: &TenantStore, task: &ContactTask) -> Result<ContactJob> {
        store.contact_jobs().get(task.job).await?.ok_or_else(|| Error::not_found("job", task.job))
    }

    async fn step(&self, store: &TenantStore, job: &ContactJob) -> Result<Step> {
        match &job.work {
            Work::Purge(purge) => purge::step(self, store, job, purge).await,
            Work::Merge(merge) => merging::step(self, store, job, merge).await,
            Work::Duplicates => duplicates::step(self, store, job).await,
            Work::Bulk(bulk) => bulk_job::step(self, store, job, bulk).await,
            Work::GroupRemoval(removal) => group_removal::step(self, store, job, removal).await,
            Work::TypeRemoval(removal) => type_removal::step(self, store, job, removal).await,
            Work::Retag(retag) => retag::step(self, store, job, retag).await,
        }
    }
}

//! Queue: contacts into a campaign, all enrolments of a campaign on their way or to their end, and campaigns whose time
//! has come.
//!
//! A chunk's contacts are enrolled group by group; a group and the chunk's cursor are one transaction. Who is enrolled
//! before the campaign starts, or while it is paused, has no due time; the start and the resumption walk through the
//! enrolments and give them one. An enrolment job that finds the campaign started or ended by then goes through its
//! contacts once more, so that nobody is missed: neither by the start nor by the end.

mod audience;
mod chunk;
mod enrolling;
mod look;
mod survey;
mod walk;

use std::sync::Arc;

use aws_lambda_events::event::sqs::SqsEvent;
use catalog::{Catalog, Reader};
use domain::Error;
use domain::enrollment::SendTask;
use domain::job::EnrollmentTask;
use runtime::batch::each_message;
use runtime::{Clock, Handler, Platform, Queue, StartError};
use store::Store;

/// The bytes of indexes that are held in memory.
const INDEXES: usize = 400 << 20;

struct Enrollments {
    store: Store,
    queue: Queue<EnrollmentTask>,
    send_queue: Queue<SendTask>,
    reader: Reader,
    clock: Clock,
}

/// The function's handler.
///
/// # Errors
/// When a setting is missing.
pub fn handler(platform: &Platform) -> Result<Handler, StartError> {
    let store = Store::new(&platform.aws, platform.environment.required("TABLE_NAME")?);
    let enrollments = Arc::new(Enrollments {
        queue: Queue::new(&platform.aws, platform.environment.required("ENROLLMENT_QUEUE_URL")?),
        send_queue: Queue::new(&platform.aws, platform.environment.required("SEND_QUEUE_URL")?),
        reader: Reader::new(Catalog::new(platform, store.clone())?, INDEXES),
        store,
        clock: platform.clock.clone(),
    });
    Ok(Handler::events(move |event: SqsEvent| {
        let enrollments = enrollments.clone();
        async move { Ok(each_message(event, |task| work(&enrollments, task)).await) }
    }))
}

async fn work(enrollments: &Enrollments, task: EnrollmentTask) -> domain::Result<()> {
    let (tenant, id, chunk) = match task {
        EnrollmentTask::Job { tenant, job, chunk } => (tenant, job, chunk),
        EnrollmentTask::Campaign { tenant, campaign } => return look::at(enrollments, tenant, campaign).await,
    };
    let store = enrollments.store.tenant(tenant);
    let job = store.enrollment_jobs().get(id).await?.ok_or_else(|| Error::not_found("enrollment job", id))?;
    match chunk {
        Some(number) => chunk::work(enrollments, store, job, number).await,
        None => enrollments.send_what_is_left(&store, &job).await,
    }
}

//! Queue: contacts into a campaign, and a campaign's enrolments into its first step.
//!
//! A chunk's contacts are enrolled group by group; a group and the chunk's cursor are one transaction. Who is enrolled
//! before the campaign starts has no due time; the start walks through the enrolments and gives them one. An enrolment
//! job that is still at work when the campaign starts goes through its contacts once more, so that nobody is missed.

mod chunk;

use std::sync::Arc;

use aws_lambda_events::event::sqs::SqsEvent;
use domain::Error;
use domain::enrollment::SendTask;
use domain::job::EnrollmentTask;
use runtime::batch::each_message;
use runtime::{Clock, Handler, Platform, Queue, StartError};
use store::Store;

struct Enrollments {
    store: Store,
    queue: Queue<EnrollmentTask>,
    send_queue: Queue<SendTask>,
    clock: Clock,
}

/// The function's handler.
///
/// # Errors
/// When a setting is missing.
pub fn handler(platform: &Platform) -> Result<Handler, StartError> {
    let enrollments = Arc::new(Enrollments {
        store: Store::new(&platform.aws, platform.environment.required("TABLE_NAME")?),
        queue: Queue::new(&platform.aws, platform.environment.required("ENROLLMENT_QUEUE_URL")?),
        send_queue: Queue::new(&platform.aws, platform.environment.required("SEND_QUEUE_URL")?),
        clock: platform.clock.clone(),
    });
    Ok(Handler::events(move |event: SqsEvent| {
        let enrollments = enrollments.clone();
        async move { Ok(each_message(event, |task| work(&enrollments, task)).await) }
    }))
}

async fn work(enrollments: &Enrollments, task: EnrollmentTask) -> domain::Result<()> {
    let EnrollmentTask { tenant, job: id, chunk } = task;
    let store = enrollments.store.tenant(tenant);
    let job = store.enrollment_jobs().get(id).await?.ok_or_else(|| Error::not_found("enrollment job", id))?;
    match chunk {
        Some(number) => chunk::work(enrollments, tenant, store, job, number).await,
        None => {
            let left = store.enrollment_jobs().chunks(id).await?.into_iter().filter(|chunk| !chunk.done);
            let tasks: Vec<_> = left.map(|chunk| EnrollmentTask { chunk: Some(chunk.number), ..task }).collect();
            enrollments.queue.send_all(&tasks).await
        }
    }
}

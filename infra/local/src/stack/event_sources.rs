//! What calls a function by itself: queue, bucket, stream, each on tasks of its own.

use super::Stack;
use crate::invoker::Invoker;
use crate::pollers;
use crate::template::{Event, Function};

/// How many invocations of a function a queue calls at a time, where the template says nothing.
const CONCURRENCY: usize = 5;

impl Stack {
    /// Starts what waits for this event.
    pub(super) fn attach(&mut self, event: &Event, function: &Function, invoker: &Invoker) {
        let (shared, stop) = (&self.shared, self.stop.clone());
        let (invoker, activity) = (invoker.clone(), shared.activity.clone());
        match event {
            Event::Http { .. } | Event::EveryMinute => {}
            Event::Queue { queue, batch, concurrency } => {
                let queue = pollers::Queue {
                    client: aws_sdk_sqs::Client::new(&shared.aws),
                    url: shared.resources.get(queue).unwrap_or_default(),
                    arn: shared.resources.get(&format!("{queue}.Arn")).unwrap_or_default(),
                    batch: *batch,
                    invoker,
                };
                for _ in 0..concurrency.unwrap_or(CONCURRENCY) {
                    self.tasks.spawn(queue.clone().work(stop.clone()));
                }
            }
            Event::Objects { prefix } => {
                let (created, retries) = (self.embedded.objects_created(), function.retries);
                let objects = pollers::Objects { created, prefix: prefix.clone(), retries, invoker, activity };
                self.tasks.spawn(objects.work(stop));
            }
            Event::Stream { batch, filter } => {
                let Some(reader) = shared.readers.get(&function.name).cloned() else { return };
                let stream = pollers::Stream { reader, batch: *batch, filter: filter.clone(), invoker, activity };
                self.tasks.spawn(stream.work(stop));
            }
        }
    }
}

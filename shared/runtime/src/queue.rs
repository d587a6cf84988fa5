//! Queues: tasks as JSON, at least once.

use std::marker::PhantomData;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use domain::{Error, Result};
use futures::stream::{self, StreamExt, TryStreamExt};
use serde::Serialize;

/// The most messages of one call.
const BATCH: usize = 10;
/// How many calls are under way at a time.
const AT_A_TIME: usize = 8;
/// The longest that a queue keeps a message back.
const MAX_DELAY_SECONDS: u32 = 900;
/// How often what a call left over is tried again.
const TRIES: u32 = 5;

/// A queue of tasks `T`. Cheap to clone.
#[derive(Debug)]
pub struct Queue<T> {
    client: Client,
    url: String,
    tasks: PhantomData<fn(T)>,
}

impl<T> Clone for Queue<T> {
    fn clone(&self) -> Self {
        Self { client: self.client.clone(), url: self.url.clone(), tasks: PhantomData }
    }
}

impl<T: Serialize> Queue<T> {
    /// The queue at `url`.
    pub fn new(aws: &SdkConfig, url: &str) -> Self {
        Self { client: Client::new(aws), url: url.to_owned(), tasks: PhantomData }
    }

    /// Sends one task.
    pub async fn send(&self, task: &T) -> Result<()> {
        self.send_all(std::slice::from_ref(task)).await
    }

    /// Sends one task that comes after some whole seconds: a quarter of an hour at most.
    pub async fn send_later(&self, task: &T, seconds: u32) -> Result<()> {
        let seconds = i32::try_from(seconds.min(MAX_DELAY_SECONDS)).unwrap_or_default();
        self.send_batch(vec![entry((0, task), seconds)?]).await
    }

    /// Sends tasks, in no particular order. When it fails, some may have been sent.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the queue does not take them after some tries.
    pub async fn send_all(&self, tasks: &[T]) -> Result<()> {
        let batches: Vec<Vec<SendMessageBatchRequestEntry>> =
            tasks.chunks(BATCH).map(|batch| batch.iter().enumerate().map(at_once).collect()).collect::<Result<_>>()?;
        stream::iter(batches).map(|batch| self.send_batch(batch)).buffer_unordered(AT_A_TIME).try_collect().await
    }

    async fn send_batch(&self, mut entries: Vec<SendMessageBatchRequestEntry>) -> Result<()> {
        for attempt in 0..TRIES {
            let call = self.client.send_message_batch().queue_url(&self.url).set_entries(Some(entries.clone()));
            let answer = call.send().await.map_err(unavailable)?;
            entries.retain(|entry| answer.failed().iter().any(|failed| failed.id() == entry.id()));
            if entries.is_empty() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50 << attempt)).await;
        }
        Err(unavailable(std::io::Error::other("messages of a batch were not taken")))
    }
}

fn at_once<T: Serialize>(task: (usize, &T)) -> Result<SendMessageBatchRequestEntry> {
    entry(task, 0)
}

fn entry<T: Serialize>((index, task): (usize, &T), seconds: i32) -> Result<SendMessageBatchRequestEntry> {
    let body = serde_json::to_string(task).map_err(|error| Error::internal("writing a task", error))?;
    let entry = SendMessageBatchRequestEntry::builder().id(index.to_string()).message_body(body);
    // None is the queue's own, which is none as well.
    let entry = entry.set_delay_seconds((seconds > 0).then_some(seconds));
    entry.build().map_err(|error| Error::internal("writing a task", error))
}

fn unavailable(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Unavailable { service: "the queue", source: Box::new(error) }
}

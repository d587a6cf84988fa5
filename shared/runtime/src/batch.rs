//! Batches of queue messages: a batch never fails, its messages do.

use std::future::Future;

use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use domain::{Error, Result};
use futures::stream::{self, StreamExt};
use serde::de::DeserializeOwned;

/// How many messages of a batch are worked on at a time.
const AT_A_TIME: usize = 10;

/// Works on each message of a batch, several at a time; those that fail, and only those, are given again by the queue.
/// A message that cannot be read fails every time and so ends in the dead-letter queue.
pub async fn each_message<T, F, W>(event: SqsEvent, work: W) -> SqsBatchResponse
where
    T: DeserializeOwned,
    F: Future<Output = Result<()>>,
    W: Fn(T) -> F,
{
    let work = &work;
    let failed = stream::iter(event.records)
        .map(|message| async move {
            let done = match read(&message) {
                Ok(task) => work(task).await,
                Err(error) => Err(error),
            };
            let error = done.err()?;
            tracing::warn!(message_id = message.message_id, error = error.chain(), "queue message failed");
            Some(failure(message))
        })
        .buffer_unordered(AT_A_TIME)
        .filter_map(|failure| async move { failure })
        .collect()
        .await;
    let mut answer = SqsBatchResponse::default();
    answer.batch_item_failures = failed;
    answer
}

fn read<T: DeserializeOwned>(message: &SqsMessage) -> Result<T> {
    let body = message.body.as_deref().unwrap_or_default();
    serde_json::from_str(body).map_err(|error| Error::internal("reading a message of the queue", error))
}

fn failure(message: SqsMessage) -> BatchItemFailure {
    let mut failure = BatchItemFailure::default();
    failure.item_identifier = message.message_id.unwrap_or_default();
    failure
}

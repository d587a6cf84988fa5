//! A queue's messages to a function, several workers at a time.
//!
//! One thing differs from AWS: a message that failed is shown again after a second, not after its visibility time-out.
//! How often it is shown before it goes to the dead-letter queue is the template's.

use std::collections::{HashMap, HashSet};

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry, Message, MessageSystemAttributeName,
};
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use tokio_util::sync::CancellationToken;

use crate::invoker::Invoker;

/// The most messages of one receive.
const RECEIVE: i32 = 10;
/// How long a receive waits for a message, in seconds.
const WAIT: i32 = 1;
/// After how many seconds a failed message is shown again.
const AGAIN: i32 = 1;

/// A queue as an event source.
#[derive(Clone)]
pub(crate) struct Queue {
    pub(crate) client: Client,
    pub(crate) url: String,
    pub(crate) arn: String,
    pub(crate) batch: usize,
    pub(crate) invoker: Invoker,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct SqsEvent<'a> {
    records: Vec<Record<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    message_id: &'a str,
    receipt_handle: &'a str,
    body: &'a str,
    attributes: HashMap<&'a str, &'a str>,
    message_attributes: HashMap<(), ()>,
    md5_of_body: &'a str,
    event_source: &'static str,
    #[serde(rename = "eventSourceARN")]
    event_source_arn: &'a str,
    aws_region: &'static str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    #[serde(default)]
    batch_item_failures: Vec<FailedItem>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FailedItem {
    item_identifier: String,
}

impl Queue {
    /// Works until told to stop; a batch that has begun is finished.
    pub(crate) async fn work(self, stop: CancellationToken) {
        while let Some(received) = stop.run_until_cancelled(self.receive()).await {
            match received {
                Ok(messages) if messages.is_empty() => {}
                Ok(messages) => self.hand_over(messages).await,
                Err(error) => {
                    tracing::warn!(queue = self.url, %error, "a queue cannot be read");
                    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
                }
            }
        }
    }

    async fn receive(&self) -> Result<Vec<Message>, aws_sdk_sqs::Error> {
        let limit = i32::try_from(self.batch).unwrap_or(RECEIVE).min(RECEIVE);
        let call = self.client.receive_message().queue_url(&self.url).max_number_of_messages(limit);
        let call = call.wait_time_seconds(WAIT).message_system_attribute_names(MessageSystemAttributeName::All);
        Ok(call.send().await?.messages.unwrap_or_default())
    }

    async fn hand_over(&self, messages: Vec<Message>) {
        let Ok(event) = self.event(&messages) else { return };
        let failed = match self.invoker.invoke(event).await {
            Ok(answer) => failures(&answer),
            Err(_) => None,
        };
        let (again, done): (Vec<&Message>, Vec<&Message>) = messages.iter().partition(|message| {
            failed.as_ref().is_none_or(|failed| failed.contains(message.message_id().unwrap_or_default()))
        });
        self.delete(&done).await;
        self.show_again(&again).await;
    }

    fn event(&self, messages: &[Message]) -> serde_json::Result<Box<RawValue>> {
        let record = |message| record(message, &self.arn);
        to_raw_value(&SqsEvent { records: messages.iter().map(record).collect() })
    }

    async fn delete(&self, messages: &[&Message]) {
        let entry = |(index, message): (usize, &&Message)| {
            let entry = DeleteMessageBatchRequestEntry::builder().id(index.to_string());
            entry.receipt_handle(message.receipt_handle().unwrap_or_default()).build().ok()
        };
        let entries: Vec<_> = messages.iter().enumerate().filter_map(entry).collect();
        if entries.is_empty() {
            return;
        }
        // What is not deleted comes again, as it may on AWS.
        let _ = self.client.delete_message_batch().queue_url(&self.url).set_entries(Some(entries)).send().await;
    }

    async fn show_again(&self, messages: &[&Message]) {
        let entry = |(index, message): (usize, &&Message)| {
            let entry = ChangeMessageVisibilityBatchRequestEntry::builder().id(index.to_string());
            let entry = entry.receipt_handle(message.receipt_handle().unwrap_or_default());
            entry.visibility_timeout(AGAIN).build().ok()
        };
        let entries: Vec<_> = messages.iter().enumerate().filter_map(entry).collect();
        if entries.is_empty() {
            return;
        }
        let call = self.client.change_message_visibility_batch().queue_url(&self.url).set_entries(Some(entries));
        let _ = call.send().await;
    }
}

fn record<'a>(message: &'a Message, arn: &'a str) -> Record<'a> {
    let attributes = message.attributes().into_iter().flatten();
    Record {
        message_id: message.message_id().unwrap_or_default(),
        receipt_handle: message.receipt_handle().unwrap_or_default(),
        body: message.body().unwrap_or_default(),
        attributes: attributes.map(|(name, value)| (name.as_str(), value.as_str())).collect(),
        message_attributes: HashMap::new(),
        md5_of_body: message.md5_of_body().unwrap_or_default(),
        event_source: "aws:sqs",
        event_source_arn: arn,
        aws_region: embedded::REGION,
    }
}

/// The messages that failed; nothing for an answer that cannot be read, which fails them all.
fn failures(answer: &RawValue) -> Option<HashSet<String>> {
    let answer: Answer = serde_json::from_str(answer.get()).ok()?;
    Some(answer.batch_item_failures.into_iter().map(|item| item.item_identifier).collect())
}

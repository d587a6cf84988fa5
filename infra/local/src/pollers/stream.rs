//! The table's change stream to a function: in order, one batch at a time, each until it has been worked on.

use std::time::Duration;

use embedded::{StreamRecord, TableStream};
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use tokio_util::sync::CancellationToken;

use crate::invoker::{Activity, Invoker};

/// How long records are gathered; a stand-in for the template's batching window, which is too long to wait for here.
const GATHER: Duration = Duration::from_millis(40);
/// How long to wait before a batch is tried again.
const AGAIN: Duration = Duration::from_millis(200);

/// The stream as an event source.
pub(crate) struct Stream {
    pub(crate) stream: TableStream,
    pub(crate) batch: usize,
    /// Items whose partition key begins otherwise are passed over.
    pub(crate) prefix: String,
    pub(crate) invoker: Invoker,
    pub(crate) activity: Activity,
}

#[derive(Serialize)]
struct StreamEvent<'a> {
    #[serde(rename = "Records")]
    records: Vec<&'a RawValue>,
}

/// The partition key of the item that a record is about.
fn partition(record: &RawValue) -> String {
    #[derive(Deserialize)]
    struct Record {
        dynamodb: Change,
    }
    #[derive(Deserialize)]
    struct Change {
        #[serde(rename = "Keys")]
        keys: Keys,
    }
    #[derive(Deserialize)]
    struct Keys {
        #[serde(rename = "PK")]
        pk: Text,
    }
    #[derive(Deserialize)]
    struct Text {
        #[serde(rename = "S")]
        text: String,
    }
    let record: Result<Record, _> = serde_json::from_str(record.get());
    record.map(|record| record.dynamodb.keys.pk.text).unwrap_or_default()
}

impl Stream {
    /// Works until told to stop. What was worked on is forgotten, so that a restart goes on where this ended.
    pub(crate) async fn work(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if self.next_batch(&stop).await < self.batch {
                stop.run_until_cancelled(tokio::time::sleep(GATHER)).await;
            }
        }
    }

    /// Hands the next records over, if there are any. How many there were.
    async fn next_batch(&self, stop: &CancellationToken) -> usize {
        let _running = self.activity.begin();
        let batch = match self.stream.read(None, self.batch).await {
            Ok(batch) => batch,
            Err(error) => {
                tracing::warn!(%error, "the change stream cannot be read");
                return 0;
            }
        };
        let Some(last) = batch.last else { return 0 };
        self.hand_over(&batch.records, stop).await;
        if !stop.is_cancelled() {
            self.forget(&last).await;
        }
        batch.records.len()
    }

    /// Whether there is nothing that waits.
    pub(crate) async fn is_drained(stream: &TableStream) -> bool {
        stream.read(None, 1).await.is_ok_and(|batch| batch.last.is_none())
    }

    async fn hand_over(&self, records: &[StreamRecord], stop: &CancellationToken) {
        let wanted = records.iter().filter(|record| partition(&record.record).starts_with(&self.prefix));
        let event = StreamEvent { records: wanted.map(|record| &*record.record).collect() };
        if event.records.is_empty() {
            return;
        }
        while !stop.is_cancelled() {
            let Ok(event) = to_raw_value(&event) else { return };
            match self.invoker.invoke(event).await {
                Ok(answer) if !answer.get().contains("itemIdentifier") => return,
                Ok(_) | Err(_) => tokio::time::sleep(AGAIN).await,
            }
        }
    }

    async fn forget(&self, last: &str) {
        if let Err(error) = self.stream.trim(last).await {
            tracing::warn!(%error, "the change stream cannot be trimmed");
        }
    }
}

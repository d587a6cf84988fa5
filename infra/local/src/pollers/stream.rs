//! The table's change stream to a function: in order, one batch at a time, each until it has been worked on.

use std::borrow::Cow;
use std::time::Duration;

use embedded::{StreamReader, StreamRecord};
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use tokio_util::sync::CancellationToken;

use crate::invoker::{Activity, Invoker};
use crate::template::Filter;

/// How long records are gathered; a stand-in for the template's batching window, which is too long to wait for here.
const GATHER: Duration = Duration::from_millis(40);
/// How long to wait before a batch is tried again.
const AGAIN: Duration = Duration::from_millis(200);

/// The stream as an event source of one function, which has a place of its own in it.
pub(crate) struct Stream {
    pub(crate) reader: StreamReader,
    pub(crate) batch: usize,
    /// What does not come through is passed over.
    pub(crate) filter: Filter,
    pub(crate) invoker: Invoker,
    pub(crate) activity: Activity,
}

#[derive(Serialize)]
struct StreamEvent<'a> {
    #[serde(rename = "Records")]
    records: Vec<&'a RawValue>,
}

/// Whether the item with these keys, in the JSON of DynamoDB, comes through.
fn passes(filter: &Filter, keys: &str) -> bool {
    #[derive(Deserialize)]
    struct Keys<'k> {
        #[serde(rename = "PK", borrow)]
        partition: Text<'k>,
        #[serde(rename = "SK", borrow)]
        sort: Text<'k>,
    }
    #[derive(Deserialize)]
    struct Text<'k> {
        #[serde(rename = "S", borrow)]
        text: Cow<'k, str>,
    }
    let keys: Result<Keys<'_>, _> = serde_json::from_str(keys);
    keys.map_or_else(|_| filter.passes("", ""), |Keys { partition, sort }| filter.passes(&partition.text, &sort.text))
}

impl Stream {
    /// Works until told to stop. What was worked on is put behind, so that a restart goes on where this ended.
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
        let filter = self.filter.clone();
        let batch = match self.reader.read_wanted(self.batch, move |keys| passes(&filter, keys)).await {
            Ok(batch) => batch,
            Err(error) => {
                tracing::warn!(%error, "the change stream cannot be read");
                return 0;
            }
        };
        let Some(last) = batch.last else { return 0 };
        self.hand_over(&batch.records, stop).await;
        if !stop.is_cancelled() {
            self.put_behind(&last).await;
        }
        batch.read
    }

    /// Whether there is nothing that waits for this reader.
    pub(crate) async fn is_drained(reader: &StreamReader) -> bool {
        reader.read(1).await.is_ok_and(|batch| batch.last.is_none())
    }

    async fn hand_over(&self, records: &[StreamRecord], stop: &CancellationToken) {
        let event = StreamEvent { records: records.iter().map(|record| &*record.record).collect() };
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

    async fn put_behind(&self, last: &str) {
        if let Err(error) = self.reader.done(last).await {
            tracing::warn!(%error, "the place in the change stream cannot be kept");
        }
    }
}

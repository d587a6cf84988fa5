//! The change stream of a table, as its readers see it.

use std::sync::Arc;

use serde_json::value::RawValue;

use crate::direct::Tables;
use crate::dynamodb::DynamoDb;
use crate::records::Records;

/// What a stored sequence number lacks to be the 21-digit public one.
const SEQUENCE_NUMBER_OFFSET: u128 = 100_000_000_000_000_000_000;

/// Why a stream could not be read or trimmed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StreamError {
    /// There is no such table, or its stream is off.
    #[error("the table {table} has no stream")]
    NoStream {
        /// The table.
        table: String,
    },
    /// Not a sequence number of any stream here.
    #[error("{given:?} is not a sequence number")]
    SequenceNumber {
        /// What was given.
        given: String,
    },
    /// The database failed.
    #[error("the stream's records cannot be reached")]
    Database(#[from] rusqlite::Error),
    /// A record in the database is not JSON.
    #[error("a record of the stream is damaged")]
    Record(#[from] serde_json::Error),
    /// The runtime is going down.
    #[error("the work on the stream was cancelled")]
    Cancelled(#[from] tokio::task::JoinError),
}

/// One change of one item.
#[derive(Debug, Clone)]
pub struct StreamRecord {
    /// Its place in the stream: 21 digits, so text and number sort alike.
    pub sequence_number: String,
    /// What a Lambda function finds in `Records[]`.
    pub record: Box<RawValue>,
}

/// Records read at once.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// The changes, oldest first. A write that left its item as it was is not among them.
    pub records: Vec<StreamRecord>,
    /// How many changes were gone through for them.
    pub read: usize,
    /// What to be [`done`](StreamReader::done) with; `None` when there was nothing. It may be set although `records` is
    /// empty.
    pub last: Option<String>,
}

/// One of the readers of a table's change stream, with a place of its own in it.
#[derive(Debug, Clone)]
pub struct StreamReader {
    records: Arc<Records>,
    tables: Tables,
    table: Arc<str>,
    name: Arc<str>,
}

/// Makes these the readers of the table's stream.
pub(crate) async fn register(
    dynamodb: &DynamoDb,
    table: &str,
    names: &[&str],
) -> Result<Vec<StreamReader>, StreamError> {
    let (kept, of) = (Arc::clone(dynamodb.records()), table.to_owned());
    let readers: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    tokio::task::spawn_blocking(move || kept.register(&of, &readers)).await??;
    let reader = |&name: &&str| {
        let (records, tables) = (Arc::clone(dynamodb.records()), dynamodb.direct());
        StreamReader { records, tables, table: table.into(), name: name.into() }
    };
    Ok(names.iter().map(reader).collect())
}

impl StreamReader {
    /// Up to `limit` changes after those that this reader is [`done`](Self::done) with: the same ones again, and in their
    /// place perhaps more, until it is.
    ///
    /// # Errors
    ///
    /// [`StreamError`] when the stream was switched off, or the database fails.
    pub async fn read(&self, limit: usize) -> Result<Batch, StreamError> {
        self.read_wanted(limit, |_| true).await
    }

    /// The same without the changes of items that are not `wanted` by their keys, in the JSON of DynamoDB. They count
    /// towards the limit, and the reader is done with them as well.
    ///
    /// # Errors
    ///
    /// As of [`read`](Self::read).
    pub async fn read_wanted(
        &self,
        limit: usize,
        wanted: impl Fn(&str) -> bool + Send + 'static,
    ) -> Result<Batch, StreamError> {
        let Self { records, table, name, .. } = self.clone();
        tokio::task::spawn_blocking(move || records.read(&table, &name, limit, wanted)).await?
    }

    /// Puts the changes up to and including `up_to` behind this reader, for good. What all readers have behind them is
    /// forgotten; sequence numbers go on from there whatever was forgotten.
    ///
    /// # Errors
    ///
    /// [`StreamError`] when `up_to` is no sequence number or the database fails.
    pub async fn done(&self, up_to: &str) -> Result<(), StreamError> {
        let up_to = stored(up_to)?;
        let Self { records, tables, table, name } = self.clone();
        tokio::task::spawn_blocking(move || {
            let _turn = tables.turn();
            records.advance(&table, &name, up_to)?;
            records.trim(&table)
        })
        .await?
    }
}

/// The number the engine keeps for a public one.
pub(crate) fn stored(public: &str) -> Result<i64, StreamError> {
    let number = public.parse::<u128>().ok().and_then(|number| number.checked_sub(SEQUENCE_NUMBER_OFFSET));
    number
        .and_then(|number| i64::try_from(number).ok())
        .ok_or_else(|| StreamError::SequenceNumber { given: public.to_owned() })
}

/// The public form of a number the engine keeps.
pub(crate) fn public(stored: i64) -> String {
    (SEQUENCE_NUMBER_OFFSET + u128::from(stored.unsigned_abs())).to_string()
}

//! The change stream of a table, as its readers see it.

use std::sync::Arc;

use serde_json::value::RawValue;

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
    /// What to read after next time and what to trim up to; `None` when there was nothing. It may be set
    /// although `records` is empty.
    pub last: Option<String>,
}

/// The change stream of one table.
#[derive(Debug, Clone)]
pub struct TableStream {
    records: Arc<Records>,
    table: Arc<str>,
}

impl TableStream {
    pub(crate) fn new(records: Arc<Records>, table: &str) -> Self {
        Self { records, table: table.into() }
    }

    /// Up to `limit` changes after the sequence number `after`, or from the oldest one kept.
    ///
    /// # Errors
    ///
    /// [`StreamError`] when the table has no stream, `after` is no sequence number, or the database fails.
    pub async fn read(&self, after: Option<&str>, limit: usize) -> Result<Batch, StreamError> {
        let after = after.map_or(Ok(0), stored)?;
        let Self { records, table } = self.clone();
        tokio::task::spawn_blocking(move || records.read(&table, after, limit)).await?
    }

    /// Forgets the changes up to and including `up_to`. Sequence numbers go on from there whatever was forgotten.
    ///
    /// # Errors
    ///
    /// [`StreamError`] when `up_to` is no sequence number or the database fails.
    pub async fn trim(&self, up_to: &str) -> Result<(), StreamError> {
        let up_to = stored(up_to)?;
        let Self { records, table } = self.clone();
        tokio::task::spawn_blocking(move || records.trim(&table, up_to)).await?
    }
}

/// The number the engine keeps for a public one.
fn stored(public: &str) -> Result<i64, StreamError> {
    let number = public.parse::<u128>().ok().and_then(|number| number.checked_sub(SEQUENCE_NUMBER_OFFSET));
    number
        .and_then(|number| i64::try_from(number).ok())
        .ok_or_else(|| StreamError::SequenceNumber { given: public.to_owned() })
}

/// The public form of a number the engine keeps.
pub(crate) fn public(stored: i64) -> String {
    (SEQUENCE_NUMBER_OFFSET + u128::from(stored.unsigned_abs())).to_string()
}

//! The stream records of every table, read and trimmed past the engine, which does neither cheaply.
//!
//! The engine owns one connection behind a lock; ours are two more to the same file. In WAL mode a reader
//! never waits for a writer nor a writer for a reader. Two writers wait for one another: the engine for up to
//! five seconds, while a trim takes milliseconds at a time.

use std::fmt;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, params};

use crate::dynamodb::Durability;
use crate::record::{COLUMNS, Stream};
use crate::stream::{Batch, StreamError, StreamRecord, public};

/// The index behind both the engine's choice of the next sequence number and our reading in order.
const CREATE_INDEX: &str = "CREATE INDEX IF NOT EXISTS _stream_records_in_order \
     ON _stream_records (table_name, CAST(sequence_number AS INTEGER))";

/// The newest record of a stream is never deleted, because the engine counts on from it; one that has been
/// trimmed is put out of sight instead, in a shard that does not exist.
const HIDE_RECORD: &str = "UPDATE _stream_records SET shard_id = 'trimmed' \
     WHERE table_name = ?1 AND CAST(sequence_number AS INTEGER) <= ?2 AND shard_id <> 'trimmed'";

const DELETE_RECORDS: &str = "DELETE FROM _stream_records WHERE id IN (SELECT id FROM _stream_records \
     WHERE table_name = ?1 AND CAST(sequence_number AS INTEGER) <= ?2 AND CAST(sequence_number AS INTEGER) < \
         (SELECT MAX(CAST(sequence_number AS INTEGER)) FROM _stream_records WHERE table_name = ?1) \
     ORDER BY CAST(sequence_number AS INTEGER) LIMIT ?3)";

fn select_records() -> String {
    format!(
        "SELECT {COLUMNS} FROM _stream_records \
         WHERE table_name = ?1 AND CAST(sequence_number AS INTEGER) > ?2 AND shard_id <> 'trimmed' \
         ORDER BY CAST(sequence_number AS INTEGER) LIMIT ?3"
    )
}

/// The statements of this file, for the test of what answers them.
#[cfg(test)]
pub(crate) fn statements() -> [String; 3] {
    [select_records(), DELETE_RECORDS.to_owned(), HIDE_RECORD.to_owned()]
}

/// Rows that one trimming transaction takes, so that the engine's writes wait for milliseconds only.
const TRIM_AT_ONCE: usize = 500;
/// How long a trim waits for its turn among the engine's writes.
const TRIM_PATIENCE: Duration = Duration::from_secs(60);

/// The stream records of every table.
pub(crate) struct Records {
    reader: Mutex<Connection>,
    trimmer: Mutex<Connection>,
}

impl fmt::Debug for Records {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Records").finish_non_exhaustive()
    }
}

impl Records {
    /// Connects to the engine's file and gives it the index that the engine lacks: without it
    /// every write to a table with a stream reads the whole stream for the next sequence number.
    pub(crate) fn open(path: &Path, durability: Durability) -> rusqlite::Result<Self> {
        let trimmer = Connection::open(path)?;
        trimmer.busy_timeout(TRIM_PATIENCE)?;
        let synchronous = match durability {
            Durability::Scratch => "OFF",
            Durability::SurvivesTheProcess => "NORMAL",
        };
        trimmer.pragma_update(None, "synchronous", synchronous)?;
        trimmer.execute_batch(CREATE_INDEX)?;
        let reader =
            Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        Ok(Self { reader: Mutex::new(reader), trimmer: Mutex::new(trimmer) })
    }

    pub(crate) fn read(&self, table: &str, after: i64, limit: usize) -> Result<Batch, StreamError> {
        let connection = hold(&self.reader);
        let stream = Stream::find(&connection, table)?;
        let mut statement = connection.prepare_cached(&select_records())?;
        let mut rows = statement.query(params![table, after, limit])?;
        let mut batch = Batch::default();
        while let Some(row) = rows.next()? {
            let sequence_number = public(row.get(0)?);
            if let Some(record) = stream.record(row)? {
                batch.records.push(StreamRecord { sequence_number: sequence_number.clone(), record });
            }
            batch.last = Some(sequence_number);
        }
        Ok(batch)
    }

    /// Lets go of the connection between steps, each a transaction of its own.
    pub(crate) fn trim(&self, table: &str, up_to: i64) -> Result<(), StreamError> {
        let delete_some = || {
            let connection = hold(&self.trimmer);
            connection.prepare_cached(DELETE_RECORDS)?.execute(params![table, up_to, TRIM_AT_ONCE])
        };
        while delete_some()? == TRIM_AT_ONCE {}
        hold(&self.trimmer).prepare_cached(HIDE_RECORD)?.execute(params![table, up_to])?;
        Ok(())
    }

    /// Moves the write-ahead log into the database file as far as nobody is in the way.
    pub(crate) fn checkpoint(&self) {
        let moved = hold(&self.trimmer).query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        if let Err(error) = moved {
            tracing::debug!(%error, "the write-ahead log was left for the next start");
        }
    }
}

/// A connection is as good after a panic as before.
fn hold(connection: &Mutex<Connection>) -> MutexGuard<'_, Connection> {
    connection.lock().unwrap_or_else(PoisonError::into_inner)
}

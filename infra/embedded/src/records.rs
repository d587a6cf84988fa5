//! The stream records of every table, read and trimmed past the engine, which does neither cheaply; and how far each of
//! their readers is.
//!
//! The engine owns one connection behind a lock; ours are two more to the same file. In WAL mode a reader
//! never waits for a writer nor a writer for a reader. Two writers wait for one another: the engine for up to
//! five seconds, while a trim takes milliseconds at a time.

use std::fmt;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior, params};

use crate::dynamodb::Durability;
use crate::record::{COLUMNS, Stream};
use crate::stream::{Batch, StreamError, StreamRecord, public};

/// The index behind both the engine's choice of the next sequence number and our reading in order.
const CREATE_INDEX: &str = "CREATE INDEX IF NOT EXISTS _stream_records_in_order \
     ON _stream_records (table_name, CAST(sequence_number AS INTEGER))";

/// How far each reader is. Who is not registered any more keeps its place and holds nothing back.
const CREATE_READERS: &str = "CREATE TABLE IF NOT EXISTS _stream_readers (\
         table_name TEXT NOT NULL, reader TEXT NOT NULL, position INTEGER NOT NULL, registered INTEGER NOT NULL, \
         PRIMARY KEY (table_name, reader)) WITHOUT ROWID";

const DISMISS_READERS: &str = "UPDATE _stream_readers SET registered = 0 WHERE table_name = ?1";

const REGISTER_READER: &str = "INSERT INTO _stream_readers (table_name, reader, position, registered) \
     VALUES (?1, ?2, 0, 1) ON CONFLICT (table_name, reader) DO UPDATE SET registered = 1";

const MOVE_READER: &str = "UPDATE _stream_readers SET position = MAX(position, ?3) \
     WHERE table_name = ?1 AND reader = ?2";

const SLOWEST_READER: &str = "SELECT MIN(position) FROM _stream_readers WHERE table_name = ?1 AND registered = 1";

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
         WHERE table_name = ?1 AND shard_id <> 'trimmed' AND CAST(sequence_number AS INTEGER) > \
             (SELECT position FROM _stream_readers WHERE table_name = ?1 AND reader = ?2) \
         ORDER BY CAST(sequence_number AS INTEGER) LIMIT ?3"
    )
}

/// The statements on records, for the test of what answers them.
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
        trimmer.execute_batch(CREATE_READERS)?;
        let reader =
            Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        Ok(Self { reader: Mutex::new(reader), trimmer: Mutex::new(trimmer) })
    }

    /// Makes these the readers of the table's stream, and nobody else. Those that are known go on where they were.
    pub(crate) fn register(&self, table: &str, readers: &[String]) -> Result<(), StreamError> {
        let mut connection = hold(&self.trimmer);
        Stream::find(&connection, table)?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute(DISMISS_READERS, [table])?;
        for reader in readers {
            transaction.execute(REGISTER_READER, [table, reader])?;
        }
        Ok(transaction.commit()?)
    }

    /// What comes after the reader's place, of items whose keys are `wanted`.
    pub(crate) fn read(
        &self,
        table: &str,
        reader: &str,
        limit: usize,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Batch, StreamError> {
        let connection = hold(&self.reader);
        let stream = Stream::find(&connection, table)?;
        let mut statement = connection.prepare_cached(&select_records())?;
        let mut rows = statement.query(params![table, reader, limit])?;
        let mut batch = Batch::default();
        let mut last = None;
        while let Some(row) = rows.next()? {
            let number = row.get(0)?;
            if let Some(record) = stream.record(row, &wanted)? {
                batch.records.push(StreamRecord { sequence_number: public(number), record });
            }
            batch.read += 1;
            last = Some(number);
        }
        batch.last = last.map(public);
        Ok(batch)
    }

    /// Moves the reader on; never back. It is kept with the commit that this ends with.
    pub(crate) fn advance(&self, table: &str, reader: &str, to: i64) -> Result<(), StreamError> {
        hold(&self.trimmer).prepare_cached(MOVE_READER)?.execute(params![table, reader, to])?;
        Ok(())
    }

    /// Deletes what all registered readers have behind them. Lets go of the connection between steps, each a transaction
    /// of its own: a reader that moves on meanwhile leaves more to the next trim.
    pub(crate) fn trim(&self, table: &str) -> Result<(), StreamError> {
        let slowest = hold(&self.trimmer).prepare_cached(SLOWEST_READER)?.query_row([table], |row| row.get(0))?;
        let Some::<i64>(up_to) = slowest else { return Ok(()) };
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

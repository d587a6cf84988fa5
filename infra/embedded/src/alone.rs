//! DynamoDB alone, in memory and in the thread of whoever asks: for simulations, which need many small worlds in which
//! nothing happens by itself.

use std::fmt;
use std::path::Path;

use dynoxide::actions::get_records::GetRecordsRequest;
use dynoxide::actions::get_shard_iterator::GetShardIteratorRequest;
use dynoxide::storage_backend::ManualClock;
use dynoxide::{Database, DynoxideError, Result, streams};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::{RawValue, to_raw_value};

use crate::direct::Answer;
use crate::dynamodb::{DatabaseError, Durability};
use crate::records::Records;

/// Where the time of a world's database stands. The product has its own; this one only numbers the changes.
const EPOCH: u64 = 1_700_000_000;

/// Tables that are shared with nobody.
pub struct Alone(Database);

impl fmt::Debug for Alone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Alone")
    }
}

impl Alone {
    /// Makes tables in the empty folder `at` and keeps them there, for [`Alone::copied`]. `made` asks for them.
    ///
    /// # Errors
    /// [`DatabaseError`] when the database fails; nothing then is of use.
    pub async fn kept<F: Future<Output = Self>>(
        at: &Path,
        made: impl FnOnce(Self) -> F,
    ) -> std::result::Result<(), DatabaseError> {
        let file = at.join("making.sqlite");
        let tables = made(Self(Database::new(&file.to_string_lossy())?)).await;
        drop(Records::open(&file, Durability::Scratch)?);
        Ok(tables.0.vacuum_into(&at.join("kept.sqlite").to_string_lossy())?)
    }

    /// A copy of what is kept in the folder `at`.
    ///
    /// # Errors
    /// [`DatabaseError`] when there is nothing of the kind.
    pub fn copied(at: &Path) -> std::result::Result<Self, DatabaseError> {
        let database = Database::memory_with_clock(ManualClock::new(EPOCH).arc())?;
        database.restore_from(&at.join("kept.sqlite").to_string_lossy())?;
        Ok(Self(database))
    }

    /// What DynamoDB answers to the `operation` (such as `PutItem`) with this body. A transaction under a name that was
    /// heard before is not done twice, whenever that was.
    pub fn ask(&self, operation: &str, body: &[u8]) -> Answer {
        match operation {
            "BatchGetItem" => self.run(body, Database::batch_get_item),
            "BatchWriteItem" => self.run(body, Database::batch_write_item),
            "CreateTable" => self.run(body, Database::create_table),
            "DeleteItem" => self.run(body, Database::delete_item),
            "DescribeTable" => self.run(body, Database::describe_table),
            "DescribeTimeToLive" => self.run(body, Database::describe_time_to_live),
            "GetItem" => self.run(body, Database::get_item),
            "PutItem" => self.run(body, Database::put_item),
            "Query" => self.run(body, Database::query),
            "Scan" => self.run(body, Database::scan),
            "TransactWriteItems" => self.run(body, Database::transact_write_items),
            "UpdateItem" => self.run(body, Database::update_item),
            "UpdateTimeToLive" => self.run(body, Database::update_time_to_live),
            _ => told(&DynoxideError::ValidationException(format!("no operation {operation}"))),
        }
    }

    fn run<I: DeserializeOwned, O: Serialize>(
        &self,
        body: &[u8],
        operation: impl FnOnce(&Database, I) -> Result<O>,
    ) -> Answer {
        let request =
            serde_json::from_slice(body).map_err(|error| DynoxideError::SerializationException(error.to_string()));
        match request.and_then(|request| operation(&self.0, request)) {
            Ok(output) => Answer { status: 200, body: serde_json::to_string(&output).unwrap_or_default() },
            Err(refused) => told(&refused),
        }
    }

    /// Up to `limit` changes of the table after that with the sequence number `behind`, oldest first, as Lambda has them in
    /// `Records[]`; those that left their item as it was are among them.
    ///
    /// # Errors
    /// [`DatabaseError`] when the table has no stream or the database fails.
    pub fn changes(
        &self,
        table: &str,
        behind: Option<&str>,
        limit: usize,
    ) -> std::result::Result<Vec<Box<RawValue>>, DatabaseError> {
        let start = match behind {
            Some(_) => "AFTER_SEQUENCE_NUMBER",
            None => "TRIM_HORIZON",
        };
        let iterator = self.0.get_shard_iterator(GetShardIteratorRequest {
            stream_arn: streams::stream_arn(table, "0"),
            shard_id: streams::shard_id(table),
            shard_iterator_type: start.to_owned(),
            sequence_number: behind.map(str::to_owned),
        })?;
        let shard_iterator = iterator.shard_iterator.unwrap_or_default();
        let told = self.0.get_records(GetRecordsRequest { shard_iterator, limit: Some(limit) })?;
        let raw = |record| to_raw_value(record).map_err(|error| DynoxideError::InternalServerError(error.to_string()));
        Ok(told.records.iter().map(raw).collect::<Result<_>>()?)
    }
}

fn told(refused: &DynoxideError) -> Answer {
    Answer { status: refused.status_code(), body: refused.to_json() }
}

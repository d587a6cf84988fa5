//! DynamoDB and SQS asked in this process, without HTTP: what the functions ask them most.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dynoxide::actions::transact_write_items::{TransactWriteItemsRequest, TransactWriteItemsResponse};
use dynoxide::{Database, DynoxideError, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::sqs::Asked;

/// How every operation of DynamoDB begins.
const TABLES: &str = "DynamoDB_20120810.";

/// The tables and queues of this process, asked directly.
#[derive(Clone)]
pub struct Direct {
    tables: Tables,
    queues: Asked,
}

/// The tables of this process.
#[derive(Clone)]
pub(crate) struct Tables {
    /// The engine works on one request at a time, for a tenth of a millisecond. Nothing once it is closed.
    database: Arc<Mutex<Option<Database>>>,
}

impl fmt::Debug for Direct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Direct")
    }
}

impl fmt::Debug for Tables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tables")
    }
}

/// What a service answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// JSON.
    pub body: String,
}

impl Direct {
    pub(crate) fn new(tables: Tables, queues: Asked) -> Self {
        Self { tables, queues }
    }

    /// What DynamoDB or SQS answers to the operation that `target` names, as the header `x-amz-target` does (such as
    /// `DynamoDB_20120810.PutItem`), with this body, just as it would over HTTP. `None`: nothing was done, and the same is
    /// to be asked over HTTP, which knows all operations and has the words for all mistakes.
    pub async fn ask(&self, target: &str, body: &[u8]) -> Option<Answer> {
        match target.strip_prefix(TABLES) {
            Some(operation) => self.tables.ask(operation, body),
            None => self.queues.ask(target, body).await,
        }
    }
}

impl Tables {
    pub(crate) fn new(database: Database) -> Self {
        Self { database: Arc::new(Mutex::new(Some(database))) }
    }

    /// Lets go of the database, when what is being asked has its answer.
    pub(crate) fn close(&self) {
        self.turn().take();
    }

    /// The engine, for one alone; the thread waits for it. Tasks that wait would be given it in their order: one that
    /// stands behind others in its thread's line would keep it from the other threads meanwhile.
    ///
    /// Who writes to the engine's file takes a turn as well, for the engine would wait for them asleep.
    pub(crate) fn turn(&self) -> MutexGuard<'_, Option<Database>> {
        self.database.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ask(&self, operation: &str, body: &[u8]) -> Option<Answer> {
        match operation {
            "BatchGetItem" => self.run(body, Database::batch_get_item),
            "BatchWriteItem" => self.run(body, Database::batch_write_item),
            "DeleteItem" => self.run(body, Database::delete_item),
            "GetItem" => self.run(body, Database::get_item),
            "PutItem" => self.run(body, Database::put_item),
            "Query" => self.run(body, Database::query),
            "TransactWriteItems" => self.run(body, transact),
            "UpdateItem" => self.run(body, Database::update_item),
            _ => None,
        }
    }

    fn run<I: DeserializeOwned, O: Serialize>(
        &self,
        body: &[u8],
        operation: impl FnOnce(&Database, I) -> Result<O>,
    ) -> Option<Answer> {
        let request = serde_json::from_slice(body).ok()?;
        let done = operation(self.turn().as_ref()?, request);
        match done {
            Ok(output) => Some(Answer { status: 200, body: serde_json::to_string(&output).ok()? }),
            Err(refused) if is_told_alike(&refused) => {
                Some(Answer { status: refused.status_code(), body: refused.to_json() })
            }
            Err(_) => None,
        }
    }
}

/// A transaction under no name: here no answer is lost, so that none is asked for twice, and the engine would keep each
/// for ten minutes.
fn transact(database: &Database, mut request: TransactWriteItemsRequest) -> Result<TransactWriteItemsResponse> {
    request.client_request_token = None;
    database.transact_write_items(request)
}

/// Whether the refusal reads the same here and over HTTP.
fn is_told_alike(refused: &DynoxideError) -> bool {
    matches!(
        refused,
        DynoxideError::ConditionalCheckFailedException(..) | DynoxideError::TransactionCanceledException(..)
    )
}

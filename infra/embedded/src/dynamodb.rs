//! DynamoDB on SQLite: opening the database, serving it, time-to-live.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use dynoxide::{Database, DynoxideError};

use crate::StartError;
use crate::direct::Tables;
use crate::records::Records;
use crate::server::{self, Servers};

/// What the data must outlive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durability {
    /// Nothing: the operating system may write when it likes.
    Scratch,
    /// The process, however it ends. A power cut may take the last commits, never the order of them.
    SurvivesTheProcess,
}

/// What went wrong in the database.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatabaseError {
    /// An operation of DynamoDB failed.
    #[error("the DynamoDB engine failed")]
    Engine(#[from] DynoxideError),
    /// A statement of ours failed.
    #[error("SQLite failed")]
    Sqlite(#[from] rusqlite::Error),
}

/// The tables of this process.
pub(crate) struct DynamoDb {
    endpoint: String,
    database: Database,
    direct: Tables,
    records: Arc<Records>,
}

impl fmt::Debug for DynamoDb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DynamoDb").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

impl DynamoDb {
    pub(crate) fn start(path: &Path, durability: Durability, servers: &mut Servers) -> Result<Self, StartError> {
        let database = open(path, durability)?;
        let records = Records::open(path, durability).map_err(DatabaseError::from)?;
        let listener = server::listen().map_err(StartError::Listen)?;
        let endpoint = server::endpoint(&listener).map_err(StartError::Listen)?;
        let serving = dynoxide::server::serve_with_shutdown(listener, database.clone(), servers.stopped());
        servers.run(async move {
            if let Err(error) = serving.await {
                tracing::error!(error, "DynamoDB ended");
            }
        });
        let direct = Tables::new(database.clone());
        Ok(Self { endpoint, database, direct, records: Arc::new(records) })
    }

    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    pub(crate) fn records(&self) -> &Arc<Records> {
        &self.records
    }

    pub(crate) fn direct(&self) -> Tables {
        self.direct.clone()
    }

    pub(crate) fn sweeper(&self) -> Sweeper {
        Sweeper(self.database.clone())
    }

    /// Moves the write-ahead log into the database file.
    pub(crate) async fn close(self) {
        self.direct.close();
        drop(self.database);
        self.records.checkpoint();
    }
}

/// Deletes what time-to-live says is due.
#[derive(Clone)]
pub struct Sweeper(Database);

impl fmt::Debug for Sweeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sweeper")
    }
}

impl Sweeper {
    /// Deletes what is due now, and tells how many items went. Blocks the thread meanwhile.
    ///
    /// # Errors
    ///
    /// [`DatabaseError`] when the database fails.
    pub fn sweep(&self) -> Result<usize, DatabaseError> {
        Ok(self.0.sweep_ttl()?)
    }
}

/// Opens the file, in WAL mode.
fn open(path: &Path, durability: Durability) -> Result<Database, DatabaseError> {
    let database = Database::new(&path.to_string_lossy())?;
    match durability {
        // Turns `synchronous` off.
        Durability::Scratch => database.enable_bulk_loading()?,
        // Sets `synchronous` to NORMAL, where the default flushes the disk at each commit.
        Durability::SurvivesTheProcess => database.disable_bulk_loading()?,
    }
    Ok(database)
}

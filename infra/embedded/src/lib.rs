//! DynamoDB, SQS and S3 in this process, for tests and for running everything on one machine.
//!
//! Each service listens on a free port of 127.0.0.1 and speaks the real protocol, so the AWS SDKs talk to it
//! as they are. S3 checks signatures ([`ACCESS_KEY_ID`], [`SECRET_ACCESS_KEY`]) and wants path-style
//! addresses; the other two take any. Who is in this process may ask DynamoDB and SQS without HTTP
//! as well ([`Embedded::direct`]). What AWS would do by itself, such as feeding a stream or a notification
//! to its consumer, is left to the caller: [`Embedded::stream_readers`] and [`Embedded::objects_created`] are where
//! it begins.

mod alone;
mod direct;
mod dynamodb;
mod record;
mod records;
mod s3;
mod server;
mod sqs;
mod stream;

#[cfg(test)]
mod tests;

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;
use tokio::sync::mpsc;

use crate::dynamodb::{Durability, DynamoDb};
use crate::s3::ObjectStore;
use crate::server::Servers;
use crate::sqs::Queues;

pub use crate::alone::Alone;
pub use crate::direct::{Answer, Direct};
pub use crate::dynamodb::{DatabaseError, Sweeper};
pub use crate::s3::ObjectCreated;
pub use crate::stream::{Batch, StreamError, StreamReader, StreamRecord};

/// The region of everything here.
pub const REGION: &str = "us-east-1";
/// The account of everything here.
pub const ACCOUNT_ID: &str = "000000000000";
/// The only access key S3 knows.
pub const ACCESS_KEY_ID: &str = "embedded";
/// The secret that belongs to [`ACCESS_KEY_ID`].
pub const SECRET_ACCESS_KEY: &str = "embedded-secret-access-key";

/// How long [`Embedded::shutdown`] waits for requests that are running.
const GRACE: Duration = Duration::from_secs(2);

/// How to start.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Where tables and objects live; made if missing, and taken by one process at a time. `None`: in a
    /// temporary directory, never flushed to the disk and removed at drop. Queues are always in memory.
    pub data_dir: Option<PathBuf>,
}

/// Why the services did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The directory for the data could not be made or written.
    #[error("cannot use the data directory {}", path.display())]
    DataDir {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Another process has the data directory open.
    #[error("the data directory {} is in use by another process", path.display())]
    InUse {
        /// The directory.
        path: PathBuf,
    },
    /// No port of 127.0.0.1 could be had.
    #[error("cannot listen on 127.0.0.1")]
    Listen(#[source] io::Error),
    /// The tables could not be opened.
    #[error("cannot open the tables")]
    Tables(#[from] DatabaseError),
    /// The objects could not be opened.
    #[error("cannot open the objects")]
    Objects(#[source] Box<s3s::S3Error>),
}

/// The running services. Dropping it stops them at once; [`shutdown`](Self::shutdown) does so in order.
#[derive(Debug)]
pub struct Embedded {
    servers: Servers,
    dynamodb: DynamoDb,
    sqs: Queues,
    s3: ObjectStore,
    data: DataDir,
}

impl Embedded {
    /// Starts the three services on tasks of the current runtime.
    ///
    /// # Errors
    ///
    /// [`StartError`] when the data directory or a port cannot be had.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let durability = match options.data_dir {
            Some(_) => Durability::SurvivesTheProcess,
            None => Durability::Scratch,
        };
        let data = DataDir::open(options.data_dir)?;
        let mut servers = Servers::default();
        let dynamodb = DynamoDb::start(&data.path.join("dynamodb.sqlite"), durability, &mut servers)?;
        let sqs = Queues::start(&mut servers)?;
        let s3 = ObjectStore::start(&data.subdirectory("s3")?, &mut servers)?;
        Ok(Self { servers, dynamodb, sqs, s3, data })
    }

    /// Where DynamoDB and DynamoDB Streams answer: `http://127.0.0.1:PORT`.
    pub fn dynamodb_endpoint(&self) -> &str {
        self.dynamodb.endpoint()
    }

    /// Where SQS answers: `http://127.0.0.1:PORT`. The URLs of queues start with it.
    pub fn sqs_endpoint(&self) -> &str {
        self.sqs.endpoint()
    }

    /// Where S3 answers, path-style addresses only: `http://127.0.0.1:PORT`.
    pub fn s3_endpoint(&self) -> &str {
        self.s3.endpoint()
    }

    /// Every `PutObject` and `CompleteMultipartUpload` that succeeds from now on, in order for each key.
    /// Nothing is dropped while the receiver lives; each call makes a new subscriber.
    pub fn objects_created(&self) -> mpsc::UnboundedReceiver<ObjectCreated> {
        self.s3.objects_created()
    }

    /// The readers of a table's change stream, in the order of their names, each at its own place, which is kept in the
    /// data directory. A new one begins at the oldest change kept. One that is not named any more holds no change back;
    /// if it is named again later, it goes on where it was, as far as changes are kept.
    ///
    /// # Errors
    ///
    /// [`StreamError`] when the table has no stream, or the database fails.
    pub async fn stream_readers(&self, table: &str, names: &[&str]) -> Result<Vec<StreamReader>, StreamError> {
        stream::register(&self.dynamodb, table, names).await
    }

    /// DynamoDB and SQS without HTTP between, for callers in this process.
    pub fn direct(&self) -> Direct {
        Direct::new(self.dynamodb.direct(), self.sqs.asked())
    }

    /// What deletes expired items, for a timer of the caller's. It keeps the database open: drop it before a shutdown.
    pub fn sweeper(&self) -> Sweeper {
        self.dynamodb.sweeper()
    }

    /// Stops taking connections, lets running requests finish (for two seconds at most) and closes the database.
    pub async fn shutdown(self) {
        self.servers.shutdown(GRACE).await;
        self.sqs.shutdown().await;
        self.dynamodb.close().await;
        drop(self.data);
    }
}

/// The directory of this instance, ours alone while this lives.
#[derive(Debug)]
struct DataDir {
    path: PathBuf,
    _scratch: Option<TempDir>,
    _lock: File,
}

impl DataDir {
    fn open(chosen: Option<PathBuf>) -> Result<Self, StartError> {
        let scratch = match chosen {
            Some(_) => None,
            None => Some(TempDir::with_prefix("embedded-").map_err(|e| unusable(&std::env::temp_dir(), e))?),
        };
        let path = chosen.unwrap_or_else(|| scratch.as_ref().map(|dir| dir.path().to_owned()).unwrap_or_default());
        std::fs::create_dir_all(&path).map_err(|e| unusable(&path, e))?;
        let lock = File::create(path.join("lock")).map_err(|e| unusable(&path, e))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path, _scratch: scratch, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(StartError::InUse { path }),
            Err(TryLockError::Error(e)) => Err(unusable(&path, e)),
        }
    }

    fn subdirectory(&self, name: &str) -> Result<PathBuf, StartError> {
        let path = self.path.join(name);
        std::fs::create_dir_all(&path).map_err(|e| unusable(&path, e))?;
        Ok(path)
    }
}

fn unusable(path: &Path, source: io::Error) -> StartError {
    StartError::DataDir { path: path.to_owned(), source }
}

//! The contact index of a deployment: files in the bucket, named by a manifest in the table.
//!
//! Whoever changes contacts has their new states [committed](Catalog::commit), in any order and as often as they like; a
//! [`Reader`] answers from what was committed, and from the marks of changes that were not yet.

mod cache;
mod reader;
mod rebuild;
mod repair;
mod shelf;
mod upkeep;
mod writer;

#[cfg(test)]
mod tests;

use domain::Result;
use domain::contact::indexed::Indexed;
use domain::contact::upkeep::{IndexTask, IndexWork};
use domain::id::TenantId;
use runtime::{Bucket, Clock, Platform, Queue, StartError};
use store::Store;

pub use reader::Reader;
use shelf::TenantShelf;

/// The index of every tenant, for those who change it.
#[derive(Debug, Clone)]
pub struct Catalog {
    store: Store,
    bucket: Bucket,
    queue: Queue<IndexTask>,
    clock: Clock,
}

impl Catalog {
    /// The catalog in the bucket that `BUCKET_NAME` names; work in the background goes to the queue that
    /// `INDEX_QUEUE_URL` names.
    ///
    /// # Errors
    /// When a setting is missing.
    pub fn new(platform: &Platform, store: Store) -> Result<Self, StartError> {
        let bucket = Bucket::new(&platform.aws, &platform.environment)?;
        let queue = Queue::new(&platform.aws, platform.environment.required("INDEX_QUEUE_URL")?);
        Ok(Self { store, bucket, queue, clock: platform.clock.clone() })
    }

    fn shelf(&self, tenant: TenantId) -> TenantShelf {
        TenantShelf::new(self.clone(), tenant)
    }

    /// Brings states of contacts into the index of their tenant. When this succeeds, every later search knows them. It
    /// may be done again, and states may come in any order: of each contact the latest counts.
    ///
    /// # Errors
    /// [`domain::Error::Unavailable`] when bucket or table are not reached, or too many write at the same time.
    pub async fn commit(&self, tenant: TenantId, states: &[Indexed]) -> Result<()> {
        let shelf = self.shelf(tenant);
        let Some((before, after)) = writer::commit(&shelf, states).await? else { return Ok(()) };
        // The states are in the index; how well it is kept is another matter, which the next commit looks at as well.
        if let Err(error) = upkeep::after_commit(&shelf, &before, &after).await {
            tracing::warn!(%tenant, error = error.chain(), "files of the index were not put together");
        }
        Ok(())
    }

    /// Does a task. It may be done again, and by several at a time.
    ///
    /// # Errors
    /// [`domain::Error::Unavailable`] when bucket or table are not reached.
    pub async fn work(&self, task: IndexTask) -> Result<()> {
        let shelf = self.shelf(task.tenant);
        match task.work {
            IndexWork::KeepUp => upkeep::keep_up(&shelf).await,
            IndexWork::Rewrite => upkeep::rewrite(&shelf).await,
            IndexWork::Repair => repair::repair(&shelf).await,
            IndexWork::Rebuild => rebuild::rebuild(&shelf).await,
        }
    }

    /// Asks for a task to be done in the background.
    ///
    /// # Errors
    /// [`domain::Error::Unavailable`] when the queue is not reached.
    pub async fn ask(&self, tenant: TenantId, work: IndexWork) -> Result<()> {
        self.queue.send(&IndexTask { tenant, work }).await
    }
}

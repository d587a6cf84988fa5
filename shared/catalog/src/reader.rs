//! Reading an index: what was committed, with the changes that were marked and not yet committed laid over it.

use std::sync::Arc;

use domain::contact::indexed::Indexed;
use domain::contact::manifest::{Manifest, SegmentFile};
use domain::contact::upkeep::IndexWork;
use domain::id::TenantId;
use domain::{Error, Result};
use index::Snapshot;
use tokio::sync::Mutex;

use crate::Catalog;
use crate::cache::{Cache, Held};
use crate::repair::{self, Opened};
use crate::shelf::Shelf;

/// How often a manifest is read anew whose files were replaced while they were fetched.
const TRIES: usize = 5;

/// Answers from the indexes of all tenants. Clones share what is held in memory.
#[derive(Debug, Clone)]
pub struct Reader {
    catalog: Catalog,
    desk: Arc<Desk>,
}

/// Where indexes lie open.
#[derive(Debug)]
pub(crate) struct Desk {
    cache: Cache,
    /// One index is opened at a time: two large ones at once would be more than there is room for.
    opening: Mutex<()>,
}

impl Reader {
    /// A reader that holds about so many bytes of indexes.
    pub fn new(catalog: Catalog, bytes: usize) -> Self {
        Self { catalog, desk: Arc::new(Desk::new(bytes)) }
    }

    /// The contacts of a tenant as they are now. Costs two reads of the table, and one more for each 4 KB of marks.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when table or bucket are not reached, or the index is damaged: then it is being rebuilt.
    pub async fn now(&self, tenant: TenantId) -> Result<Snapshot> {
        self.desk.now(&self.catalog.shelf(tenant)).await
    }
}

impl Desk {
    pub(crate) fn new(bytes: usize) -> Self {
        Self { cache: Cache::new(bytes), opening: Mutex::new(()) }
    }

    /// How many tenants' indexes are held.
    #[cfg(test)]
    pub(crate) fn held(&self) -> usize {
        self.cache.len()
    }

    /// The marks are read first: a mark is removed only when the manifest has its change, so one of the two has it.
    pub(crate) async fn now(&self, shelf: &impl Shelf) -> Result<Snapshot> {
        let marks: Vec<Indexed> = shelf.marks().await?;
        for _ in 0..TRIES {
            let manifest = shelf.manifest().await?;
            if let Some(snapshot) = self.snapshot(shelf, &manifest).await? {
                return Ok(snapshot.with(&marks));
            }
        }
        Err(Error::Unavailable { service: "the index", source: "its files keep being replaced".into() })
    }

    /// The snapshot that a manifest tells of; nothing if its files were replaced meanwhile.
    async fn snapshot(&self, shelf: &impl Shelf, manifest: &Manifest) -> Result<Option<Arc<Snapshot>>> {
        if let Some(held) = self.current(shelf, manifest) {
            return Ok(Some(held.snapshot));
        }
        let _opening = self.opening.lock().await;
        if let Some(held) = self.current(shelf, manifest) {
            return Ok(Some(held.snapshot));
        }
        let held = self.cache.get(shelf.tenant());
        let files: Vec<SegmentFile> = manifest.files().collect();
        let known = |file: &SegmentFile| held.as_ref().and_then(|held| held.segment(file.id));
        let missing: Vec<SegmentFile> = files.iter().copied().filter(|file| known(file).is_none()).collect();
        let opened = match repair::open(shelf, &missing).await? {
            Opened::All(segments) => segments,
            Opened::Replaced => return Ok(None),
            Opened::Damaged => {
                shelf.ask(IndexWork::Repair).await?;
                return Err(repair::damaged());
            }
        };
        let mut opened = opened.into_iter();
        let segment = |file: &SegmentFile| Some((file.id, known(file).or_else(|| opened.next())?));
        let files: Vec<_> = files.iter().filter_map(segment).collect();
        let segments = files.iter().map(|(_, segment)| segment.clone()).collect();
        let snapshot = Arc::new(Snapshot::new(segments));
        let index = Held { generation: manifest.generation, files, snapshot: snapshot.clone() };
        self.cache.put(shelf.tenant(), index);
        Ok(Some(snapshot))
    }

    fn current(&self, shelf: &impl Shelf, manifest: &Manifest) -> Option<Held> {
        self.cache.get(shelf.tenant()).filter(|held| held.generation == manifest.generation)
    }
}

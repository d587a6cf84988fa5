//! What a reader holds: the indexes of the tenants that asked last, up to a number of bytes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::id::{SegmentId, TenantId};
use index::{Segment, Snapshot};
use lru::LruCache;

/// The index of a tenant as a manifest named its files.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    pub(crate) generation: u64,
    pub(crate) files: Vec<(SegmentId, Arc<Segment>)>,
    pub(crate) snapshot: Arc<Snapshot>,
}

impl Held {
    /// The bytes of memory that it takes. They grow while it is asked: what it is sorted by is worked out when it is first
    /// wanted.
    fn size(&self) -> usize {
        self.files.iter().map(|(_, segment)| segment.size()).sum()
    }

    /// The segment of a file.
    pub(crate) fn segment(&self, id: SegmentId) -> Option<Arc<Segment>> {
        self.files.iter().find(|(known, _)| *known == id).map(|(_, segment)| segment.clone())
    }
}

/// Indexes of tenants. Who has not asked for the longest time goes first.
#[derive(Debug)]
pub(crate) struct Cache {
    held: Mutex<LruCache<TenantId, Held>>,
    bytes: usize,
}

impl Cache {
    /// Room for so many bytes. The index of the tenant that asked last is held even if it is larger.
    pub(crate) fn new(bytes: usize) -> Self {
        Self { held: Mutex::new(LruCache::unbounded()), bytes }
    }

    pub(crate) fn get(&self, tenant: TenantId) -> Option<Held> {
        self.lock().get(&tenant).cloned()
    }

    pub(crate) fn put(&self, tenant: TenantId, index: Held) {
        let mut held = self.lock();
        held.put(tenant, index);
        let mut size: usize = held.iter().map(|(_, index)| index.size()).sum();
        while size > self.bytes && held.len() > 1 {
            let Some((_, evicted)) = held.pop_lru() else { break };
            size = size.saturating_sub(evicted.size());
        }
    }

    /// How many tenants' indexes are held.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    /// A cache is as good after a panic as before.
    fn lock(&self) -> MutexGuard<'_, LruCache<TenantId, Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

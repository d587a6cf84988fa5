//! Where the index of a tenant stands: its manifest, its files, and the contacts that it is of.

use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use domain::contact::Contact;
use domain::contact::indexed::Indexed;
use domain::contact::manifest::Manifest;
use domain::contact::upkeep::IndexWork;
use domain::id::{SegmentId, TenantId};
use domain::{Result, Timestamp};
use futures::stream::{self, StreamExt, TryStreamExt};

use crate::Catalog;

/// In how many parts the table is walked through at a time.
const PARTS: u32 = 8;

/// What the index of a tenant is kept in. Everything may fail, after it was done as well.
pub(crate) trait Shelf: Sync {
    /// Whose it is.
    fn tenant(&self) -> TenantId;

    /// Now.
    fn now(&self) -> Timestamp;

    /// Lets others go first for a while.
    fn pause(&self, time: Duration) -> impl Future<Output = ()> + Send;

    /// A name for a new file.
    fn fresh(&self) -> SegmentId;

    /// The manifest as it is now; an empty one if there is none.
    fn manifest(&self) -> impl Future<Output = Result<Manifest>> + Send;

    /// Puts a manifest in the place of another one; false if that is there no more.
    fn replace(&self, old: &Manifest, new: &Manifest) -> impl Future<Output = Result<bool>> + Send;

    /// A file, if it is there.
    fn file(&self, id: SegmentId) -> impl Future<Output = Result<Option<Bytes>>> + Send;

    /// Keeps a new file.
    fn keep(&self, id: SegmentId, bytes: Vec<u8>) -> impl Future<Output = Result<()>> + Send;

    /// The files that are there, and when they were kept.
    fn files(&self) -> impl Future<Output = Result<Vec<(SegmentId, Timestamp)>>> + Send;

    /// Removes a file, if it is there.
    fn remove(&self, id: SegmentId) -> impl Future<Output = Result<()>> + Send;

    /// Gives all contacts, as they are while this goes on, some at a time.
    fn contacts(&self, take: impl FnMut(Vec<Contact>) + Send) -> impl Future<Output = Result<()>> + Send;

    /// Changes that are perhaps not in the files yet.
    fn marks(&self) -> impl Future<Output = Result<Vec<Indexed>>> + Send;

    /// Asks for work in the background.
    fn ask(&self, work: IndexWork) -> impl Future<Output = Result<()>> + Send;
}

/// The index of a tenant, in table and bucket.
#[derive(Debug, Clone)]
pub(crate) struct TenantShelf {
    catalog: Catalog,
    tenant: TenantId,
}

impl TenantShelf {
    pub(crate) fn new(catalog: Catalog, tenant: TenantId) -> Self {
        Self { catalog, tenant }
    }

    fn folder(&self) -> String {
        format!("index/{}/", self.tenant)
    }

    fn key(&self, id: SegmentId) -> String {
        format!("{}{id}", self.folder())
    }
}

impl Shelf for TenantShelf {
    fn tenant(&self) -> TenantId {
        self.tenant
    }

    fn now(&self) -> Timestamp {
        self.catalog.clock.now()
    }

    async fn pause(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    fn fresh(&self) -> SegmentId {
        self.catalog.clock.fresh()
    }

    async fn manifest(&self) -> Result<Manifest> {
        Ok(self.catalog.store.tenant(self.tenant).manifest().get().await?.unwrap_or_default())
    }

    async fn replace(&self, old: &Manifest, new: &Manifest) -> Result<bool> {
        // An index that nobody has written to has no manifest yet.
        let old = (old.generation > 0).then_some(old);
        self.catalog.store.tenant(self.tenant).manifest().replace(old, new).await
    }

    async fn file(&self, id: SegmentId) -> Result<Option<Bytes>> {
        self.catalog.bucket.whole(&self.key(id)).await
    }

    async fn keep(&self, id: SegmentId, bytes: Vec<u8>) -> Result<()> {
        self.catalog.bucket.put(&self.key(id), bytes).await
    }

    async fn files(&self) -> Result<Vec<(SegmentId, Timestamp)>> {
        let folder = self.folder();
        let listed = self.catalog.bucket.list(&folder).await?.into_iter();
        let named = |key: &str| key.strip_prefix(&folder)?.parse().ok();
        Ok(listed.filter_map(|(key, at)| Some((named(&key)?, at))).collect())
    }

    async fn remove(&self, id: SegmentId) -> Result<()> {
        self.catalog.bucket.delete(&self.key(id)).await
    }

    async fn contacts(&self, mut take: impl FnMut(Vec<Contact>) + Send) -> Result<()> {
        let contacts = self.catalog.store.tenant(self.tenant).contacts();
        let pages = (0..PARTS).map(|part| {
            let contacts = contacts.clone();
            stream::try_unfold(Some(None), move |after| {
                let contacts = contacts.clone();
                async move {
                    let Some(after) = after else { return Ok::<_, domain::Error>(None) };
                    let (page, next) = contacts.walk_part(part, PARTS, after.as_ref()).await?;
                    Ok(Some((page, next.map(Some))))
                }
            })
            .boxed()
        });
        let mut pages = stream::select_all(pages);
        while let Some(page) = pages.try_next().await? {
            take(page);
        }
        Ok(())
    }

    async fn marks(&self) -> Result<Vec<Indexed>> {
        self.catalog.store.tenant(self.tenant).marks().all().await
    }

    async fn ask(&self, work: IndexWork) -> Result<()> {
        self.catalog.ask(self.tenant, work).await
    }
}

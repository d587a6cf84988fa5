//! Files that are missing or damaged: found when they are opened, and replaced from the table.

use std::sync::Arc;

use domain::contact::manifest::SegmentFile;
use domain::id::SegmentId;
use domain::{Error, Result};
use futures::stream::{self, StreamExt, TryStreamExt};
use index::Segment;

use crate::rebuild::rebuild;
use crate::shelf::Shelf;

/// How many files are fetched at a time.
const AT_A_TIME: usize = 8;

/// What became of opening files.
pub(crate) enum Opened {
    /// They are open.
    All(Vec<Arc<Segment>>),
    /// The manifest names others by now.
    Replaced,
    /// One is missing or damaged that the manifest names.
    Damaged,
}

/// Opens files, in their order.
pub(crate) async fn open(shelf: &impl Shelf, files: &[SegmentFile]) -> Result<Opened> {
    let opening: Vec<_> = files.iter().map(|file| open_readable(shelf, file.id)).collect();
    let opened: Vec<Option<Arc<Segment>>> = stream::iter(opening).buffered(AT_A_TIME).try_collect().await?;
    if let Some(all) = opened.iter().cloned().collect::<Option<Vec<_>>>() {
        return Ok(Opened::All(all));
    }
    let manifest = shelf.manifest().await?;
    let mut unreadable = files.iter().zip(&opened).filter(|(_, opened)| opened.is_none()).map(|(file, _)| file.id);
    let Some(id) = unreadable.find(|id| manifest.has(*id)) else { return Ok(Opened::Replaced) };
    // The template counts these lines, and an alarm tells of them.
    tracing::error!(metric = "index_file_damaged", tenant = %shelf.tenant(), file = %id, "a file of the index is unusable");
    Ok(Opened::Damaged)
}

/// The segment in a file; nothing if it is missing or damaged.
pub(crate) async fn open_readable(shelf: &impl Shelf, id: SegmentId) -> Result<Option<Arc<Segment>>> {
    let tenant = shelf.tenant();
    let Some(bytes) = shelf.file(id).await? else {
        tracing::info!(%tenant, file = %id, "a file of the index is not there");
        return Ok(None);
    };
    let decoded = Segment::decode(&bytes, tenant);
    let told = |error: &_| tracing::warn!(%tenant, file = %id, %error, "a file of the index is damaged");
    Ok(decoded.inspect_err(told).ok().map(Arc::new))
}

/// Rebuilds the index if a file that it needs is missing or damaged.
pub(crate) async fn repair(shelf: &impl Shelf) -> Result<()> {
    let files: Vec<SegmentFile> = shelf.manifest().await?.files().collect();
    match open(shelf, &files).await? {
        Opened::Damaged => rebuild(shelf).await,
        Opened::All(_) | Opened::Replaced => Ok(()),
    }
}

/// What a search is told whose index is damaged.
pub(crate) fn damaged() -> Error {
    Error::Unavailable { service: "the index", source: "it is being rebuilt from the table".into() }
}

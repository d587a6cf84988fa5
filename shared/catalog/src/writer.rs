//! Changes of a manifest, and the files that they bring in.

use std::time::Duration;

use domain::contact::indexed::Indexed;
use domain::contact::manifest::{Manifest, SegmentFile};
use domain::{Error, Result};
use index::Segment;

use crate::shelf::Shelf;

/// How often a change is tried again that somebody else was before.
const TRIES: u32 = 40;
/// The longest pause between two tries.
const PAUSE: Duration = Duration::from_millis(400);

/// Brings states in. The manifests before and after; nothing if there were no states.
pub(crate) async fn commit(shelf: &impl Shelf, states: &[Indexed]) -> Result<Option<(Manifest, Manifest)>> {
    if states.is_empty() {
        return Ok(None);
    }
    let file = keep(shelf, &Segment::build(states)).await?;
    change(shelf, file, |manifest| Some(manifest.with(file))).await
}

/// Keeps a segment in a file of its own. Nobody knows it until a manifest names it.
pub(crate) async fn keep(shelf: &impl Shelf, segment: &Segment) -> Result<SegmentFile> {
    let file = SegmentFile { id: shelf.fresh(), rows: segment.rows() as u64 };
    shelf.keep(file.id, segment.encode(shelf.tenant())).await?;
    Ok(file)
}

/// Makes a change of the manifest that brings in `file`, on whatever manifest there is; `next` says what it is to become,
/// or that it is no use any more. The manifests before and after.
pub(crate) async fn change(
    shelf: &impl Shelf,
    file: SegmentFile,
    next: impl Fn(&Manifest) -> Option<Manifest>,
) -> Result<Option<(Manifest, Manifest)>> {
    let mut pause = Duration::from_millis(5);
    for _ in 0..TRIES {
        let before = shelf.manifest().await?;
        // An earlier try may have been answered with a failure, and yet have been made.
        if before.has(file.id) {
            return Ok(Some((before.clone(), before)));
        }
        let Some(after) = next(&before) else { return Ok(None) };
        if shelf.replace(&before, &after).await? {
            return Ok(Some((before, after)));
        }
        shelf.pause(pause).await;
        pause = (pause * 2).min(PAUSE);
    }
    Err(Error::Unavailable { service: "the index", source: "too many write at the same time".into() })
}

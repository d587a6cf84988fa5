//! Upkeep: files of an index are put together, and files of no use are removed.
//!
//! Files never change, and the manifest is changed only as long as it names what was put together: whoever is killed, or
//! overtaken, leaves a file that nobody names.

use std::sync::Arc;

use chrono::TimeDelta;
use domain::contact::indexed::Indexed;
use domain::contact::manifest::{Manifest, SegmentFile, Upkeep};
use domain::contact::upkeep::IndexWork;
use domain::time::after;
use domain::{Error, Result};
use index::Segment;

use crate::repair::{self, Opened};
use crate::shelf::Shelf;
use crate::writer::{change, keep};

/// Who writes puts files of so many states together at once; larger ones are for the background.
const AT_ONCE: u64 = 20_000;
/// A contact that is gone is remembered for so long: twice as long as the change stream could tell of an earlier state.
const GONE: TimeDelta = TimeDelta::hours(48);
/// A file that no manifest names may still be on its way into one for so long: as long as any function runs.
const UNNAMED: TimeDelta = TimeDelta::minutes(16);

/// What a writer does after it brought something in.
pub(crate) async fn after_commit(shelf: &impl Shelf, before: &Manifest, after: &Manifest) -> Result<()> {
    match after.upkeep() {
        Some(Upkeep::Rewrite) if rows(after) <= AT_ONCE => rewrite_files(shelf, after, None).await,
        // Whoever brought it about asks, and now and then somebody after, should that not have been heard.
        Some(Upkeep::Rewrite) if before.upkeep() != Some(Upkeep::Rewrite) || after.deltas.len().is_multiple_of(16) => {
            shelf.ask(IndexWork::KeepUp).await
        }
        Some(Upkeep::Fold(deltas)) => fold(shelf, &deltas).await,
        _ => Ok(()),
    }
}

/// Does what is to be done, if anything.
pub(crate) async fn keep_up(shelf: &impl Shelf) -> Result<()> {
    let manifest = shelf.manifest().await?;
    match manifest.upkeep() {
        Some(Upkeep::Rewrite) => {
            rewrite_files(shelf, &manifest, None).await?;
            sweep(shelf).await
        }
        Some(Upkeep::Fold(deltas)) => fold(shelf, &deltas).await,
        None => Ok(()),
    }
}

/// Puts all files together, without those who are gone, also if that was only marked so far: of them nothing is left in any
/// file then.
pub(crate) async fn rewrite(shelf: &impl Shelf) -> Result<()> {
    let is_gone = |state: &Indexed| matches!(state, Indexed::Gone { .. });
    let gone: Vec<Indexed> = shelf.marks().await?.into_iter().filter(is_gone).collect();
    let before = shelf.manifest().await?;
    rewrite_files(shelf, &before, Some(Segment::build(&gone))).await?;
    // Who was overtaken, or found a file damaged, has not done what was asked: the queue brings it again.
    let now = shelf.manifest().await?;
    if before.files().any(|file| now.has(file.id)) {
        return Err(Error::Unavailable { service: "the index", source: "its files were being put together".into() });
    }
    sweep(shelf).await
}

fn rows(manifest: &Manifest) -> u64 {
    manifest.files().map(|file| file.rows).sum()
}

async fn rewrite_files(shelf: &impl Shelf, manifest: &Manifest, beside: Option<Segment>) -> Result<()> {
    let files: Vec<SegmentFile> = manifest.files().collect();
    let forgotten = after(shelf.now(), -GONE).timestamp_millis();
    let Some(base) = put_together(shelf, &files, beside, Some(forgotten)).await? else { return Ok(()) };
    let changed = change(shelf, base, |now| now.rewritten(&files, base)).await?;
    clear_away(shelf, &files, base, changed).await
}

async fn fold(shelf: &impl Shelf, deltas: &[SegmentFile]) -> Result<()> {
    let Some(delta) = put_together(shelf, deltas, None, None).await? else { return Ok(()) };
    let changed = change(shelf, delta, |now| now.folded(deltas, delta)).await?;
    clear_away(shelf, deltas, delta, changed).await
}

/// Removes files that were named until now: nobody names them again, and whoever still looks for one reads the manifest
/// anew.
async fn clear_away(
    shelf: &impl Shelf,
    files: &[SegmentFile],
    made: SegmentFile,
    changed: Option<(Manifest, Manifest)>,
) -> Result<()> {
    // Somebody else was first: what was made is named by nobody, and never will be.
    let Some((_, now)) = changed else { return shelf.remove(made.id).await };
    for file in files.iter().filter(|file| !now.has(file.id)) {
        shelf.remove(file.id).await?;
    }
    Ok(())
}

/// The file of what these files hold together, and of what is known beside them; nothing if there are none, or somebody
/// else replaced them meanwhile.
async fn put_together(
    shelf: &impl Shelf,
    files: &[SegmentFile],
    beside: Option<Segment>,
    forgotten: Option<i64>,
) -> Result<Option<SegmentFile>> {
    if files.is_empty() {
        return Ok(None);
    }
    let segments: Vec<Arc<Segment>> = match repair::open(shelf, files).await? {
        Opened::All(segments) => segments,
        Opened::Replaced => return Ok(None),
        Opened::Damaged => {
            shelf.ask(IndexWork::Repair).await?;
            return Ok(None);
        }
    };
    let all: Vec<&Segment> = segments.iter().map(|segment| &**segment).chain(&beside).collect();
    keep(shelf, &Segment::fold(&all, forgotten)).await.map(Some)
}

/// Removes files that no manifest names, and that nobody can be about to name.
pub(crate) async fn sweep(shelf: &impl Shelf) -> Result<()> {
    let listed = shelf.files().await?;
    // Read after the list: what was named since is named here.
    let manifest = shelf.manifest().await?;
    let old = after(shelf.now(), -UNNAMED);
    for (id, at) in listed {
        if at < old && !manifest.has(id) {
            shelf.remove(id).await?;
        }
    }
    Ok(())
}

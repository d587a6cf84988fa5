//! Rebuilding an index from the table alone.
//!
//! Contacts are read as they are while the walk goes on. What is committed meanwhile is kept; what the manifest named before
//! is not needed any more but for the contacts that are gone: what is late must not bring them back.

use domain::Result;
use domain::contact::indexed::Indexed;
use index::Segment;

use crate::repair::open_readable;
use crate::shelf::Shelf;
use crate::upkeep::sweep;
use crate::writer::{change, keep};

/// So many contacts are held before they are put into columns.
const AT_A_TIME: usize = 50_000;

/// Puts what the table holds in the place of all files that the manifest names now.
pub(crate) async fn rebuild(shelf: &impl Shelf) -> Result<()> {
    let before = shelf.manifest().await?;
    let mut gone: Vec<Indexed> = Vec::new();
    for file in before.files() {
        if let Some(segment) = open_readable(shelf, file.id).await? {
            gone.extend(segment.gone());
        }
    }
    let mut segments = vec![Segment::build(&gone)];
    drop(gone);
    let mut held: Vec<Indexed> = Vec::new();
    let taken = |contacts: Vec<domain::contact::Contact>| {
        held.extend(contacts.iter().map(Indexed::contact));
        if held.len() >= AT_A_TIME {
            segments.push(Segment::build(&std::mem::take(&mut held)));
        }
    };
    shelf.contacts(taken).await?;
    segments.push(Segment::build(&held));
    drop(held);
    let all: Vec<&Segment> = segments.iter().collect();
    let base = keep(shelf, &Segment::fold(&all, None)).await?;
    change(shelf, base, |now| Some(now.rebuilt(&before, base))).await?;
    sweep(shelf).await
}

//! Postings, folded: rows move, and values that no row has any more vanish.

use roaring::RoaringBitmap;

use crate::fold::Fold;
use crate::postings::Postings;
use crate::segment::Segment;

/// In place of the new number of a row that is in the folded segment no more.
const VANISHED: u32 = u32::MAX;

/// The new numbers of a segment's rows.
pub(super) type Moves = Vec<u32>;

impl<'a> Fold<'a> {
    /// Where the rows of each segment go.
    pub(super) fn moves(&self) -> Vec<Moves> {
        let mut moves: Vec<Moves> = self.segments.iter().map(|segment| vec![VANISHED; segment.rows()]).collect();
        for (row, source) in (0..).zip(&self.rows) {
            moves[source.segment()][source.row()] = row;
        }
        moves
    }

    pub(super) fn postings<K: Ord + Clone + 'a>(
        &self,
        moves: &[Moves],
        column: impl Fn(&'a Segment) -> &'a Postings<K>,
    ) -> Postings<K> {
        let all = self.columns(column).into_iter().zip(moves);
        let moved = all.flat_map(|(postings, moves)| {
            postings.keys.iter().zip(&postings.rows).map(move |(key, rows)| (key, moved(rows, moves)))
        });
        let Postings { keys, rows } = moved.filter(|(_, rows)| !rows.is_empty()).collect::<Postings<&K>>();
        Postings { keys: keys.into_iter().cloned().collect(), rows }
    }
}

fn moved(rows: &RoaringBitmap, moves: &Moves) -> RoaringBitmap {
    let mut moved = RoaringBitmap::new();
    // Rows stay in order, so that none is refused.
    let _ = moved.append(rows.iter().map(|row| moves[row as usize]).filter(|&row| row != VANISHED));
    moved
}

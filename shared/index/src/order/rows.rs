//! The first rows of a segment in an order.

use domain::contact::order::{Order, Position, SortField};

use super::keys::{Keys, Places};
use crate::bits::Bits;
use crate::gallop::gallop;
use crate::segment::Segment;

/// All rows of a segment in ascending order.
#[derive(Debug)]
pub(crate) struct Permutation {
    rows: Vec<u32>,
    /// So many have what they are sorted by.
    having: usize,
}

impl Permutation {
    fn of(segment: &Segment, by: SortField) -> Self {
        let keys = Keys::of(segment, by);
        let (mut having, mut lacking) = (Vec::with_capacity(segment.rows()), Vec::new());
        for (row, at) in (0..segment.rows()).zip(0_u32..) {
            match keys.key(row) {
                Some(key) => having.push((key, at)),
                None => lacking.push(at),
            }
        }
        // Rows come in the order of their ids, and many segments in that of their moments.
        having.sort();
        let rows = having.iter().map(|(_, row)| *row).chain(lacking).collect();
        Self { rows, having: having.len() }
    }

    /// The row at a place.
    fn row(&self, at: usize, descending: bool) -> u32 {
        let (having, all) = (self.having, self.rows.len());
        self.rows[match descending {
            false => at,
            true if at < having => having - 1 - at,
            true => all - 1 - (at - having),
        }]
    }

    /// Bytes of memory that it takes.
    pub(crate) fn size(&self) -> usize {
        self.rows.capacity() * 4
    }
}

/// The first `most` rows of these in the order, or of those behind the position.
pub(crate) fn first(segment: &Segment, rows: &Bits, order: Order, after: Option<&Position>, most: usize) -> Vec<u32> {
    let places = Places { keys: Keys::of(segment, order.by), descending: order.descending };
    let from = after.map_or(0, |position| places.behind(segment, position));
    let count = rows.count();
    // To walk along all rows until there are enough takes all / count steps for each, to collect them some for each.
    if count.saturating_mul(count).saturating_mul(4) > segment.rows().saturating_mul(most) {
        walked(segment, rows, order, (from > 0).then_some((&places, from)), most)
    } else {
        collected(rows, &places, from, most)
    }
}

fn walked(segment: &Segment, rows: &Bits, order: Order, from: Option<(&Places<'_>, u128)>, most: usize) -> Vec<u32> {
    let descending = order.descending;
    let all = segment.derived.order(order.by).get(|| Permutation::of(segment, order.by));
    let start =
        from.map_or(0, |(places, from)| gallop(0, segment.rows(), |at| places.of(all.row(at, descending)) < from));
    let walk = (start..segment.rows()).map(|at| all.row(at, descending));
    walk.filter(|row| rows.get(*row as usize)).take(most).collect()
}

fn collected(rows: &Bits, places: &Places<'_>, from: u128, most: usize) -> Vec<u32> {
    let rows = rows.ones().filter_map(|row| u32::try_from(row).ok());
    let mut found: Vec<(u128, u32)> =
        rows.map(|row| (places.of(row), row)).filter(|(place, _)| *place >= from).collect();
    if found.len() > most && most > 0 {
        found.select_nth_unstable(most - 1);
    }
    found.truncate(most);
    found.sort_unstable();
    found.into_iter().map(|(_, row)| row).collect()
}

//! Ranks of names: given and family names are compared with each other, for who has only one of them is sorted by that.

use std::cmp::Ordering;

use crate::dictionary::{Coded, Dictionary, NOTHING};
use crate::segment::Segment;

/// The places of a segment's given and family names among all of both: equal texts have equal ranks. The ranks are even;
/// odd ones are for texts in between. The empty text, and none, have the first.
#[derive(Debug)]
pub(crate) struct NameRanks {
    first_names: Vec<u32>,
    last_names: Vec<u32>,
}

impl NameRanks {
    pub(crate) fn of(segment: &Segment) -> Self {
        let (first, last) = (&segment.first_names.dictionary, &segment.last_names.dictionary);
        let mut ranks = Self { first_names: vec![0], last_names: vec![0] };
        let (mut firsts, mut lasts) = (first.texts().peekable(), last.texts().peekable());
        let mut rank = 0;
        while let Some(order) = match (firsts.peek(), lasts.peek()) {
            (Some(first), Some(last)) => Some(first.cmp(last)),
            (Some(_), None) => Some(Ordering::Less),
            (None, Some(_)) => Some(Ordering::Greater),
            (None, None) => None,
        } {
            let first = if order.is_le() { firsts.next() } else { None };
            let last = if order.is_ge() { lasts.next() } else { None };
            if first.or(last) != Some("") {
                rank += 2;
            }
            ranks.first_names.extend(first.map(|_| rank));
            ranks.last_names.extend(last.map(|_| rank));
        }
        ranks
    }

    /// What the row is sorted by, if it has a name.
    pub(crate) fn key(&self, segment: &Segment, row: usize) -> Option<u64> {
        let (first, last) = (segment.first_names.codes[row], segment.last_names.codes[row]);
        match (first, last) {
            (NOTHING, NOTHING) => None,
            (NOTHING, last) => Some(joined(self.last_names[last as usize], 0)),
            (first, last) => Some(joined(self.first_names[first as usize], self.last_names[last as usize])),
        }
    }

    /// What somebody of these names would be sorted by.
    pub(crate) fn key_of(&self, segment: &Segment, first: &str, second: &str) -> u64 {
        let rank = |text: &str| {
            let place = |column: &Coded, ranks: &[u32]| column.dictionary.find(text).map(|code| ranks[code as usize]);
            let place = place(&segment.first_names, &self.first_names)
                .or_else(|_| place(&segment.last_names, &self.last_names));
            place.unwrap_or_else(|_| self.between(segment, text))
        };
        joined(rank(first), rank(second))
    }

    /// The rank of a text that neither dictionary has.
    fn between(&self, segment: &Segment, text: &str) -> u32 {
        let before = |dictionary: &Dictionary, ranks: &[u32]| {
            let place = dictionary.find(text).unwrap_or_else(|place| place) as usize;
            ranks[place - 1]
        };
        let first = before(&segment.first_names.dictionary, &self.first_names);
        let last = before(&segment.last_names.dictionary, &self.last_names);
        if text.is_empty() { 0 } else { first.max(last) + 1 }
    }

    /// Bytes of memory that it takes.
    pub(crate) fn size(&self) -> usize {
        (self.first_names.capacity() + self.last_names.capacity()) * 4
    }
}

fn joined(first: u32, second: u32) -> u64 {
    u64::from(first) << 32 | u64::from(second)
}

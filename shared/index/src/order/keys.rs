//! What rows are sorted by, as numbers.

use std::cmp::Ordering;

use domain::contact::order::{Order, Position, SortField, SortKey};
use domain::id::{ContactId, Id};
use uuid::Uuid;

use super::names::NameRanks;
use crate::dictionary::NOTHING;
use crate::segment::{NEVER, Segment};

/// What the rows of a segment are sorted by. Texts count by their ranks in the segment: keys of several segments are not
/// to be compared, but for those of numbers.
#[derive(Clone, Copy)]
pub(crate) enum Keys<'a> {
    Names(&'a Segment, &'a NameRanks),
    Moments(&'a [i64]),
    Scores(&'a [f64]),
}

impl<'a> Keys<'a> {
    pub(crate) fn of(segment: &'a Segment, by: SortField) -> Self {
        match by {
            SortField::Name => Self::Names(segment, segment.derived.names.get(|| NameRanks::of(segment))),
            SortField::CreatedAt => Self::Moments(&segment.created),
            SortField::LastActivity => Self::Moments(&segment.last_activity),
            SortField::Score => Self::Scores(&segment.scores),
        }
    }

    /// The row's key; nothing if it lacks what it is sorted by.
    pub(crate) fn key(self, row: usize) -> Option<u64> {
        match self {
            Self::Names(segment, ranks) => ranks.key(segment, row),
            Self::Moments(moments) => Some(moments[row]).filter(|at| *at != NEVER).map(of_moment),
            Self::Scores(scores) => Some(scores[row]).filter(|score| !score.is_nan()).map(of_score),
        }
    }
}

fn of_moment(at: i64) -> u64 {
    at.cast_unsigned() ^ 1 << 63
}

/// As [`f64::total_cmp`] has it.
fn of_score(score: f64) -> u64 {
    let bits = score.to_bits();
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

/// The place of a row in an order of its segment: places compare as rows follow each other.
pub(crate) struct Places<'a> {
    pub(crate) keys: Keys<'a>,
    pub(crate) descending: bool,
}

/// Behind all rows that have what they are sorted by.
const LACKING: u128 = 1 << 96;

impl Places<'_> {
    /// The row's place.
    pub(crate) fn of(&self, row: u32) -> u128 {
        self.place(self.keys.key(row as usize)) + u128::from(if self.descending { !row } else { row })
    }

    fn place(&self, key: Option<u64>) -> u128 {
        key.map_or(LACKING, |key| u128::from(if self.descending { !key } else { key }) << 32)
    }

    /// The first place that is behind the position, which need not be that of a row.
    pub(crate) fn behind(&self, segment: &Segment, position: &Position) -> u128 {
        let key = match (self.keys, &position.key) {
            (_, SortKey::Nothing) => None,
            (Keys::Names(segment, ranks), SortKey::Name(first, last)) => Some(ranks.key_of(segment, first, last)),
            (Keys::Moments(_), SortKey::Moment(at)) => Some(of_moment(*at)),
            (Keys::Scores(_), SortKey::Score(score)) => Some(of_score(*score)),
            // Of another order: names come first, then moments, then scores, as `Order::compare` has it.
            (_, SortKey::Name(..)) | (Keys::Scores(_), SortKey::Moment(_)) => return 0,
            (_, SortKey::Moment(_) | SortKey::Score(_)) => return LACKING,
        };
        let id = position.id.uuid().as_u128();
        let rows = |count: usize| count as u128;
        // Of the rows that are alike, those with greater ids are behind, or with lesser ones.
        self.place(key)
            + if self.descending {
                (1 << 32) - rows(segment.ids.partition_point(|its| *its < id))
            } else {
                rows(segment.ids.partition_point(|its| *its <= id))
            }
    }
}

/// What a row is sorted by, to be compared with rows of other segments.
#[derive(Clone, Copy)]
pub(crate) struct Head<'a> {
    key: Key<'a>,
    pub(crate) id: u128,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Key<'a> {
    Names(&'a str, &'a str),
    Number(u64),
    Nothing,
}

impl<'a> Head<'a> {
    pub(crate) fn of(segment: &'a Segment, by: SortField, row: u32) -> Self {
        let row = row as usize;
        let key = match by {
            SortField::Name => names(segment, row).map(|(first, last)| Key::Names(first, last)),
            by => Keys::of(segment, by).key(row).map(Key::Number),
        };
        Self { key: key.unwrap_or(Key::Nothing), id: segment.ids[row] }
    }

    /// Which of two comes first.
    pub(crate) fn compare(&self, other: &Self, descending: bool) -> Ordering {
        let turned = |order: Ordering| if descending { order.reverse() } else { order };
        let keys = match (self.key, other.key) {
            (Key::Nothing, _) | (_, Key::Nothing) => self.key.cmp(&other.key),
            (one, other) => turned(one.cmp(&other)),
        };
        keys.then_with(|| turned(self.id.cmp(&other.id)))
    }
}

/// By what the row is sorted in the order of names.
fn names(segment: &Segment, row: usize) -> Option<(&str, &str)> {
    let (first, last) = (&segment.first_names, &segment.last_names);
    match (first.codes[row], last.codes[row]) {
        (NOTHING, NOTHING) => None,
        (NOTHING, code) => Some((last.dictionary.text(code), "")),
        (code, other) => Some((first.dictionary.text(code), last.dictionary.text(other))),
    }
}

/// The row's position in the order.
pub(crate) fn position(segment: &Segment, order: Order, row: u32) -> Position {
    let row = row as usize;
    let moment = |at: i64| Some(at).filter(|at| *at != NEVER).map(SortKey::Moment);
    let key = match order.by {
        SortField::Name => names(segment, row).map(|(first, last)| SortKey::Name(first.to_owned(), last.to_owned())),
        SortField::CreatedAt => moment(segment.created[row]),
        SortField::LastActivity => moment(segment.last_activity[row]),
        SortField::Score => Some(segment.scores[row]).filter(|score| !score.is_nan()).map(SortKey::Score),
    };
    Position { key: key.unwrap_or(SortKey::Nothing), id: contact_id(segment.ids[row]) }
}

/// The contact of these bits.
pub(crate) fn contact_id(bits: u128) -> ContactId {
    ContactId::from_uuid(Uuid::from_u128(bits))
}

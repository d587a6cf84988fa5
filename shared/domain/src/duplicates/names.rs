//! What the names say for and against two contacts being one person.

use super::blocks::Blocks;
use super::likeness::Likeness;
use super::people::{People, Person};
use super::values::ValueId;
use super::{STRANGERS, log_chance};

/// How likely a stranger has a certain name, before anything is known of the tenant's contacts.
const COMMONNESS: f64 = 1.0 / 200.0;
/// How often the two names of one person are alike in each of the steps of [`Likeness`].
const OF_ONE_PERSON: [f64; Likeness::COUNT] = [0.75, 0.12, 0.05, 0.08];
/// The same for the names of two persons; that they are the same is counted instead.
const OF_STRANGERS: [f64; Likeness::COUNT] = [1.0, 0.003, 0.015, 1.0];
/// Bits against: people keep their first names, so this is somebody else of the family or of the office.
const OTHER_FIRST_NAME: f64 = -10.0;
/// Bits against: people marry.
const OTHER_LAST_NAME: f64 = -5.0;
/// Bits against: a form has two fields, and now and then somebody takes the one for the other.
const SWAPPED: f64 = -1.0;

/// What the names say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Names {
    /// For, or if negative against, being the same person.
    pub(super) bits: f64,
    /// The first names are two names.
    pub(super) other_first_name: bool,
    /// The last names are two names.
    pub(super) other_last_name: bool,
    /// Both have a name to compare.
    known: bool,
}

impl Names {
    /// Of the names as they stand, or swapped if they are more alike then.
    pub(super) fn of(people: &People, blocks: &Blocks, one: &Person, other: &Person) -> Self {
        let pair = |mine, theirs| Pair::of(people, blocks, mine, theirs);
        let straight = Self::both(pair(one.first_name, other.first_name), pair(one.last_name, other.last_name));
        if straight.similar() {
            return straight;
        }
        let mut crossed = Self::both(pair(one.first_name, other.last_name), pair(one.last_name, other.first_name));
        crossed.bits += SWAPPED;
        if crossed.bits > straight.bits { crossed } else { straight }
    }

    /// Both have a name, and none speaks against.
    pub(super) fn similar(self) -> bool {
        self.known && !self.other_first_name && !self.other_last_name
    }

    fn both(first: Option<Pair>, last: Option<Pair>) -> Self {
        let different = |pair: Option<Pair>| pair.is_some_and(|pair| pair.likeness == Likeness::Different);
        let bits = |pair: Option<Pair>, against| match pair {
            Some(pair) if pair.likeness == Likeness::Different => against,
            Some(pair) => pair.bits,
            None => 0.0,
        };
        Self {
            bits: bits(first, OTHER_FIRST_NAME) + bits(last, OTHER_LAST_NAME),
            other_first_name: different(first),
            other_last_name: different(last),
            known: first.is_some() || last.is_some(),
        }
    }
}

/// One name of each.
#[derive(Debug, Clone, Copy)]
struct Pair {
    likeness: Likeness,
    bits: f64,
}

impl Pair {
    fn of(people: &People, blocks: &Blocks, one: Option<ValueId>, other: Option<ValueId>) -> Option<Self> {
        let (one, other) = (one?, other?);
        let likeness = if one == other {
            Likeness::Same
        } else {
            Likeness::of_names(people.values.text(one), people.values.text(other))
        };
        let chance = match likeness {
            Likeness::Same => {
                let others = blocks.members(one).len().saturating_sub(2) as f64;
                (others + 0.5 + STRANGERS * COMMONNESS) / (people.all.len() as f64 + STRANGERS)
            }
            step => OF_STRANGERS[step as usize],
        };
        Some(Self { likeness, bits: log_chance(OF_ONE_PERSON[likeness as usize], chance) })
    }
}

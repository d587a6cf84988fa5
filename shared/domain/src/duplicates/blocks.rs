//! Who is compared with whom: people who share a value, and of a value that many share only those with names alike.

use super::people::{Order, People};
use super::values::{Field, ValueId};

/// How many of those who follow in the order of names each is compared with, in each block.
pub(super) const WINDOW: usize = 8;
/// How many each is compared with in each order, the smallest blocks first: there may be a hundred custom fields.
pub(super) const MOST: usize = 128;
/// A custom field's value that more than one in this many have is no reason to compare people.
const COMMON: usize = 8;

/// For each value those who have it, in the order of names.
#[derive(Debug)]
pub(super) struct Blocks {
    starts: Vec<u32>,
    members: Vec<u32>,
    people: usize,
}

impl Blocks {
    /// The blocks of `people` as they are sorted now. Whoever has a value alone is in no block.
    pub(super) fn new(people: &People) -> Self {
        let starts = starts(people);
        let mut ends = starts.clone();
        let mut members = vec![0; starts.last().map_or(0, |end| *end as usize)];
        for (at, person) in (0_u32..).zip(&people.all) {
            for value in people.values_of(person).map(ValueId::index) {
                if starts[value] < starts[value + 1] {
                    members[ends[value] as usize] = at;
                    ends[value] += 1;
                }
            }
        }
        Self { starts, members, people: people.all.len() }
    }

    /// The places of all who have the value, none if there is only one.
    pub(super) fn members(&self, value: ValueId) -> &[u32] {
        &self.members[self.starts[value.index()] as usize..self.starts[value.index() + 1] as usize]
    }

    /// Puts the places of those whom the person at `at` is to be compared with into `found`, each once.
    ///
    /// In the order of first names only large blocks are looked at: all pairs of a small one were seen before.
    pub(super) fn neighbours(&self, people: &People, order: Order, at: u32, found: &mut Vec<u32>) {
        found.clear();
        let values = people.values_of(&people.all[at as usize]);
        let looked_at = values.filter(|value| self.is_looked_at(people, order, *value));
        let mut blocks: Vec<&[u32]> = looked_at.map(|value| self.members(value)).collect();
        blocks.sort_by_key(|members| members.len());
        for members in blocks {
            let next = members.partition_point(|member| *member <= at);
            found.extend(members[next..].iter().take(WINDOW.min(MOST - found.len())));
        }
        found.sort_unstable();
        found.dedup();
    }

    fn is_looked_at(&self, people: &People, order: Order, value: ValueId) -> bool {
        let (size, field) = (self.members(value).len(), people.values.field(value));
        let small = size <= WINDOW + 1;
        let says_nothing = field.number().is_some() && size > self.people / COMMON;
        let worth_it = if small { order == Order::LastName } else { !says_nothing };
        // A name is no reason by itself.
        field != Field::NAME && size > 1 && worth_it
    }
}

/// Where each value's block starts, by the index of the value, and behind them all the end.
fn starts(people: &People) -> Vec<u32> {
    let mut starts = vec![0_u32; people.values.len() + 1];
    for value in people.all.iter().flat_map(|person| people.values_of(person)) {
        starts[value.index()] += 1;
    }
    let mut sum = 0_u32;
    for start in &mut starts {
        let size = if *start > 1 { *start } else { 0 };
        *start = sum;
        sum = sum.saturating_add(size);
    }
    starts
}

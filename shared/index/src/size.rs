//! How much memory a segment takes, for those who keep several.

use roaring::RoaringBitmap;

use crate::dictionary::Coded;
use crate::postings::Postings;
use crate::segment::Segment;

/// What the allocator takes for itself with each piece of memory.
const PIECE: usize = 16;
/// A container of 65,536 rows that are many.
const DENSE: usize = 8 * 1024;
/// What tells of a container.
const CONTAINER: usize = 40;
/// Room for so many containers is taken at once.
const FIRST_CONTAINERS: usize = 4;

impl Segment {
    /// How many bytes of memory it takes, as far as that can be told. It grows as queries compute what they need.
    pub fn size(&self) -> usize {
        let bits = [&self.contacts, &self.active, &self.do_not_contact];
        let bytes = [&self.lifecycle_stages, &self.lead_stages, &self.opt_in, &self.mailboxes.bytes];
        let numbers = [&self.versions, &self.revisions, &self.bookings, &self.mailboxes.starts];
        size_of::<Self>()
            + of_vec(&self.ids)
            + of_vec(&self.gone)
            + of_vec(&self.phones)
            + of_vec(&self.scores)
            + of_vec(&self.created)
            + of_vec(&self.last_activity)
            + bits.iter().map(|bits| bits.size()).sum::<usize>()
            + bytes.iter().map(|bytes| of_vec(bytes)).sum::<usize>()
            + numbers.iter().map(|numbers| of_vec(numbers)).sum::<usize>()
            + self.coded().into_iter().map(of_coded).sum::<usize>()
            + self.tags.keys.iter().map(|tag| tag.capacity() + PIECE).sum::<usize>()
            + of_postings(&self.tags)
            + of_postings(&self.groups)
            + of_postings(&self.types)
            + self.derived.size()
    }
}

fn of_vec<T>(vec: &Vec<T>) -> usize {
    PIECE + vec.capacity() * size_of::<T>()
}

fn of_coded(coded: &Coded) -> usize {
    2 * PIECE + coded.dictionary.size() + of_vec(&coded.codes)
}

fn of_postings<K>(postings: &Postings<K>) -> usize {
    of_vec(&postings.keys) + of_vec(&postings.rows) + postings.rows.iter().map(of_rows).sum::<usize>()
}

/// Roaring's own figures take the sparse for twice of what they are, and the dense for eight times.
fn of_rows(rows: &RoaringBitmap) -> usize {
    let figures = rows.statistics();
    let containers = figures.n_containers as usize;
    let sparse = figures.n_bytes_array_containers as usize / 2;
    let dense = figures.n_bitset_containers as usize * DENSE;
    let room = containers.next_power_of_two().max(FIRST_CONTAINERS) * CONTAINER + PIECE;
    room + containers * PIECE + sparse + dense + figures.n_bytes_run_containers as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_and_postings_take_what_they_hold() {
        let empty = Segment::build([]);
        let ids = Segment { ids: Vec::with_capacity(1_000), ..empty.clone() };
        assert_eq!(ids.size() - empty.size(), 16_000);
        let postings = |step: usize| [(0, (0..65_536).step_by(step).collect())].into_iter().collect();
        let grown = |step| Segment { groups: postings(step), ..empty.clone() }.size() - empty.size();
        assert!((DENSE..DENSE + 500).contains(&grown(2)), "{}", grown(2));
        assert!((2 * 656..4 * 656 + 500).contains(&grown(100)), "{}", grown(100));
    }
}

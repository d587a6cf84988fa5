//! Lists: postings the other way round, for each row the values that it has.

use crate::postings::Postings;

/// So many rows are filled at a time: as many as a processor keeps at hand.
const BLOCK: u32 = 1 << 14;

/// The values of each row, by their places among all.
#[derive(Debug)]
pub(crate) struct Lists {
    places: Vec<u32>,
    /// Where each row's begin, and the end.
    starts: Vec<u32>,
}

impl Lists {
    /// The lists of so many rows.
    pub(crate) fn of<K>(postings: &Postings<K>, rows: usize) -> Self {
        // How many values each row has, one place behind; then where its values begin, and as they are put there, the end.
        let mut starts = vec![0; rows + 2];
        postings.rows.iter().flatten().for_each(|row| starts[row as usize + 2] += 1);
        let mut all = 0;
        for start in &mut starts {
            all += *start;
            *start = all;
        }
        let mut places = vec![0; all as usize];
        let end = u32::try_from(rows).unwrap_or(u32::MAX);
        for block in (0..end).step_by(BLOCK as usize) {
            let block = block..end.min(block.saturating_add(BLOCK));
            for (place, rows) in (0..).zip(&postings.rows) {
                for row in rows.range(block.clone()) {
                    let next = &mut starts[row as usize + 1];
                    places[*next as usize] = place;
                    *next += 1;
                }
            }
        }
        Self { places, starts }
    }

    /// The row's values, in order.
    pub(crate) fn of_row(&self, row: usize) -> &[u32] {
        &self.places[self.starts[row] as usize..self.starts[row + 1] as usize]
    }

    /// Bytes of memory that they take.
    pub(crate) fn size(&self) -> usize {
        (self.places.capacity() + self.starts.capacity()) * 4
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::{btree_set, vec};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn each_row_has_the_values_whose_postings_have_it(postings in vec(btree_set(0..20_u32, 1..9), 0..9)) {
            let keyed: Postings<usize> = postings.iter().map(|rows| rows.iter().copied().collect()).enumerate().collect();
            let lists = Lists::of(&keyed, 20);
            for row in 0..20 {
                let values = (0..).zip(&postings).filter(|(_, rows)| rows.contains(&row)).map(|(value, _)| value);
                prop_assert_eq!(lists.of_row(row as usize), values.collect::<Vec<u32>>());
            }
        }
    }
}

//! Sifting rows: of those that are left, the ones that stay.

use crate::bits::Bits;

/// With so few rows left of 64, each is looked at alone.
const FEW: u32 = 8;

impl Bits {
    /// Whether any is set.
    pub(crate) fn any(&self) -> bool {
        self.words().iter().any(|word| *word != 0)
    }

    /// Where bits are set, in order, from a place on.
    pub(crate) fn ones_from(&self, from: usize) -> impl Iterator<Item = usize> {
        let first = from / 64;
        let words = self.words().iter().enumerate().skip(first);
        words.flat_map(move |(at, &word)| {
            let mut rest = if at == first { word & (u64::MAX << (from % 64)) } else { word };
            std::iter::from_fn(move || {
                let bit = (rest != 0).then(|| rest.trailing_zeros() as usize)?;
                rest &= rest - 1;
                Some(at * 64 + bit)
            })
        })
    }

    /// Calls `with` for what is in the column, row by row.
    pub(crate) fn each_of<T: Copy>(&self, column: &[T], mut with: impl FnMut(T)) {
        for (&word, values) in self.words().iter().zip(column.chunks(64)) {
            if word == u64::MAX {
                values.iter().for_each(|value| with(*value));
            } else {
                let mut rest = word;
                while rest != 0 {
                    with(values[rest.trailing_zeros() as usize]);
                    rest &= rest - 1;
                }
            }
        }
    }

    /// How many are set in both.
    pub(crate) fn common(&self, other: &Self) -> u64 {
        self.words().iter().zip(other.words()).map(|(one, other)| u64::from((one & other).count_ones())).sum()
    }

    /// Clears all.
    pub(crate) fn clear_all(&mut self) {
        self.words_mut().fill(0);
    }

    /// Keeps the rows of which the test holds.
    pub(crate) fn keep(&mut self, test: impl Fn(usize) -> bool) {
        for (at, word) in self.words_mut().iter_mut().enumerate() {
            *word = those_of(*word, |bit| test(at * 64 + bit));
        }
    }

    /// Keeps the rows of which the test holds of what is in the column. The test must be cheap.
    pub(crate) fn keep_by<T: Copy>(&mut self, column: &[T], test: impl Fn(T) -> bool) {
        for (word, values) in self.words_mut().iter_mut().zip(column.chunks(64)) {
            *word = if word.count_ones() <= FEW {
                those_of(*word, |bit| test(values[bit]))
            } else {
                *word & all_of(values, &test)
            };
        }
    }
}

fn those_of(word: u64, test: impl Fn(usize) -> bool) -> u64 {
    let (mut rest, mut kept) = (word, 0);
    while rest != 0 {
        let bit = rest.trailing_zeros();
        kept |= u64::from(test(bit as usize)) << bit;
        rest &= rest - 1;
    }
    kept
}

/// The bits of the values of which the test holds; 64 values at most.
pub(crate) fn all_of<T: Copy>(values: &[T], test: impl Fn(T) -> bool) -> u64 {
    let bits = values.iter().enumerate();
    bits.fold(0, |bits, (at, value)| bits | (u64::from(test(*value)) << at))
}

/// Whether 64 or fewer values of a column are in a set of codes, as bits.
pub(crate) fn codes_in(codes: &[u32], set: &Bits) -> u64 {
    all_of(codes, |code| set.get(code as usize))
}

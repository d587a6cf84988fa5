//! A bit for each row of a segment.

/// Bits, all of them clear at first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Bits {
    words: Vec<u64>,
    len: usize,
}

impl Bits {
    /// `len` clear bits.
    pub(crate) fn new(len: usize) -> Self {
        Self { words: vec![0; len.div_ceil(64)], len }
    }

    /// `len` set bits.
    pub(crate) fn full(len: usize) -> Self {
        let mut bits = Self { words: vec![u64::MAX; len.div_ceil(64)], len };
        bits.clear_tail();
        bits
    }

    /// The bits in these words, lowest first; bits behind `len` are passed over. Nothing if there are not enough words.
    pub(crate) fn of_words(words: Vec<u64>, len: usize) -> Option<Self> {
        let mut bits = Self { words, len };
        (bits.words.len() == len.div_ceil(64)).then(|| {
            bits.clear_tail();
            bits
        })
    }

    fn clear_tail(&mut self) {
        if let (Some(last), rest @ 1..) = (self.words.last_mut(), self.len % 64) {
            *last &= (1 << rest) - 1;
        }
    }

    /// How many bits there are.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The words, for work on 64 rows at a time. Bits behind the last row are clear, and must stay so.
    pub(crate) fn words(&self) -> &[u64] {
        &self.words
    }

    pub(crate) fn words_mut(&mut self) -> &mut [u64] {
        &mut self.words
    }

    pub(crate) fn set(&mut self, at: usize) {
        self.words[at / 64] |= 1 << (at % 64);
    }

    pub(crate) fn clear(&mut self, at: usize) {
        self.words[at / 64] &= !(1 << (at % 64));
    }

    pub(crate) fn get(&self, at: usize) -> bool {
        self.words[at / 64] >> (at % 64) & 1 == 1
    }

    /// How many are set.
    pub(crate) fn count(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Bytes of memory that they take.
    pub(crate) fn size(&self) -> usize {
        self.words.capacity() * 8
    }

    /// Keeps those that are set in both.
    pub(crate) fn and(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word &= other);
    }

    /// Adds those that are set in the other.
    pub(crate) fn or(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word |= other);
    }

    /// Keeps those that are not set in the other.
    pub(crate) fn and_not(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word &= !other);
    }

    /// Where bits are set, in order.
    pub(crate) fn ones(&self) -> impl Iterator<Item = usize> {
        self.ones_from(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bits_are_what_was_set(len in 1..300_usize, set in prop::collection::btree_set(0..300_usize, 0..50)) {
            let mut bits = Bits::new(len);
            let set: Vec<usize> = set.into_iter().filter(|&at| at < len).collect();
            set.iter().for_each(|&at| bits.set(at));
            prop_assert_eq!(bits.ones().collect::<Vec<_>>(), set.clone());
            prop_assert_eq!(bits.count(), set.len());
            let mut rest = Bits::full(len);
            rest.and_not(&bits);
            prop_assert_eq!(rest.count(), len - set.len());
            prop_assert_eq!(Bits::of_words(bits.words().to_vec(), len), Some(bits));
        }
    }
}

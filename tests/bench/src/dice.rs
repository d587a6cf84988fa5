//! Numbers that look random, the same every time (SplitMix64).

/// A sequence of numbers.
#[derive(Debug, Clone)]
pub(crate) struct Dice {
    state: u64,
}

impl Dice {
    /// The sequence that belongs to the seed and these numbers.
    pub(crate) fn new(seed: u64, numbers: &[u64]) -> Self {
        let mut dice = Self { state: seed };
        for number in numbers {
            dice.state = dice.next() ^ number;
        }
        dice
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    /// A number from 0 to less than `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    /// A number from 0 to less than `end`: the more often the smaller, as Zipf's law has it.
    pub(crate) fn uneven(&mut self, end: u64) -> u64 {
        let part = self.next() as f64 / u64::MAX as f64;
        ((end as f64).powf(part) as u64 - 1).min(end.saturating_sub(1))
    }

    /// True so often in a hundred times.
    pub(crate) fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of them.
    pub(crate) fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::try_from(self.below(all.len() as u64)).unwrap_or_default()]
    }
}

//! Typing errors: whether words begin like a given one but for a few, told of many sorted words at a time.
//!
//! The distances of the beginnings of a word (optimal string alignment) are rows of a table. What a word shares with the
//! one before needs no new rows, and what is settled by a beginning is settled for all words that begin so.

use domain::contact::words::Words;

/// Whether a word begins like the given one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Like,
    Unlike,
}

/// A word and how far from it the beginnings of another are.
pub(crate) struct Errors {
    wanted: Vec<char>,
    allowed: usize,
    /// One more than is allowed, which stands for all that is more.
    too_many: u8,
    /// The other word's letters, as far as they were looked at.
    letters: Vec<char>,
    /// After so many letters of the other word, the distances from each beginning of the wanted one.
    rows: Vec<Vec<u8>>,
    /// After so many letters of the other word it was clear.
    settled: Option<(usize, Verdict)>,
}

impl Errors {
    /// For a word that may have errors.
    pub(crate) fn of(word: &str) -> Option<Self> {
        let (wanted, allowed) = (word.chars().collect::<Vec<_>>(), Words::errors_allowed(word));
        let too_many = u8::try_from(allowed).ok().filter(|allowed| *allowed > 0)? + 1;
        let mut rows = vec![vec![too_many; wanted.len() + 1]; wanted.len() + allowed + 1];
        for (distance, cell) in (0..too_many).zip(&mut rows[0]) {
            *cell = distance;
        }
        Some(Self { wanted, allowed, too_many, letters: Vec::new(), rows, settled: None })
    }

    /// The verdict on a word that begins with so many letters like the last one that was judged, if they settle it.
    pub(crate) fn settled(&self, shared: usize) -> Option<Verdict> {
        self.settled.filter(|(letters, _)| *letters <= shared).map(|(_, verdict)| verdict)
    }

    /// The verdict on a word that begins with so many letters like the last one that was judged, and is not settled.
    pub(crate) fn judge(&mut self, shared: usize, word: &str) -> Verdict {
        self.letters.truncate(shared);
        for letter in word.chars().skip(shared) {
            self.letters.push(letter);
            if let Some(verdict) = self.settle() {
                self.settled = Some((self.letters.len(), verdict));
                return verdict;
            }
        }
        self.settled = None;
        Verdict::Unlike
    }

    /// Fills the row behind the last letter, and tells what it settles.
    fn settle(&mut self) -> Option<Verdict> {
        let (at, length) = (self.letters.len(), self.wanted.len());
        let Some(mut row) = self.rows.get_mut(at).map(std::mem::take) else { return Some(Verdict::Unlike) };
        // Farther from the diagonal all is more than allowed.
        let near = at.saturating_sub(self.allowed)..=length.min(at + self.allowed);
        let mut least = self.too_many;
        for to in near {
            row[to] = self.distance(&row, at, to).min(self.too_many);
            least = least.min(row[to]);
        }
        let whole = row[length];
        self.rows[at] = row;
        match (whole < self.too_many, least < self.too_many) {
            (true, _) => Some(Verdict::Like),
            (false, true) => None,
            (false, false) => Some(Verdict::Unlike),
        }
    }

    /// The distance of the first `at` letters, at least one, from the first `to` that are wanted; `row` is its row so far.
    fn distance(&self, row: &[u8], at: usize, to: usize) -> u8 {
        let (last, letter) = (&self.rows[at - 1], self.letters[at - 1]);
        let mut distance = last[to] + 1;
        if to > 0 {
            let other = u8::from(self.wanted[to - 1] != letter);
            distance = distance.min(row[to - 1] + 1).min(last[to - 1] + other);
        }
        if at > 1 && to > 1 && self.wanted[to - 2] == letter && self.wanted[to - 1] == self.letters[at - 2] {
            distance = distance.min(self.rows[at - 2][to - 2] + 1);
        }
        distance
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::contact::Profile;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3_000))]

        #[test]
        fn sorted_words_are_judged_as_each_alone_would_be(
            wanted in "[a-cж]{4,11}", mut others in prop::collection::btree_set("[a-cж]{1,14}", 1..60),
        ) {
            // Some that are near.
            for at in 0..wanted.chars().count() {
                let mut letters: Vec<char> = wanted.chars().collect();
                letters.remove(at);
                others.insert(letters.iter().collect());
                letters.rotate_left(1);
                others.insert(letters.iter().collect());
                letters.swap(at / 2, at / 3);
                letters.insert(at / 2, 'b');
                others.insert(letters.into_iter().collect());
            }
            let words = Words { words: vec![wanted.clone()], typos: true };
            let Some(mut errors) = Errors::of(&wanted) else {
                prop_assert_eq!(Words::errors_allowed(&wanted), 0);
                return Ok(());
            };
            let mut last = String::new();
            for other in others {
                let shared = other.chars().zip(last.chars()).take_while(|(one, other)| one == other).count();
                let verdict = errors.settled(shared).unwrap_or_else(|| errors.judge(shared, &other));
                let profile = Profile { company: Some(other.clone()), ..Profile::default() };
                // Further in, a part is found, but without errors.
                let is_part = other.contains(&wanted) && verdict == Verdict::Unlike;
                prop_assert_eq!(verdict == Verdict::Like || is_part, words.are_in(&profile), "{} in {}", &wanted, &other);
                last = other;
            }
        }
    }
}

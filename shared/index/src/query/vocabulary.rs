//! Vocabularies: the words of a dictionary's texts, among which typing errors are looked for.

use domain::contact::words::Words;

use super::typos::{Errors, Verdict};
use crate::bits::Bits;
use crate::dictionary::Dictionary;

/// The distinct words of a dictionary's texts, sorted.
#[derive(Debug, Default)]
pub(crate) struct Vocabulary {
    /// One after the other, and where each begins, and the end.
    words: String,
    starts: Vec<u32>,
    /// With how many letters each begins like the one before it; 255 stands for more, too.
    shared: Vec<u8>,
    /// The codes of the texts that hold each, one after the other, and where each word's begin, and the end.
    codes: Vec<u32>,
    code_starts: Vec<u32>,
}

impl Vocabulary {
    /// The words of these texts.
    pub(crate) fn of(dictionary: &Dictionary) -> Self {
        let texts = (1_u32..).zip(dictionary.texts());
        let words = texts.flat_map(|(code, text)| Words::of_text(text).map(move |word| (word, code)));
        let mut words: Vec<(&str, u32)> = words.collect();
        words.sort_unstable();
        words.dedup();
        let (mut vocabulary, mut last) = (Self::default(), None);
        for (word, code) in words {
            if last != Some(word) {
                vocabulary.begin(word, last.unwrap_or_default());
                last = Some(word);
            }
            vocabulary.codes.push(code);
        }
        vocabulary.end();
        vocabulary
    }

    fn begin(&mut self, word: &str, last: &str) {
        self.end();
        self.words.push_str(word);
        let shared = word.chars().zip(last.chars()).take_while(|(one, other)| one == other).count();
        self.shared.push(u8::try_from(shared).unwrap_or(u8::MAX));
    }

    fn end(&mut self) {
        let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        self.starts.push(number(self.words.len()));
        self.code_starts.push(number(self.codes.len()));
    }

    /// Adds the codes of the texts of which a word begins like this one, but for the typing errors that it may have.
    pub(crate) fn add_like(&self, word: &str, codes: &mut Bits) {
        let Some(mut errors) = Errors::of(word) else { return };
        for (at, &shared) in self.shared.iter().enumerate() {
            let verdict = errors.settled(shared.into()).unwrap_or_else(|| errors.judge(shared.into(), self.word(at)));
            if verdict == Verdict::Like {
                let its = self.code_starts[at] as usize..self.code_starts[at + 1] as usize;
                self.codes[its].iter().for_each(|&code| codes.set(code as usize));
            }
        }
    }

    /// Bytes of memory that it takes.
    pub(crate) fn size(&self) -> usize {
        let numbers = self.starts.capacity() + self.codes.capacity() + self.code_starts.capacity();
        self.words.capacity() + self.shared.capacity() + numbers * 4
    }

    fn word(&self, at: usize) -> &str {
        &self.words[self.starts[at] as usize..self.starts[at + 1] as usize]
    }
}

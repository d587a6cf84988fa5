//! Texts of dictionaries: which of them hold, or begin with, what is looked for.

use std::ops::Range;

use memchr::memmem::Finder;

use crate::bits::Bits;
use crate::dictionary::{Coded, Dictionary, END, NOTHING};
use crate::gallop::gallop;
use crate::segment::Mailboxes;

/// Calls `found` with the place of each text that holds the needle. The texts stand one after the other, each with an
/// [`END`] behind it; `starts` tells where each begins, and the end.
fn each_holding(bytes: &[u8], starts: &[u32], needle: &Finder<'_>, mut found: impl FnMut(usize)) {
    // No match runs from a text into the next: the needle would have to hold the end.
    if needle.needle().contains(&END) {
        return;
    }
    let (mut from, mut text) = (0, 0);
    while let Some(at) = needle.find(&bytes[from..]) {
        text = gallop(text, starts.len(), |text| starts[text] as usize <= from + at) - 1;
        found(text);
        from = starts[text + 1] as usize;
    }
}

impl Dictionary {
    /// Adds the codes of the texts that hold the needle, which is not empty.
    pub(crate) fn add_holding(&self, needle: &Finder<'_>, codes: &mut Bits) {
        each_holding(self.bytes(), self.starts(), needle, |text| codes.set(text + 1));
    }

    /// The codes of the texts that begin so.
    pub(crate) fn beginning_with(&self, prefix: &str) -> Range<u32> {
        let start = self.find(prefix).unwrap_or_else(|place| place);
        let rest = &self.starts()[start as usize - 1..self.len()];
        let bytes = self.bytes();
        let count = rest.partition_point(|&at| bytes[at as usize..].starts_with(prefix.as_bytes()));
        start..start.saturating_add(u32::try_from(count).unwrap_or(u32::MAX))
    }
}

impl Coded {
    /// Keeps the rows whose text holds the needle, which is not empty.
    pub(crate) fn keep_holding(&self, rows: &mut Bits, needle: &str) {
        let needle = Finder::new(needle);
        if rows.count() * 16 < self.dictionary.len() {
            return rows.keep(|row| needle.find(self.dictionary.text_bytes(self.codes[row])).is_some());
        }
        let mut codes = Bits::new(self.dictionary.codes());
        self.dictionary.add_holding(&needle, &mut codes);
        self.keep_coded(rows, &codes);
    }

    /// Keeps the rows that have one of the codes.
    pub(crate) fn keep_coded(&self, rows: &mut Bits, codes: &Bits) {
        if codes.any() {
            rows.keep_by(&self.codes, |code| codes.get(code as usize));
        } else {
            rows.clear_all();
        }
    }

    /// Keeps the rows that have exactly this text.
    pub(crate) fn keep_equal(&self, rows: &mut Bits, text: &str) {
        match self.dictionary.find(text) {
            Ok(wanted) => rows.keep_by(&self.codes, |code| code == wanted),
            Err(_) => rows.clear_all(),
        }
    }

    /// Keeps the rows that have one of the texts; who has none has the empty one.
    pub(crate) fn keep_one_of(&self, rows: &mut Bits, texts: &[String]) {
        let mut codes = Bits::new(self.dictionary.codes());
        for text in texts {
            if text.is_empty() {
                codes.set(NOTHING as usize);
            }
            if let Ok(code) = self.dictionary.find(text) {
                codes.set(code as usize);
            }
        }
        self.keep_coded(rows, &codes);
    }
}

impl Mailboxes {
    /// Calls `found` with each row whose mailbox holds the needle, which is not empty.
    pub(crate) fn each_holding(&self, needle: &Finder<'_>, found: impl FnMut(usize)) {
        each_holding(&self.bytes, &self.starts, needle, found);
    }
}

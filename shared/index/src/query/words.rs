//! Free text on a segment: rows in which all words are found.

use std::cmp::Reverse;

use domain::contact::words::Words;
use memchr::memmem::Finder;

use super::sift::codes_in;
use super::vocabulary::Vocabulary;
use crate::bits::Bits;
use crate::dictionary::Coded;
use crate::segment::Segment;

/// Keeps the rows in which all the words are found.
pub(crate) fn keep(segment: &Segment, rows: &mut Bits, words: &Words) {
    let mut wanted: Vec<&str> = words.words.iter().map(String::as_str).filter(|word| !word.is_empty()).collect();
    // Long words leave the fewest.
    wanted.sort_unstable_by_key(|word| Reverse(word.len()));
    wanted.dedup();
    for word in wanted {
        if !rows.any() {
            break;
        }
        let word = Word { segment, text: word, typos: words.typos, finder: Finder::new(word) };
        *rows = word.find(rows);
    }
}

struct Word<'a> {
    segment: &'a Segment,
    text: &'a str,
    typos: bool,
    finder: Finder<'a>,
}

impl Word<'_> {
    /// The rows, of these, in which it is found.
    fn find(&self, rows: &Bits) -> Bits {
        let mut found = Bits::new(rows.len());
        let Segment { first_names, last_names, companies, derived, .. } = self.segment;
        for (column, vocabulary) in
            [(first_names, &derived.first_names), (last_names, &derived.last_names), (companies, &derived.companies)]
        {
            let mut codes = self.codes(column);
            if self.typos {
                let vocabulary = vocabulary.get(|| Vocabulary::of(&column.dictionary));
                vocabulary.add_like(self.text, &mut codes);
            }
            add_coded(&mut found, rows, column, &codes);
        }
        match self.text.split_once('@') {
            None => self.add_by_email(&mut found, rows),
            Some((before, behind)) => self.add_by_address(&mut found, rows, before, behind),
        }
        found
    }

    fn codes(&self, column: &Coded) -> Bits {
        let mut codes = Bits::new(column.dictionary.codes());
        column.dictionary.add_holding(&self.finder, &mut codes);
        codes
    }

    /// Adds rows with the word in the mailbox or in the domain.
    fn add_by_email(&self, found: &mut Bits, rows: &Bits) {
        let Segment { mailboxes, email_domains, .. } = self.segment;
        add_coded(found, rows, email_domains, &self.codes(email_domains));
        let mut rest = rows.clone();
        rest.and_not(found);
        if rest.count() * 16 < rest.len() {
            rest.keep(|row| self.finder.find(mailboxes.text(row)).is_some());
            found.or(&rest);
        } else {
            mailboxes.each_holding(&self.finder, |row| {
                if rest.get(row) {
                    found.set(row);
                }
            });
        }
    }

    /// Adds rows whose mailbox ends, and whose domain begins, like what stands before and behind the word's `@`.
    fn add_by_address(&self, found: &mut Bits, rows: &Bits, before: &str, behind: &str) {
        let Segment { mailboxes, email_domains, .. } = self.segment;
        let domains = email_domains.dictionary.beginning_with(behind);
        let mut rest = rows.clone();
        rest.keep_by(&email_domains.codes, |code| domains.contains(&code));
        rest.keep(|row| mailboxes.text(row).ends_with(before.as_bytes()));
        found.or(&rest);
    }
}

/// Adds the rows, of these, that have one of the codes.
fn add_coded(found: &mut Bits, rows: &Bits, column: &Coded, codes: &Bits) {
    if !codes.any() {
        return;
    }
    let words = found.words_mut().iter_mut().zip(rows.words()).zip(column.codes.chunks(64));
    for ((found, &rows), values) in words {
        if rows & !*found != 0 {
            *found |= rows & codes_in(values, codes);
        }
    }
}

//! The first record of a text: it tells whether these are cards or rows, and what separates the cells.

use super::lines::Lines;
use super::{MAX_HEADER, Unreadable};

const QUOTE: u8 = b'"';
/// What may separate cells. When two are as likely by the first record, the one that is rarer in names goes first.
const SEPARATORS: [u8; 4] = [b'\t', b'|', b';', b','];
const BEGIN_CARD: &[u8] = b"BEGIN:VCARD";

/// Collects the first record, without its line break.
#[derive(Debug)]
pub(super) struct Opening {
    record: Vec<u8>,
    lines: Lines,
    /// How likely each is: two for each that stands there, one if a blank follows, as in words.
    counts: [u32; SEPARATORS.len()],
    at: At,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Start,
    Behind(usize),
    InCell,
    InQuotes,
    /// Behind a quotation mark within quotes: the end, or the first half of a doubled one.
    BehindQuote,
}

/// What the text is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Opened {
    /// Cards.
    Cards,
    /// Rows with this separator.
    Rows(u8),
    /// Rows with this separator; the record is no row, but Excel's line that names the separator.
    RowsBehind(u8),
}

impl Opening {
    pub(super) fn new() -> Self {
        Self { record: Vec::new(), lines: Lines::new(), counts: [0; SEPARATORS.len()], at: At::Start }
    }

    /// The record, and where it begins.
    pub(super) fn into_parts(self) -> (Vec<u8>, Lines) {
        (self.record, self.lines)
    }

    /// Reads on; the line break behind the record stays in `source`. `last`: nothing follows. A text without a record is none.
    pub(super) fn read(&mut self, source: &mut &[u8], last: bool) -> Result<Option<Opened>, Unreadable> {
        if self.record.is_empty() {
            self.lines.skip_breaks(source);
        }
        while let [byte, rest @ ..] = *source {
            if self.at != At::InQuotes && matches!(byte, b'\r' | b'\n') {
                return Ok(Some(self.opened()));
            }
            self.at = self.next(*byte);
            self.record.push(*byte);
            *source = rest;
            if self.record.len() > MAX_HEADER {
                return Err(Unreadable::HeaderTooLong { line: self.lines.line() });
            }
        }
        Ok((last && !self.record.is_empty()).then(|| self.opened()))
    }

    fn next(&mut self, byte: u8) -> At {
        let separator = SEPARATORS.iter().position(|separator| *separator == byte);
        match (self.at, byte, separator) {
            (At::Start | At::Behind(_) | At::BehindQuote, QUOTE, _) => At::InQuotes,
            (At::InQuotes, QUOTE, _) => At::BehindQuote,
            (At::InQuotes, ..) => At::InQuotes,
            (_, _, Some(separator)) => {
                self.counts[separator] += 2;
                At::Behind(separator)
            }
            (At::Behind(separator), b' ', _) => {
                self.counts[separator] -= 1;
                At::InCell
            }
            _ => At::InCell,
        }
    }

    fn opened(&self) -> Opened {
        if self.record.trim_ascii().eq_ignore_ascii_case(BEGIN_CARD) {
            return Opened::Cards;
        }
        match named_separator(&self.record) {
            Some(separator) => Opened::RowsBehind(separator),
            None => Opened::Rows(self.likeliest()),
        }
    }

    fn likeliest(&self) -> u8 {
        let mut best = (b',', 0);
        for (separator, count) in SEPARATORS.into_iter().zip(self.counts) {
            if count > best.1 {
                best = (separator, count);
            }
        }
        best.0
    }
}

/// Excel's `sep=;`, which is not part of the table.
fn named_separator(record: &[u8]) -> Option<u8> {
    let unquoted = record.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or(record);
    let (name, separator) = unquoted.split_at_checked(4)?;
    match separator {
        [separator] if name.eq_ignore_ascii_case(b"sep=") && is_separator(*separator) => Some(*separator),
        _ => None,
    }
}

fn is_separator(byte: u8) -> bool {
    byte == b'\t' || (byte.is_ascii_punctuation() || byte == b' ') && byte != QUOTE
}

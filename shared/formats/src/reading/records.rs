//! Records out of a text, be it rows or cards.

use super::buffer::Buffer;
use super::cards::Cards;
use super::opening::{Opened, Opening};
use super::record::{Cells, Record};
use super::rows::Rows;
use super::{Format, Unreadable};

/// Finds the records of a text.
#[derive(Debug)]
pub(super) struct Records {
    kind: Kind,
    /// What was read to find out about the text, and is to be read again.
    again: Vec<u8>,
}

#[derive(Debug)]
enum Kind {
    Unknown(Opening),
    Rows(Box<Rows>, u8),
    Cards(Box<Cards>),
}

impl Records {
    pub(super) fn new() -> Self {
        Self { kind: Kind::Unknown(Opening::new()), again: Vec::new() }
    }

    /// What the text is, and what separates its cells, once that is known.
    pub(super) fn kind(&self) -> Option<(Format, Option<char>)> {
        match &self.kind {
            Kind::Unknown(_) => None,
            Kind::Rows(_, separator) => Some((Format::Csv, Some(char::from(*separator)))),
            Kind::Cards(_) => Some((Format::Vcard, None)),
        }
    }

    /// Whether a record ends in the text that waits; if not, it is used up. `last`: nothing follows.
    pub(super) fn find(&mut self, text: &mut Buffer, last: bool) -> Result<bool, Unreadable> {
        let mut source = text.waiting();
        let waiting = source.len();
        let found = self.find_in(&mut source, last);
        let read = waiting - source.len();
        text.consume(read);
        found
    }

    fn find_in(&mut self, source: &mut &[u8], last: bool) -> Result<bool, Unreadable> {
        if let Kind::Unknown(opening) = &mut self.kind {
            let Some(opened) = opening.read(source, last)? else { return Ok(false) };
            let (record, lines) = std::mem::replace(opening, Opening::new()).into_parts();
            self.open(&opened, record, lines);
        }
        let again = std::mem::take(&mut self.again);
        let mut rest = again.as_slice();
        if self.step(&mut rest, false)? {
            self.again = rest.to_vec();
            return Ok(true);
        }
        self.step(source, last)
    }

    fn open(&mut self, opened: &Opened, record: Vec<u8>, mut lines: super::lines::Lines) {
        if let Opened::RowsBehind(_) = opened {
            lines.pass(&record);
        } else {
            self.again = record;
        }
        self.kind = match *opened {
            Opened::Rows(separator) | Opened::RowsBehind(separator) => {
                Kind::Rows(Box::new(Rows::new(separator, lines)), separator)
            }
            Opened::Cards => Kind::Cards(Box::new(Cards::new(lines))),
        };
    }

    fn step(&mut self, source: &mut &[u8], last: bool) -> Result<bool, Unreadable> {
        match &mut self.kind {
            Kind::Unknown(_) => Ok(false),
            Kind::Rows(rows, _) => rows.find(source, last),
            Kind::Cards(cards) => cards.find(source, last),
        }
    }

    /// The record that was found.
    pub(super) fn current(&mut self) -> Record<'_> {
        match &mut self.kind {
            Kind::Unknown(_) => Record { line: 0, flaw: None, cells: Cells { text: "", ends: &[] } },
            Kind::Rows(rows, _) => rows.row(),
            Kind::Cards(cards) => cards.card(),
        }
    }
}

//! Cards of a vCard file (2.1, RFC 2426, RFC 6350): where each begins and ends.

use super::card::{self, Card};
use super::lines::Lines;
use super::record::{Flaw, OwnCells, Record};
use super::{MAX_RECORD, Unreadable};

/// Finds cards in a text that comes in pieces. The first record is a header: the names of what a card may hold.
#[derive(Debug)]
pub(super) struct Cards {
    lines: Lines,
    header_is_told: bool,
    /// The line that is being read, and where it is.
    line: Vec<u8>,
    line_number: u64,
    /// The card that is being read: its lines without the first and last one, each with a line feed behind it.
    card: Vec<u8>,
    begins: u64,
    /// How many cards begun have not ended: one within another stands for an agent.
    depth: u32,
    length: usize,
    /// The record that was found.
    found: OwnCells,
    found_line: u64,
    flaw: Option<Flaw>,
}

impl Cards {
    pub(super) fn new(lines: Lines) -> Self {
        Self {
            lines,
            header_is_told: false,
            line: Vec::new(),
            line_number: lines.line(),
            card: Vec::new(),
            begins: lines.line(),
            depth: 0,
            length: 0,
            found: OwnCells::default(),
            found_line: lines.line(),
            flaw: None,
        }
    }

    /// Reads on until a card ends, if one does; [`Self::card`] is it then. `last`: nothing follows.
    pub(super) fn find(&mut self, source: &mut &[u8], last: bool) -> Result<bool, Unreadable> {
        if !std::mem::replace(&mut self.header_is_told, true) {
            card::COLUMNS.iter().for_each(|name| self.found.push(name));
            return Ok(true);
        }
        while !source.is_empty() {
            if self.step(source)? {
                return Ok(true);
            }
        }
        if !last {
            return Ok(false);
        }
        let found = self.line_ends();
        if !found && std::mem::take(&mut self.depth) > 0 {
            self.finish(Some(Flaw::Unfinished));
            return Ok(true);
        }
        Ok(found)
    }

    /// Takes a line, or what there is of it. Whether a card ended.
    fn step(&mut self, source: &mut &[u8]) -> Result<bool, Unreadable> {
        if self.line.is_empty() {
            self.line_number = self.lines.line();
        }
        let end = memchr::memchr2(b'\r', b'\n', source);
        let (part, rest) = source.split_at(end.unwrap_or(source.len()));
        self.line.extend_from_slice(part);
        self.length += part.len();
        if self.length > MAX_RECORD {
            let line = if self.depth > 0 { self.begins } else { self.line_number };
            return Err(Unreadable::CardTooLong { line });
        }
        let (line_break, rest) = rest.split_at(usize::from(end.is_some()));
        self.lines.pass(part);
        self.lines.pass(line_break);
        *source = rest;
        Ok(end.is_some() && self.line_ends())
    }

    /// Whether a card ended with the line.
    fn line_ends(&mut self) -> bool {
        let line = std::mem::take(&mut self.line);
        let word = line.trim_ascii();
        let begins = word.eq_ignore_ascii_case(b"BEGIN:VCARD");
        let ended = match self.depth {
            0 if begins => self.begin(),
            0 => false,
            _ if begins && !self.awaits_agent() => {
                self.finish(Some(Flaw::Unfinished));
                self.begin();
                true
            }
            _ if word.eq_ignore_ascii_case(b"END:VCARD") => self.end(),
            _ => self.keep(&line, begins),
        };
        if self.depth == 0 {
            self.length = 0;
        }
        self.line = line;
        self.line.clear();
        ended
    }

    fn begin(&mut self) -> bool {
        self.card.clear();
        (self.begins, self.depth, self.length) = (self.line_number, 1, 0);
        false
    }

    fn end(&mut self) -> bool {
        self.depth -= 1;
        if self.depth == 0 {
            self.finish(None);
        }
        self.depth == 0
    }

    fn keep(&mut self, line: &[u8], begins: bool) -> bool {
        self.depth += u32::from(begins);
        if self.depth == 1 && !line.is_empty() {
            self.card.extend_from_slice(line);
            self.card.push(b'\n');
        }
        false
    }

    /// vCard 2.1 writes an agent as a card behind `AGENT:`.
    fn awaits_agent(&self) -> bool {
        let lines = self.card.strip_suffix(b"\n").unwrap_or(&self.card);
        let last = memchr::memrchr(b'\n', lines).map_or(lines, |at| &lines[at + 1..]);
        self.depth > 1 || last.get(..5).is_some_and(|name| name.eq_ignore_ascii_case(b"AGENT"))
    }

    fn finish(&mut self, unfinished: Option<Flaw>) {
        let nul = memchr::memchr(0, &self.card).map(|_| Flaw::Nul);
        let not_text = std::str::from_utf8(&self.card).err().map(|_| Flaw::NotText);
        self.flaw = unfinished.or(not_text).or(nul);
        self.found_line = self.begins;
        self.found.clear();
        Card::read(&self.card).tell(&mut self.found);
    }

    /// The card that was found.
    pub(super) fn card(&self) -> Record<'_> {
        Record { line: self.found_line, flaw: self.flaw, cells: self.found.cells() }
    }
}

//! Rows of a CSV text (RFC 4180, read generously by `csv-core`).

use csv_core::{ReadRecordResult, ReaderBuilder};

use super::lines::Lines;
use super::record::{Cells, Flaw, OwnCells, Record};
use super::{MAX_COLUMNS, MAX_HEADER, MAX_RECORD, Unreadable};

/// The buffer for a row's text to begin with.
const USUAL_ROW: usize = 8 * 1024;

/// Finds rows in a text that comes in pieces.
#[derive(Debug)]
pub(super) struct Rows {
    reader: csv_core::Reader,
    lines: Lines,
    /// The row that is being read: its first line, its length, the text of its cells, and where these end.
    line: u64,
    length: usize,
    text: Vec<u8>,
    filled: usize,
    ends: Vec<usize>,
    cells: usize,
    /// Where cells beyond the thousandth end: of no interest.
    beyond: [usize; 64],
    is_header: bool,
    mended: OwnCells,
}

impl Rows {
    pub(super) fn new(separator: u8, lines: Lines) -> Self {
        let mut reader = ReaderBuilder::new().delimiter(separator).build();
        // It would take three bytes for a mark at the beginning of a text; that has gone, or is a character.
        reader.read_record(b"\n", &mut [0], &mut [0]);
        Self {
            reader,
            lines,
            line: 0,
            length: 0,
            text: vec![0; USUAL_ROW],
            filled: 0,
            ends: vec![0; MAX_COLUMNS],
            cells: 0,
            beyond: [0; 64],
            is_header: true,
            mended: OwnCells::default(),
        }
    }

    /// Reads on until a row ends, if one does; [`Self::row`] is it then. `last`: nothing follows.
    pub(super) fn find(&mut self, source: &mut &[u8], last: bool) -> Result<bool, Unreadable> {
        if self.length == 0 {
            self.lines.skip_breaks(source);
            (self.line, self.filled, self.cells) = (self.lines.line(), 0, 0);
        }
        while !source.is_empty() || (last && self.length > 0) {
            if self.step(source)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether the row ended. No bytes are the end of the text.
    fn step(&mut self, source: &mut &[u8]) -> Result<bool, Unreadable> {
        let ends = if self.cells < MAX_COLUMNS { &mut self.ends[self.cells..] } else { &mut self.beyond[..] };
        let (result, read, written, ended) = self.reader.read_record(source, &mut self.text[self.filled..], ends);
        self.lines.pass(&source[..read]);
        *source = &source[read..];
        self.length += read;
        self.filled += written;
        self.cells += ended;
        self.check_length()?;
        match result {
            ReadRecordResult::Record | ReadRecordResult::End => (self.length, self.is_header) = (0, false),
            ReadRecordResult::OutputFull => self.text.resize(2 * self.text.len(), 0),
            ReadRecordResult::InputEmpty | ReadRecordResult::OutputEndsFull => {}
        }
        Ok(result == ReadRecordResult::Record)
    }

    fn check_length(&self) -> Result<(), Unreadable> {
        match self.line {
            line if self.is_header && self.length > MAX_HEADER => Err(Unreadable::HeaderTooLong { line }),
            line if self.length > MAX_RECORD => Err(Unreadable::RowTooLong { line }),
            _ => Ok(()),
        }
    }

    /// The row that was found.
    pub(super) fn row(&mut self) -> Record<'_> {
        let ends = &self.ends[..self.cells.min(MAX_COLUMNS)];
        let told = ends.last().map_or(0, |end| *end);
        let text = &self.text[..told];
        let too_many = (self.filled > told).then_some(Flaw::TooManyCells);
        let nul = memchr::memchr(0, text).map(|_| Flaw::Nul);
        let flaw = match std::str::from_utf8(text) {
            Ok(text) if nul.is_none() && ends_on_characters(text, ends) => {
                return Record { line: self.line, flaw: too_many, cells: Cells { text, ends } };
            }
            Ok(text) if ends_on_characters(text, ends) => nul,
            _ => Some(Flaw::NotText),
        };
        self.mended.clear();
        let starts = std::iter::once(0).chain(ends.iter().copied());
        starts.zip(ends).for_each(|(start, end)| self.mended.push_bytes(&text[start..*end]));
        Record { line: self.line, flaw, cells: self.mended.cells() }
    }
}

fn ends_on_characters(text: &str, ends: &[usize]) -> bool {
    ends.iter().all(|end| text.is_char_boundary(*end))
}

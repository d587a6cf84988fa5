//! Rows: where they end in a file, and what they hold. Both readers are `csv-core` underneath, so they agree.

use csv_core::ReadRecordResult;
use domain::error::FaultCode;
use domain::import::{CellFault, Mapping};
use domain::contact::{Profile, Rules};
use domain::{Error, Result};

/// The longest row, in bytes: a quote that is never closed ends here, not in the memory.
pub(crate) const MAX_ROW: u64 = 1024 * 1024;
/// What a file may begin with (RFC 3629 §6).
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Finds the ends of rows in a file that comes in pieces.
pub(crate) struct RowScanner {
    reader: csv_core::Reader,
    fields: Vec<u8>,
    ends: Vec<usize>,
    offset: u64,
    lines: u64,
    row_start: u64,
}

/// The end of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RowEnd {
    /// The byte behind it.
    pub(crate) offset: u64,
    /// How many line breaks there are before that byte.
    pub(crate) lines: u64,
}

impl RowScanner {
    pub(crate) fn new() -> Self {
        Self {
            reader: csv_core::Reader::new(),
            fields: vec![0; 64 * 1024],
            ends: vec![0; 2 * domain::import::MAX_COLUMNS],
            offset: 0,
            lines: 0,
            row_start: 0,
        }
    }

    /// How far it has read, in bytes.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// Where it has read to.
    pub(crate) fn end(&self) -> RowEnd {
        RowEnd { offset: self.offset, lines: self.lines }
    }

    /// Reads on; `found` hears of each row that ends in `piece`. An empty piece is the end of the file.
    ///
    /// # Errors
    /// When a row is too long, with its line.
    pub(crate) fn read(&mut self, mut piece: &[u8], mut found: impl FnMut(RowEnd)) -> Result<(), TooLong> {
        let end_of_file = piece.is_empty();
        while end_of_file || !piece.is_empty() {
            let (result, read, ..) = self.reader.read_record(piece, &mut self.fields, &mut self.ends);
            self.lines += newlines(&piece[..read]);
            self.offset += read as u64;
            piece = &piece[read..];
            match result {
                // What the fields hold is not asked for here: the buffers are simply used again.
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull | ReadRecordResult::InputEmpty => {}
                ReadRecordResult::Record => {
                    found(self.end());
                    self.row_start = self.offset;
                }
                ReadRecordResult::End => break,
            }
        }
        if self.offset - self.row_start > MAX_ROW { Err(TooLong { line: self.lines }) } else { Ok(()) }
    }
}

/// A row does not end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the row before line {line} is longer than 1 MiB; a quotation mark may be missing")]
pub(crate) struct TooLong {
    line: u64,
}

/// The names of the columns: the fields of the first row, without a byte order mark.
pub(crate) fn headers(first_row: &[u8]) -> Result<Vec<String>> {
    let row = first_row.strip_prefix(BYTE_ORDER_MARK).unwrap_or(first_row);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(row);
    let mut record = csv::ByteRecord::new();
    reader.read_byte_record(&mut record).map_err(|error| Error::internal("reading a header", error))?;
    Ok(record.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect())
}

/// A row that was read.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// Its number in the file, from 1, without the header.
    pub(crate) number: u64,
    /// The line where it begins, from 1.
    pub(crate) line: u64,
    /// How many bytes it has.
    pub(crate) bytes: usize,
    /// What it holds, or what is wrong with it.
    pub(crate) profile: Result<Profile, Vec<CellFault>>,
}

/// Reads the rows of a chunk. `first_row`, `first_line`: where it begins in the file.
pub(crate) fn read(bytes: &[u8], first_row: u64, first_line: u64, mapping: &Mapping, rules: &Rules) -> Result<Vec<Row>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
    let mut record = csv::ByteRecord::new();
    let (mut rows, mut line, mut counted) = (Vec::new(), first_line, 0);
    loop {
        let before = position(&reader);
        let more = reader.read_byte_record(&mut record).map_err(|error| Error::internal("reading a chunk", error))?;
        if !more {
            return Ok(rows);
        }
        let after = position(&reader);
        let start = before + bytes[before..after].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        line += newlines(&bytes[counted..start]);
        counted = start;
        let number = first_row + rows.len() as u64;
        rows.push(Row { number, line, bytes: after - start, profile: profile(&record, mapping, rules) });
    }
}

fn profile(record: &csv::ByteRecord, mapping: &Mapping, rules: &Rules) -> Result<Profile, Vec<CellFault>> {
    let cells: std::result::Result<Vec<&str>, _> = record.iter().map(std::str::from_utf8).collect();
    match cells {
        Ok(cells) => mapping.read(cells.into_iter(), rules),
        Err(_) => Err(vec![CellFault {
            column: String::new(),
            code: FaultCode::Malformed,
            reason: "holds bytes that are not UTF-8".to_owned(),
            value: String::new(),
        }]),
    }
}

fn position(reader: &csv::Reader<&[u8]>) -> usize {
    usize::try_from(reader.position().byte()).unwrap_or(usize::MAX)
}

fn newlines(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

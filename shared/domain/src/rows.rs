//! Rows of a CSV file (RFC 4180): where they end in a file, and what they hold. Both readers are `csv-core` underneath, so they agree.

use crate::contact::Profile;
use crate::contact::draft::Rules;
use crate::error::FaultCode;
use crate::import::{CellFault, MAX_COLUMNS, Mapping};
use crate::{Error, Result};
use csv_core::ReadRecordResult;

/// The longest row, in bytes: a quote that is never closed ends here, not in the memory.
pub const MAX_ROW: u64 = 1024 * 1024;
/// What a file may begin with (RFC 3629 §6).
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Finds the ends of rows in a file that comes in pieces.
#[derive(Debug)]
pub struct RowScanner {
    reader: csv_core::Reader,
    fields: Vec<u8>,
    ends: Vec<usize>,
    offset: u64,
    lines: u64,
    row_start: u64,
}

/// The end of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowEnd {
    /// The byte behind it.
    pub offset: u64,
    /// How many line breaks there are before that byte.
    pub lines: u64,
}

impl Default for RowScanner {
    fn default() -> Self {
        Self::new()
    }
}

impl RowScanner {
    /// At the beginning of a file.
    pub fn new() -> Self {
        Self {
            reader: csv_core::Reader::new(),
            fields: vec![0; 64 * 1024],
            ends: vec![0; 2 * MAX_COLUMNS],
            offset: 0,
            lines: 0,
            row_start: 0,
        }
    }

    /// How far it has read, in bytes.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Where it has read to.
    pub fn end(&self) -> RowEnd {
        RowEnd { offset: self.offset, lines: self.lines }
    }

    /// Reads on; `found` hears of each row that ends in `piece`. An empty piece is the end of the file.
    ///
    /// # Errors
    /// When a row is too long, with its line.
    pub fn read(&mut self, mut piece: &[u8], mut found: impl FnMut(RowEnd)) -> Result<(), TooLong> {
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
pub struct TooLong {
    line: u64,
}

/// The names of the columns: the fields of the first row, without a byte order mark.
pub fn headers(first_row: &[u8]) -> Result<Vec<String>> {
    let row = first_row.strip_prefix(BYTE_ORDER_MARK).unwrap_or(first_row);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(row);
    let mut record = csv::ByteRecord::new();
    reader.read_byte_record(&mut record).map_err(|error| Error::internal("reading a header", error))?;
    Ok(record.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect())
}

/// A row that was read.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its number in the file, from 1, without the header.
    pub number: u64,
    /// The line where it begins, from 1.
    pub line: u64,
    /// How many bytes it has.
    pub bytes: usize,
    /// What it holds, or what is wrong with it.
    pub profile: Result<Profile, Vec<CellFault>>,
}

/// Reads the rows of a chunk. `first_row`, `first_line`: where it begins in the file.
pub fn read(bytes: &[u8], first_row: u64, first_line: u64, mapping: &Mapping, rules: &Rules) -> Result<Vec<Row>> {
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
        Ok(cells) => mapping.read(&cells, rules).map(|row| row.profile),
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::import::Additions;

    fn mapping() -> Mapping {
        Mapping::new(vec!["first_name".into(), "notes".into()], &BTreeMap::new(), Additions::default()).unwrap()
    }

    fn ends(pieces: &[&[u8]]) -> Vec<RowEnd> {
        let (mut scanner, mut ends) = (RowScanner::new(), Vec::new());
        for piece in pieces.iter().filter(|piece| !piece.is_empty()) {
            scanner.read(piece, |end| ends.push(end)).unwrap();
        }
        scanner.read(b"", |end| ends.push(end)).unwrap();
        ends
    }

    fn rows(bytes: &[u8], first_row: u64, first_line: u64) -> Vec<(u64, u64, Option<String>, Option<String>)> {
        let rows = read(bytes, first_row, first_line, &mapping(), &Rules::default()).unwrap();
        let shown = |row: Row| {
            let profile = row.profile.unwrap_or_default();
            (row.number, row.line, profile.first_name, profile.notes)
        };
        rows.into_iter().map(shown).collect()
    }

    #[test]
    fn a_row_is_told_with_the_line_where_an_editor_shows_it() {
        for newline in ["\n", "\r\n"] {
            let text = ["first,notes", "Ada,\"two", "lines\"", "", "Bob,x", "Cy,"].join(newline);
            let header = ends(&[text.as_bytes()])[0];
            let rows = rows(&text.as_bytes()[header.offset as usize..], 1, header.lines + 1);
            let lines: Vec<_> = rows.iter().map(|(number, line, name, _)| (*number, *line, name.as_deref())).collect();
            assert_eq!(lines, [(1, 2, Some("Ada")), (2, 5, Some("Bob")), (3, 6, Some("Cy"))], "{newline:?}");
        }
    }

    #[test]
    fn a_byte_order_mark_does_not_belong_to_the_first_column() {
        assert_eq!(headers(b"\xef\xbb\xbfemail, First Name \r\n").unwrap(), ["email", "First Name"]);
    }

    #[test]
    fn a_quote_that_is_never_closed_ends_in_an_error() {
        let mut scanner = RowScanner::new();
        let piece = vec![b'x'; 64 * 1024];
        let mut result = scanner.read(b"a,\"", |_| {});
        for _ in 0..17 {
            result = result.and_then(|()| scanner.read(&piece, |_| {}));
        }
        assert!(result.is_err());
    }

    #[test]
    fn a_row_that_is_not_text_is_refused_alone() {
        let rows = read(b"Ada,x\n\xff\xfe,y\nBob,z\n", 1, 2, &mapping(), &Rules::default()).unwrap();
        let good: Vec<bool> = rows.iter().map(|row| row.profile.is_ok()).collect();
        assert_eq!(good, [true, false, true]);
    }

    fn cell() -> impl Strategy<Value = String> {
        "[a-z \"\r\n,]{0,6}"
    }

    proptest! {
        #[test]
        fn pieces_and_chunks_give_the_rows_of_the_whole(
            cells in prop::collection::vec((cell(), cell()), 1..12),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
            chunk in any::<prop::sample::Index>(),
            crlf in any::<bool>(),
        ) {
            let terminator = if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
            let mut writer = csv::WriterBuilder::new().terminator(terminator).from_writer(Vec::new());
            for (first, second) in &cells {
                writer.write_record([first, second]).unwrap();
            }
            let bytes = writer.into_inner().unwrap();
            let whole = rows(&bytes, 1, 1);
            prop_assert_eq!(whole.len(), cells.len());

            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|cut| &bytes[cut[0]..cut[1]]).collect();
            let ends = ends(&pieces);
            prop_assert_eq!(ends.len(), cells.len());

            let at = chunk.index(ends.len());
            let (offset, lines) = (ends[at].offset as usize, ends[at].lines);
            let mut parts = rows(&bytes[..offset], 1, 1);
            parts.extend(rows(&bytes[offset..], at as u64 + 2, lines + 1));
            prop_assert_eq!(parts, whole);
        }

        #[test]
        fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes, 1, 1, &mapping(), &Rules::default());
            let _ = headers(&bytes);
            let count = ends(&[&bytes]).len();
            prop_assert_eq!(count, read(&bytes, 1, 1, &mapping(), &Rules::default()).unwrap().len());
        }
    }
}

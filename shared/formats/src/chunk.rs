//! Chunk files: the rows of a table in parts that are small enough to be worked on each for itself.
//!
//! UTF-8 and CSV (RFC 4180): `line, flaw, cells…` for each row. The line is where the row begins in the table's own file;
//! the flaw is empty, or says why the row cannot be read.

use std::ops::ControlFlow;

/// The most rows of a chunk.
pub const MAX_ROWS: u32 = 1_000;
/// The most bytes of a chunk; a row that is longer is one of its own.
pub const MAX_BYTES: usize = 1024 * 1024;

/// A part of a table: whole rows, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// The number of its first row, from 1.
    pub first_row: u64,
    /// How many rows it has.
    pub rows: u32,
    /// What they hold.
    pub bytes: Vec<u8>,
}

/// Cuts rows into chunks. The same rows make the same chunks.
#[derive(Debug)]
pub struct ChunkWriter {
    first_row: u64,
    rows: u32,
    bytes: Vec<u8>,
}

impl Default for ChunkWriter {
    fn default() -> Self {
        Self { first_row: 1, rows: 0, bytes: Vec::new() }
    }
}

impl ChunkWriter {
    /// Takes the next row. The chunk before it, if the row does not fit into that.
    pub fn push<'a>(&mut self, line: u64, flaw: &'a str, cells: impl IntoIterator<Item = &'a str>) -> Option<Chunk> {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(line.to_string().as_bytes());
        for cell in std::iter::once(flaw).chain(cells) {
            self.bytes.push(b',');
            write(&mut self.bytes, cell);
        }
        self.bytes.push(b'\n');
        let fits = self.rows < MAX_ROWS && self.bytes.len() <= MAX_BYTES;
        let full = (!fits && start > 0).then(|| {
            let row = self.bytes.split_off(start);
            self.close_with(row)
        });
        self.rows += 1;
        full
    }

    /// How many rows it has taken.
    pub fn rows(&self) -> u64 {
        self.first_row - 1 + u64::from(self.rows)
    }

    /// The last chunk, if there is one.
    pub fn finish(&mut self) -> Option<Chunk> {
        (self.rows > 0).then(|| self.close_with(Vec::new()))
    }

    fn close_with(&mut self, next: Vec<u8>) -> Chunk {
        let bytes = std::mem::replace(&mut self.bytes, next);
        let rows = std::mem::take(&mut self.rows);
        let chunk = Chunk { first_row: self.first_row, rows, bytes };
        self.first_row += u64::from(rows);
        chunk
    }
}

fn write(out: &mut Vec<u8>, cell: &str) {
    if !cell.bytes().any(|byte| matches!(byte, b'"' | b',' | b'\n' | b'\r')) {
        return out.extend_from_slice(cell.as_bytes());
    }
    out.push(b'"');
    for (number, part) in cell.split('"').enumerate() {
        if number > 0 {
            out.extend_from_slice(b"\"\"");
        }
        out.extend_from_slice(part.as_bytes());
    }
    out.push(b'"');
}

/// A row of a chunk.
#[derive(Debug, Clone, Copy)]
pub struct ChunkRow<'a> {
    /// The line where it begins, from 1.
    pub line: u64,
    /// Why it cannot be read; empty if it can.
    pub flaw: &'a str,
    /// How many bytes it has.
    pub bytes: usize,
    record: &'a csv::StringRecord,
}

impl<'a> ChunkRow<'a> {
    /// Its cells.
    pub fn cells(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.record.iter().skip(2)
    }
}

/// The bytes are not those of a chunk.
#[derive(Debug, thiserror::Error)]
pub enum NotAChunk {
    /// They are no table.
    #[error("a chunk is no table")]
    Table(#[from] csv::Error),
    /// A row does not tell its line.
    #[error("row {0} of a chunk does not tell its line")]
    Line(u64),
}

/// Reads the rows of a chunk in their order, as far as `each` wants.
///
/// # Errors
/// When the bytes are not those of a chunk.
pub fn read(bytes: &[u8], mut each: impl FnMut(ChunkRow<'_>) -> ControlFlow<()>) -> Result<(), NotAChunk> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
    let (mut record, mut number, mut before) = (csv::StringRecord::new(), 0, 0);
    while reader.read_record(&mut record)? {
        number += 1;
        let after = reader.position().byte();
        let line = record.get(0).and_then(|line| line.parse().ok()).ok_or(NotAChunk::Line(number))?;
        let bytes = usize::try_from(after - before).unwrap_or(usize::MAX);
        before = after;
        let flaw = record.get(1).unwrap_or_default();
        if each(ChunkRow { line, flaw, bytes, record: &record }).is_break() {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Row = (u64, String, Vec<String>);

    fn chunks(rows: &[Row]) -> Vec<Chunk> {
        let mut writer = ChunkWriter::default();
        let full =
            rows.iter().filter_map(|(line, flaw, cells)| writer.push(*line, flaw, cells.iter().map(String::as_str)));
        let mut chunks: Vec<Chunk> = full.collect();
        assert_eq!(writer.rows(), rows.len() as u64);
        chunks.extend(writer.finish());
        chunks
    }

    fn rows(chunks: &[Chunk]) -> Vec<Row> {
        let mut rows = Vec::new();
        for chunk in chunks {
            assert_eq!(chunk.first_row, rows.len() as u64 + 1);
            read(&chunk.bytes, |row| {
                rows.push((row.line, row.flaw.to_owned(), row.cells().map(str::to_owned).collect()));
                ControlFlow::Continue(())
            })
            .unwrap();
            assert_eq!(chunk.first_row + u64::from(chunk.rows), rows.len() as u64 + 1);
        }
        rows
    }

    fn row(line: u64, cell: String) -> Row {
        (line, String::new(), vec![cell])
    }

    #[test]
    fn a_chunk_ends_before_the_row_that_is_one_too_many() {
        let rows: Vec<Row> = (0..2_001).map(|line| row(line, "x".to_owned())).collect();
        let counts: Vec<u32> = chunks(&rows).iter().map(|chunk| chunk.rows).collect();
        assert_eq!(counts, [1_000, 1_000, 1]);
    }

    #[test]
    fn a_chunk_is_no_larger_than_a_mebibyte_unless_it_is_a_single_row() {
        let lengths = [10, MAX_BYTES - 100, 10, 2 * MAX_BYTES, 10, 10];
        let rows: Vec<Row> = lengths.iter().map(|length| row(1, "x".repeat(*length))).collect();
        let counts: Vec<u32> = chunks(&rows).iter().map(|chunk| chunk.rows).collect();
        assert_eq!(counts, [3, 1, 2]);
    }

    #[test]
    fn no_rows_make_no_chunk() {
        assert_eq!(chunks(&[]), []);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            written in prop::collection::vec((any::<u64>(), "[a-z]{0,3}", prop::collection::vec("(?s).{0,8}|[a\"\r\n,']{0,6}", 0..5)), 0..40),
        ) {
            prop_assert_eq!(rows(&chunks(&written)), written);
        }
    }
}

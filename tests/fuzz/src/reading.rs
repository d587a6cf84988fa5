//! Reading a file in pieces, and what must hold for each record.

use formats::reading::{Encoding, FileReader, Flaw, MAX_COLUMNS, MAX_RECORD, Record, Unreadable, encoding};

/// So many records of a file are looked at: what it unpacks to may be long.
const MOST: usize = 2_000;

/// What a file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct File {
    pub(crate) records: Vec<Own>,
    pub(crate) end: Option<Unreadable>,
}

/// A record of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Own {
    pub(crate) line: u64,
    pub(crate) flaw: Option<Flaw>,
    pub(crate) cells: Vec<String>,
}

/// Where a file is cut.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cuts {
    None,
    /// After so many bytes each.
    After(usize),
}

impl Cuts {
    /// Short pieces and longer ones, up to 16 KiB.
    pub(crate) fn after(number: usize) -> Self {
        let bytes = if number < 128 { number } else { (number - 127) * 128 };
        Self::After(bytes.max(1))
    }
}

/// What the person says of the encoding: most often nothing.
pub(crate) fn said(number: u8) -> Option<&'static Encoding> {
    let label = match number {
        1 => "utf-8",
        2 => "windows-1252",
        3 => "utf-16le",
        4 => "shift_jis",
        5 => "iso-2022-jp",
        6 => "gb18030",
        _ => return None,
    };
    encoding(label)
}

/// Reads a file.
pub(crate) fn read(said: Option<&'static Encoding>, bytes: &[u8], cuts: Cuts) -> File {
    let mut reader = FileReader::new(said);
    let mut records = Vec::new();
    let end = all(&mut reader, bytes, cuts, &mut records).err();
    if let Some(end) = &end {
        assert_eq!(reader.end().err().as_ref(), Some(end), "another error at the second time");
    }
    File { records, end }
}

fn all(reader: &mut FileReader, bytes: &[u8], cuts: Cuts, records: &mut Vec<Own>) -> Result<(), Unreadable> {
    let length = match cuts {
        Cuts::None => bytes.len().max(1),
        Cuts::After(bytes) => bytes,
    };
    for mut piece in bytes.chunks(length) {
        while let Some(record) = reader.read(&mut piece)? {
            if !keep(record, records) {
                return Ok(());
            }
        }
        assert!(piece.is_empty(), "a piece is left over");
    }
    while let Some(record) = reader.end()? {
        if !keep(record, records) {
            return Ok(());
        }
    }
    Ok(())
}

/// Whether to go on.
fn keep(record: Record<'_>, records: &mut Vec<Own>) -> bool {
    let cells: Vec<String> = record.cells.iter().map(str::to_owned).collect();
    let length: usize = cells.iter().map(String::len).sum();
    // U+FFFD takes three bytes for one that is no text.
    assert!(cells.len() <= MAX_COLUMNS && length <= 3 * MAX_RECORD, "a record of {length} bytes");
    assert!(records.last().is_none_or(|before| before.line <= record.line), "lines go back");
    assert!(!cells.iter().any(|cell| cell.contains('\0')), "NUL in a cell");
    records.push(Own { line: record.line, flaw: record.flaw, cells });
    records.len() < MOST
}

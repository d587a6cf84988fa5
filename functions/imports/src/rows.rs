//! Rows as they come out of a chunk's file, and what they mean.

use std::ops::ControlFlow;

use domain::contact::draft::Rules;
use domain::email::EmailAddress;
use domain::error::FaultCode;
use domain::import::{CellFault, ImportedRow, Mapping};
use domain::{Error, Result};
use formats::chunk;
use formats::reading::Flaw;

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
    pub(crate) read: Result<ImportedRow, Vec<CellFault>>,
}

impl Row {
    /// The address by which its contact is found.
    pub(crate) fn email(&self) -> Option<&EmailAddress> {
        self.read.as_ref().ok()?.profile.email.as_ref()
    }
}

/// Reads the first rows of a chunk, at most `most`. `first_row`: the number of the first in the file.
pub(crate) fn rows(bytes: &[u8], first_row: u64, most: usize, mapping: &Mapping, rules: &Rules) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let read = chunk::read(bytes, |row| {
        if rows.len() == most {
            return ControlFlow::Break(());
        }
        let cells: Vec<&str> = row.cells().collect();
        let number = first_row + rows.len() as u64;
        rows.push(Row { number, line: row.line, bytes: row.bytes, read: meaning(row.flaw, &cells, mapping, rules) });
        ControlFlow::Continue(())
    });
    read.map_err(|error| Error::internal("reading a chunk", error))?;
    Ok(rows)
}

/// What a row means whose text may have a flaw.
pub(crate) fn meaning(
    flaw: &str,
    cells: &[&str],
    mapping: &Mapping,
    rules: &Rules,
) -> Result<ImportedRow, Vec<CellFault>> {
    if flaw.is_empty() {
        return mapping.read(cells, rules);
    }
    let reason = Flaw::of_word(flaw).map_or_else(|| "cannot be read".to_owned(), |flaw| flaw.to_string());
    Err(vec![CellFault { column: String::new(), code: FaultCode::Malformed, reason, value: String::new() }])
}

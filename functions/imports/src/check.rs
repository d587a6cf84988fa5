//! Looking at rows before any of them is imported: where one that is refused refuses all.

use domain::Result;
use domain::contact::draft::Rules;
use domain::import::{CellFault, Mapping};

use crate::refused::{RefusedRows, reported};
use crate::rows::meaning;

/// What was found so far.
pub(crate) struct Check {
    rules: Rules,
    refused: RefusedRows,
    count: u64,
    first: Option<(u64, CellFault)>,
}

impl Check {
    pub(crate) fn new(rules: Rules, mapping: &Mapping) -> Self {
        Self { rules, refused: RefusedRows::new(mapping.columns().count()), count: 0, first: None }
    }

    /// Looks at a row.
    pub(crate) fn row(&mut self, line: u64, flaw: &str, cells: &[&str], mapping: &Mapping) -> Result<()> {
        let Err(faults) = meaning(flaw, cells, mapping, &self.rules) else { return Ok(()) };
        self.count += 1;
        if self.first.is_none() {
            self.first = faults.first().map(|fault| (line, fault.clone()));
        }
        self.refused.push(line, &reported(faults), cells.iter().copied())
    }

    /// The refused rows since the last time, if there are any.
    pub(crate) fn refused_of_chunk(&mut self, mapping: &Mapping) -> Result<Option<Vec<u8>>> {
        let refused = std::mem::replace(&mut self.refused, RefusedRows::new(mapping.columns().count())).finish()?;
        Ok((!refused.is_empty()).then_some(refused))
    }

    /// Why the file is not imported, if a row is refused.
    pub(crate) fn verdict(&self) -> Option<String> {
        let (line, fault) = self.first.as_ref()?;
        Some(refusal(self.count, *line, &fault.column, &fault.reason))
    }
}

/// Why a file is not imported of which rows are refused.
pub(crate) fn refusal(count: u64, line: u64, column: &str, reason: &str) -> String {
    let rows = if count == 1 { "a row is".to_owned() } else { format!("{count} rows are") };
    let column = if column.is_empty() { "the row" } else { column };
    format!("{rows} not acceptable; line {line}: {column} {reason}")
}

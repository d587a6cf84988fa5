//! The rows of a file on their way into chunks: the first record tells the columns, the others are cut, and looked at if one
//! that is refused refuses all.

use domain::Result;
use domain::contact::draft::Rules;
use domain::import::{Additions, Column, Header, Mapping, header_or_data};
use domain::job::{ImportJob, OnError};
use formats::chunk::{Chunk, ChunkWriter};
use formats::formula::restored;
use formats::reading::{Format, Record};

use crate::check::Check;

/// A chunk that is to be kept.
pub(crate) struct Part {
    pub(crate) chunk: Chunk,
    /// Its refused rows, where they were looked for already and found.
    pub(crate) refused: Option<Vec<u8>>,
}

/// A table whose columns are known.
pub(crate) struct Table {
    pub(crate) mapping: Mapping,
    pub(crate) check: Option<Check>,
    pub(crate) format: Format,
    chunks: ChunkWriter,
}

impl Table {
    /// Begins with the first record of the file, as a table of rows.
    ///
    /// # Errors
    /// [`domain::Error::Refused`] when the columns are not acceptable.
    pub(crate) fn begin(job: &ImportJob, rules: Rules, record: &Record<'_>) -> Result<Self> {
        let options = &job.options;
        let cells: Vec<&str> = record.cells.iter().map(|cell| meant(Format::Csv, cell)).collect();
        let header = header_or_data(&cells, options.default_country);
        let is_row = matches!(header, Header::Missing(_));
        let mapping = header.mapping(&options.mapping, additions(job))?;
        let check = (options.on_error == OnError::Abort && !options.dry_run).then(|| Check::new(rules, &mapping));
        let mut table = Self { mapping, check, format: Format::Csv, chunks: ChunkWriter::default() };
        if is_row {
            table.take(record)?;
        }
        Ok(table)
    }

    /// Takes the next row. The chunk before it, if it is full.
    pub(crate) fn take(&mut self, record: &Record<'_>) -> Result<Option<Part>> {
        let format = self.format;
        let flaw = record.flaw.map(|flaw| flaw.word()).unwrap_or_default();
        let full = self.chunks.push(record.line, flaw, record.cells.iter().map(|cell| meant(format, cell)));
        let part = full.map(|chunk| self.part(chunk)).transpose()?;
        if let Some(check) = &mut self.check {
            let cells: Vec<&str> = record.cells.iter().map(|cell| meant(format, cell)).collect();
            check.row(record.line, flaw, &cells, &self.mapping)?;
        }
        Ok(part)
    }

    /// How many rows it has taken.
    pub(crate) fn rows(&self) -> u64 {
        self.chunks.rows()
    }

    /// The last chunk, if there is one.
    pub(crate) fn finish(&mut self) -> Result<Option<Part>> {
        self.chunks.finish().map(|chunk| self.part(chunk)).transpose()
    }

    fn part(&mut self, chunk: Chunk) -> Result<Part> {
        let refused = self.check.as_mut().map(|check| check.refused_of_chunk(&self.mapping)).transpose()?;
        Ok(Part { chunk, refused: refused.flatten() })
    }

    /// Its columns, and what they fill.
    pub(crate) fn columns(&self) -> Vec<Column> {
        self.mapping.columns().cloned().collect()
    }
}

/// The mapping of a job whose columns are known.
pub(crate) fn mapping(job: &ImportJob) -> Mapping {
    Mapping::of(job.columns.clone(), additions(job))
}

/// What every row of an import gets besides what it holds.
fn additions(job: &ImportJob) -> Additions {
    Additions { tags: job.options.tags.clone(), group: job.options.group }
}

/// What a cell means: writers of tables put an apostrophe before what would be run as a formula.
fn meant(format: Format, cell: &str) -> &str {
    match restored(cell) {
        std::borrow::Cow::Borrowed(text) if format == Format::Csv => text,
        _ => cell,
    }
}

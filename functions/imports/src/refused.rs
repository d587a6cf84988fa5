//! Refused rows as CSV: what is wrong with each, and the row as it was, so that it can be mended and uploaded again.
//!
//! `line,column,value,code,reason` stand before the row's own columns; an import leaves them out. Cells that a spreadsheet
//! would run are made harmless, which an import undoes.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::ControlFlow;

use axum::extract::{Path, State};
use domain::id::{JobId, TenantId};
use domain::import::CellFault;
use domain::job::{ImportChunk, ImportJob};
use domain::{Error, Fault, FaultCode, Result, import_files};
use edge::{Answer, Csv, Query, Reader, path_id};
use formats::chunk;
use formats::formula::neutralised;
use runtime::Bucket;
use schemars::JsonSchema;
use serde::Deserialize;
use store::{ReportedFault, RowReport};

use crate::http::Imports;

/// The columns before those of the row.
const OWN: [&str; 5] = ["line", "column", "value", "code", "reason"];
/// What stands between the faults of one row.
const BETWEEN: &str = "; ";
/// About how large one answer may become; Lambda's limit is 6 MB.
const MAX_PAGE: usize = 4 * 1024 * 1024;

/// Refused rows that are being written.
pub(crate) struct RefusedRows {
    csv: csv::Writer<Vec<u8>>,
    columns: usize,
}

impl RefusedRows {
    /// Of a file with so many columns.
    pub(crate) fn new(columns: usize) -> Self {
        Self { csv: csv::WriterBuilder::new().flexible(true).from_writer(Vec::new()), columns }
    }

    /// Adds a row.
    pub(crate) fn push<'a>(
        &mut self,
        line: u64,
        faults: &[ReportedFault],
        cells: impl Iterator<Item = &'a str>,
    ) -> Result<()> {
        let joined = |part: fn(&ReportedFault) -> &str| {
            let parts: Vec<&str> = faults.iter().map(part).filter(|part| !part.is_empty()).collect();
            parts.join(BETWEEN)
        };
        let own = [
            line.to_string(),
            joined(|fault| &fault.column),
            joined(|fault| &fault.value),
            joined(|fault| &fault.code),
            joined(|fault| &fault.reason),
        ];
        let mut record: Vec<Cow<'_, str>> = own.iter().map(|own| neutralised(own)).collect();
        record.extend(cells.map(|cell| neutralised(cell)));
        record.resize(record.len().max(OWN.len() + self.columns), Cow::Borrowed(""));
        self.csv.write_record(record.iter().map(|cell| cell.as_bytes())).map_err(unwritten)
    }

    /// All rows.
    pub(crate) fn finish(self) -> Result<Vec<u8>> {
        self.csv.into_inner().map_err(|error| unwritten(error.into_error()))
    }
}

/// The refused rows of a chunk, of those that have their outcome.
pub(crate) fn of_chunk(file: &[u8], chunk: &ImportChunk, reports: &[RowReport], columns: usize) -> Result<Vec<u8>> {
    let refused = reports.iter().filter(|report| !report.faults.is_empty());
    let refused: HashMap<u64, &RowReport> = refused.map(|report| (report.row, report)).collect();
    let (mut rows, mut number, mut written) = (RefusedRows::new(columns), chunk.first_row, Ok(()));
    let read = chunk::read(file, |row| {
        if let Some(report) = refused.get(&number) {
            // Of who asked not to be kept nothing is told.
            let cells = row.cells().filter(|_| !report.erased);
            written = rows.push(report.line, &report.faults, cells);
        }
        number += 1;
        if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    read.map_err(|error| Error::internal("reading a chunk", error))?;
    written?;
    rows.finish()
}

/// The faults of a row, as they are told.
pub(crate) fn reported(faults: Vec<CellFault>) -> Vec<ReportedFault> {
    faults.into_iter().map(Into::into).collect()
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ErrorsQuery {
    /// Where to go on: X-Next-Cursor of the answer before.
    #[schemars(length(min = 1))]
    cursor: Option<String>,
}

pub(crate) async fn errors(
    State(imports): State<Imports>,
    Reader(caller): Reader,
    Path(id): Path<String>,
    Query(query): Query<ErrorsQuery>,
) -> Answer<Csv> {
    let id: JobId = path_id("import", &id)?;
    let job = imports.store.tenant(caller.tenant).imports().get(id).await?;
    let job = job.ok_or_else(|| Error::not_found("import", id))?;
    Ok(page(&imports.bucket, caller.tenant, &job, query.cursor.as_deref()).await?)
}

/// A page of an import's refused rows; `cursor` is the one of the page before. Only the first has the names of the columns,
/// so that pages can be put one behind the other.
async fn page(bucket: &Bucket, tenant: TenantId, job: &ImportJob, cursor: Option<&str>) -> Result<Csv> {
    let prefix = import_files::refused_rows(tenant, job.id);
    let mut page = if cursor.is_none() { header(job)? } else { Vec::new() };
    let empty = page.len();
    let mut last = cursor.map(|cursor| place(tenant, job, cursor)).transpose()?;
    loop {
        let (keys, more) = bucket.keys_after(&prefix, last.as_deref()).await?;
        for key in keys {
            let Some(rows) = bucket.whole(&key).await? else { continue };
            if page.len() > empty && page.len() + rows.len() > MAX_PAGE {
                return csv_of(page, last.as_deref().and_then(number_of));
            }
            page.extend_from_slice(&rows);
            last = Some(key);
        }
        if !more {
            return csv_of(page, None);
        }
    }
}

/// The key behind which a page goes on: the cursor is the number of the last chunk that was told.
fn place(tenant: TenantId, job: &ImportJob, cursor: &str) -> Result<String> {
    let malformed =
        || Error::Malformed(vec![Fault::new("cursor", FaultCode::Malformed, "is not a cursor of this list")]);
    let number = cursor.parse().map_err(|_| malformed())?;
    Ok(import_files::refused(tenant, job.id, number))
}

fn number_of(key: &str) -> Option<u32> {
    key.rsplit('/').next()?.strip_suffix(".csv")?.parse().ok()
}

fn header(job: &ImportJob) -> Result<Vec<u8>> {
    let names: Vec<_> = job.columns.iter().map(|column| column.lasting_name()).collect();
    let mut csv = csv::Writer::from_writer(Vec::new());
    let own = OWN.iter().copied().chain(names.iter().map(AsRef::as_ref));
    csv.write_record(own.map(|name| neutralised(name).into_owned())).map_err(unwritten)?;
    csv.into_inner().map_err(|error| unwritten(error.into_error()))
}

fn csv_of(text: Vec<u8>, last: Option<u32>) -> Result<Csv> {
    Ok(Csv { text, next_cursor: last.map(|number| number.to_string()) })
}

fn unwritten(error: impl Into<csv::Error>) -> Error {
    Error::internal("writing refused rows", error.into())
}

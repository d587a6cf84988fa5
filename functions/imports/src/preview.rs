//! What the first rows of a file would become: kept as it is shown.

use domain::id::ContactId;
use domain::import::{Mapping, RowOutcome};
use domain::{Error, Result, import_files};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::ReportedFault;

use crate::Imports;
use crate::resolve::{Known, Resolved, Resolver};
use crate::rows::{Row, rows};

/// What the first rows of a file would become.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Preview {
    /// The rows, in the order of the file.
    pub(crate) rows: Vec<PreviewRow>,
}

/// What a row would become.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct PreviewRow {
    /// The row, from 1, without the header.
    pub(crate) row: u64,
    /// The line of the file where it begins, from 1.
    pub(crate) line: u64,
    /// What would become of it.
    pub(crate) outcome: RowOutcome,
    /// The contact that is there already; null if there is none.
    pub(crate) contact_id: Option<ContactId>,
    /// The fields of the contact as they would be; null if the row would be refused.
    pub(crate) contact: Option<Value>,
    /// What is wrong, if the row would be refused.
    pub(crate) faults: Vec<PreviewFault>,
}

/// What is wrong with a cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct PreviewFault {
    /// The column.
    pub(crate) column: String,
    /// The kind of fault, a word.
    pub(crate) code: String,
    /// What a person needs to know.
    pub(crate) reason: String,
    /// What the cell holds, at most 200 characters of it.
    pub(crate) value: String,
}

/// How many rows are looked at.
pub(crate) const PREVIEWED: u64 = 100;

/// Finds out what the rows of a chunk's file would become, one after the other, and keeps that for the job.
pub(crate) async fn keep(imports: &Imports, resolver: &Resolver, mapping: &Mapping, file: &[u8]) -> Result<()> {
    let most = usize::try_from(PREVIEWED).unwrap_or(usize::MAX);
    let rows = rows(file, 1, most, mapping, &resolver.rules)?;
    let mut known = resolver.look_up(&rows, true).await?;
    let mut preview = Preview::default();
    for row in &rows {
        let resolved = resolver.resolve(std::slice::from_ref(row), &known).unwrap_or_default();
        resolved.writes.iter().for_each(|write| known.learn(write));
        preview.rows.extend(previewed(row, &resolved, &known));
    }
    let json = serde_json::to_vec(&preview).map_err(|error| Error::internal("writing a preview", error))?;
    imports.bucket.put(&import_files::preview(resolver.tenant, resolver.job.id), json).await
}

fn previewed(row: &Row, resolved: &Resolved, known: &Known) -> Option<PreviewRow> {
    let outcome = *resolved.outcomes.first()?;
    let report = resolved.report.rows.first();
    let contact_id = report.and_then(|report| report.contact_id);
    let profile = match (resolved.writes.first(), contact_id) {
        (Some(write), _) => Some(&write.contact().profile),
        (None, Some(id)) => known.contact(id).map(|contact| &contact.profile),
        (None, None) => None,
    };
    let faults = report.map(|report| &report.faults[..]).unwrap_or_default();
    Some(PreviewRow {
        row: row.number,
        line: row.line,
        outcome,
        contact_id,
        contact: profile.map(|profile| serde_json::to_value(profile.fields()).unwrap_or_default()),
        faults: faults.iter().cloned().map(PreviewFault::of).collect(),
    })
}

impl PreviewFault {
    fn of(fault: ReportedFault) -> Self {
        Self { column: fault.column, code: fault.code, reason: fault.reason, value: fault.value }
    }
}

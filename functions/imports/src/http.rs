//! HTTP: import jobs.

use axum::extract::{Path, State};
use domain::id::{Id, JobId, TenantId};
use domain::job::ImportTask;
use domain::{Error, Fault, FaultCode, Result};
use edge::{Answer, Csv, Edge, Operation, Query, Reader, Routes, path_id};
use runtime::{Bucket, Clock, Handler, Platform, Queue, StartError};
use schemars::JsonSchema;
use serde::Deserialize;
use store::{NotACursor, ReportCursor, RowReport, Store};

use crate::{cancel, create, show};

/// About how large one answer with refused rows may become; Lambda's limit is 6 MB.
const MAX_ERRORS: usize = 4 * 1024 * 1024;

#[derive(Debug, Clone)]
pub(crate) struct Imports {
    pub(crate) store: Store,
    pub(crate) bucket: Bucket,
    pub(crate) queue: Queue<ImportTask>,
    pub(crate) clock: Clock,
}

fn routes() -> Routes<Imports> {
    Routes::new("Imports")
        .post("/api/v1/contacts/import", create::create, "Begin an import: says where the file is to be uploaded")
        .get("/api/v1/contacts/imports", show::list, "List imports, the newest first; at most 10,000 are counted")
        .get("/api/v1/contacts/imports/{id}", show::show, "Show how an import goes")
        .get("/api/v1/contacts/imports/{id}/errors", errors, "Show the refused rows of an import, as CSV")
        .post("/api/v1/contacts/imports/{id}/cancel", cancel::cancel, "Stop an import; what was done stays")
}

/// What the function does, for the document.
pub fn operations() -> Vec<Operation> {
    routes().operations()
}

pub(crate) fn handler(platform: &Platform) -> Result<Handler, StartError> {
    let store = Store::new(&platform.aws, platform.environment.required("TABLE_NAME")?);
    let bucket = Bucket::new(&platform.aws, &platform.environment)?;
    let queue = Queue::new(&platform.aws, platform.environment.required("IMPORT_QUEUE_URL")?);
    let edge = Edge::new(platform, store.clone())?;
    Ok(Handler::Http(edge.protect(routes(), Imports { store, bucket, queue, clock: platform.clock.clone() })))
}

/// Where the upload of a job goes.
pub(crate) fn object_key(tenant: TenantId, job: JobId) -> String {
    format!("imports/{tenant}/{}.csv", job.uuid())
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ErrorsQuery {
    /// Where to go on: X-Next-Cursor of the answer before.
    #[schemars(length(min = 1))]
    cursor: Option<String>,
}

async fn errors(
    State(imports): State<Imports>,
    Reader(caller): Reader,
    Path(id): Path<String>,
    Query(query): Query<ErrorsQuery>,
) -> Answer<Csv> {
    let id: JobId = path_id("import", &id)?;
    let store = imports.store.tenant(caller.tenant).imports();
    store.get(id).await?.ok_or_else(|| Error::not_found("import", id))?;
    let mut csv = csv::Writer::from_writer(Vec::new());
    let written = |error: csv::Error| Error::internal("writing the refused rows", error);
    csv.write_record(["row", "line", "column", "code", "reason", "value"]).map_err(written)?;
    let invalid =
        |error: NotACursor| Error::Malformed(vec![Fault::new("cursor", FaultCode::Malformed, error.to_string())]);
    let mut cursor: Option<ReportCursor> = query.cursor.map(|text| text.parse().map_err(invalid)).transpose()?;
    loop {
        let page = store.reports(id, cursor).await?;
        for report in &page.items {
            write_faults(&mut csv, report).map_err(written)?;
        }
        cursor = page.next;
        if cursor.is_none() || csv.get_ref().len() > MAX_ERRORS {
            break;
        }
    }
    let text = csv.into_inner().map_err(|error| Error::internal("writing the refused rows", error.into_error()))?;
    Ok(Csv { text, next_cursor: cursor.map(|cursor| cursor.to_string()) })
}

fn write_faults(csv: &mut csv::Writer<Vec<u8>>, report: &RowReport) -> csv::Result<()> {
    for fault in &report.faults {
        let (row, line) = (report.row.to_string(), report.line.to_string());
        csv.write_record([&row, &line, &fault.column, &fault.code, &fault.reason, &fault.value])?;
    }
    Ok(())
}

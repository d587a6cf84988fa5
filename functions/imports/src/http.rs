//! HTTP: import jobs.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use chrono::TimeDelta;
use domain::id::{Id, JobId, TenantId};
use domain::import::{DuplicatePolicy, MAX_COLUMNS, Outcomes};
use domain::job::{ImportJob, ImportStatus};
use domain::phone::Country;
use domain::time::{Minute, after};
use domain::{Error, Fault, FaultCode, Result, Timestamp};
use edge::{Accepted, Answer, Body, Csv, Edge, Fresh, Operation, Query, Reader, Routes, Writer, path_id};
use runtime::{Bucket, Clock, Handler, Platform, StartError};
use schemars::JsonSchema;
use serde::Deserialize;
use store::{NotACursor, ReportCursor, RowReport, Store, WATCH_MINUTES};

use crate::wire::{ImportIn, ImportOut, UploadOut};

/// How long an upload can begin after it was asked for.
pub(crate) const UPLOAD_VALID: Duration = Duration::from_secs(3600);
/// The largest file.
pub(crate) const MAX_FILE: u64 = 5 * 1024 * 1024 * 1024;
/// The most bytes of a mapping's names.
const MAX_MAPPING: usize = 64 * 1024;
/// About how large one answer with refused rows may become; Lambda's limit is 6 MB.
const MAX_ERRORS: usize = 4 * 1024 * 1024;

#[derive(Debug, Clone)]
struct Imports {
    store: Store,
    bucket: Bucket,
    clock: Clock,
}

fn routes() -> Routes<Imports> {
    Routes::new("Imports")
        .post("/api/v1/contacts/import", create, "Begin an import: says where the file is to be uploaded")
        .get("/api/v1/contacts/imports/{id}", show, "Show how an import goes")
        .get("/api/v1/contacts/imports/{id}/errors", errors, "Show the refused rows of an import, as CSV")
}

/// What the function does, for the document.
pub fn operations() -> Vec<Operation> {
    routes().operations()
}

pub(crate) fn handler(platform: &Platform) -> Result<Handler, StartError> {
    let store = Store::new(&platform.aws, platform.environment.required("TABLE_NAME")?);
    let bucket = Bucket::new(&platform.aws, &platform.environment)?;
    let edge = Edge::new(platform, store.clone())?;
    Ok(Handler::Http(edge.protect(routes(), Imports { store, bucket, clock: platform.clock.clone() })))
}

async fn create(
    State(imports): State<Imports>,
    Writer(caller): Writer,
    fresh: Fresh,
    Body(wanted): Body<ImportIn>,
) -> Answer<Accepted<ImportOut>> {
    let (store, now) = (imports.store.tenant(caller.tenant), imports.clock.now());
    let default_country = store.settings().get().await?.default_country;
    let job = job(&wanted, caller.tenant, fresh.id(), now, default_country)?;
    let upload = UploadOut {
        method: "PUT",
        url: imports.bucket.upload_url(&job.object_key, UPLOAD_VALID).await?,
        expires_at: after(now, TimeDelta::seconds(UPLOAD_VALID.as_secs().cast_signed())),
        max_bytes: MAX_FILE,
    };
    let visit = Minute::of(now).plus(WATCH_MINUTES);
    store.imports().create(&job, visit).await?;
    let location = format!("/api/v1/contacts/imports/{}", job.id);
    Ok(Accepted { location, body: ImportOut::new(job, Some(upload)) })
}

fn job(wanted: &ImportIn, tenant: TenantId, id: JobId, now: Timestamp, default_country: Country) -> Result<ImportJob> {
    let mut faults = Vec::new();
    let duplicates = wanted.duplicates.as_deref().unwrap_or(DuplicatePolicy::Skip.as_str());
    let duplicates = DuplicatePolicy::parse("duplicates", duplicates).map_err(|fault| faults.push(fault));
    let country = wanted.default_country.as_deref().map_or(Ok(default_country), |country| {
        let invalid =
            |error: domain::phone::NotACountry| Fault::new("default_country", FaultCode::Invalid, error.to_string());
        country.parse().map_err(|error| faults.push(invalid(error)))
    });
    faults.extend(unkeepable(&wanted.mapping));
    let (Ok(duplicates), Ok(default_country), true) = (duplicates, country, faults.is_empty()) else {
        return Err(Error::Refused(faults));
    };
    let object_key = object_key(tenant, id);
    Ok(new_job(id, object_key, duplicates, default_country, now, wanted.mapping.clone()))
}

/// Why a mapping cannot be kept with its job, if it cannot: the table takes no empty names, and no item of any size.
fn unkeepable(mapping: &BTreeMap<String, String>) -> Option<Fault> {
    let bytes: usize = mapping.iter().map(|(column, field)| column.len() + field.len()).sum();
    if mapping.len() > MAX_COLUMNS || bytes > MAX_MAPPING {
        let reason = format!("has more than {MAX_COLUMNS} columns, or more than {MAX_MAPPING} bytes");
        return Some(Fault::new("mapping", FaultCode::TooLong, reason));
    }
    mapping.contains_key("").then(|| Fault::new("mapping", FaultCode::Invalid, "has a column without a name"))
}

/// A job whose file has not arrived.
pub(crate) fn new_job(
    id: JobId,
    object_key: String,
    duplicates: DuplicatePolicy,
    default_country: Country,
    created_at: Timestamp,
    mapping: BTreeMap<String, String>,
) -> ImportJob {
    ImportJob {
        id,
        status: ImportStatus::AwaitingUpload,
        error: None,
        object_key,
        etag: None,
        duplicates,
        mapping,
        default_country,
        headers: Vec::new(),
        chunks_total: None,
        chunks_done: 0,
        rows_total: None,
        outcomes: Outcomes::default(),
        created_at,
        finished_at: None,
    }
}

/// Where the upload of a job goes.
pub(crate) fn object_key(tenant: TenantId, job: JobId) -> String {
    format!("imports/{tenant}/{}.csv", job.uuid())
}

async fn show(
    State(imports): State<Imports>,
    Reader(caller): Reader,
    Path(id): Path<String>,
) -> Answer<Json<ImportOut>> {
    let id: JobId = path_id("import", &id)?;
    let job = imports.store.tenant(caller.tenant).imports().get(id).await?;
    let job = job.ok_or_else(|| Error::not_found("import", id))?;
    Ok(Json(ImportOut::new(job, None)))
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

//! Showing imports.

use axum::Json;
use axum::extract::{Path, State};
use domain::id::{JobId, TenantId};
use domain::import::Outcomes;
use domain::job::{ImportJob, ImportStatus};
use domain::{Error, Result, import_files};
use edge::{Answer, List, Listing, Reader, path_id};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::http::Imports;
use crate::preview::Preview;
use crate::wire::ImportOut;

/// Which imports are wanted.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ImportFilter {
    /// Only those that stand there.
    #[schemars(with = "Option<ImportStatus>")]
    status: Option<String>,
}

impl ImportFilter {
    fn parse(&self) -> Result<Option<ImportStatus>> {
        let status = self.status.as_deref().map(|word| ImportStatus::parse("status", word)).transpose();
        status.map_err(Error::refused)
    }
}

pub(crate) async fn show(
    State(imports): State<Imports>,
    Reader(caller): Reader,
    Path(id): Path<String>,
) -> Answer<Json<ImportOut>> {
    let id: JobId = path_id("import", &id)?;
    let job = imports.store.tenant(caller.tenant).imports().with_under_way(id).await?;
    let (job, under_way) = job.ok_or_else(|| Error::not_found("import", id))?;
    let preview = preview(&imports, caller.tenant, &job).await?;
    Ok(Json(ImportOut::new(job, under_way, imports.clock.now()).previewing(preview)))
}

/// What a dry run found. It is kept for some days only.
async fn preview(imports: &Imports, tenant: TenantId, job: &ImportJob) -> Result<Option<Preview>> {
    if !job.options.dry_run || job.status != ImportStatus::Completed {
        return Ok(None);
    }
    let file = imports.bucket.whole(&import_files::preview(tenant, job.id)).await?;
    let unread = |_| Error::internal("reading what a dry run found", "it is no preview");
    file.map(|file| serde_json::from_slice(&file).map_err(unread)).transpose()
}

/// Rows of chunks that are not done do not count here: that would be a look at each chunk of each import.
pub(crate) async fn list(
    State(imports): State<Imports>,
    Reader(caller): Reader,
    Listing { filter, paging }: Listing<ImportFilter>,
) -> Answer<Json<List<ImportOut>>> {
    let (status, now) = (filter.parse()?, imports.clock.now());
    let store = imports.store.tenant(caller.tenant).imports();
    let part = store.newest(status, paging.after()?, paging.offset, paging.limit).await?;
    let shown = |job: ImportJob| ImportOut::new(job, Outcomes::default(), now);
    Ok(Json(paging.list(part.items.into_iter().map(shown).collect(), part.total, part.next)))
}

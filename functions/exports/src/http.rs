//! HTTP: exports are asked for, listed, shown with their download, and removed.
//!
//! Whoever may see the list of contacts may export it, and may have any export of the tenant: there is nothing in one that
//! the list does not show.

use std::cmp::Reverse;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use chrono::TimeDelta;
use domain::access::Right;
use domain::contact::draft::Rules;
use domain::export::{Export, ExportDraft, ExportStatus, ExportTask};
use domain::id::{JobId, TenantId};
use domain::time::after;
use domain::{Error, Result};
use edge::{
    Accepted, Answer, Body, Edge, Fresh, IfMatch, List, Listing, NoContent, NoFilter, Operation, Reader, Routes,
    Versioned, path_id,
};
use runtime::bucket::Download;
use runtime::{Bucket, Clock, Handler, Platform, Queue, StartError};
use store::{Exports, Store};

use crate::wire::{DownloadOut, ExportOut};

/// How long a download can begin after it was asked for.
const DOWNLOAD_VALID: Duration = Duration::from_secs(15 * 60);
/// How often a removal is tried again that was overtaken by the writing of the file.
const TRIES: u32 = 8;

#[derive(Debug, Clone)]
struct Desk {
    store: Store,
    bucket: Bucket,
    queue: Queue<ExportTask>,
    clock: Clock,
}

fn routes() -> Routes<Desk> {
    Routes::new("Exports")
        .post("/api/v1/contacts/export", create, "Export contacts into a file, in the background")
        .get("/api/v1/contacts/export", list, "List the exports of the last thirty days, the newest first")
        .get("/api/v1/contacts/exports", list_all, "The same list, where its items are")
        .get("/api/v1/contacts/exports/{id}", show, "Show how an export goes, and where to download its file")
        .delete("/api/v1/contacts/exports/{id}", remove, "Stop an export, or remove its file, and forget it")
}

/// What the function does, for the document.
pub fn operations() -> Vec<Operation> {
    routes().operations()
}

pub(crate) fn handler(platform: &Platform) -> Result<Handler, StartError> {
    let store = Store::new(&platform.aws, platform.environment.required("TABLE_NAME")?);
    let bucket = Bucket::new(&platform.aws, &platform.environment)?;
    let queue = Queue::new(&platform.aws, platform.environment.required("EXPORT_QUEUE_URL")?);
    let edge = Edge::new(platform, store.clone())?;
    Ok(Handler::Http(edge.protect(routes(), Desk { store, bucket, queue, clock: platform.clock.clone() })))
}

impl Desk {
    fn of(&self, tenant: TenantId) -> Exports {
        self.store.tenant(tenant).exports()
    }

    /// Tells the queue of an export that is kept. Should it not hear, the agenda brings it back.
    async fn tell(&self, task: ExportTask) {
        if let Err(error) = self.queue.send(&task).await {
            tracing::warn!(export = %task.export, error = error.chain(), "the queue was not told of an export");
        }
    }

    async fn existing(&self, tenant: TenantId, id: JobId) -> Result<Export> {
        self.of(tenant).get(id).await?.ok_or_else(|| Error::not_found(Export::WHAT, id))
    }

    /// Where the file is, while it is.
    async fn download(&self, tenant: TenantId, export: &Export) -> Result<Option<DownloadOut>> {
        let now = self.clock.now();
        if export.status_at(now) != ExportStatus::Completed {
            return Ok(None);
        }
        let (key, name) = (export.object_key(tenant), export.file_name());
        let file = Download { key: &key, name: &name, content_type: export.format.content_type() };
        let url = self.bucket.download_url(file, DOWNLOAD_VALID).await?;
        let expires_at = after(now, TimeDelta::seconds(DOWNLOAD_VALID.as_secs().cast_signed()));
        Ok(Some(DownloadOut { url, expires_at }))
    }
}

async fn create(
    State(desk): State<Desk>,
    Reader(caller): Reader,
    fresh: Fresh,
    Body(draft): Body<ExportDraft>,
) -> Answer<Accepted<ExportOut>> {
    let (exports, id): (_, JobId) = (desk.of(caller.tenant), fresh.id());
    let made = if fresh.is_repeated() { exports.get(id).await? } else { None };
    let export = match made {
        Some(made) => made,
        None => {
            let rules = Rules::from(&desk.store.tenant(caller.tenant).settings().get().await?);
            let export = Export::new(id, draft.parse(&rules)?, caller.actor, desk.clock.now());
            exports.create(&export).await?;
            desk.tell(ExportTask { tenant: caller.tenant, export: id }).await;
            export
        }
    };
    Ok(ExportOut::accepted(export, desk.clock.now()))
}

async fn list(
    State(desk): State<Desk>,
    Reader(caller): Reader,
    listing: Listing<NoFilter>,
) -> Answer<Json<List<ExportOut>>> {
    let (mut all, now) = (desk.of(caller.tenant).all().await?, desk.clock.now());
    all.reverse();
    let mut part = listing.paging.sorted_part(all, |export| Reverse(export.id))?;
    let shown = std::mem::take(&mut part.items).into_iter().map(|export| ExportOut::new(export, now, None));
    let shown = shown.collect();
    Ok(Json(part.with(shown)))
}

/// The list under the path of its items.
async fn list_all(state: State<Desk>, caller: Reader, listing: Listing<NoFilter>) -> Answer<Json<List<ExportOut>>> {
    list(state, caller, listing).await
}

async fn show(
    State(desk): State<Desk>,
    Reader(caller): Reader,
    Path(id): Path<String>,
) -> Answer<Versioned<ExportOut>> {
    let export = desk.existing(caller.tenant, path_id(Export::WHAT, &id)?).await?;
    let download = desk.download(caller.tenant, &export).await?;
    Ok(Versioned(export.revision, ExportOut::new(export, desk.clock.now(), download)))
}

/// The file goes before what is known of it, so that no file is left that nobody knows of.
async fn remove(
    State(desk): State<Desk>,
    Reader(caller): Reader,
    Path(id): Path<String>,
    meant: IfMatch,
) -> Answer<NoContent> {
    let id = path_id(Export::WHAT, &id)?;
    for _ in 0..TRIES {
        let export = desk.existing(caller.tenant, id).await?;
        if export.by != caller.actor && !caller.may(Right::Write) {
            return Err(Error::Forbidden("an export is removed by who asked for it, or by who may write").into());
        }
        meant.demand(export.revision)?;
        let key = export.object_key(caller.tenant);
        if let Some(upload) = &export.upload {
            desk.bucket.abort_upload(&key, &upload.id).await?;
        }
        desk.bucket.delete(&key).await?;
        if desk.of(caller.tenant).remove(&export).await? {
            return Ok(NoContent);
        }
    }
    Err(Error::conflict("the export is moving on; try again").into())
}

//! Stopping an import.

use axum::extract::{Path, State};
use domain::Error;
use domain::audit::{Action, AuditEntry};
use domain::id::JobId;
use domain::job::{ImportStatus, ImportTask};
use edge::{Accepted, Answer, Fresh, Writer, path_id};
use store::Stopped;

use crate::http::Imports;
use crate::wire::ImportOut;

pub(crate) async fn cancel(
    State(imports): State<Imports>,
    Writer(caller): Writer,
    Path(id): Path<String>,
    fresh: Fresh,
) -> Answer<Accepted<ImportOut>> {
    let (tenant, id): (_, JobId) = (caller.tenant, path_id("import", &id)?);
    let store = imports.store.tenant(tenant).imports();
    let entry =
        AuditEntry::of_thing(fresh.id(), fresh.now(), caller.actor, Action::ImportCancelled, id, Default::default());
    match store.cancel(id, &entry, imports.clock.now()).await?.ok_or_else(|| Error::not_found("import", id))? {
        Stopped::Before(ImportStatus::Cancelled) if fresh.is_repeated() => {}
        Stopped::Before(status) => return Err(Error::conflict(format!("the import is {status} already")).into()),
        // A worker adds up what was done, and removes the file.
        Stopped::AtOnce | Stopped::Stopping => imports.queue.send(&ImportTask { tenant, job: id, chunk: None }).await?,
    }
    let (job, under_way) = store.with_under_way(id).await?.ok_or_else(|| Error::not_found("import", id))?;
    let location = format!("/api/v1/contacts/imports/{id}");
    Ok(Accepted { location, body: ImportOut::new(job, under_way, imports.clock.now()) })
}

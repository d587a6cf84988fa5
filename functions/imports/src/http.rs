//! HTTP: import jobs.

use domain::id::{Id, JobId, TenantId};
use domain::job::ImportTask;
use edge::{Edge, Operation, Routes};
use runtime::{Bucket, Clock, Handler, Platform, Queue, StartError};
use store::Store;

use crate::{cancel, create, refused, show};

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
        .get("/api/v1/contacts/imports/{id}/errors", refused::errors, "Show the refused rows of an import, as CSV")
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

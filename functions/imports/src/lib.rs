//! Imports: HTTP for jobs · S3 event → chunks · queue: one chunk. `HANDLER` says which of the three this is.

mod cancel;
mod check;
mod chunk;
mod create;
mod http;
mod preview;
mod refused;
mod request;
mod resolve;
mod rows;
mod show;
mod source;
mod split;
mod splitter;
mod stopping;
mod table;
mod wire;

use std::sync::Arc;

use aws_lambda_events::event::s3::S3Event;
use aws_lambda_events::event::sqs::SqsEvent;
use catalog::Catalog;
use domain::id::{JobId, TenantId};
use domain::job::{ImportJob, ImportStatus, ImportTask};
use domain::{Error, import_files};
use runtime::batch::each_message;
use runtime::{Bucket, Clock, Handler, Platform, Queue, StartError};
use store::{Stopped, Store};

pub use http::operations;

/// The function's handler.
///
/// # Errors
/// When a setting is missing or makes no sense.
pub fn handler(platform: &Platform) -> Result<Handler, StartError> {
    match platform.environment.required("HANDLER")? {
        "http" => http::handler(platform),
        "split" => {
            let imports = Arc::new(Imports::new(platform)?);
            Ok(Handler::events(move |event: S3Event| {
                let imports = imports.clone();
                async move { split::arrived(&imports, event).await }
            }))
        }
        "work" => {
            let imports = Arc::new(Imports::new(platform)?);
            let catalog = Catalog::new(platform, imports.store.clone())?;
            Ok(Handler::events(move |event: SqsEvent| {
                let (imports, catalog) = (imports.clone(), catalog.clone());
                async move { Ok(each_message(event, |task| work(&imports, &catalog, task)).await) }
            }))
        }
        _ => Err(StartError::Invalid { name: "HANDLER", reason: "must be http, split or work".to_owned() }),
    }
}

/// What the workers need.
struct Imports {
    store: Store,
    bucket: Bucket,
    queue: Queue<ImportTask>,
    clock: Clock,
}

impl Imports {
    fn new(platform: &Platform) -> Result<Self, StartError> {
        Ok(Self {
            store: Store::new(&platform.aws, platform.environment.required("TABLE_NAME")?),
            bucket: Bucket::new(&platform.aws, &platform.environment)?,
            queue: Queue::new(&platform.aws, platform.environment.required("IMPORT_QUEUE_URL")?),
            clock: platform.clock.clone(),
        })
    }
}

async fn work(imports: &Imports, catalog: &Catalog, task: ImportTask) -> domain::Result<()> {
    match task.chunk {
        Some(number) => chunk::work(imports, catalog, task.tenant, task.job, number).await?,
        None => resume(imports, catalog, task.tenant, task.job).await?,
    }
    imports.remove_file_if_ended(task.tenant, task.job).await
}

impl Imports {
    /// Stops a job that is to fail with `error`; a worker adds up what was done.
    pub(crate) async fn fail(&self, tenant: TenantId, job: JobId, error: &str) -> domain::Result<()> {
        let stopped = self.store.tenant(tenant).imports().fail(job, error, self.clock.now()).await?;
        match stopped {
            Some(Stopped::Stopping) => self.queue.send(&ImportTask { tenant, job, chunk: None }).await,
            _ => Ok(()),
        }
    }

    /// The file that has just been looked at goes if its import is done with it, and so do its chunks.
    pub(crate) async fn remove_if_ended(&self, tenant: TenantId, job: &ImportJob, etag: &str) -> domain::Result<()> {
        let Some(found) = self.store.tenant(tenant).imports().get(job.id).await? else { return Ok(()) };
        self.remove_chunks_if_ended(tenant, &found).await?;
        let done = found.is_done_with_its_file(self.clock.now());
        if done { self.bucket.remove(&job.object_key, etag).await } else { Ok(()) }
    }

    /// What was cut and is not needed any more: the chunks of an import that was stopped, or of a splitter that came too late.
    async fn remove_chunks_if_ended(&self, tenant: TenantId, job: &ImportJob) -> domain::Result<()> {
        if !job.status.is_end() {
            return Ok(());
        }
        self.bucket.delete_all(&import_files::chunks(tenant, job.id)).await
    }

    /// A file holds what people's addresses are: it goes when nobody needs it any more.
    pub(crate) async fn remove_file_if_ended(&self, tenant: TenantId, id: JobId) -> domain::Result<()> {
        let Some(job) = self.store.tenant(tenant).imports().get(id).await? else { return Ok(()) };
        self.remove_chunks_if_ended(tenant, &job).await?;
        if !job.is_done_with_its_file(self.clock.now()) {
            return Ok(());
        }
        match &job.etag {
            Some(etag) => self.bucket.remove(&job.object_key, etag).await,
            // It was never looked into; nobody else's can be under its own name.
            None if job.object_key == http::object_key(tenant, id) => match self.bucket.find(&job.object_key).await? {
                Some(file) => self.bucket.remove(&job.object_key, &file.etag).await,
                None => Ok(()),
            },
            None => Ok(()),
        }
    }
}

/// Takes up again whatever is left of a job: its messages may be lost, its workers dead.
async fn resume(imports: &Imports, catalog: &Catalog, tenant: TenantId, id: JobId) -> domain::Result<()> {
    let store = imports.store.tenant(tenant).imports();
    let job = store.get(id).await?.ok_or_else(|| Error::not_found("import", id))?;
    match job.status {
        ImportStatus::AwaitingUpload | ImportStatus::Splitting => split::split_if_there(imports, tenant, &job).await,
        ImportStatus::Running => {
            let left = store.chunks(id).await?.into_iter().filter(|chunk| !chunk.done);
            let tasks: Vec<_> = left.map(|chunk| ImportTask { tenant, job: id, chunk: Some(chunk.number) }).collect();
            imports.queue.send_all(&tasks).await?;
            store.complete_if_done(id, imports.clock.now()).await
        }
        ImportStatus::Stopping => stopping::stop(imports, catalog, tenant, id).await,
        ImportStatus::Completed | ImportStatus::Failed | ImportStatus::Cancelled => Ok(()),
    }
}

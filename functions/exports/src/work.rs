//! Queue: the file of an export is written, part by part. What a killed worker left undone, the next one does: it goes on
//! behind the last part that is kept.

use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::event::sqs::SqsEvent;
use catalog::{Catalog, Reader};
use domain::Result;
use domain::export::{Export, ExportTask, MAX_PARTS, Upload};
use runtime::batch::each_message;
use runtime::{Bucket, Clock, Handler, Platform, Queue, StartError};
use store::{Store, TenantStore};
use tokio::time::Instant;

use crate::part::Part;

/// How long a worker goes on before it hands the export over to the next: well within the function's time-out.
const TURN: Duration = Duration::from_secs(600);
/// The bytes of indexes that are held in memory.
const INDEXES: usize = 400 << 20;
/// How often a worker is overtaken before it leaves an export to whoever works on it.
const OVERTAKEN: u32 = 3;

/// What the writing needs.
struct Worker {
    store: Store,
    bucket: Bucket,
    queue: Queue<ExportTask>,
    reader: Reader,
    clock: Clock,
}

pub(crate) fn handler(platform: &Platform) -> Result<Handler, StartError> {
    let store = Store::new(&platform.aws, platform.environment.required("TABLE_NAME")?);
    let worker = Arc::new(Worker {
        bucket: Bucket::new(&platform.aws, &platform.environment)?,
        queue: Queue::new(&platform.aws, platform.environment.required("EXPORT_QUEUE_URL")?),
        reader: Reader::new(Catalog::new(platform, store.clone())?, INDEXES),
        store,
        clock: platform.clock.clone(),
    });
    Ok(Handler::events(move |event: SqsEvent| {
        let worker = worker.clone();
        async move { Ok(each_message(event, |task| worker.work(task)).await) }
    }))
}

impl Worker {
    async fn work(&self, task: ExportTask) -> Result<()> {
        let (store, begun) = (self.store.tenant(task.tenant), Instant::now());
        let (mut known, mut overtaken) = (store.exports().get(task.export).await?, 0);
        // One that was removed meanwhile is over.
        while let Some(export) = known.filter(|export| !export.has_ended()) {
            if begun.elapsed() > TURN {
                return self.queue.send(&task).await;
            }
            known = self.step(&store, &export).await?;
            if known.is_some() {
                continue;
            }
            // Once may be an answer that was lost; who is overtaken again and again leaves it to the other worker.
            overtaken += 1;
            if overtaken == OVERTAKEN {
                return Ok(());
            }
            known = store.exports().get(task.export).await?;
        }
        Ok(())
    }

    /// Does what comes next; the export as it is then, or nothing if somebody else has moved it on.
    async fn step(&self, store: &TenantStore, export: &Export) -> Result<Option<Export>> {
        let key = export.object_key(store.tenant());
        match &export.upload {
            None => self.begin(store, export, &key).await,
            Some(upload) if upload.full => self.complete(store, export, &key, upload).await,
            Some(upload) if upload.parts == MAX_PARTS => {
                self.bucket.abort_upload(&key, &upload.id).await?;
                let failed = export.failed("the file would have more parts than a file can have", self.clock.now());
                keep(store, failed).await
            }
            Some(upload) => self.grow(store, export, &key, upload).await,
        }
    }

    async fn begin(&self, store: &TenantStore, export: &Export, key: &str) -> Result<Option<Export>> {
        let upload = self.bucket.begin_upload(key, export.format.content_type()).await?;
        let kept = keep(store, export.begun(upload.clone())).await?;
        if kept.is_none() {
            self.bucket.abort_upload(key, &upload).await?;
        }
        Ok(kept)
    }

    async fn grow(&self, store: &TenantStore, export: &Export, key: &str, upload: &Upload) -> Result<Option<Export>> {
        let contacts = self.reader.now(store.tenant()).await?;
        let (bytes, growth) = Part::next(store, &contacts, export).await?;
        let number = upload.parts + 1;
        if bytes.is_empty() && number > 1 {
            return keep(store, export.filled()).await;
        }
        match self.bucket.upload_part(key, &upload.id, number, bytes).await? {
            None => self.restart(store, export, key, upload).await,
            Some(part) => {
                let next = export.grown(growth)?;
                Ok(store.exports().save_with(&next, number, &part).await?.then_some(next))
            }
        }
    }

    async fn complete(
        &self,
        store: &TenantStore,
        export: &Export,
        key: &str,
        upload: &Upload,
    ) -> Result<Option<Export>> {
        let parts = store.exports().parts(export.id, upload.parts).await?;
        if !self.bucket.complete_upload(key, &upload.id, parts).await? {
            // A worker before this one may have come so far, and no further.
            let file = self.bucket.find(key).await?;
            if file.is_none_or(|file| file.size != export.bytes) {
                return self.restart(store, export, key, upload).await;
            }
        }
        keep(store, export.completed(self.clock.now())).await
    }

    /// The parts are lost, or one is not what was kept of it: another worker put it there at the same time.
    async fn restart(
        &self,
        store: &TenantStore,
        export: &Export,
        key: &str,
        upload: &Upload,
    ) -> Result<Option<Export>> {
        self.bucket.abort_upload(key, &upload.id).await?;
        keep(store, export.restarted(self.clock.now())).await
    }
}

async fn keep(store: &TenantStore, next: Export) -> Result<Option<Export>> {
    Ok(store.exports().save(&next).await?.then_some(next))
}

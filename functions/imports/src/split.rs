//! A file arrives: whose it is, and whether it is to be cut into chunks.

use std::time::Duration;

use aws_lambda_events::event::s3::{S3Event, S3EventRecord};
use chrono::TimeDelta;
use domain::id::{Id, JobId, TenantId};
use domain::job::{ImportJob, ImportOptions, ImportStatus};
use domain::time::{Minute, after};
use domain::{Error, Result};
use runtime::bucket::FileInfo;
use store::WATCH_MINUTES;

use crate::Imports;
use crate::create::UPLOAD_VALID;
use crate::request::MAX_FILE;
use crate::source::Source;
use crate::splitter::{Ended, Splitter};

/// Why an import fails whose upload was repeated.
pub(crate) const REPLACED: &str = "the file was replaced while it was being imported";

/// Objects were put into the bucket. Each is an upload that a job waits for, or a file that somebody put there directly.
pub(crate) async fn arrived(imports: &Imports, event: S3Event) -> Result<()> {
    for record in event.records {
        let Some((tenant, key)) = upload(&record) else { continue };
        let Some(file) = imports.bucket.find(&key).await? else { continue };
        let job = match job_of(imports, tenant, &key).await? {
            Some(job) => job,
            None => direct(imports, tenant, key, &file).await?,
        };
        if job.status.is_at_work() && job.etag.as_ref().is_some_and(|etag| *etag != file.etag) {
            imports.fail(tenant, job.id, REPLACED).await?;
        } else {
            split_if_there(imports, tenant, &job).await?;
        }
        imports.remove_if_ended(tenant, &job, &file.etag).await?;
    }
    Ok(())
}

/// The tenant and key of an object under `imports/<tenant>/`.
fn upload(record: &S3EventRecord) -> Option<(TenantId, String)> {
    let object = &record.s3.object;
    let key = object.url_decoded_key.clone().or_else(|| object.key.clone())?;
    let tenant = key.strip_prefix("imports/")?.split('/').next()?.parse().ok()?;
    Some((tenant, key))
}

async fn job_of(imports: &Imports, tenant: TenantId, key: &str) -> Result<Option<ImportJob>> {
    let name = key.rsplit('/').next().and_then(|name| name.strip_suffix(".csv"));
    let Some(id) = name.and_then(|name| name.parse::<JobId>().ok()) else { return Ok(None) };
    let job = imports.store.tenant(tenant).imports().get(id).await?;
    Ok(job.filter(|job| job.object_key == key))
}

/// A job for a file that nobody announced. Its id follows from the file, so that a repeated event makes no second one.
async fn direct(imports: &Imports, tenant: TenantId, key: String, file: &FileInfo) -> Result<ImportJob> {
    let id = JobId::derived(file.modified_at, &[key.as_bytes(), file.etag.as_bytes()]);
    let now = imports.clock.now();
    let store = imports.store.tenant(tenant);
    let country = store.settings().get().await?.default_country;
    let job = ImportJob::new(id, key, ImportOptions::of(country), None, now);
    let store = store.imports();
    store.create(&job, Minute::of(now).plus(WATCH_MINUTES), None).await?;
    store.get(id).await?.ok_or_else(|| Error::not_found("import", id))
}

/// Cuts the job's file into chunks if it has arrived. Begun again, it finds the same chunks.
pub(crate) async fn split_if_there(imports: &Imports, tenant: TenantId, job: &ImportJob) -> Result<()> {
    if !matches!(job.status, ImportStatus::AwaitingUpload | ImportStatus::Splitting) {
        return Ok(());
    }
    let now = imports.clock.now();
    match imports.bucket.find(&job.object_key).await? {
        None if after(job.created_at, grace(UPLOAD_VALID)) < now => {
            imports.fail(tenant, job.id, "no file was uploaded").await
        }
        None => Ok(()),
        Some(file) if file.size > MAX_FILE => imports.fail(tenant, job.id, "the file is larger than 5 GiB").await,
        Some(file) => split(imports, tenant, job, file.size).await,
    }
}

/// An upload can go on for a while after its URL has expired.
fn grace(valid: Duration) -> TimeDelta {
    TimeDelta::seconds(2 * valid.as_secs().cast_signed())
}

async fn split(imports: &Imports, tenant: TenantId, job: &ImportJob, size: u64) -> Result<()> {
    let ended = match Source::open(&imports.bucket, job, size).await {
        Ok(source) => Splitter::run(imports, tenant, job, size, source).await,
        Err(ended) => Err(ended),
    };
    match ended {
        Ok(()) | Err(Ended::Stopped) => Ok(()),
        Err(Ended::Unacceptable(reason)) => imports.fail(tenant, job.id, &reason).await,
        Err(Ended::Broken(error)) => Err(error),
    }
}

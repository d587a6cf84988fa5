//! Asking for an import.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::extract::State;
use chrono::TimeDelta;
use domain::access::Caller;
use domain::audit::{Action, AuditEntry};
use domain::id::{GroupId, JobId};
use domain::import::Outcomes;
use domain::job::{ImportJob, ImportTask};
use domain::time::{Minute, after};
use domain::{Error, Fault, FaultCode, Result};
use edge::{Accepted, Answer, Body, Fresh, Writer};
use store::{TenantStore, WATCH_MINUTES};

use crate::http::{Imports, object_key};
use crate::request::{ImportIn, MAX_FILE, NO_IMPORT};
use crate::wire::{ImportOut, UploadOut};

/// How long an upload can begin after it was asked for.
pub(crate) const UPLOAD_VALID: Duration = Duration::from_secs(3600);

pub(crate) async fn create(
    State(imports): State<Imports>,
    Writer(caller): Writer,
    fresh: Fresh,
    Body(wanted): Body<ImportIn>,
) -> Answer<Accepted<ImportOut>> {
    let (store, id) = (imports.store.tenant(caller.tenant), fresh.id());
    let made = if fresh.is_repeated() { store.imports().get(id).await? } else { None };
    let job = match made {
        Some(made) => made,
        None => imports.begin(&store, &caller, wanted, id, &fresh).await?,
    };
    let upload = match job.file_of {
        None => Some(imports.upload(&job).await?),
        Some(_) => {
            // The file is there: nobody else will tell of it.
            imports.queue.send(&ImportTask { tenant: caller.tenant, job: id, chunk: None }).await?;
            None
        }
    };
    let location = format!("/api/v1/contacts/imports/{id}");
    let body = ImportOut::new(job, Outcomes::default(), fresh.now()).uploading(upload);
    Ok(Accepted { location, body })
}

impl Imports {
    /// Keeps a new job.
    async fn begin(
        &self,
        store: &TenantStore,
        caller: &Caller,
        wanted: ImportIn,
        id: JobId,
        fresh: &Fresh,
    ) -> Result<ImportJob> {
        let mut wanted = wanted.parse(&store.settings().get().await?);
        wanted.faults.extend(unknown_group(store, wanted.options.group).await?);
        let dry_run = match wanted.file_of {
            Some(id) => dry_run(store, id).await?.map_err(|fault| wanted.faults.push(fault)).ok(),
            None => None,
        };
        if !wanted.faults.is_empty() {
            return Err(Error::Refused(wanted.faults));
        }
        let (by, fields) = (&caller.actor, [BTreeMap::new(), wanted.options.fields()]);
        let entry = AuditEntry::of_thing(fresh.id(), fresh.now(), by.clone(), Action::ImportCreated, id, fields);
        let key = object_key(caller.tenant, id);
        let job = ImportJob::new(id, key, wanted.options, Some(by.clone()), fresh.now());
        let job = match dry_run {
            Some(dry_run) => self.with_file_of(job, dry_run).await?,
            None => job,
        };
        let visit = Minute::of(self.clock.now()).plus(WATCH_MINUTES);
        store.imports().create(&job, visit, Some(&entry)).await?;
        Ok(job)
    }

    /// The job with the file of a dry run, as that found it.
    async fn with_file_of(&self, job: ImportJob, dry_run: ImportJob) -> Result<ImportJob> {
        dry_run.lends_its_file(self.clock.now())?;
        let file = self.bucket.find(&dry_run.object_key).await?;
        if file.is_none_or(|file| Some(file.etag) != dry_run.etag) {
            return Err(Error::conflict("the file of the dry run is gone, or was replaced"));
        }
        Ok(ImportJob { file_of: Some(dry_run.id), object_key: dry_run.object_key, etag: dry_run.etag, ..job })
    }

    /// Where the file of the job is to be uploaded.
    async fn upload(&self, job: &ImportJob) -> Result<UploadOut> {
        Ok(UploadOut {
            method: "PUT",
            url: self.bucket.upload_url(&job.object_key, UPLOAD_VALID).await?,
            expires_at: after(self.clock.now(), TimeDelta::seconds(UPLOAD_VALID.as_secs().cast_signed())),
            max_bytes: MAX_FILE,
        })
    }
}

async fn unknown_group(store: &TenantStore, group: Option<GroupId>) -> Result<Option<Fault>> {
    let missing = store.groups().missing(group.as_slice()).await?;
    let fault = |_| Fault::new("group", FaultCode::Invalid, "names a group that does not exist");
    Ok(missing.first().map(fault))
}

/// The dry run whose file is wanted.
async fn dry_run(store: &TenantStore, id: JobId) -> Result<Result<ImportJob, Fault>> {
    let refused = |reason| Fault::new("file_of", FaultCode::Invalid, reason);
    Ok(match store.imports().get(id).await? {
        None => Err(refused(NO_IMPORT)),
        Some(job) if !job.options.dry_run => Err(refused("names an import that was no dry run")),
        Some(job) => Ok(job),
    })
}

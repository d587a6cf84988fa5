//! A file arrives and is cut into chunks of whole rows, while it streams by.

use std::time::Duration;

use aws_lambda_events::event::s3::{S3Event, S3EventRecord};
use chrono::TimeDelta;
use domain::id::{Id, JobId, TenantId};
use domain::import::{Additions, Mapping, Outcomes};
use domain::job::{FileFacts, FileFormat, ImportChunk, ImportJob, ImportOptions, ImportStatus, ImportTask};
use domain::job::{MappedColumn, Packing};
use domain::time::{Minute, after};
use domain::{Error, Result};
use runtime::bucket::{FileInfo, FileStream};
use store::{FirstLook, WATCH_MINUTES};

use crate::Imports;
use crate::create::UPLOAD_VALID;
use crate::request::MAX_FILE;
use domain::rows::{RowEnd, RowScanner, headers};

/// The longest row of column names, in bytes: the job keeps them.
const MAX_HEADER: usize = 64 * 1024;
/// Why an import fails whose upload was repeated.
pub(crate) const REPLACED: &str = "the file was replaced while it was being imported";
/// The most rows of a chunk.
const MAX_ROWS: u32 = 1_000;
/// The most bytes of a chunk, but for its last row.
const MAX_BYTES: u64 = 1024 * 1024;

/// Objects were put into the bucket. Each is an upload that a job waits for, or a file that somebody put there directly.
pub(crate) async fn arrived(imports: &Imports, event: S3Event) -> Result<()> {
    for record in event.records {
        let Some((tenant, key)) = upload(&record) else { continue };
        let Some(file) = imports.bucket.find(&key).await? else { continue };
        let job = match job_of(imports, tenant, &key).await? {
            Some(job) => job,
            None => direct(imports, tenant, key, &file).await?,
        };
        split_if_there(imports, tenant, &job).await?;
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
    store.create(&job, Minute::of(now).plus(WATCH_MINUTES)).await?;
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
    let mut file = imports.bucket.open(&job.object_key).await?;
    if job.etag.as_deref().is_some_and(|etag| etag != file.etag()) {
        return imports.fail(tenant, job.id, REPLACED).await;
    }
    let mut splitter = Splitter::new(imports, tenant, job, size);
    let ended = splitter.run(&mut file).await;
    match ended {
        Ok(()) | Err(Ended::Stopped) => Ok(()),
        Err(Ended::Unacceptable(reason)) => imports.fail(tenant, job.id, &reason).await,
        Err(Ended::Broken(error)) => Err(error),
    }
}

/// Why splitting ended before the end of the file.
enum Ended {
    /// The file is at fault, for good.
    Unacceptable(String),
    /// Somebody stopped the import.
    Stopped,
    /// We are; another try may succeed.
    Broken(Error),
}

impl From<Error> for Ended {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused(_) | Error::Malformed(_) => Self::Unacceptable(error.to_string()),
            other => Self::Broken(other),
        }
    }
}

struct Splitter<'a> {
    imports: &'a Imports,
    tenant: TenantId,
    job: &'a ImportJob,
    size: u64,
    scanner: RowScanner,
    header: Header,
    number: u32,
    next_row: u64,
    start: RowEnd,
    rows: u32,
}

/// The first row, which is collected whole.
enum Header {
    Collecting(Vec<u8>),
    Known,
}

impl<'a> Splitter<'a> {
    fn new(imports: &'a Imports, tenant: TenantId, job: &'a ImportJob, size: u64) -> Self {
        let start = RowEnd { offset: 0, lines: 0 };
        let header = Header::Collecting(Vec::new());
        Self { imports, tenant, job, size, scanner: RowScanner::new(), header, number: 0, next_row: 1, start, rows: 0 }
    }

    async fn run(&mut self, file: &mut FileStream) -> Result<(), Ended> {
        loop {
            let piece = file.next().await?.unwrap_or_default();
            let mut ends = Vec::new();
            let before = self.scanner.offset();
            self.scanner.read(&piece, |end| ends.push(end)).map_err(|error| Ended::Unacceptable(error.to_string()))?;
            self.collect_header(file.etag(), &piece, before, &mut ends).await?;
            for chunk in self.chunks(&ends) {
                self.hand_out(&chunk).await?;
            }
            if piece.is_empty() {
                return self.finish().await;
            }
        }
    }

    async fn collect_header(
        &mut self,
        etag: &str,
        piece: &[u8],
        before: u64,
        ends: &mut Vec<RowEnd>,
    ) -> Result<(), Ended> {
        let Header::Collecting(mut row) = std::mem::replace(&mut self.header, Header::Known) else { return Ok(()) };
        if ends.is_empty() {
            row.extend_from_slice(piece);
            self.header = Header::Collecting(row);
            return Ok(());
        }
        let end = ends.remove(0);
        let length = usize::try_from(end.offset - before).unwrap_or(piece.len());
        row.extend_from_slice(&piece[..length]);
        if row.len() > MAX_HEADER {
            return Err(Ended::Unacceptable("the row of column names is longer than 64 KiB".to_owned()));
        }
        self.start = end;
        let names = headers(&row)?;
        Mapping::new(names.clone(), &self.job.options.mapping, Additions::default())?;
        let store = self.imports.store.tenant(self.tenant).imports();
        let begun = store.begin(self.job.id, &self.look(etag, &names), self.imports.clock.now()).await?;
        if begun { Ok(()) } else { Err(Ended::Stopped) }
    }

    fn look(&self, etag: &str, names: &[String]) -> FirstLook {
        let file = FileFacts {
            size: self.size,
            format: FileFormat::Csv,
            packing: Packing::None,
            encoding: "UTF-8".to_owned(),
            separator: Some(','),
        };
        let columns = names.iter().map(|name| MappedColumn::new(name, None::<&str>, "known")).collect();
        FirstLook { etag: etag.to_owned(), file, columns }
    }

    /// The chunks that are full after these rows.
    fn chunks(&mut self, ends: &[RowEnd]) -> Vec<ImportChunk> {
        let mut chunks = Vec::new();
        for end in ends {
            self.rows += 1;
            if self.rows == MAX_ROWS || end.offset - self.start.offset >= MAX_BYTES {
                chunks.extend(self.close(*end));
            }
        }
        chunks
    }

    /// The chunk that ends here, if it has rows.
    fn close(&mut self, end: RowEnd) -> Option<ImportChunk> {
        let rows = std::mem::take(&mut self.rows);
        let start = std::mem::replace(&mut self.start, end);
        if rows == 0 {
            return None;
        }
        let chunk = ImportChunk {
            number: self.number,
            start: start.offset,
            end: end.offset,
            first_row: self.next_row,
            first_line: start.lines + 1,
            rows,
            rows_done: 0,
            outcomes: Outcomes::default(),
            done: false,
        };
        self.number += 1;
        self.next_row += u64::from(rows);
        Some(chunk)
    }

    async fn hand_out(&self, chunk: &ImportChunk) -> Result<()> {
        self.imports.store.tenant(self.tenant).imports().add_chunk(self.job.id, chunk).await?;
        let task = ImportTask { tenant: self.tenant, job: self.job.id, chunk: Some(chunk.number) };
        self.imports.queue.send(&task).await
    }

    async fn finish(&mut self) -> Result<(), Ended> {
        if matches!(self.header, Header::Collecting(_)) {
            return Err(Ended::Unacceptable("the file is empty".to_owned()));
        }
        if let Some(last) = self.close(self.scanner.end()) {
            self.hand_out(&last).await?;
        }
        let store = self.imports.store.tenant(self.tenant).imports();
        let (chunks, rows) = (self.number, self.next_row - 1);
        Ok(store.all_chunks_known(self.job.id, chunks, rows, self.imports.clock.now()).await?)
    }
}

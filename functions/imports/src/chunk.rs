//! One chunk: its rows are read, and get their outcome group by group.
//!
//! A group is one transaction: contacts, guards, report, and the chunk's cursor. Killed anywhere, the next worker goes on
//! at the cursor; two workers on one chunk exclude each other by it. Before the chunk is closed, the index knows its
//! contacts, and its refused rows are written down.

use std::collections::HashSet;
use std::time::Duration;

use bytes::Bytes;
use catalog::Catalog;
use domain::contact::indexed::Indexed;
use domain::id::{GroupId, JobId, TenantId};
use domain::import::{DuplicatePolicy, ImportedRow, Mapping, RowOutcome};
use domain::job::{ImportChunk, OnError};
use domain::{Error, Result, import_files};
use store::{Commit, RowWrite, RowsCommitted, TenantStore};

use crate::Imports;
use crate::check::refusal;
use crate::resolve::{Resolved, Resolver};
use crate::rows::{Row, rows};
use crate::stopping::contacts;
use crate::table::mapping;

/// How often a group of rows is looked up anew whose contacts changed meanwhile.
const TRIES: u32 = 10;
/// The most bytes of a group's rows: with what is stored beside them, well within a transaction's 4 MB.
const MAX_BYTES: usize = 1_000_000;

/// Gives every row of a chunk its outcome, and adds them to the job's sums; as far as it gets, if the job is stopped.
pub(crate) async fn work(imports: &Imports, catalog: &Catalog, tenant: TenantId, id: JobId, number: u32) -> Result<()> {
    let Some(mut worker) = Worker::new(imports, catalog, tenant, id).await? else { return Ok(()) };
    loop {
        let file = worker.file(number).await?;
        let chunk = worker.resolver.store.imports().chunk(id, number).await?;
        let chunk = chunk.ok_or_else(|| Error::not_found("chunk of the import", number))?;
        if chunk.done || !worker.may_go_on().await? {
            return Ok(());
        }
        let file = file.ok_or_else(|| Error::internal("reading a chunk", "its file is not there"))?;
        match worker.rows(chunk, &file).await? {
            Ended::Done(chunk, states) => return worker.finish(&chunk, &file, &states).await,
            Ended::Stopped => return Ok(()),
            Ended::Overtaken => {}
            Ended::GroupGone => match Worker::new(imports, catalog, tenant, id).await? {
                Some(anew) => worker = anew,
                None => return Ok(()),
            },
        }
    }
}

/// Makes known what was done of a chunk that nobody goes on with: its contacts get into the index, its refused rows are
/// written down.
pub(crate) async fn settle(
    imports: &Imports,
    catalog: &Catalog,
    tenant: TenantId,
    id: JobId,
    chunk: &ImportChunk,
) -> Result<()> {
    if !chunk.is_under_way() {
        return Ok(());
    }
    let Some(worker) = Worker::new(imports, catalog, tenant, id).await? else { return Ok(()) };
    let Some(file) = worker.file(chunk.number).await? else { return Ok(()) };
    let states = worker.done_before(chunk).await?;
    worker.tell(chunk, &file, &states).await
}

struct Worker<'a> {
    imports: &'a Imports,
    catalog: &'a Catalog,
    resolver: Resolver,
    mapping: Mapping,
}

/// How the work on a chunk ended.
enum Ended {
    /// Every row has its outcome. The chunk now, and the contacts that its rows made or changed.
    Done(ImportChunk, Vec<Indexed>),
    /// No more rows are to be begun.
    Stopped,
    /// Somebody else moved the chunk on.
    Overtaken,
    /// The group of all rows was deleted.
    GroupGone,
}

impl<'a> Worker<'a> {
    /// Nothing if the job has ended.
    async fn new(imports: &'a Imports, catalog: &'a Catalog, tenant: TenantId, id: JobId) -> Result<Option<Self>> {
        let job = imports.store.tenant(tenant).imports().get(id).await?;
        let mut job = job.ok_or_else(|| Error::not_found("import", id))?;
        if job.status.is_end() {
            return Ok(None);
        }
        // Who deletes a group wants nobody in it: the rows go on without.
        job.options.group = there(&imports.store.tenant(tenant), job.options.group).await?;
        let mapping = mapping(&job);
        let resolver = Resolver::new(imports, tenant, job).await?;
        Ok(Some(Self { imports, catalog, resolver, mapping }))
    }

    async fn file(&self, number: u32) -> Result<Option<Bytes>> {
        let Resolver { tenant, job, .. } = &self.resolver;
        self.imports.bucket.whole(&import_files::chunk(*tenant, job.id, number)).await
    }

    /// Whether the job is to go on, as it is now.
    async fn may_go_on(&self) -> Result<bool> {
        let job = self.resolver.store.imports().get(self.resolver.job.id).await?;
        Ok(job.is_some_and(|job| job.status.is_at_work()))
    }

    fn read(&self, file: &[u8], chunk: &ImportChunk) -> Result<Vec<Row>> {
        let expected = chunk.rows as usize;
        let rows = rows(file, chunk.first_row, expected, &self.mapping, &self.resolver.rules)?;
        if rows.len() != expected {
            let source = format!("{} rows were found, {expected} expected", rows.len());
            return Err(Error::internal("reading a chunk", source));
        }
        Ok(rows)
    }

    /// Works through the rows that have no outcome.
    async fn rows(&self, mut chunk: ImportChunk, file: &[u8]) -> Result<Ended> {
        let rows = self.read(file, &chunk)?;
        let mut states = self.done_before(&chunk).await?;
        while chunk.rows_done < chunk.rows {
            let group = self.group(&rows[chunk.rows_done as usize..]);
            match self.commit(&chunk, group).await? {
                Step::Moved(commit) => {
                    states.extend(commit.writes.iter().map(state));
                    if self.aborts(&commit).await? {
                        return Ok(Ended::Stopped);
                    }
                    chunk = commit.after;
                }
                Step::Ended(ended) => return Ok(ended),
            }
        }
        Ok(Ended::Done(chunk, states))
    }

    /// The contacts of rows that got their outcome from a worker that was killed.
    async fn done_before(&self, chunk: &ImportChunk) -> Result<Vec<Indexed>> {
        match chunk.rows_done {
            0 => Ok(Vec::new()),
            _ => contacts(&self.resolver.store, self.resolver.job.id, chunk).await,
        }
    }

    /// The next rows that can be written together: not too many, not too large, no address twice.
    fn group<'r>(&self, rows: &'r [Row]) -> &'r [Row] {
        let most = Commit::max_rows(&self.resolver.job);
        let (mut count, mut weight, mut bytes, mut addresses) = (0, 0, 0, HashSet::new());
        for row in rows {
            weight += self.weight(row);
            bytes += row.bytes;
            if weight > most || bytes > MAX_BYTES || row.email().is_some_and(|email| !addresses.insert(email)) {
                break;
            }
            count += 1;
        }
        &rows[..count.max(1)]
    }

    /// Where contacts stay as they are, one that opts out is more to write than was reckoned with.
    fn weight(&self, row: &Row) -> usize {
        let policy = self.resolver.job.options.duplicates;
        let changes = |read: &ImportedRow| policy == DuplicatePolicy::Skip && policy.may_change(&read.profile);
        if row.read.as_ref().is_ok_and(changes) { 2 } else { 1 }
    }

    async fn commit(&self, before: &ImportChunk, mut group: &[Row]) -> Result<Step> {
        let mut attempt = 0;
        while attempt < TRIES {
            let (go_on, known) = tokio::join!(self.may_go_on(), self.resolver.look_up(group, attempt > 0));
            if !go_on? {
                return Ok(Step::Ended(Ended::Stopped));
            }
            attempt += 1;
            let Some(resolved) = self.resolver.resolve(group, &known?) else { continue };
            if group.len() > 1 && resolved.is_large() {
                (group, attempt) = (&group[..group.len() / 2], 0);
                continue;
            }
            let commit = commit_of(before, group, resolved);
            let (imports, job, now) = (self.resolver.store.imports(), self.resolver.job.id, self.imports.clock.now());
            match imports.commit(job, &commit, now).await? {
                RowsCommitted::Yes => return Ok(Step::Moved(commit)),
                RowsCommitted::Overtaken => return Ok(Step::Ended(Ended::Overtaken)),
                RowsCommitted::GroupGone => return Ok(Step::Ended(Ended::GroupGone)),
                RowsCommitted::Outdated => tokio::time::sleep(Duration::from_millis(5 << attempt.min(6))).await,
            }
        }
        Err(Error::Unavailable { service: "the table", source: "contacts of the file keep changing".into() })
    }

    /// Stops the job if a row was refused that refuses all: that a person asked not to be kept is seen only now.
    async fn aborts(&self, commit: &Commit) -> Result<bool> {
        let refused = commit.report.rows.iter().find(|row| row.outcome == RowOutcome::Refused);
        let Some((row, fault)) = refused.and_then(|row| Some((row, row.faults.first()?))) else { return Ok(false) };
        let job = &self.resolver.job;
        if job.options.on_error == OnError::Skip {
            return Ok(false);
        }
        self.imports.fail(self.resolver.tenant, job.id, &refusal(1, row.line, &fault.column, &fault.reason)).await?;
        Ok(true)
    }

    async fn finish(&self, chunk: &ImportChunk, file: &[u8], states: &[Indexed]) -> Result<()> {
        self.tell(chunk, file, states).await?;
        let Resolver { tenant, store, job, .. } = &self.resolver;
        store.imports().finish_chunk(job.id, chunk, self.imports.clock.now()).await?;
        self.imports.bucket.delete(&import_files::chunk(*tenant, job.id, chunk.number)).await
    }

    /// Whoever sees the chunk closed finds its contacts, and its refused rows.
    async fn tell(&self, chunk: &ImportChunk, file: &[u8], states: &[Indexed]) -> Result<()> {
        let Resolver { tenant, store, job, .. } = &self.resolver;
        self.catalog.commit(*tenant, states).await?;
        if chunk.outcomes.refused == 0 {
            return Ok(());
        }
        let reports = store.imports().chunk_reports(job.id, chunk.number).await?;
        let refused = crate::refused::of_chunk(file, chunk, &reports, self.mapping.columns().count())?;
        self.imports.bucket.put(&import_files::refused(*tenant, job.id, chunk.number), refused).await
    }
}

/// The group, if it exists.
async fn there(store: &TenantStore, group: Option<GroupId>) -> Result<Option<GroupId>> {
    let missing = store.groups().missing(group.as_slice()).await?;
    Ok(group.filter(|group| !missing.contains(group)))
}

/// What became of an attempt to go on.
enum Step {
    Moved(Commit),
    Ended(Ended),
}

fn commit_of(before: &ImportChunk, group: &[Row], resolved: Resolved) -> Commit {
    let mut after = before.clone();
    after.rows_done += u32::try_from(group.len()).unwrap_or(u32::MAX);
    for outcome in &resolved.outcomes {
        *after.outcomes.of(*outcome) += 1;
    }
    Commit { before: before.clone(), after, writes: resolved.writes, report: resolved.report }
}

/// What the index is told of a row's contact.
fn state(write: &RowWrite) -> Indexed {
    Indexed::contact(write.contact())
}

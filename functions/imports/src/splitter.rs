//! A file is cut into chunks of whole rows while it streams by.
//!
//! Some chunks are on their way into the bucket while the next is read. Begun again, it makes the same chunks, and leaves out
//! those that are kept already. Where a row that is refused refuses all, no chunk is handed out before the last row was seen.

use std::collections::HashMap;

use bytes::Bytes;
use domain::id::TenantId;
use domain::import::Outcomes;
use domain::job::{FileFacts, FileFormat, ImportChunk, ImportJob, ImportStatus, ImportTask, OnError, Packing};
use domain::{Error, Result, import_files};
use formats::reading::{self, FileReader, Format, Unreadable};
use futures::future::BoxFuture;
use futures::stream::{self, FuturesUnordered, StreamExt};
use store::FirstLook;

use crate::Imports;
use crate::preview::{self, PREVIEWED};
use crate::resolve::Resolver;
use crate::source::Source;
use crate::table::{Part, Table};

/// How many chunks are on their way at a time.
const AT_A_TIME: usize = 4;

/// Why splitting ended before the end of the file.
#[derive(Debug)]
pub(crate) enum Ended {
    /// The file is at fault, for good.
    Unacceptable(String),
    /// Somebody stopped the import.
    Stopped,
    /// We are at fault; another try may succeed.
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

impl From<Unreadable> for Ended {
    fn from(unreadable: Unreadable) -> Self {
        Self::Unacceptable(unreadable.to_string())
    }
}

pub(crate) struct Splitter<'a> {
    imports: &'a Imports,
    tenant: TenantId,
    job: &'a ImportJob,
    resolver: Resolver,
    size: u64,
    etag: String,
    reader: FileReader,
    table: Option<Table>,
    /// What was found of the file at its beginning.
    facts: Option<FileFacts>,
    /// The chunks that an earlier try kept, and whether they are done.
    kept: HashMap<u32, bool>,
    /// Those that were found.
    found: Vec<ImportChunk>,
    under_way: FuturesUnordered<BoxFuture<'a, Result<bool>>>,
}

impl<'a> Splitter<'a> {
    /// Cuts the file.
    pub(crate) async fn run(
        imports: &'a Imports,
        tenant: TenantId,
        job: &'a ImportJob,
        size: u64,
        mut source: Source,
    ) -> Result<(), Ended> {
        let resolver = Resolver::new(imports, tenant, job.clone()).await?;
        let kept = match job.status {
            ImportStatus::Splitting => resolver.store.imports().chunks(job.id).await?,
            _ => Vec::new(),
        };
        let mut splitter = Self {
            imports,
            tenant,
            job,
            resolver,
            size,
            etag: source.etag().to_owned(),
            reader: source.reader(job),
            table: None,
            facts: None,
            kept: kept.into_iter().map(|chunk| (chunk.number, chunk.done)).collect(),
            found: Vec::new(),
            under_way: FuturesUnordered::new(),
        };
        splitter.split(&mut source).await
    }

    async fn split(&mut self, source: &mut Source) -> Result<(), Ended> {
        loop {
            let piece = self.next_piece(source).await?;
            let mut rest = piece.as_deref().unwrap_or_default();
            while self.take_record(&mut rest, piece.is_none()).await? {
                if self.job.options.dry_run && self.table.as_ref().is_some_and(|table| table.rows() == PREVIEWED) {
                    return self.preview().await;
                }
            }
            if piece.is_none() {
                return self.finish().await;
            }
        }
    }
}

impl Splitter<'_> {
    /// The next piece of the file, while chunks go their way.
    async fn next_piece(&mut self, source: &mut Source) -> Result<Option<Bytes>, Ended> {
        let mut piece = std::pin::pin!(source.next());
        loop {
            tokio::select! {
                piece = &mut piece => return Ok(piece?),
                Some(kept) = self.under_way.next(), if !self.under_way.is_empty() => go_on(kept?)?,
            }
        }
    }

    /// Takes a record out of a piece, or of what is left at the end. Whether there was one.
    async fn take_record(&mut self, piece: &mut &[u8], last: bool) -> Result<bool, Ended> {
        let record = if last { self.reader.end()? } else { self.reader.read(piece)? };
        let Some(record) = record else { return Ok(false) };
        match &mut self.table {
            Some(table) => {
                if let Some(part) = table.take(&record)? {
                    self.keep(part).await?;
                }
            }
            None => {
                let table = Table::begin(self.job, self.resolver.rules, &record)?;
                self.begin(table).await?;
            }
        }
        Ok(true)
    }

    /// Notes what the first record tells.
    async fn begin(&mut self, mut table: Table) -> Result<(), Ended> {
        let facts = self.facts()?;
        table.format = if facts.format == FileFormat::Csv { Format::Csv } else { Format::Vcard };
        self.facts = Some(facts.clone());
        let look = FirstLook { etag: self.etag.clone(), file: facts, columns: table.columns() };
        let store = self.imports.store.tenant(self.tenant).imports();
        self.table = Some(table);
        go_on(store.begin(self.job.id, &look, self.imports.clock.now()).await?)
    }

    fn facts(&self) -> Result<FileFacts> {
        let facts =
            self.reader.facts().ok_or_else(|| Error::internal("splitting a file", "it has a header, but no form"))?;
        Ok(FileFacts {
            size: self.size,
            format: match facts.format {
                Format::Csv => FileFormat::Csv,
                Format::Vcard => FileFormat::Vcard,
            },
            packing: match facts.packing {
                reading::Packing::None => Packing::None,
                reading::Packing::Gzip => Packing::Gzip,
                reading::Packing::Zip => Packing::Zip,
            },
            encoding: facts.encoding.to_owned(),
            separator: facts.separator,
        })
    }

    /// Sends a chunk on its way.
    async fn keep(&mut self, part: Part) -> Result<(), Ended> {
        let number = u32::try_from(self.found.len()).unwrap_or(u32::MAX);
        let chunk = ImportChunk {
            number,
            first_row: part.chunk.first_row,
            rows: part.chunk.rows,
            rows_done: 0,
            outcomes: Outcomes::default(),
            done: false,
        };
        while self.under_way.len() >= AT_A_TIME {
            if let Some(kept) = self.under_way.next().await {
                go_on(kept?)?;
            }
        }
        let keeper = Keeper { imports: self.imports, tenant: self.tenant, job: self.job };
        let (waits, kept) = (self.job.options.on_error == OnError::Abort, self.kept.get(&number).copied());
        self.found.push(chunk.clone());
        self.under_way.push(Box::pin(async move {
            if kept.is_none() {
                keeper.put(number, part).await?;
            }
            keeper.hand_out(&chunk, waits, kept).await
        }));
        Ok(())
    }

    async fn finish(&mut self) -> Result<(), Ended> {
        let Some(table) = &mut self.table else { return Err(Ended::Unacceptable("the file is empty".to_owned())) };
        if self.job.options.dry_run {
            return self.preview().await;
        }
        if let Some(last) = table.finish()? {
            self.keep(last).await?;
        }
        while let Some(kept) = self.under_way.next().await {
            go_on(kept?)?;
        }
        let facts = self.facts()?;
        if self.facts.as_ref() != Some(&facts) {
            // Only the first character that is not ASCII tells the encoding.
            self.imports.store.tenant(self.tenant).imports().found(self.job.id, &facts).await?;
        }
        self.release().await?;
        let (store, now) = (self.imports.store.tenant(self.tenant).imports(), self.imports.clock.now());
        let rows = self.table.as_ref().map_or(0, Table::rows);
        let chunks = u32::try_from(self.found.len()).unwrap_or(u32::MAX);
        Ok(store.all_chunks_known(self.job.id, chunks, rows, now).await?)
    }

    /// Hands out the chunks that were kept back, unless a row is refused.
    async fn release(&mut self) -> Result<(), Ended> {
        let Some(check) = self.table.as_ref().and_then(|table| table.check.as_ref()) else { return Ok(()) };
        if let Some(reason) = check.verdict() {
            return Err(Ended::Unacceptable(reason));
        }
        let keeper = Keeper { imports: self.imports, tenant: self.tenant, job: self.job };
        let kept = |chunk: &ImportChunk| self.kept.get(&chunk.number).copied();
        let each: Vec<_> = self.found.iter().map(|chunk| keeper.hand_out(chunk, false, kept(chunk))).collect();
        let mut each = stream::iter(each).buffer_unordered(AT_A_TIME);
        while let Some(handed_out) = each.next().await {
            go_on(handed_out?)?;
        }
        Ok(())
    }

    /// Shows what the first rows would become: a dry run ends with that.
    async fn preview(&mut self) -> Result<(), Ended> {
        let Some(table) = &mut self.table else { return Ok(()) };
        let part = table.finish()?;
        let bytes = part.map(|part| part.chunk.bytes).unwrap_or_default();
        preview::keep(self.imports, &self.resolver, &table.mapping, &bytes).await?;
        let (store, now) = (self.imports.store.tenant(self.tenant).imports(), self.imports.clock.now());
        Ok(store.previewed(self.job.id, now).await?)
    }
}

fn go_on(on: bool) -> Result<(), Ended> {
    if on { Ok(()) } else { Err(Ended::Stopped) }
}

/// Keeps chunks and hands them out.
#[derive(Clone, Copy)]
struct Keeper<'a> {
    imports: &'a Imports,
    tenant: TenantId,
    job: &'a ImportJob,
}

impl Keeper<'_> {
    /// The rows of a chunk come before the chunk.
    async fn put(self, number: u32, part: Part) -> Result<()> {
        let (bucket, tenant, job) = (&self.imports.bucket, self.tenant, self.job.id);
        if let Some(refused) = part.refused {
            bucket.put(&import_files::refused(tenant, job, number), refused).await?;
        }
        bucket.put(&import_files::chunk(tenant, job, number), part.chunk.bytes).await
    }

    /// Gives a chunk to the workers, unless it waits for the last row, or was `kept` and is done. `false` if nobody is to work
    /// on the import any more.
    async fn hand_out(self, chunk: &ImportChunk, waits: bool, kept: Option<bool>) -> Result<bool> {
        let store = self.imports.store.tenant(self.tenant).imports();
        let job = store.get(self.job.id).await?;
        if job.is_none_or(|job| job.status != ImportStatus::Splitting) {
            return Ok(false);
        }
        if waits || kept == Some(true) {
            return Ok(true);
        }
        if kept.is_none() {
            store.add_chunk(self.job.id, chunk).await?;
        }
        let task = ImportTask { tenant: self.tenant, job: self.job.id, chunk: Some(chunk.number) };
        self.imports.queue.send(&task).await?;
        Ok(true)
    }
}

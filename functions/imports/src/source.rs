//! Where the bytes of an upload come from: the object as it is, or what is meant of a zip archive, which is found through
//! ranges.

use std::collections::VecDeque;

use bytes::Bytes;
use domain::job::ImportJob;
use domain::{Error, Result};
use formats::reading::{FileReader, encoding};
use formats::zip::{Entry, Search, Step, is_archive};
use runtime::Bucket;
use runtime::bucket::FileStream;

use crate::split::REPLACED;
use crate::splitter::Ended;

/// So many bytes tell whether a file is an archive.
const HEAD: usize = 4;

/// An upload that is being read.
pub(crate) struct Source {
    etag: String,
    entry: Option<Entry>,
    /// What was read to find out about it.
    head: VecDeque<Bytes>,
    rest: Option<FileStream>,
}

impl Source {
    /// Begins to read the upload of a job, which has `size` bytes.
    pub(crate) async fn open(bucket: &Bucket, job: &ImportJob, size: u64) -> Result<Self, Ended> {
        let mut file = bucket.open(&job.object_key).await?;
        let etag = file.etag().to_owned();
        if job.etag.as_ref().is_some_and(|known| *known != etag) {
            return Err(replaced());
        }
        let (mut head, mut first) = (VecDeque::new(), Vec::new());
        while first.len() < HEAD
            && let Some(piece) = file.next().await?
        {
            first.extend(piece.iter().take(HEAD));
            head.push_back(piece);
        }
        if !is_archive(&first) {
            return Ok(Self { etag, entry: None, head, rest: Some(file) });
        }
        drop(file);
        let entry = find_entry(bucket, &job.object_key, &etag, size).await?;
        let data = entry.data.clone();
        let rest = match data.is_empty() {
            true => None,
            false => Some(bucket.open_range(&job.object_key, &etag, data.start, data.end).await.map_err(or_replaced)?),
        };
        Ok(Self { etag, entry: Some(entry), head: VecDeque::new(), rest })
    }

    /// Names the content of the upload.
    pub(crate) fn etag(&self) -> &str {
        &self.etag
    }

    /// What reads it.
    pub(crate) fn reader(&self, job: &ImportJob) -> FileReader {
        let said = job.options.encoding.as_deref().and_then(encoding);
        self.entry.as_ref().map_or_else(|| FileReader::new(said), |entry| FileReader::of_entry(entry, said))
    }

    /// The next piece; nothing at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>> {
        match (self.head.pop_front(), &mut self.rest) {
            (None, Some(rest)) => rest.next().await,
            (piece, _) => Ok(piece),
        }
    }
}

async fn find_entry(bucket: &Bucket, key: &str, etag: &str, size: u64) -> Result<Entry, Ended> {
    let mut step = Search::begin(size)?;
    loop {
        step = match step {
            Step::Found(entry) => return Ok(entry),
            Step::Read(search) => {
                let range = search.range();
                let bytes = bucket.range(key, etag, range.start, range.end).await.map_err(or_replaced)?;
                search.go_on(&bytes)?
            }
        };
    }
}

fn or_replaced(error: Error) -> Ended {
    match error {
        Error::Conflict { .. } => replaced(),
        other => Ended::Broken(other),
    }
}

fn replaced() -> Ended {
    Ended::Unacceptable(REPLACED.to_owned())
}

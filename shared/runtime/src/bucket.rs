//! The bucket: uploads that clients make themselves, and files read in parts.

mod multipart;
mod prefix;

use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use domain::{Error, Result, Timestamp};

use crate::{Environment, StartError};

pub use multipart::{Download, MIN_PART};

/// A bucket. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Bucket {
    client: Client,
    name: String,
}

impl Bucket {
    /// The bucket that `BUCKET_NAME` names; `BUCKET_PATH_STYLE=true` puts the name into the path, not the host.
    ///
    /// # Errors
    /// When there is no such setting.
    pub fn new(aws: &SdkConfig, environment: &Environment) -> Result<Self, StartError> {
        let path_style = environment.get("BUCKET_PATH_STYLE") == Some("true");
        let config = aws_sdk_s3::config::Builder::from(aws).force_path_style(path_style).build();
        Ok(Self { client: Client::from_conf(config), name: environment.required("BUCKET_NAME")?.to_owned() })
    }

    /// A URL to which one file can be PUT under `key`, by whoever has it, for `valid`.
    pub async fn upload_url(&self, key: &str, valid: Duration) -> Result<String> {
        let presigning = PresigningConfig::expires_in(valid).map_err(|e| Error::internal("presigning an upload", e))?;
        let put = self.client.put_object().bucket(&self.name).key(key);
        let presigned = put.presigned(presigning).await.map_err(unavailable)?;
        Ok(presigned.uri().to_owned())
    }

    /// The file under `key`, if there is one.
    pub async fn find(&self, key: &str) -> Result<Option<FileInfo>> {
        match self.client.head_object().bucket(&self.name).key(key).send().await {
            Ok(head) => Ok(Some(FileInfo {
                size: head.content_length().and_then(|length| u64::try_from(length).ok()).unwrap_or(0),
                etag: head.e_tag().unwrap_or_default().to_owned(),
                modified_at: head
                    .last_modified()
                    .and_then(|at| Timestamp::from_timestamp(at.secs(), 0))
                    .unwrap_or_default(),
            })),
            Err(error) if error.as_service_error().is_some_and(|error| error.is_not_found()) => Ok(None),
            Err(error) => Err(unavailable(error)),
        }
    }

    /// The whole file under `key`, if there is one.
    pub async fn whole(&self, key: &str) -> Result<Option<Bytes>> {
        match self.client.get_object().bucket(&self.name).key(key).send().await {
            Ok(object) => Ok(Some(object.body.collect().await.map_err(unavailable)?.into_bytes())),
            Err(error) if error.as_service_error().is_some_and(|error| error.is_no_such_key()) => Ok(None),
            Err(error) => Err(unavailable(error)),
        }
    }

    /// Puts a file under `key`, in the place of one that is there.
    pub async fn put(&self, key: &str, bytes: Vec<u8>) -> Result<()> {
        let put = self.client.put_object().bucket(&self.name).key(key).body(ByteStream::from(bytes));
        put.send().await.map(drop).map_err(unavailable)
    }

    /// Removes the file under `key`, if there is one.
    pub async fn delete(&self, key: &str) -> Result<()> {
        self.client.delete_object().bucket(&self.name).key(key).send().await.map(drop).map_err(unavailable)
    }

    /// The keys that begin with `prefix`, and when each was put there, to the second.
    pub async fn list(&self, prefix: &str) -> Result<Vec<(String, Timestamp)>> {
        let pages = self.client.list_objects_v2().bucket(&self.name).prefix(prefix).into_paginator();
        let mut pages = pages.send();
        let mut listed = Vec::new();
        while let Some(page) = pages.next().await {
            for object in page.map_err(unavailable)?.contents.unwrap_or_default() {
                let at = object.last_modified().and_then(|at| Timestamp::from_timestamp(at.secs(), 0));
                listed.extend(object.key.map(|key| (key, at.unwrap_or_default())));
            }
        }
        Ok(listed)
    }

    /// Removes the file under `key` that was found to be `etag`; another one that is there by now stays.
    pub async fn remove(&self, key: &str, etag: &str) -> Result<()> {
        if self.find(key).await?.is_none_or(|file| file.etag != etag) {
            return Ok(());
        }
        match self.client.delete_object().bucket(&self.name).key(key).if_match(etag).send().await {
            Ok(_) => Ok(()),
            Err(error) if error.raw_response().is_some_and(|response| response.status().as_u16() == 412) => Ok(()),
            Err(error) => Err(unavailable(error)),
        }
    }

    /// The file from its beginning, in pieces of whatever size they come.
    pub async fn open(&self, key: &str) -> Result<FileStream> {
        let object = self.client.get_object().bucket(&self.name).key(key).send().await.map_err(unavailable)?;
        Ok(FileStream { etag: object.e_tag().unwrap_or_default().to_owned(), body: object.body })
    }

    /// The bytes from `start` up to, not including, `end`, of the file that was once found to be `etag`.
    ///
    /// # Errors
    /// [`Error::Conflict`] when there is another file under `key` by now.
    pub async fn range(&self, key: &str, etag: &str, start: u64, end: u64) -> Result<Bytes> {
        if start >= end {
            return Ok(Bytes::new());
        }
        let part = self.open_range(key, etag, start, end).await?;
        Ok(part.body.collect().await.map_err(unavailable)?.into_bytes())
    }

    /// The same bytes, of which there is at least one, in pieces of whatever size they come.
    ///
    /// # Errors
    /// [`Error::Conflict`] when there is another file under `key` by now.
    pub async fn open_range(&self, key: &str, etag: &str, start: u64, end: u64) -> Result<FileStream> {
        let range = format!("bytes={start}-{}", end.saturating_sub(1));
        let get = self.client.get_object().bucket(&self.name).key(key).range(range);
        let object = get.send().await.map_err(unavailable)?;
        if object.e_tag().unwrap_or_default() != etag {
            return Err(Error::conflict("the file was replaced while it was being read"));
        }
        Ok(FileStream { etag: etag.to_owned(), body: object.body })
    }
}

/// What is known of a file without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileInfo {
    /// Its size in bytes.
    pub size: u64,
    /// Names its content.
    pub etag: String,
    /// When it was put there, to the second.
    pub modified_at: Timestamp,
}

/// A file that is being read.
#[derive(Debug)]
pub struct FileStream {
    etag: String,
    body: ByteStream,
}

impl FileStream {
    /// Names its content.
    pub fn etag(&self) -> &str {
        &self.etag
    }

    /// The next piece; nothing at the end.
    pub async fn next(&mut self) -> Result<Option<Bytes>> {
        self.body.next().await.transpose().map_err(unavailable)
    }
}

fn unavailable<E: std::error::Error + Send + Sync + 'static>(error: E) -> Error {
    Error::Unavailable { service: "the bucket", source: Box::new(error) }
}

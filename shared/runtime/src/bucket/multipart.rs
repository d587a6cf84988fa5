//! Files that are put into the bucket part by part, and downloads that clients make themselves.

use std::time::Duration;

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart};
use domain::export::FilePart;
use domain::{Error, Result};

use super::{Bucket, unavailable};

/// The least bytes of a part, but for the last.
pub const MIN_PART: usize = 5 * 1024 * 1024;

/// What a client gets that asks for a download.
#[derive(Debug, Clone, Copy)]
pub struct Download<'a> {
    /// Where the file is.
    pub key: &'a str,
    /// What it is called where it goes: no quotes in it.
    pub name: &'a str,
    /// Its media type.
    pub content_type: &'a str,
}

impl Bucket {
    /// Begins a file; it is there, in the place of one that is, when it is completed. The id of the upload.
    pub async fn begin_upload(&self, key: &str, content_type: &str) -> Result<String> {
        let create = self.client.create_multipart_upload().bucket(&self.name).key(key).content_type(content_type);
        let create = create.checksum_algorithm(ChecksumAlgorithm::Crc32);
        let begun = create.send().await.map_err(unavailable)?;
        let id = begun.upload_id.ok_or_else(|| Error::internal("beginning an upload", "it was given no id"))?;
        Ok(id)
    }

    /// Puts part `number`, from 1, in the place of one that is there. Nothing when there is no such upload any more.
    pub async fn upload_part(&self, key: &str, upload: &str, number: u32, bytes: Vec<u8>) -> Result<Option<FilePart>> {
        let part = self.client.upload_part().bucket(&self.name).key(key).upload_id(upload);
        let part = part.part_number(number.cast_signed()).checksum_algorithm(ChecksumAlgorithm::Crc32);
        let Some(put) = unless_gone(part.body(ByteStream::from(bytes)).send().await)? else { return Ok(None) };
        let etag = put.e_tag.ok_or_else(|| Error::internal("putting a part of a file", "it has no tag"))?;
        Ok(Some(FilePart { etag, checksum: put.checksum_crc32 }))
    }

    /// Makes the parts, in their order, a file. `false`: there is no such upload any more, or the parts are others.
    pub async fn complete_upload(&self, key: &str, upload: &str, parts: Vec<FilePart>) -> Result<bool> {
        let parts = parts.into_iter().zip(1..).map(|(part, number)| {
            let completed = CompletedPart::builder().part_number(number).e_tag(part.etag);
            completed.set_checksum_crc32(part.checksum).build()
        });
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts.collect())).build();
        let complete = self.client.complete_multipart_upload().bucket(&self.name).key(key);
        Ok(unless_gone(complete.upload_id(upload).multipart_upload(parts).send().await)?.is_some())
    }

    /// Gives an upload up, if it is there: nothing can be added to it any more, nor can it become a file.
    pub async fn abort_upload(&self, key: &str, upload: &str) -> Result<()> {
        let abort = self.client.abort_multipart_upload().bucket(&self.name).key(key).upload_id(upload);
        unless_gone(abort.send().await).map(drop)
    }

    /// A URL from which whoever has it can GET the file for `valid`.
    pub async fn download_url(&self, download: Download<'_>, valid: Duration) -> Result<String> {
        let valid = PresigningConfig::expires_in(valid).map_err(|e| Error::internal("presigning a download", e))?;
        let get = self.client.get_object().bucket(&self.name).key(download.key);
        let get = get.response_content_disposition(format!("attachment; filename=\"{}\"", download.name));
        let presigned = get.response_content_type(download.content_type).presigned(valid).await;
        Ok(presigned.map_err(unavailable)?.uri().to_owned())
    }
}

fn unless_gone<T, E, R>(sent: std::result::Result<T, SdkError<E, R>>) -> Result<Option<T>>
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    match sent {
        Ok(answer) => Ok(Some(answer)),
        Err(error) => match error.as_service_error().and_then(ProvideErrorMetadata::code) {
            Some("NoSuchUpload" | "InvalidPart") => Ok(None),
            _ => Err(unavailable(error)),
        },
    }
}

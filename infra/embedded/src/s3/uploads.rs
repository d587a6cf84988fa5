//! Uploads in parts, as strict as S3: one that is not there is told to be so, and its parts must be those that were put.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use s3s::dto::{CompleteMultipartUploadInput, ETag};
use s3s::{S3Result, s3_error};

/// The uploads of a file system. What their parts are is known as long as the process lives.
#[derive(Debug)]
pub(super) struct Uploads {
    folder: PathBuf,
    parts: Mutex<HashMap<(String, i32), ETag>>,
}

impl Uploads {
    pub(super) fn in_folder(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), parts: Mutex::default() }
    }

    /// # Errors
    /// `NoSuchUpload` when it was completed or given up.
    pub(super) fn demand(&self, upload: &str) -> S3Result<()> {
        let known = !upload.contains(['/', '\\']) && self.folder.join(format!(".upload-{upload}.json")).exists();
        if known { Ok(()) } else { Err(s3_error!(NoSuchUpload)) }
    }

    /// Remembers what was put.
    pub(super) fn note(&self, upload: &str, number: i32, tag: Option<&ETag>) {
        let part = tag.map(|tag| ((upload.to_owned(), number), tag.clone()));
        self.parts.lock().unwrap_or_else(PoisonError::into_inner).extend(part);
    }

    /// # Errors
    /// `InvalidPart` when a part is another one than is meant.
    pub(super) fn demand_parts(&self, input: &CompleteMultipartUploadInput) -> S3Result<()> {
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        let meant = input.multipart_upload.iter().flat_map(|upload| upload.parts.iter().flatten());
        for part in meant {
            let put = parts.get(&(input.upload_id.clone(), part.part_number.unwrap_or_default()));
            if put.is_some_and(|put| part.e_tag.as_ref().is_none_or(|meant| meant.value() != put.value())) {
                return Err(s3_error!(InvalidPart));
            }
        }
        parts.retain(|(upload, _), _| *upload != input.upload_id);
        Ok(())
    }
}

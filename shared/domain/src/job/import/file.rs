//! What was found of a file when it was looked at.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

vocabulary! {
    /// What a file holds.
    FileFormat {
        /// A table: values with separators between them.
        Csv = "csv",
        /// Cards of persons.
        Vcard = "vcard",
    }
}

vocabulary! {
    /// What a file is packed in.
    Packing {
        /// Nothing.
        None = "none",
        /// gzip.
        Gzip = "gzip",
        /// A zip archive with one file that counts.
        Zip = "zip",
    }
}

/// What was found of a file when it was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ImportedFile")]
pub struct FileFacts {
    /// The bytes of the upload.
    pub size: u64,
    /// What it holds.
    pub format: FileFormat,
    /// What it is packed in.
    pub packing: Packing,
    /// The encoding of its text, by its WHATWG name.
    pub encoding: String,
    /// What stands between the values of a table.
    #[serde(default)]
    pub separator: Option<char>,
}

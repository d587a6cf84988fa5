//! What was found of a file when it was looked at.

use std::fmt;

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

/// A column of a file, and what it fills.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ImportColumn")]
pub struct MappedColumn {
    /// Its name.
    pub name: String,
    /// The contact's field, `custom_fields.x` for the custom field `x`; null for nothing.
    #[serde(default)]
    pub field: Option<String>,
    /// How that was found.
    pub how: String,
}

impl MappedColumn {
    /// The column `name`, which fills `field`.
    pub fn new(name: &str, field: Option<impl fmt::Display>, how: impl fmt::Display) -> Self {
        Self { name: name.to_owned(), field: field.map(|field| field.to_string()), how: how.to_string() }
    }
}

//! How a file is to be imported.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::GroupId;
use crate::import::DuplicatePolicy;
use crate::phone::Country;

vocabulary! {
    /// What a row that is not acceptable does to its file.
    OnError {
        /// It is left out and reported.
        Skip = "skip",
        /// Nothing of the file is imported.
        Abort = "abort",
    }
}

/// How a file is to be imported.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImportOptions {
    /// What happens to duplicates.
    pub duplicates: DuplicatePolicy,
    /// Column → field, where the caller chose.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub mapping: BTreeMap<String, String>,
    /// For national phone numbers.
    pub default_country: Country,
    /// The file's encoding by its WHATWG name, if the caller knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// What every row's contact is labelled with besides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// The group that every row's contact gets into.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupId>,
    /// Whether the first rows are only shown as they would become.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
    /// What happens if a row is not acceptable.
    pub on_error: OnError,
}

impl ImportOptions {
    /// Where nothing is said: duplicates and unacceptable rows are left out.
    pub fn of(default_country: Country) -> Self {
        Self {
            duplicates: DuplicatePolicy::Skip,
            mapping: BTreeMap::new(),
            default_country,
            encoding: None,
            tags: Vec::new(),
            group: None,
            dry_run: false,
            on_error: OnError::Skip,
        }
    }
    /// What it consists of, by the names of the contract.
    pub fn fields(&self) -> BTreeMap<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(fields)) => fields.into_iter().collect(),
            _ => BTreeMap::new(),
        }
    }
}

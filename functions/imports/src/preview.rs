//! What the first rows of a file would become: kept as it is shown.

use domain::id::ContactId;
use domain::import::RowOutcome;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What the first rows of a file would become.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Preview {
    /// The rows, in the order of the file.
    pub(crate) rows: Vec<PreviewRow>,
}

/// What a row would become.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct PreviewRow {
    /// The row, from 1, without the header.
    pub(crate) row: u64,
    /// The line of the file where it begins, from 1.
    pub(crate) line: u64,
    /// What would become of it.
    pub(crate) outcome: RowOutcome,
    /// The contact that is there already; null if there is none.
    pub(crate) contact_id: Option<ContactId>,
    /// The fields of the contact as they would be; null if the row would be refused.
    pub(crate) contact: Option<Value>,
    /// What is wrong, if the row would be refused.
    pub(crate) faults: Vec<PreviewFault>,
}

/// What is wrong with a cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct PreviewFault {
    /// The column.
    pub(crate) column: String,
    /// The kind of fault, a word.
    pub(crate) code: String,
    /// What a person needs to know.
    pub(crate) reason: String,
    /// What the cell holds, at most 200 characters of it.
    pub(crate) value: String,
}

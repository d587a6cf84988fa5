//! Work on the contact index in the background.

use serde::{Deserialize, Serialize};

use crate::id::TenantId;

/// What is to be done to whose index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexTask {
    /// Whose.
    pub tenant: TenantId,
    /// What.
    pub work: IndexWork,
}

/// What is to be done to an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IndexWork {
    /// Its files are put together, if there are too many changes beside the base.
    KeepUp,
    /// They are put together in any case, and what is of no use any more is removed: for what must not be kept.
    Rewrite,
    /// It is rebuilt from the table if one of its files is missing or damaged.
    Repair,
    /// It is rebuilt from the table in any case.
    Rebuild,
}

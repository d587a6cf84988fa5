//! What became of each row that did not just make a contact.

use domain::erasure::AddressHash;
use domain::error::FaultCode;
use domain::id::{ContactId, TenantId};
use domain::import::{CellFault, RowOutcome};
use serde::{Deserialize, Serialize};

/// What became of a row, where it did not just make a contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowReport {
    /// The row, from 1, without the header.
    pub row: u64,
    /// The line of the file where it begins, from 1.
    pub line: u64,
    /// Its outcome.
    pub outcome: RowOutcome,
    /// The contact that was there, unless the row was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact_id: Option<ContactId>,
    /// What is wrong, if the row was refused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<ReportedFault>,
    /// Whether it was refused because the person asked not to be kept: nothing else is told of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub erased: bool,
}

/// What is wrong with one cell, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportedFault {
    /// The column.
    pub column: String,
    /// The kind of fault, a word.
    pub code: String,
    /// What a person needs to know.
    pub reason: String,
    /// What the cell holds.
    pub value: String,
}

impl From<CellFault> for ReportedFault {
    fn from(fault: CellFault) -> Self {
        let code = match fault.code {
            FaultCode::Missing => "missing",
            FaultCode::Malformed => "malformed",
            FaultCode::Invalid => "invalid",
            FaultCode::TooLong => "too_long",
            FaultCode::NotAllowed => "not_allowed",
            FaultCode::Unknown => "unknown",
        };
        Self { column: fault.column, code: code.to_owned(), reason: fault.reason, value: fault.value }
    }
}

/// The rows of one commit that did not just make a contact.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChunkReport {
    /// In the order of the file.
    pub rows: Vec<RowReport>,
}

impl ChunkReport {
    /// Takes out the values that hold one of these addresses. Whether there were any.
    pub(crate) fn forget(&mut self, tenant: TenantId, traces: &[AddressHash]) -> bool {
        let mut any = false;
        for fault in self.rows.iter_mut().flat_map(|row| &mut row.faults) {
            if AddressHash::of_words(tenant, &fault.value).iter().any(|word| traces.contains(word)) {
                fault.value = String::new();
                any = true;
            }
        }
        any
    }
}

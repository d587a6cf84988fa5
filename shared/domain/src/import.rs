//! Import: which column is which field, and what becomes of a row.

mod cells;
mod column;
mod duplicate;
mod guess;
mod header;
mod mapping;
mod order;
mod row;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use cells::{tags_cell, tags_of_cell};
pub use column::{Column, Field, How, Target};
pub use header::{Header, header_or_data};
pub use mapping::{Additions, Mapping};
pub use order::contact_of_row;
pub use row::{Bookings, CellFault, ImportedRow};

/// The most columns of a file.
pub const MAX_COLUMNS: usize = 1_000;

vocabulary! {
    /// What happens to a row whose e-mail address a contact has already (S2).
    DuplicatePolicy {
        /// The contact stays as it is, unless the row tells that the person is not to be written to.
        Skip = "skip",
        /// What the row holds overwrites what the contact holds.
        Update = "update",
        /// What the row holds fills the contact's gaps.
        Merge = "merge",
    }
}

vocabulary! {
    /// What became of a row. Every row has exactly one.
    RowOutcome {
        /// A new contact.
        Created = "created",
        /// A contact was overwritten.
        Updated = "updated",
        /// A contact's gaps were filled.
        Merged = "merged",
        /// The contact was there already.
        Skipped = "skipped",
        /// The row is not acceptable.
        Refused = "refused",
    }
}

/// Rows by outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Outcomes {
    /// Rows that became a new contact.
    pub created: u64,
    /// Rows that overwrote a contact.
    pub updated: u64,
    /// Rows that filled a contact's gaps.
    pub merged: u64,
    /// Rows whose contact was there already.
    pub skipped: u64,
    /// Rows that are not acceptable.
    pub refused: u64,
}

impl Outcomes {
    /// The count of one outcome.
    pub fn of(&mut self, outcome: RowOutcome) -> &mut u64 {
        match outcome {
            RowOutcome::Created => &mut self.created,
            RowOutcome::Updated => &mut self.updated,
            RowOutcome::Merged => &mut self.merged,
            RowOutcome::Skipped => &mut self.skipped,
            RowOutcome::Refused => &mut self.refused,
        }
    }

    /// These and those.
    #[must_use]
    pub fn plus(mut self, mut others: Self) -> Self {
        for outcome in RowOutcome::ALL {
            *self.of(*outcome) += *others.of(*outcome);
        }
        self
    }

    /// All rows.
    pub fn total(&self) -> u64 {
        self.created + self.updated + self.merged + self.skipped + self.refused
    }
}

#[cfg(test)]
mod tests;

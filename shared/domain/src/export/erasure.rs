//! What becomes of exports when a person is erased: no file may hold the person any longer.
//!
//! Looked at once when the contact is gone from the table: whatever a worker read before is either in a file, which goes, or
//! on its way into one, and comes too late, for the export has moved on. Looked at once more for exports that began just
//! after it and may have read what was a second old.

use chrono::TimeDelta;

use super::{Export, ExportStatus};
use crate::Timestamp;
use crate::id::ContactId;
use crate::time::after;

/// Longer than clocks differ, and than a reading of the table can be behind.
const SLACK: TimeDelta = TimeDelta::minutes(1);

/// Contacts that were erased.
#[derive(Debug, Clone, Copy)]
pub struct Gone<'a> {
    /// The contact, and those that were merged into it.
    pub contacts: &'a [ContactId],
    /// When they went.
    pub at: Timestamp,
    /// Whether exports are looked at for the second time.
    pub again: bool,
}

impl Export {
    /// The export as it goes on without these contacts; nothing if it need not change.
    pub fn without(&self, gone: &Gone<'_>, now: Timestamp) -> Option<Self> {
        if self.created_at > after(gone.at, SLACK) || gone.again && (self.reads_latest || self.created_at < gone.at) {
            return None;
        }
        let passed = |after: ContactId| gone.contacts.iter().any(|contact| *contact <= after);
        let next = match self.status {
            ExportStatus::Failed | ExportStatus::Expired => return None,
            ExportStatus::Completed => return Some(Self { status: ExportStatus::Expired, ..self.moved() }),
            _ if self.upload.as_ref().and_then(|upload| upload.after).is_some_and(passed) => self.restarted(now),
            _ => self.moved(),
        };
        Some(Self { reads_latest: true, ..next })
    }

    /// Whether there is, or may be, a file of what the export was before it became `next`.
    pub fn leaves_file(&self, next: &Self) -> bool {
        self.status == ExportStatus::Completed || self.upload.is_some() && next.upload.is_none()
    }
}

//! Marks: what a write that somebody waits for leaves beside it, so that searches find it before the contact index has it.
//!
//! A mark holds a whole state of a contact, so that whoever reads all marks need not read contacts. The contact's item
//! tells which mark came with it, so that a record of the change stream names the mark that it makes superfluous.

use std::fmt;

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::TimeDelta;
use domain::contact::indexed::Indexed;
use domain::id::{ContactId, TenantId};
use domain::time::after;
use domain::{Result, Timestamp};
use serde::{Deserialize, Serialize};

use crate::item::{Item, Write};
use crate::keys::{Key, marks_partition};
use crate::table::{Range, Sort, Table};

/// The attribute of a contact, and of what is left of one that was merged away, that tells which mark came with it.
pub(crate) const MARK: &str = "mark";
/// How long a mark is kept that nobody removes: as long as the stream keeps the record that leads to its removal.
const KEPT: TimeDelta = TimeDelta::days(1);

/// Names a mark among those of its tenant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MarkName(String);

impl MarkName {
    /// The one that came with the item of a contact whose attribute says so.
    pub(crate) fn said(contact: ContactId, said: &str) -> Self {
        Self(format!("{contact}#{said}"))
    }

    /// The one of a state.
    pub(crate) fn of(state: &Indexed) -> Self {
        Self::said(state.id(), &said(state))
    }
}

impl fmt::Display for MarkName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What tells a state from the contact's others, as its writer knows it.
fn said(state: &Indexed) -> String {
    let stamp = state.stamp();
    let revision = match state {
        Indexed::Contact(_) => stamp.revision,
        // Who removes a contact knows its version, not how often it was touched since it was read. No state has revision 0.
        Indexed::Gone { .. } => 0,
    };
    format!("{}.{revision}", stamp.version)
}

/// A mark, as it is kept.
#[derive(Serialize, Deserialize)]
struct Mark {
    state: Indexed,
}

/// What a contact's item is to say of the mark of its state.
pub(crate) fn attribute(state: &Indexed) -> (String, AttributeValue) {
    (MARK.to_owned(), AttributeValue::S(said(state)))
}

/// The write that leaves a mark of a state at `now`.
pub(crate) fn put(tenant: TenantId, state: Indexed, now: Timestamp) -> Result<Write> {
    let key = Key::mark(tenant, &MarkName::of(&state).0);
    Ok(Write::Put { item: Item::new(&key, &Mark { state })?.expiring(after(now, KEPT)), conditions: vec![] })
}

/// The marks of a tenant.
#[derive(Debug, Clone)]
pub struct Marks {
    table: Table,
    tenant: TenantId,
}

impl Marks {
    pub(crate) fn new(table: Table, tenant: TenantId) -> Self {
        Self { table, tenant }
    }

    /// The states that the index may not have yet, as it is now; of a contact there may be several. Whoever reads the
    /// manifest after this misses nothing that was marked before.
    pub async fn all(&self) -> Result<Vec<Indexed>> {
        let range = Range::new(marks_partition(self.tenant), Sort::All).consistent();
        let marks: Vec<Mark> = self.table.query_all(range).await?;
        Ok(marks.into_iter().map(|mark| mark.state).collect())
    }

    /// Removes marks whose states the manifest has; those that are not there are passed over. May be done again.
    pub async fn remove(&self, mut names: Vec<MarkName>) -> Result<()> {
        // The table refuses a batch that names an item twice.
        names.sort_unstable();
        names.dedup();
        self.table.delete_all(names.iter().map(|name| Key::mark(self.tenant, &name.0)).collect()).await
    }

    /// Removes those that tell what a contact was.
    pub(crate) async fn forget(&self, contact: ContactId) -> Result<()> {
        let sort = Sort::Prefix(MarkName::said(contact, "").0);
        let marks: Vec<Mark> =
            self.table.query_all(Range::new(marks_partition(self.tenant), sort).consistent()).await?;
        let states = marks.into_iter().map(|mark| mark.state);
        let telling = states.filter(|state| matches!(state, Indexed::Contact(_)));
        self.remove(telling.map(|state| MarkName::of(&state)).collect()).await
    }
}

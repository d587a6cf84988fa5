//! The ids of all contacts that are meant.

use domain::contact::criteria::Criteria;
use domain::id::{ContactId, Id};

use super::Found;
use crate::order::keys::contact_id;
use crate::snapshot::Snapshot;

impl Snapshot {
    /// The first `limit` ids of contacts that are meant, or of those behind `after`, in their order.
    pub fn ids(&self, criteria: &Criteria, after: Option<ContactId>, limit: usize) -> Vec<ContactId> {
        let after = after.map(|id| id.uuid().as_u128());
        let found = self.find(criteria);
        let mut runs: Vec<Vec<u128>> = found.iter().map(|found| found.ids(after, limit)).collect();
        runs.sort_unstable_by_key(Vec::len);
        let longest = runs.pop().unwrap_or_default();
        let mut others = runs.concat();
        others.sort();
        merged(&longest, &others).take(limit).map(contact_id).collect()
    }
}

impl Found<'_> {
    fn ids(&self, after: Option<u128>, limit: usize) -> Vec<u128> {
        let ids = &self.segment.ids;
        let from = after.map_or(0, |after| ids.partition_point(|id| *id <= after));
        self.rows.ones_from(from).take(limit).map(|row| ids[row]).collect()
    }
}

/// Both, which are sorted, in order.
fn merged(one: &[u128], other: &[u128]) -> impl Iterator<Item = u128> {
    let (mut one, mut other) = (one.iter().copied().peekable(), other.iter().copied().peekable());
    std::iter::from_fn(move || match (one.peek(), other.peek()) {
        (Some(first), Some(second)) if second < first => other.next(),
        (Some(_), _) => one.next(),
        (None, _) => other.next(),
    })
}

//! The ids of all contacts that are meant.

use domain::contact::criteria::Criteria;
use domain::id::{ContactId, Id};

use super::{Found, total};
use crate::order::keys::contact_id;
use crate::snapshot::Snapshot;

impl Snapshot {
    /// The first `limit` ids of contacts that are meant, or of those behind `after`, in their order.
    pub fn ids(&self, criteria: &Criteria, after: Option<ContactId>, limit: usize) -> Vec<ContactId> {
        let after = after.map(|id| id.uuid().as_u128());
        let mut found = self.find(criteria);
        found.sort_by_cached_key(|found| found.rows.count());
        let most = usize::try_from(total(&found)).map_or(limit, |total| total.min(limit));
        let Some(largest) = found.pop() else { return Vec::new() };
        let mut others: Vec<u128> = found.iter().flat_map(|found| found.ids(after).take(limit)).collect();
        // Those of each segment are sorted already, which this sort makes use of.
        others.sort();
        let mut others = others.into_iter().peekable();
        let mut ids = Vec::with_capacity(most);
        for id in largest.ids(after) {
            while let Some(other) = others.next_if(|other| *other < id) {
                ids.push(contact_id(other));
            }
            if ids.len() >= limit {
                break;
            }
            ids.push(contact_id(id));
        }
        ids.extend(others.map(contact_id));
        ids.truncate(limit);
        ids
    }
}

impl Found<'_> {
    fn ids(&self, after: Option<u128>) -> impl Iterator<Item = u128> {
        let ids = &self.segment.ids;
        let from = after.map_or(0, |after| ids.partition_point(|id| *id <= after));
        self.rows.ones_from(from).map(|row| ids[row])
    }
}

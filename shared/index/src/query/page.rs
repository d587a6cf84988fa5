//! Pages: some of the contacts that are meant, in an order.

use domain::contact::criteria::Criteria;
use domain::contact::indexed::Stamp;
use domain::contact::order::{Order, Position};
use domain::id::ContactId;

use super::merge::Merge;
use super::total;
use crate::order::keys::{contact_id, position};
use crate::order::rows;
use crate::snapshot::Snapshot;

/// Where a page begins.
#[derive(Debug, Clone, PartialEq)]
pub enum Start {
    /// Behind so many.
    Offset(usize),
    /// Behind this position, whether or not there still is a contact.
    After(Position),
}

/// Some of the contacts that are meant.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// How many are meant in all.
    pub total: u64,
    /// Those of the page, in order.
    pub hits: Vec<Hit>,
    /// Whether others come behind them.
    pub more: bool,
}

/// A contact that is meant.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// The contact.
    pub id: ContactId,
    /// In which of its states it was found.
    pub stamp: Stamp,
    /// Its place in the order.
    pub position: Position,
}

impl Snapshot {
    /// Up to `limit` of the contacts that are meant, in this order.
    pub fn page(&self, criteria: &Criteria, order: Order, start: &Start, limit: usize) -> Page {
        let found = self.find(criteria);
        let total = total(&found);
        let (offset, after) = match start {
            Start::Offset(offset) => (*offset, None),
            Start::After(position) => (0, Some(position)),
        };
        // One more tells whether there is more.
        let most = offset.saturating_add(limit).saturating_add(1);
        let first = |found: &super::Found<'_>| rows::first(found.segment, &found.rows, order, after, most);
        let runs = found.iter().map(|found| (found.segment, first(found)));
        let mut merge = Merge::new(order, runs);
        merge.pass_over(offset);
        let hits = merge.by_ref().take(limit).map(|(segment, row)| Hit {
            id: contact_id(segment.ids[row as usize]),
            stamp: segment.stamp(row as usize),
            position: position(segment, order, row),
        });
        Page { total, hits: hits.collect(), more: merge.next().is_some() }
    }
}

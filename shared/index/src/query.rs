//! Queries: the contacts that criteria mean, counted, listed and summed up.
//!
//! Whatever is asked, [`Criteria::matches`] and [`Order::compare`](domain::contact::order::Order::compare) over the
//! latest states of all contacts would answer the same, only slower.

mod criteria;
mod growth;
mod ids;
mod merge;
mod page;
mod sift;
mod text;
mod top;
mod totals;
mod typos;
pub(crate) mod vocabulary;
mod words;

pub use page::{Hit, Page, Start};
pub use top::TopCompany;
pub use totals::{Bookings, HeardOf, Totals};

use domain::contact::criteria::Criteria;

use crate::bits::Bits;
use crate::segment::Segment;
use crate::snapshot::Snapshot;

/// The rows of a segment that are meant.
pub(crate) struct Found<'a> {
    pub(crate) segment: &'a Segment,
    pub(crate) rows: Bits,
}

impl Snapshot {
    /// What is meant, segment by segment; those without any are left out.
    pub(crate) fn find(&self, criteria: &Criteria) -> Vec<Found<'_>> {
        let layers = self.layers.iter().map(|layer| {
            let segment: &Segment = &layer.segment;
            Found { segment, rows: criteria::find(segment, (*layer.live).clone(), criteria) }
        });
        layers.filter(|found| found.rows.any()).collect()
    }

    /// How many contacts are meant.
    pub fn count(&self, criteria: &Criteria) -> u64 {
        total(&self.find(criteria))
    }
}

/// How many rows were found.
pub(crate) fn total(found: &[Found<'_>]) -> u64 {
    found.iter().map(|found| found.rows.count() as u64).sum()
}

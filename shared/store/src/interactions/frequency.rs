//! How often something happens with a tenant's contacts, told by the keys of the index alone.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::interaction::InteractionType;
use domain::{Result, Timestamp};

use super::{Asked, COUNTED, Interactions, WantedInteractions, text};
use crate::keys::{INDEX_SK, interactions_partition};
use crate::table::Range;

impl Interactions {
    /// How many interactions of each type there were on each day (UTC) from a moment on, but for those of campaigns'
    /// messages; perhaps a second old. The newest 10,000 are counted. Costs 0.03 RRU for each.
    pub async fn frequency(&self, from: Timestamp) -> Result<BTreeMap<(NaiveDate, InteractionType), u64>> {
        let wanted = WantedInteractions { from: Some(from), ..WantedInteractions::default() };
        let mut counts = BTreeMap::new();
        let Some(sort) = wanted.sort("", None) else { return Ok(counts) };
        let range = Range::in_index(interactions_partition(self.tenant), sort).descending();
        let all = Asked { only: None, kind: None, skip: 0, limit: COUNTED };
        for item in self.walk(range, &all).await?.items {
            if let Some(told) = text(&item, INDEX_SK).and_then(day_and_type) {
                *counts.entry(told).or_default() += 1;
            }
        }
        Ok(counts)
    }
}

/// What a key in the index tells of its interaction.
fn day_and_type(key: &str) -> Option<(NaiveDate, InteractionType)> {
    let mut parts = key.split('#');
    let at: Timestamp = parts.next()?.parse().ok()?;
    let kind = InteractionType::parse("type", parts.nth(1)?).ok()?;
    Some((at.date_naive(), kind))
}

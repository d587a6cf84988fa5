//! Snapshots: segments laid over each other, of which each contact's latest state counts.

use std::cmp::Reverse;
use std::sync::Arc;

use domain::contact::indexed::{Indexed, Stamp};

use crate::bits::Bits;
use crate::gallop::{common, gallop};
use crate::segment::Segment;

/// The contacts of a tenant as several segments tell them together. It never changes, and is cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    pub(crate) layers: Vec<Layer>,
}

/// A segment and which of its rows count: contacts of which no other layer knows more.
#[derive(Debug, Clone)]
pub(crate) struct Layer {
    pub(crate) segment: Arc<Segment>,
    pub(crate) live: Arc<Bits>,
}

impl Layer {
    fn alone(segment: Arc<Segment>) -> Self {
        let live = Arc::new(segment.contacts.clone());
        Self { segment, live }
    }

    /// Of contacts that both layers know, leaves the earlier state out; this one's if they are the same.
    fn lay_under(&mut self, upper: &mut Self) {
        for (row, upper_row) in common(&self.segment.ids, &upper.segment.ids) {
            if self.segment.stamp(row) > upper.segment.stamp(upper_row) {
                upper.leave_out(upper_row);
            } else {
                self.leave_out(row);
            }
        }
    }

    fn leave_out(&mut self, row: usize) {
        Arc::make_mut(&mut self.live).clear(row);
    }
}

/// A row of one of several layers, by the contact's id.
type Place = (u128, usize, usize);

/// Leaves all but the latest state of each contact out, of the same ones all but the last, and tells where those are, in
/// the order of the ids.
fn latest(layers: &mut [Layer]) -> Vec<Place> {
    let rows = |(at, layer): (usize, &Layer)| {
        let ids = layer.segment.ids.iter().enumerate();
        ids.map(move |(row, id)| (*id, at, row)).collect::<Vec<Place>>()
    };
    let mut places: Vec<Place> = layers.iter().enumerate().flat_map(rows).collect();
    // The rows of each layer are sorted already, which this sort makes use of.
    places.sort();
    places.dedup_by(|place, latest| {
        let same = place.0 == latest.0;
        if same {
            let earlier = if stamp(layers, place) < stamp(layers, latest) { *place } else { *latest };
            if earlier == *latest {
                *latest = *place;
            }
            layers[earlier.1].leave_out(earlier.2);
        }
        same
    });
    places
}

fn stamp(layers: &[Layer], (_, layer, row): &Place) -> Stamp {
    layers[*layer].segment.stamp(*row)
}

impl Snapshot {
    /// The segments together, in any order.
    pub fn new(segments: Vec<Arc<Segment>>) -> Self {
        let mut layers: Vec<Layer> = segments.into_iter().map(Layer::alone).collect();
        // The largest is mostly larger than all others together: these are looked for in it, together.
        layers.sort_by_key(|layer| Reverse(layer.segment.rows()));
        if let Some((largest, others)) = layers.split_first_mut() {
            let mut from = 0;
            for place @ (id, layer, row) in latest(others) {
                let ids = &largest.segment.ids;
                from = gallop(from, ids.len(), |at| ids[at] < id);
                if ids.get(from) != Some(&id) {
                    continue;
                }
                if largest.segment.stamp(from) > stamp(others, &place) {
                    others[layer].leave_out(row);
                } else {
                    largest.leave_out(from);
                }
            }
        }
        Self { layers }
    }

    /// With these states laid over, for one request: a state counts unless a later one is known. Made for a thousand.
    #[must_use]
    pub fn with(&self, states: &[Indexed]) -> Self {
        if states.is_empty() {
            return self.clone();
        }
        let mut snapshot = self.clone();
        let mut upper = Layer::alone(Arc::new(Segment::build(states)));
        snapshot.layers.iter_mut().for_each(|layer| layer.lay_under(&mut upper));
        snapshot.layers.push(upper);
        snapshot
    }

    /// How many contacts there are.
    pub fn len(&self) -> u64 {
        self.layers.iter().map(|layer| layer.live.count() as u64).sum()
    }

    /// Bytes of memory that it takes. It grows as queries compute what they need.
    pub fn size(&self) -> usize {
        self.layers.iter().map(|layer| layer.segment.size() + layer.live.size()).sum()
    }

    /// Whether there are no contacts.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Timestamp;
    use domain::access::Actor;
    use domain::contact::criteria::Criteria;
    use domain::contact::{Contact, Profile};
    use domain::id::{ContactId, Id};

    fn state(company: &str) -> Indexed {
        let profile = Profile { company: Some(company.to_owned()), ..Profile::default() };
        let now = Timestamp::default();
        Indexed::contact(&Contact::new(ContactId::derived(now, &[]), profile, Actor::Operator, now))
    }

    fn of(company: &str, snapshot: &Snapshot) -> u64 {
        snapshot.count(&Criteria { company: Some(company.to_owned()), ..Criteria::default() })
    }

    #[test]
    fn of_states_with_the_same_stamp_one_counts_and_it_is_that_which_is_laid_over() {
        let segments: Vec<_> = ["one", "other", "third"].map(|name| Arc::new(Segment::build(&[state(name)]))).into();
        for count in 1..=3 {
            let snapshot = Snapshot::new(segments[..count].to_vec());
            assert_eq!(snapshot.len(), 1);
            let over = snapshot.with(&[state("over")]);
            assert_eq!((over.len(), of("over", &over)), (1, 1));
            assert_eq!((snapshot.len(), of("over", &snapshot)), (1, 0));
        }
    }

    #[test]
    fn nothing_holds_nobody() {
        assert!(Snapshot::new(Vec::new()).is_empty());
        assert_eq!(Snapshot::default().with(&[state("one")]).len(), 1);
    }
}

//! Snapshots: segments laid over each other, of which each contact's latest state counts.

use std::sync::Arc;

use domain::contact::indexed::Indexed;

use crate::bits::Bits;
use crate::gallop::common;
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
        let shared = common(&self.segment.ids, &upper.segment.ids);
        if shared.is_empty() {
            return;
        }
        let (live, upper_live) = (Arc::make_mut(&mut self.live), Arc::make_mut(&mut upper.live));
        for (row, upper_row) in shared {
            if self.segment.stamp(row) > upper.segment.stamp(upper_row) {
                upper_live.clear(upper_row);
            } else {
                live.clear(row);
            }
        }
    }
}

impl Snapshot {
    /// The segments together, in any order.
    pub fn new(segments: Vec<Arc<Segment>>) -> Self {
        let mut layers: Vec<Layer> = Vec::with_capacity(segments.len());
        for segment in segments {
            let mut upper = Layer::alone(segment);
            layers.iter_mut().for_each(|layer| layer.lay_under(&mut upper));
            layers.push(upper);
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

    /// Whether there are no contacts.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

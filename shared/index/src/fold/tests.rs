//! However states came to lie in segments and however these are folded, the same comes of it.

use std::collections::BTreeMap;

use domain::contact::indexed::Indexed;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::samples::{are_same, states};
use crate::segment::Segment;

/// The segments of states that were dealt out to several, each state to one or two.
fn segments_of(states: &[Indexed], places: &[(u8, u8)]) -> Vec<Segment> {
    let mut segments: BTreeMap<u8, Vec<&Indexed>> = BTreeMap::new();
    for (state, (one, other)) in states.iter().zip(places) {
        segments.entry(*one).or_default().push(state);
        segments.entry(*other).or_default().push(state);
    }
    segments.into_values().map(Segment::build).collect()
}

fn place() -> impl Strategy<Value = (u8, u8)> {
    (0..6_u8, 0..6_u8)
}

proptest! {
    #[test]
    fn folding_in_whatever_order_makes_what_is_built_at_once(
        states in states(),
        places in prop::collection::vec(place(), 60),
        folds in prop::collection::vec((any::<Index>(), any::<Index>()), 0..8),
    ) {
        let mut segments = segments_of(&states, &places);
        for (some, into) in &folds {
            let taken: Vec<Segment> = segments.drain(..some.index(segments.len() + 1)).collect();
            let folded = Segment::fold(&taken.iter().collect::<Vec<_>>(), None);
            segments.insert(into.index(segments.len() + 1), folded);
        }
        let folded = Segment::fold(&segments.iter().collect::<Vec<_>>(), None);
        let built = Segment::build(&states);
        prop_assert!(are_same(&folded, &built), "{:#?}\n{:#?}", folded, built);
    }

    #[test]
    fn who_was_gone_before_a_moment_is_forgotten(
        states in states(),
        places in prop::collection::vec(place(), 60),
        before in any::<Index>(),
    ) {
        let times: Vec<i64> = Segment::build(&states).gone.iter().map(|(_, at)| *at).collect();
        let before = if times.is_empty() { 0 } else { *before.get(&times) };
        let segments = segments_of(&states, &places);
        let folded = Segment::fold(&segments.iter().collect::<Vec<_>>(), Some(before));
        let mut latest: BTreeMap<_, &Indexed> = BTreeMap::new();
        for state in &states {
            let known = latest.entry(state.id()).or_insert(state);
            if known.stamp() < state.stamp() {
                *known = state;
            }
        }
        let is_kept = |state: &&Indexed| match state {
            Indexed::Contact(_) => true,
            Indexed::Gone { at, .. } => at.timestamp_millis() >= before,
        };
        let built = Segment::build(latest.into_values().filter(is_kept));
        prop_assert!(are_same(&folded, &built), "{:#?}\n{:#?}", folded, built);
    }
}

#[test]
fn of_nothing_comes_an_empty_segment() {
    assert!(are_same(&Segment::fold(&[], None), &Segment::build([])));
}

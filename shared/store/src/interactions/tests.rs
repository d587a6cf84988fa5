//! The ranges that the lists read.

use super::*;
use domain::id::Id;

/// The keys between the bounds, of interactions at these milliseconds with these last digits of their ids.
fn between(wanted: &WantedInteractions, after: Option<(i64, u8)>) -> Vec<(i64, u8)> {
    let place = |(millis, digit): (i64, u8)| {
        let at = Timestamp::from_timestamp_millis(millis).unwrap();
        let mut bytes = [7; 10];
        bytes[9] = digit;
        InteractionPlace { at, id: InteractionId::fresh(Timestamp::default(), bytes), skip: 0 }
    };
    let key = |(millis, digit)| format!("I#{}#{}", sortable(place((millis, digit)).at), place((millis, digit)).id);
    let all = [0, 1, 999, 1_000].into_iter().flat_map(|millis| [0x00, 0x0f, 0x10, 0xff].map(|digit| (millis, digit)));
    let Some(Sort::Between(first, last)) = wanted.sort("I#", after.map(place).as_ref()) else { return vec![] };
    all.filter(|each| (first.clone()..=last.clone()).contains(&key(*each))).collect()
}

#[test]
fn a_range_holds_what_is_wanted_and_comes_after_the_place() {
    let at = |millis| Timestamp::from_timestamp_millis(millis);
    let range = |from, to| WantedInteractions { from, to, kind: None };
    assert_eq!(between(&range(None, None), None).len(), 16);
    assert_eq!(between(&range(at(1), at(999)), None).len(), 8);
    assert_eq!(between(&range(at(2), None), Some((999, 0x10))), [(999, 0x00), (999, 0x0f)]);
    assert_eq!(between(&range(None, at(0)), Some((1_000, 0xff))).len(), 4);
    assert_eq!(between(&range(None, None), Some((0, 0x00))), []);
    assert_eq!(between(&range(at(2), at(1)), None), []);
}

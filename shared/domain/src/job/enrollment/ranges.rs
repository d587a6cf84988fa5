//! The contacts whom criteria mean, cut into ranges that are worked on at the same time.

use super::Range;
use crate::id::ContactId;

/// How many contacts a range has, unless there would be too many ranges.
const LENGTH: usize = 10_000;
/// The most ranges: together they are kept as one item.
const MOST_RANGES: usize = 1_000;

/// Cuts `ids`, which are in their order, into ranges. If only `most` of those whom criteria mean are to be taken, those that
/// came to be first: a range takes as many as it was found to have. Should one come to less, because contacts change or
/// were enrolled before, a last range without an end makes up for it, once the others are through.
pub fn ranges_of(ids: &[ContactId], most: Option<u64>) -> Vec<Range> {
    let wanted = most.map_or(ids.len(), |most| usize::try_from(most).unwrap_or(usize::MAX).min(ids.len()));
    // So few are taken one after another just as well.
    let at_once = if most.is_some_and(|_| wanted <= LENGTH) { &[] } else { &ids[..wanted] };
    let length = LENGTH.max(at_once.len().div_ceil(MOST_RANGES));
    let mut ranges = Vec::new();
    let mut after = None;
    for part in at_once.chunks(length) {
        let last = part.last().copied();
        ranges.push(Range { after, last, most: most.map(|_| part.len() as u64) });
        after = last;
    }
    if most.is_some() {
        ranges.push(Range { after, last: None, most });
    }
    ranges
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Timestamp;
    use crate::id::Id;

    fn ids(count: usize) -> Vec<ContactId> {
        let mut ids: Vec<_> =
            (0..count).map(|number| ContactId::derived(Timestamp::default(), &[&number.to_be_bytes()])).collect();
        ids.sort_unstable();
        ids
    }

    fn within(range: &Range, ids: &[ContactId]) -> usize {
        ids.iter().filter(|id| range.after.is_none_or(|after| **id > after) && range.reaches(**id)).count()
    }

    #[test]
    fn nobody_means_no_range() {
        assert_eq!(ranges_of(&[], None), []);
    }

    #[test]
    fn a_few_are_taken_one_after_another() {
        let rest = Range { after: None, last: None, most: Some(9_000) };
        assert_eq!(ranges_of(&ids(12_000), Some(9_000)), [rest]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]
        #[test]
        fn the_ranges_hold_everybody_once_and_as_many_as_are_wanted(
            count in 0_usize..45_000,
            most in proptest::option::of(1_u64..60_000),
        ) {
            let ids = ids(count);
            let ranges = ranges_of(&ids, most);
            let ended: Vec<_> = ranges.iter().filter(|range| !range.is_rest()).collect();
            prop_assert_eq!(ranges.iter().map(|range| within(range, &ids)).sum::<usize>(), count);
            prop_assert_eq!(ranges.len() - ended.len(), usize::from(most.is_some()));
            for range in ended {
                let holds = within(range, &ids);
                prop_assert!(holds <= LENGTH);
                prop_assert!(range.most.is_none_or(|most| most == holds as u64));
            }
        }
    }
}

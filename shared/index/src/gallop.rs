//! Searching in sorted lists, from one place on.

/// The first place from `from` on, before `end`, of which `before` does not hold; or `end`. It must hold of all before
/// some place, and of none from there on. Cheap if the place is near.
pub(crate) fn gallop(from: usize, end: usize, before: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut step) = (from, 1);
    while low + step <= end && before(low + step - 1) {
        low += step;
        step *= 2;
    }
    let mut high = end.min(low + step - 1);
    while low < high {
        let middle = usize::midpoint(low, high);
        if before(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

/// Where the lists, sorted and each without repetitions, hold the same: the place in the one and in the other.
pub(crate) fn common(one: &[u128], other: &[u128]) -> Vec<(usize, usize)> {
    if one.len() > other.len() {
        return common(other, one).into_iter().map(|(small, large)| (large, small)).collect();
    }
    let mut from = 0;
    let places = one.iter().enumerate().filter_map(|(at, id)| {
        from = gallop(from, other.len(), |place| other[place] < *id);
        (other.get(from) == Some(id)).then_some((at, from))
    });
    places.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::btree_set;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_place_is_found_from_wherever_it_is_looked_for(
            sorted in btree_set(0..100_u128, 0..40), what in 0..100_u128, start in 0..40_usize,
        ) {
            let sorted: Vec<u128> = sorted.into_iter().collect();
            let place = sorted.partition_point(|each| *each < what);
            prop_assert_eq!(gallop(start.min(place), sorted.len(), |at| sorted[at] < what), place);
        }

        #[test]
        fn what_two_lists_have_in_common_is_found(one in btree_set(0..60_u128, 0..30), other in btree_set(0..60_u128, 0..50)) {
            let both: Vec<u128> = one.intersection(&other).copied().collect();
            let (one, other): (Vec<u128>, Vec<u128>) = (one.into_iter().collect(), other.into_iter().collect());
            let found = common(&one, &other);
            prop_assert_eq!(found.iter().map(|&(at, _)| one[at]).collect::<Vec<_>>(), both.clone());
            prop_assert_eq!(found.iter().map(|&(_, at)| other[at]).collect::<Vec<_>>(), both);
        }
    }
}

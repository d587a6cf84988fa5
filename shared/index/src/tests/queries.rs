//! Who is meant, and how many.

use proptest::prelude::*;

use super::people::{criteria, spread};
use super::plain::meant;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn as_many_are_counted_as_are_meant(spread in spread(), criteria in criteria()) {
        let snapshot = spread.snapshot();
        prop_assert_eq!(snapshot.len(), meant(&spread.states, &Default::default()).len() as u64);
        prop_assert_eq!(snapshot.count(&criteria), meant(&spread.states, &criteria).len() as u64);
    }
}

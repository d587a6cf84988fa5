//! How alike two texts are, in four steps.

use strsim::osa_distance;

/// The share of characters to change, up to which texts are close, and up to which they are near.
const A_SLIP: f64 = 0.2;
const FAR: f64 = 0.4;

/// From the same to something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Likeness {
    /// The same.
    Same,
    /// A slip of the keyboard apart.
    Close,
    /// Some slips apart.
    Near,
    /// Another text.
    Different,
}

impl Likeness {
    /// How many there are.
    pub(super) const COUNT: usize = 4;

    /// Of two folded texts, by the share of characters to change (optimal string alignment: a transposition is one).
    pub(super) fn of(one: &str, other: &str) -> Self {
        if one == other {
            return Self::Same;
        }
        let (short, long) = lengths(one, other);
        // Most pairs have nothing in common, which is seen without the distance.
        let least = (long - short).max(letters_missing(one, other));
        if share(least, long) > FAR { Self::Different } else { Self::by_share(share(osa_distance(one, other), long)) }
    }

    fn by_share(changed: f64) -> Self {
        match changed {
            share if share <= A_SLIP => Self::Close,
            share if share <= FAR => Self::Near,
            _ => Self::Different,
        }
    }

    /// Of two folded names: an initial is near the name, and so is a name cut short or the first of several.
    pub(super) fn of_names(one: &str, other: &str) -> Self {
        let likeness = Self::of(one, other);
        let begins = one.starts_with(other) || other.starts_with(one);
        let (short, _) = lengths(one, other);
        if begins && (short == 1 || short >= 3) { likeness.min(Self::Near) } else { likeness }
    }
}

fn lengths(one: &str, other: &str) -> (usize, usize) {
    let (one, other) = (one.chars().count(), other.chars().count());
    (one.min(other), one.max(other))
}

/// A bound below the distance: each letter that only one of them has must be changed, and a change rids one text of one.
fn letters_missing(one: &str, other: &str) -> usize {
    let letters = |text: &str| text.chars().fold(0_u64, |set, letter| set | 1 << (u32::from(letter) % 64));
    let (one, other) = (letters(one), letters(other));
    (one & !other).count_ones().max((other & !one).count_ones()) as usize
}

/// Texts have 48 characters at most: nothing is lost in the conversion.
fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole.max(1) as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn slips_are_close_and_other_texts_are_not() {
        for (one, other, expected) in [
            ("smith", "smith", Likeness::Same),
            ("smith", "simth", Likeness::Close),
            ("jon", "john", Likeness::Near),
            ("smith", "jones", Likeness::Different),
            ("4881", "4818", Likeness::Near),
            ("7", "8", Likeness::Different),
            ("müller", "mueller", Likeness::Near),
        ] {
            assert_eq!(Likeness::of(one, other), expected, "{one} {other}");
            assert_eq!(Likeness::of(other, one), expected, "{other} {one}");
        }
    }

    proptest! {
        #[test]
        fn letters_that_one_lacks_bound_the_distance(one in "[a-e5ß]{0,8}", other in "[a-e5ß]{0,8}") {
            prop_assert!(letters_missing(&one, &other) <= osa_distance(&one, &other));
        }
    }

    #[test]
    fn an_initial_is_near_the_name() {
        assert_eq!(Likeness::of_names("j", "john"), Likeness::Near);
        assert_eq!(Likeness::of_names("annamaria", "anna"), Likeness::Near);
        assert_eq!(Likeness::of_names("al", "alexandra"), Likeness::Different);
    }
}

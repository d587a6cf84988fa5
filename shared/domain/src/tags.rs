//! Tags: free-form labels of contacts, compared without case. A registry gives some of them a colour and a category; how
//! many contacts have each is told by [`tally`] and [`ledger`].

pub mod ledger;
pub mod registry;
pub mod retag;
pub mod tally;

/// A tag as it is compared.
pub fn folded(tag: &str) -> String {
    tag.to_lowercase()
}

/// Whether both are the same tag.
pub(crate) fn is_same(one: &str, other: &str) -> bool {
    if one.is_ascii() && other.is_ascii() {
        return one.eq_ignore_ascii_case(other);
    }
    folded(one) == folded(other)
}

//! Tallies: how many contacts have each tag, or how many more or fewer have it after some changes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::folded;

/// What a tag takes beside its letters and its number, in bytes.
const OVERHEAD: usize = 12;

/// Numbers by tag, without case.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagTally {
    /// By the folded tag. None is 0.
    #[serde(default)]
    tags: BTreeMap<String, i64>,
    /// How a tag was spelt when it was first seen, where that is not the folded form.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    spelt: BTreeMap<String, String>,
}

impl TagTally {
    /// Counts the change of a contact's tags from `old` to `new`; who is not there has none.
    pub fn count(&mut self, old: &[String], new: &[String]) {
        let [old, new] = [old, new].map(by_folded);
        for (folded, tag) in old.iter().filter(|(folded, _)| !new.contains_key(*folded)) {
            self.change(folded, tag, -1);
        }
        for (folded, tag) in new.iter().filter(|(folded, _)| !old.contains_key(*folded)) {
            self.change(folded, tag, 1);
        }
    }

    /// Adds another tally. Spellings that are known stay.
    pub fn add(&mut self, other: &Self) {
        other.iter().for_each(|(folded, spelling, by)| self.change(folded, spelling, by));
    }

    /// The number of a folded tag.
    pub fn get(&self, folded: &str) -> i64 {
        self.tags.get(folded).copied().unwrap_or_default()
    }

    /// Each tag whose number is not 0: folded, as it was first spelt, and its number.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str, i64)> {
        let spelling = |folded| self.spelt.get(folded).unwrap_or(folded).as_str();
        self.tags.iter().map(move |(folded, by)| (folded.as_str(), spelling(folded), *by))
    }

    /// Whether every number is 0.
    pub fn is_empty(&self) -> bool {
        self.tags.is_empty()
    }

    /// How many bytes it takes in the table, about.
    pub fn bytes(&self) -> usize {
        self.iter().map(|(folded, spelling, _)| bytes(folded, spelling)).sum()
    }

    /// The tally in parts of at most so many bytes, but at least one tag each. Always the same parts.
    pub fn parts(&self, most: usize) -> Vec<Self> {
        let (mut parts, mut filled) = (Vec::<Self>::new(), most);
        for (folded, spelling, by) in self.iter() {
            filled += bytes(folded, spelling);
            if filled > most || parts.is_empty() {
                filled = bytes(folded, spelling);
                parts.push(Self::default());
            }
            parts.iter_mut().last().into_iter().for_each(|part| part.change(folded, spelling, by));
        }
        parts
    }

    /// The tally in `count` parts, each tag in the part that `of` says.
    pub(super) fn divided(&self, count: usize, of: impl Fn(&str) -> usize) -> Vec<Self> {
        let mut parts = vec![Self::default(); count];
        for (folded, spelling, by) in self.iter() {
            parts.get_mut(of(folded)).into_iter().for_each(|part| part.change(folded, spelling, by));
        }
        parts
    }

    fn change(&mut self, folded: &str, spelling: &str, by: i64) {
        let number = self.tags.entry(folded.to_owned()).or_insert_with(|| {
            if spelling != folded {
                self.spelt.insert(folded.to_owned(), spelling.to_owned());
            }
            0
        });
        *number += by;
        if *number == 0 {
            self.tags.remove(folded);
            self.spelt.remove(folded);
        }
    }
}

fn by_folded(tags: &[String]) -> BTreeMap<String, &str> {
    tags.iter().map(|tag| (folded(tag), tag.as_str())).collect()
}

fn bytes(folded: &str, spelling: &str) -> usize {
    let spelt = if spelling == folded { 0 } else { folded.len() + spelling.len() + OVERHEAD };
    folded.len() + OVERHEAD + spelt
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(tags: &[&str]) -> Vec<String> {
        tags.iter().map(|&tag| tag.to_owned()).collect()
    }

    fn shown(tally: &TagTally) -> Vec<(&str, &str, i64)> {
        tally.iter().collect()
    }

    #[test]
    fn a_change_counts_what_it_brings_and_what_it_takes_without_case() {
        let mut tally = TagTally::default();
        tally.count(&[], &tags(&["VIP", "new"]));
        tally.count(&[], &tags(&["vip"]));
        tally.count(&tags(&["new"]), &tags(&["NEW", "Old"]));
        assert_eq!(shown(&tally), [("new", "new", 1), ("old", "Old", 1), ("vip", "VIP", 2)]);
        tally.count(&tags(&["NEW", "Old"]), &[]);
        assert_eq!(shown(&tally), [("vip", "VIP", 2)]);
        tally.count(&tags(&["Vip"]), &[]);
        tally.count(&tags(&["vip"]), &[]);
        assert!(tally.is_empty() && tally == TagTally::default());
    }

    #[test]
    fn a_change_that_takes_more_than_is_known_is_remembered() {
        let mut tally = TagTally::default();
        tally.count(&tags(&["vip"]), &[]);
        assert_eq!(tally.get("vip"), -1);
        tally.count(&[], &tags(&["vip"]));
        assert!(tally.is_empty());
    }

    #[test]
    fn parts_are_small_enough_and_make_up_the_whole() {
        let mut tally = TagTally::default();
        tally.count(&[], &(0..100).map(|n| format!("Tag {n}")).collect::<Vec<_>>());
        for most in [1, 60, 1_000, 1_000_000] {
            let parts = tally.parts(most);
            let mut sum = TagTally::default();
            parts.iter().for_each(|part| sum.add(part));
            assert_eq!(sum, tally);
            assert!(parts.iter().all(|part| part.bytes() <= most || part.iter().count() == 1), "{most}");
        }
        assert!(TagTally::default().parts(10).is_empty());
    }

    #[test]
    fn a_tally_is_read_back_as_it_was_kept() {
        let mut tally = TagTally::default();
        tally.count(&tags(&["gone"]), &tags(&["VIP", "a.b#c", "ß"]));
        let kept = serde_json::to_value(&tally).unwrap();
        assert_eq!(serde_json::from_value::<TagTally>(kept).unwrap(), tally);
    }
}

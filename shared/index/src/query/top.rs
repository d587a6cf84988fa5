//! The values that most of the contacts that are meant have: tags, companies.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use domain::contact::criteria::Criteria;
use domain::id::ContactId;

use super::Found;
use crate::dictionary::{Dictionary, NOTHING};
use crate::order::keys::contact_id;
use crate::snapshot::Snapshot;

/// An employer of contacts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopCompany {
    /// Its name, folded.
    pub folded: String,
    /// How many contacts it has.
    pub contacts: u64,
    /// The one of them with the least id; its name for the company can be shown.
    pub example: ContactId,
}

impl Snapshot {
    /// The tags of the contacts that are meant, in lower case and sorted, and how many have each.
    pub fn tags(&self, criteria: &Criteria) -> Vec<(String, u64)> {
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        for found in &self.find(criteria) {
            let rows = found.rows.to_roaring();
            let tags = &found.segment.tags;
            for (tag, tagged) in tags.keys.iter().zip(&tags.rows) {
                *counts.entry(tag).or_default() += tagged.intersection_len(&rows);
            }
        }
        let counts = counts.into_iter().filter(|(_, count)| *count > 0);
        counts.map(|(tag, count)| (tag.to_owned(), count)).collect()
    }

    /// The `most` tags that most of them have, the most frequent first, equal ones in the order of the tags.
    pub fn top_tags(&self, criteria: &Criteria, most: usize) -> Vec<(String, u64)> {
        let mut tags = self.tags(criteria);
        tags.sort_by_key(|(_, count)| Reverse(*count));
        tags.truncate(most);
        tags
    }

    /// The `most` companies that most of them belong to, the most frequent first, equal ones in the order of the names.
    pub fn top_companies(&self, criteria: &Criteria, most: usize) -> Vec<TopCompany> {
        let mut found = self.find(criteria);
        found.sort_by_key(|found| Reverse(found.segment.companies.dictionary.len()));
        let Some((largest, others)) = found.split_first() else { return Vec::new() };
        let names = &largest.segment.companies.dictionary;
        let mut known = largest.companies();
        let mut unknown: HashMap<&str, Staff> = HashMap::new();
        for other in others {
            other.add_companies(names, &mut known, &mut unknown);
        }
        let known = (0..).zip(&known).skip(1).filter(|(_, staff)| staff.count > 0);
        let known = best(known.map(|(code, staff)| (Reverse(staff.count), code, staff)).collect(), most);
        let known = known.into_iter().map(|(_, code, staff)| (names.text(code), staff));
        let all = known.chain(unknown.iter().map(|(name, staff)| (*name, staff)));
        let all = all.map(|(name, staff)| (Reverse(staff.count), name, staff));
        best(all.collect(), most).into_iter().map(|(_, name, staff)| staff.of(name)).collect()
    }
}

/// The least `most`, in order.
fn best<T: Ord>(mut all: Vec<T>, most: usize) -> Vec<T> {
    if most > 0 && all.len() > most {
        all.select_nth_unstable(most - 1);
    }
    all.truncate(most);
    all.sort_unstable();
    all
}

/// The contacts of a company.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Staff {
    count: u64,
    least: u128,
}

impl Staff {
    const NOBODY: Self = Self { count: 0, least: u128::MAX };

    fn add(&mut self, other: Self) {
        self.count += other.count;
        self.least = self.least.min(other.least);
    }

    fn of(self, name: &str) -> TopCompany {
        TopCompany { folded: name.to_owned(), contacts: self.count, example: contact_id(self.least) }
    }
}

impl Found<'_> {
    /// Who belongs to the company of each code.
    fn companies(&self) -> Vec<Staff> {
        let companies = &self.segment.companies;
        let mut staff = vec![(0_u32, 0_u32); companies.dictionary.codes()];
        for row in self.rows.ones() {
            let (count, first) = &mut staff[companies.codes[row] as usize];
            // Rows are in the order of the ids.
            if *count == 0 {
                *first = u32::try_from(row).unwrap_or(u32::MAX);
            }
            *count += 1;
        }
        let ids = &self.segment.ids;
        let staff = staff.into_iter().map(|(count, first)| match count {
            0 => Staff::NOBODY,
            count => Staff { count: count.into(), least: ids[first as usize] },
        });
        staff.collect()
    }

    /// Adds who belongs to each company, to what is known of the companies in `names`, or to the others.
    fn add_companies<'b>(&'b self, names: &Dictionary, known: &mut [Staff], unknown: &mut HashMap<&'b str, Staff>) {
        let mut at = 1;
        for (code, staff) in (0..).zip(self.companies()).skip(NOTHING as usize + 1) {
            if staff.count == 0 {
                continue;
            }
            let name = self.segment.companies.dictionary.text(code);
            let place = names.find_from(at, name);
            match place {
                Ok(place) => known[place as usize].add(staff),
                Err(_) => unknown.entry(name).or_insert(Staff::NOBODY).add(staff),
            }
            at = place.unwrap_or_else(|place| place);
        }
    }
}

//! The values that most of the contacts that are meant have: tags, companies.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use domain::contact::criteria::Criteria;
use domain::id::ContactId;

use super::Found;
use crate::bits::Bits;
use crate::dictionary::Dictionary;
use crate::lists::Lists;
use crate::order::keys::contact_id;
use crate::segment::Segment;
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
            let Segment { tags, derived, .. } = found.segment;
            let of_rows = derived.tags.get(|| Lists::of(tags, found.segment.rows()));
            let mut found_here = vec![0; tags.keys.len()];
            found.rows.ones().for_each(|row| of_rows.of_row(row).iter().for_each(|tag| found_here[*tag as usize] += 1));
            for (tag, count) in tags.keys.iter().zip(found_here).filter(|(_, count)| *count > 0) {
                *counts.entry(tag).or_default() += count;
            }
        }
        counts.into_iter().map(|(tag, count)| (tag.to_owned(), count)).collect()
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
        let mut unknown: HashMap<&str, u64> = HashMap::new();
        others.iter().for_each(|other| other.add_companies(names, &mut known, &mut unknown));
        let known = (0..).zip(known).skip(1).filter(|(_, count)| *count > 0);
        let known = best(known.map(|(code, count)| (Reverse(count), code)).collect(), most);
        let known = known.into_iter().map(|(count, code)| (count, names.text(code)));
        let all = known.chain(unknown.into_iter().map(|(name, count)| (Reverse(count), name)));
        with_examples(&best(all.collect(), most), &found)
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

/// The companies, each with the least id of those who were found and belong to it.
fn with_examples(companies: &[(Reverse<u64>, &str)], found: &[Found<'_>]) -> Vec<TopCompany> {
    let mut examples = vec![u128::MAX; companies.len()];
    for found in found {
        found.add_examples(companies, &mut examples);
    }
    let companies = companies.iter().zip(examples).map(|((Reverse(contacts), name), example)| TopCompany {
        folded: (*name).to_owned(),
        contacts: *contacts,
        example: contact_id(example),
    });
    companies.collect()
}

impl Found<'_> {
    /// How many belong to the company of each code.
    fn companies(&self) -> Vec<u64> {
        let companies = &self.segment.companies;
        let mut counts = vec![0; companies.dictionary.codes()];
        self.rows.each_of(&companies.codes, |code| counts[code as usize] += 1);
        counts
    }

    /// Adds how many belong to each company, to what is known of the companies in `names`, or to the others.
    fn add_companies<'b>(&'b self, names: &Dictionary, known: &mut [u64], unknown: &mut HashMap<&'b str, u64>) {
        let mut at = 1;
        for (code, count) in (0..).zip(self.companies()).skip(1).filter(|(_, count)| *count > 0) {
            let name = self.segment.companies.dictionary.text(code);
            let place = names.find_from(at, name);
            match place {
                Ok(place) => known[place as usize] += count,
                Err(_) => *unknown.entry(name).or_default() += count,
            }
            at = place.unwrap_or_else(|place| place);
        }
    }

    /// Looks for the least id of each company.
    fn add_examples(&self, companies: &[(Reverse<u64>, &str)], examples: &mut [u128]) {
        let Segment { companies: column, ids, .. } = self.segment;
        let codes = companies.iter().enumerate();
        let codes = codes.filter_map(|(at, (_, name))| Some((column.dictionary.find(name).ok()?, at)));
        let codes: HashMap<u32, usize> = codes.collect();
        let mut wanted = Bits::new(column.dictionary.codes());
        codes.keys().for_each(|code| wanted.set(*code as usize));
        // Rows are in the order of the ids: the first of each company is the one.
        for row in self.rows.ones() {
            let code = column.codes[row];
            if wanted.get(code as usize) {
                wanted.clear(code as usize);
                if let Some(example) = codes.get(&code).and_then(|at| examples.get_mut(*at)) {
                    *example = ids[row].min(*example);
                }
                if !wanted.any() {
                    break;
                }
            }
        }
    }
}

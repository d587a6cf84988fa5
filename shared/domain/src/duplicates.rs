//! Duplicates: which of a tenant's contacts are likely the same person.

mod blocks;
mod custom;
mod learned;
mod likeness;
mod names;
mod people;
pub mod search;
#[cfg(test)]
mod tests;
mod text;
mod values;
mod verdict;

use serde::{Deserialize, Serialize};

use self::blocks::Blocks;
use self::learned::{Knowledge, Tally};
use self::people::{Order, People, Person};
use self::verdict::Judge;
use crate::contact::Contact;
use crate::id::ContactId;

/// So many people are imagined beside the tenant's contacts, when it is judged what is chance.
const STRANGERS: f64 = 1000.0;
/// Of what is more likely than this is learnt how a person's fields differ.
const SURE: f64 = 0.95;
/// So many contacts' neighbours are learnt from, at most.
const LEARNT_FROM: usize = 20_000;

vocabulary! {
    /// Why two contacts are likely the same person.
    Reason {
        /// The addresses lead to the same inbox: equal without `+tag`, at Gmail also without dots.
        SameEmail = "same_email",
        /// The phone is the same.
        SamePhone = "same_phone",
        /// The part before the `@` is the same.
        SimilarEmail = "similar_email",
        /// The names are alike and the company is the same.
        SimilarNameSameCompany = "similar_name_same_company",
        /// The names are alike and a custom field is the same that few share, such as an address.
        SimilarNameSameAddress = "similar_name_same_address",
        /// The names are not alike, but several custom fields are the same that few share.
        SameDetails = "same_details",
    }
}

/// Two contacts that are likely the same person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Suggestion {
    /// Both, in ascending order.
    pub contact_ids: [ContactId; 2],
    /// How likely it is, from 0 to 1, in hundredths.
    pub confidence: f64,
    /// Why, in the order of [`Reason::ALL`]; at least one.
    pub reasons: Vec<Reason>,
}

/// Finds pairs of contacts that are likely the same person.
#[derive(Debug, Default)]
pub struct Finder {
    people: People,
}

/// What a [`Finder`] found, and what it cost.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Best first.
    pub suggestions: Vec<Suggestion>,
    /// How many comparisons were made.
    pub compared: u64,
}

impl Finder {
    /// Knows nobody.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in a contact, each once. The order does not matter.
    pub fn add(&mut self, contact: &Contact) {
        self.people.add(contact);
    }

    /// The pairs, best first, equally good ones by their ids.
    pub fn suggestions(self) -> Vec<Suggestion> {
        self.find().suggestions
    }

    /// The pairs, and how many comparisons it took.
    pub fn find(mut self) -> Found {
        let mut found = Found { suggestions: Vec::new(), compared: 0 };
        let mut knowledge = None;
        for order in [Order::LastName, Order::FirstName] {
            self.people.sort(order);
            let blocks = Blocks::new(&self.people);
            let knowledge = knowledge.get_or_insert_with(|| learnt(&self.people, &blocks));
            found.search(Judge { people: &self.people, blocks: &blocks, knowledge }, order);
        }
        found.best_first();
        found
    }
}

impl Found {
    fn search(&mut self, judge: Judge<'_>, order: Order) {
        let mut neighbours = Vec::new();
        for (at, one) in (0_u32..).zip(&judge.people.all) {
            judge.blocks.neighbours(judge.people, order, at, &mut neighbours);
            self.compared += neighbours.len() as u64;
            let others = neighbours.iter().map(|other| &judge.people.all[*other as usize]);
            self.suggestions.extend(others.filter_map(|other| suggestion(judge, one, other)));
        }
    }

    /// Each pair once: those who are neighbours in both orders were found twice.
    fn best_first(&mut self) {
        let by_confidence = |one: &Suggestion, other: &Suggestion| other.confidence.total_cmp(&one.confidence);
        self.suggestions.sort_by(|one, other| one.contact_ids.cmp(&other.contact_ids).then(by_confidence(one, other)));
        self.suggestions.dedup_by_key(|suggestion| suggestion.contact_ids);
        self.suggestions.sort_by(by_confidence);
    }
}

fn suggestion(judge: Judge<'_>, one: &Person, other: &Person) -> Option<Suggestion> {
    let mut contact_ids = [one.id, other.id];
    contact_ids.sort_unstable();
    let verdict = judge.compare(one, other)?;
    // Rounded down: nothing is certain before a person has looked at it.
    let confidence = (verdict.probability.min(0.99) * 100.0).floor() / 100.0;
    (one.id != other.id).then_some(Suggestion { contact_ids, confidence, reasons: verdict.reasons })
}

fn learnt(people: &People, blocks: &Blocks) -> Knowledge {
    let mut knowledge = Knowledge::of(people);
    let mut same = Tally::new(people);
    let judge = Judge { people, blocks, knowledge: &knowledge };
    let mut neighbours = Vec::new();
    let step = people.all.len().div_ceil(LEARNT_FROM).max(1);
    for (at, one) in (0_u32..).zip(&people.all).step_by(step) {
        blocks.neighbours(people, Order::LastName, at, &mut neighbours);
        for other in neighbours.iter().map(|other| &people.all[*other as usize]) {
            if judge.compare(one, other).is_some_and(|verdict| verdict.probability >= SURE) {
                same.count(people, one, other);
            }
        }
    }
    knowledge.learn(&same);
    knowledge
}

/// The bits that something says which is seen so often of one person and so often of strangers.
fn log_chance(of_one_person: f64, of_strangers: f64) -> f64 {
    (of_one_person / of_strangers).log2()
}

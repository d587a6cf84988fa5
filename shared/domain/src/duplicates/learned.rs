//! What the data itself tells of its custom fields: which identify a person, and how often they are mistyped.

use super::likeness::Likeness;
use super::log_chance;
use super::people::{People, Person};
use super::values::ValueId;

/// How many pairs of strangers are looked at, at most.
const PAIRS: usize = 20_000;
/// How often the field of one person is alike in each step, before anything is known …
const OF_ONE_PERSON: [f64; Likeness::COUNT] = [0.65, 0.1, 0.05, 0.2];
/// … and for how many pairs this stands.
const OF_ONE_PERSON_WEIGHT: f64 = 20.0;
/// The same for strangers.
const OF_STRANGERS: [f64; Likeness::COUNT] = [0.1, 0.01, 0.03, 0.86];
const OF_STRANGERS_WEIGHT: f64 = 200.0;
/// So many contacts are imagined beside those who have a field, when the rarity of a value is judged.
const IMAGINED: f64 = 20.0;

/// How often in each step of [`Likeness`].
type Shares = [f64; Likeness::COUNT];

/// What is known of each custom field.
#[derive(Debug, Clone)]
pub(super) struct Knowledge(Vec<Known>);

#[derive(Debug, Clone, Copy)]
struct Known {
    /// How many have the field.
    holders: f64,
    of_one_person: Shares,
    of_strangers: Shares,
}

/// Counts of pairs that are surely one person, for [`Knowledge::learn`].
#[derive(Debug)]
pub(super) struct Tally(Vec<Shares>);

impl Knowledge {
    /// What the fields' values tell by themselves.
    pub(super) fn of(people: &People) -> Self {
        let mut strangers = Tally::new(people);
        for (one, other) in strangers_among(&people.all) {
            strangers.count(people, one, other);
        }
        let known = |(holders, counts): (f64, &Shares)| Known {
            holders,
            of_one_person: OF_ONE_PERSON,
            of_strangers: shares(counts, OF_STRANGERS, OF_STRANGERS_WEIGHT),
        };
        Self(holders(people).into_iter().zip(&strangers.0).map(known).collect())
    }

    /// Takes over how alike the fields of one person are in truth.
    pub(super) fn learn(&mut self, same: &Tally) {
        for (known, counts) in self.0.iter_mut().zip(&same.0) {
            known.of_one_person = shares(counts, OF_ONE_PERSON, OF_ONE_PERSON_WEIGHT);
        }
    }

    /// The bits that two values of a field, not the same, say for or against.
    pub(super) fn bits(&self, field: usize, likeness: Likeness) -> f64 {
        let (known, step) = (&self.0[field], likeness as usize);
        let bits = log_chance(known.of_one_person[step], known.of_strangers[step]);
        if likeness == Likeness::Different { bits.min(0.0) } else { bits }
    }

    /// How likely it is that a stranger has the value too that `others` besides the two have.
    pub(super) fn chance(&self, field: usize, text: &str, others: usize) -> f64 {
        (others as f64 + 0.5 + IMAGINED * commonness(text)) / (self.0[field].holders + IMAGINED)
    }

    /// The bits that the same value says, whose chance is that of [`Self::chance`].
    pub(super) fn bits_of_same(&self, field: usize, chance: f64) -> f64 {
        log_chance(self.0[field].of_one_person[0], chance).max(0.0)
    }
}

impl Tally {
    /// Nothing is counted yet.
    pub(super) fn new(people: &People) -> Self {
        Self(vec![[0.0; Likeness::COUNT]; people.custom_fields()])
    }

    /// Counts how alike the fields of the two are.
    pub(super) fn count(&mut self, people: &People, one: &Person, other: &Person) {
        for (field, mine, theirs) in shared_fields(people, one, other) {
            self.0[field][likeness(people, mine, theirs) as usize] += 1.0;
        }
    }
}

/// How alike two values are.
pub(super) fn likeness(people: &People, one: ValueId, other: ValueId) -> Likeness {
    if one == other { Likeness::Same } else { Likeness::of(people.values.text(one), people.values.text(other)) }
}

/// The custom fields that both have, with the value of each.
pub(super) fn shared_fields<'a>(
    people: &'a People,
    one: &Person,
    other: &Person,
) -> impl Iterator<Item = (usize, ValueId, ValueId)> + 'a {
    // Both are in the order of the fields' names: what was passed does not come again.
    let mut rest = people.custom(other);
    people.custom(one).iter().filter_map(move |&mine| {
        let field = people.values.field(mine);
        let at = rest.iter().position(|&theirs| people.values.field(theirs) == field)?;
        let theirs = rest[at];
        rest = &rest[at + 1..];
        Some((field.number()?, mine, theirs))
    })
}

/// Guessed from the form of a value while there are few contacts: a number and a street, a date or a long number is
/// seldom the same by chance, a single word is.
fn commonness(text: &str) -> f64 {
    let length = text.chars().count();
    match text.contains(|each: char| each.is_numeric()) {
        true if length >= 7 => 0.001,
        _ if length >= 10 => 0.05,
        _ => 0.5,
    }
}

fn holders(people: &People) -> Vec<f64> {
    let mut holders = vec![0.0; people.custom_fields()];
    let values = people.all.iter().flat_map(|person| people.custom(person));
    for field in values.filter_map(|value| people.values.field(*value).number()) {
        holders[field] += 1.0;
    }
    holders
}

/// Pairs from all over, the same ones each time.
fn strangers_among(all: &[Person]) -> impl Iterator<Item = (&Person, &Person)> {
    let count = all.len();
    // Multiples of a large prime modulo the count visit places far from each other.
    let place = move |step: usize| step.wrapping_mul(2_654_435_761) % count.max(1);
    let steps = if count < 2 { 0 } else { PAIRS.min(4 * count) };
    let places = (0..steps).map(move |step| (place(2 * step), place(2 * step + 1 + step / count)));
    places.filter(|(one, other)| one != other).map(|(one, other)| (&all[one], &all[other]))
}

fn shares(counts: &Shares, prior: Shares, weight: f64) -> Shares {
    let total: f64 = counts.iter().sum::<f64>() + weight;
    std::array::from_fn(|step| (counts[step] + prior[step] * weight) / total)
}

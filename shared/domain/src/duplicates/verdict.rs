//! The sum of what speaks for and against two contacts being one person, in bits (Fellegi and Sunter, 1969).

use super::blocks::Blocks;
use super::custom::Custom;
use super::learned::{Knowledge, likeness};
use super::likeness::Likeness;
use super::names::Names;
use super::people::{People, Person};
use super::values::ValueId;
use super::{Reason, STRANGERS};

/// What is less likely than this is not suggested.
const THRESHOLD: f64 = 0.6;
/// By how much names that are alike outweigh the odds against any two contacts at most, however rare they are.
const NAMES_OVER_ODDS: f64 = 1.0;
/// By how much the same inbox does.
const INBOX_OVER_ODDS: f64 = 6.0;
/// By how much the same phone falls short of them: whoever lives together may share one.
const PHONE_BELOW_ODDS: f64 = 0.5;
/// The most bits of a local part, and of one that repeats the name.
const SAME_LOCAL_PART: f64 = 6.0;
const LOCAL_PART_OF_NAME: f64 = 3.5;
/// The most bits of a company, of one that is spelt a little differently, and of another one: people change employers.
const SAME_COMPANY: f64 = 6.0;
const CLOSE_COMPANY: f64 = 2.0;
const OTHER_COMPANY: f64 = -1.5;
/// So many people of other companies are imagined.
const ELSEWHERE: f64 = 50.0;
/// Bits against: people have more than one phone.
const OTHER_PHONE: f64 = -1.0;
/// The most that other values of custom fields say against people with the same phone or address: fields get outdated.
const DOUBT_OF_REACHED: f64 = -4.0;
/// The most bits of phone, company and the like where a name differs: a family and an office have them in common.
const IN_COMMON: f64 = 8.0;
/// A family has an address in common: fewer custom fields than this count as one of those.
const HOUSEHOLD: usize = 4;
/// What custom fields say for and against counts so many times where the first names differ.
const AGREEING_OF_OTHERS: f64 = 0.6;
const DOUBT_OF_OTHERS: f64 = 2.0;

/// What is needed to compare two people.
#[derive(Debug, Clone, Copy)]
pub(super) struct Judge<'a> {
    pub(super) people: &'a People,
    pub(super) blocks: &'a Blocks,
    pub(super) knowledge: &'a Knowledge,
}

/// What came out.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Verdict {
    /// How likely it is that it is one person.
    pub(super) probability: f64,
    /// What the two have in common, in the order of the vocabulary.
    pub(super) reasons: Vec<Reason>,
}

/// What the built-in fields but the names say, in bits.
#[derive(Debug, Clone, Copy)]
struct BuiltIn {
    inbox: f64,
    phone: f64,
    local_part: f64,
    company: f64,
}

impl Judge<'_> {
    /// Compares two people; nothing comes of those who are less likely one than [`THRESHOLD`].
    pub(super) fn compare(&self, one: &Person, other: &Person) -> Option<Verdict> {
        let pair = [one, other];
        let names = Names::of(self.people, self.blocks, one, other);
        let built_in = self.built_in(pair, names);
        // Most candidates share a town and nothing else: there is no need to compare all of their fields.
        if !names.similar() && !built_in.reached() && Custom::same_fields(self, pair) < 2 {
            return None;
        }
        let probability = |custom| self.probability(names, built_in, custom);
        if probability(Custom::at_most(self, pair)) < THRESHOLD {
            return None;
        }
        let custom = Custom::of(self, pair);
        let verdict = Verdict { probability: probability(custom), reasons: reasons(names, built_in, custom) };
        (verdict.probability >= THRESHOLD && !verdict.reasons.is_empty()).then_some(verdict)
    }

    fn probability(&self, names: Names, built_in: BuiltIn, custom: Custom) -> f64 {
        let of_names = names.bits.min(self.odds() + NAMES_OVER_ODDS);
        let bits = of_names + beside_names(names, built_in, custom) - self.odds();
        1.0 / (1.0 + (-bits).exp2())
    }

    /// The odds against two contacts being one person before anything is known of them, in bits.
    fn odds(&self) -> f64 {
        (self.people.all.len() as f64 + STRANGERS).log2()
    }

    fn built_in(&self, pair: [&Person; 2], names: Names) -> BuiltIn {
        let [one, other] = pair;
        let inbox = same(one.inbox, other.inbox).map(|_| self.odds() + INBOX_OVER_ODDS);
        let local_part = same(one.local_part, other.local_part).filter(|_| inbox.is_none());
        BuiltIn {
            inbox: inbox.unwrap_or(0.0),
            phone: self.phone(one.phone, other.phone),
            local_part: local_part.map_or(0.0, |local| self.local_part(local, pair, names)),
            company: self.company(one.company, other.company),
        }
    }

    fn phone(&self, one: Option<ValueId>, other: Option<ValueId>) -> f64 {
        match same(one, other) {
            Some(phone) => (self.odds() - PHONE_BELOW_ODDS - (1.0 + self.others(phone)).log2()).max(0.0),
            None if one.is_some() && other.is_some() => OTHER_PHONE,
            None => 0.0,
        }
    }

    fn local_part(&self, local: ValueId, pair: [&Person; 2], names: Names) -> f64 {
        let text = |value| self.people.values.text(value);
        let repeats = |name: &ValueId| text(local).contains(text(*name));
        let of_name = names.similar() && pair.map(Person::names).iter().flatten().flatten().any(repeats);
        let most = if of_name { LOCAL_PART_OF_NAME } else { SAME_LOCAL_PART };
        // `info` and `office` are no names.
        (most - (1.0 + self.others(local)).log2()).max(0.0)
    }

    fn company(&self, one: Option<ValueId>, other: Option<ValueId>) -> f64 {
        let (Some(one), Some(other)) = (one, other) else { return 0.0 };
        match likeness(self.people, one, other) {
            Likeness::Same => {
                let chance = (self.others(one) + 0.5) / (self.people.all.len() as f64 + ELSEWHERE);
                (-chance.log2()).clamp(0.0, SAME_COMPANY)
            }
            Likeness::Close => CLOSE_COMPANY,
            Likeness::Near => 0.0,
            Likeness::Different => OTHER_COMPANY,
        }
    }

    /// How many have the value besides the two.
    fn others(&self, value: ValueId) -> f64 {
        self.blocks.members(value).len().saturating_sub(2) as f64
    }
}

impl BuiltIn {
    fn reached(self) -> bool {
        self.inbox > 0.0 || self.phone > 0.0 || self.local_part > 0.0
    }
}

fn beside_names(names: Names, built_in: BuiltIn, custom: Custom) -> f64 {
    let BuiltIn { inbox, phone, local_part, company } = built_in;
    let in_common = phone + local_part + company;
    if names.other_first_name {
        let agreeing = custom.agreeing * AGREEING_OF_OTHERS;
        let agreeing = if custom.telling < HOUSEHOLD { agreeing.min(IN_COMMON) } else { agreeing };
        return (inbox + in_common).min(IN_COMMON) + agreeing + custom.doubt * DOUBT_OF_OTHERS;
    }
    let in_common = if names.other_last_name { in_common.min(IN_COMMON) } else { in_common };
    let doubt = if built_in.reached() { custom.doubt.max(DOUBT_OF_REACHED) } else { custom.doubt };
    inbox + in_common + custom.agreeing + doubt
}

fn reasons(names: Names, built_in: BuiltIn, custom: Custom) -> Vec<Reason> {
    let similar = names.similar();
    [
        (Reason::SameEmail, built_in.inbox > 0.0),
        (Reason::SamePhone, built_in.phone > 0.0),
        (Reason::SimilarEmail, built_in.local_part > 0.0),
        (Reason::SimilarNameSameCompany, similar && built_in.company > 0.0),
        (Reason::SimilarNameSameAddress, similar && custom.telling > 0),
        (Reason::SameDetails, !similar && custom.telling > 1),
    ]
    .into_iter()
    .filter_map(|(reason, holds)| holds.then_some(reason))
    .collect()
}

fn same(one: Option<ValueId>, other: Option<ValueId>) -> Option<ValueId> {
    one.filter(|_| one == other)
}

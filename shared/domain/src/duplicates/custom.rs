//! What the custom fields say: the rarer a value is among the tenant's contacts, the more it says that both have it.

use super::learned::{likeness, shared_fields};
use super::likeness::Likeness;
use super::people::Person;
use super::values::ValueId;
use super::verdict::Judge;

/// From so many bits on a field is one that few share.
const TELLING: f64 = 3.0;
/// How many of those who have a value are asked what else they have.
const ASKED: usize = 50;
/// So many asked people are imagined, who have what others have.
const IMAGINED: f64 = 2.0;
/// In so large a block all but the two are taken for strangers: a few namesakes change nothing.
const CROWD: usize = 20;

/// What the custom fields say.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Custom {
    /// Bits for being the same person.
    pub(super) agreeing: f64,
    /// Bits against, as a negative number.
    pub(super) doubt: f64,
    /// In how many fields the two agree that few share.
    pub(super) telling: usize,
}

/// A value that both have.
struct Shared {
    field: usize,
    value: ValueId,
    /// How likely it is that a stranger has it too.
    chance: f64,
}

impl Custom {
    /// Of two people.
    pub(super) fn of(judge: &Judge<'_>, pair: [&Person; 2]) -> Self {
        let (mut custom, mut shared) = Self::fields(judge, pair, |members| judge.strangers(pair, members).count());
        shared.sort_by(|one, other| one.chance.total_cmp(&other.chance));
        for at in 0..shared.len() {
            custom.count(judge.bits_of_same(pair, &shared[at], &shared[..at]));
        }
        custom
    }

    /// What [`Self::of`] says at most, without a look at anybody else.
    pub(super) fn at_most(judge: &Judge<'_>, pair: [&Person; 2]) -> Self {
        let (mut custom, shared) = Self::fields(judge, pair, |_| 0);
        shared.iter().for_each(|each| custom.count(judge.knowledge.bits_of_same(each.field, each.chance)));
        custom
    }

    /// What the fields say that are not the same, and those that are, of which `strangers` counts who else has it.
    fn fields(judge: &Judge<'_>, pair: [&Person; 2], strangers: impl Fn(&[u32]) -> usize) -> (Self, Vec<Shared>) {
        let mut custom = Self::default();
        let mut shared = Vec::new();
        for (field, mine, theirs) in shared_fields(judge.people, pair[0], pair[1]) {
            match likeness(judge.people, mine, theirs) {
                Likeness::Same => {
                    let members = judge.blocks.members(mine);
                    let others = if members.len() > CROWD { members.len() - 2 } else { strangers(members) };
                    let chance = judge.knowledge.chance(field, judge.people.values.text(mine), others);
                    shared.push(Shared { field, value: mine, chance });
                }
                step => custom.count(judge.knowledge.bits(field, step)),
            }
        }
        (custom, shared)
    }

    /// In how many fields both have the same.
    pub(super) fn same_fields(judge: &Judge<'_>, pair: [&Person; 2]) -> usize {
        shared_fields(judge.people, pair[0], pair[1]).filter(|(_, mine, theirs)| mine == theirs).count()
    }

    fn count(&mut self, bits: f64) {
        self.agreeing += bits.max(0.0);
        self.doubt += bits.min(0.0);
        self.telling += usize::from(bits >= TELLING);
    }
}

impl Judge<'_> {
    /// What a shared value says after those before it: who lives in a town has its postcode too, which then says nothing.
    fn bits_of_same(&self, pair: [&Person; 2], shared: &Shared, before: &[Shared]) -> f64 {
        let given = before.iter().map(|given| self.chance_given(pair, shared, given.value));
        self.knowledge.bits_of_same(shared.field, given.fold(shared.chance, f64::max))
    }

    fn chance_given(&self, pair: [&Person; 2], shared: &Shared, given: ValueId) -> f64 {
        let members = self.blocks.members(given);
        let (mut asked, mut having) = (IMAGINED, IMAGINED * shared.chance);
        for stranger in self.strangers(pair, &members[..members.len().min(ASKED)]) {
            asked += 1.0;
            having += if self.people.has(stranger, shared.value) { 1.0 } else { 0.0 };
        }
        having / asked
    }

    /// Those who have no name in common with the pair: the others may be the same person a third time, and say nothing
    /// of what strangers have.
    fn strangers<'a>(&'a self, pair: [&'a Person; 2], members: &'a [u32]) -> impl Iterator<Item = &'a Person> + 'a {
        let names = pair.map(Person::names);
        let known = move |name: &ValueId| names.iter().flatten().any(|each| *each == Some(*name));
        let members = members.iter().map(|at| &self.people.all[*at as usize]);
        members.filter(move |person| !person.names().iter().flatten().any(known))
    }
}

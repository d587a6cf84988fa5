//! A model of the table, of projectors that are given records again, of folders that are killed, and of readers.

use proptest::prelude::*;

use super::*;
use crate::Timestamp;

const TAGS: [&str; 6] = ["vip", "VIP", "lead", "new", "a", "b"];

/// What somebody does next.
#[derive(Debug, Clone)]
enum Move {
    /// A contact gets these tags.
    Tag(u8, Vec<&'static str>),
    /// So many of the next records are projected; `true`: they come again, perhaps with more behind them.
    Project(usize, bool),
    /// A folder takes its next step.
    Fold(usize),
    /// A folder is killed.
    Kill(usize),
}

fn moves() -> impl Strategy<Value = Move> {
    let tags = proptest::collection::vec(proptest::sample::select(&TAGS[..]), 0..4);
    prop_oneof![
        4 => (0..6_u8, tags).prop_map(|(contact, tags)| Move::Tag(contact, tags)),
        4 => (1..4_usize, proptest::bool::weighted(0.3)).prop_map(|(count, again)| Move::Project(count, again)),
        8 => (0..2_usize).prop_map(Move::Fold),
        1 => (0..2_usize).prop_map(Move::Kill),
    ]
}

/// Who reads the ledger, not all of it in one moment.
#[derive(Debug, Clone, Default)]
struct Reader {
    step: usize,
    seen: Ledger,
    to_clear: Vec<String>,
}

#[derive(Default)]
struct World {
    contacts: BTreeMap<u8, Vec<String>>,
    records: Vec<[Vec<String>; 2]>,
    /// Where the runs that were counted begin and end.
    notes: BTreeMap<usize, usize>,
    projected: usize,
    table: Ledger,
    folders: [Reader; 2],
}

impl Reader {
    /// Reads a part: the head, the base, the deltas.
    fn read(&mut self, table: &Ledger) {
        match self.step {
            0 => self.seen = Ledger { base: vec![], deltas: BTreeMap::new(), ..table.clone() },
            1 => self.seen.base.clone_from(&table.base),
            _ => self.seen.deltas.clone_from(&table.deltas),
        }
        self.step += 1;
    }
}

impl World {
    fn tag(&mut self, contact: u8, tags: &[&str]) {
        let new: Vec<String> = tags.iter().map(|&tag| tag.to_owned()).collect();
        let old = self.contacts.insert(contact, new.clone()).unwrap_or_default();
        self.records.push([old, new]);
    }

    fn project(&mut self, count: usize, again: bool) {
        let (mut first, end) = (self.projected, (self.projected + count).min(self.records.len()));
        // What was counted before is not counted again, as the notes say.
        while let Some(&counted) = self.notes.get(&first) {
            first = counted;
        }
        if first < end {
            let mut delta = TagTally::default();
            self.records[first..end].iter().for_each(|[old, new]| delta.count(old, new));
            if !delta.is_empty() {
                self.table.deltas.insert(format!("{first:05}"), delta);
                self.notes.insert(first, end);
            }
        }
        if !again {
            self.projected = self.projected.max(first).max(end);
        }
    }

    fn fold(&mut self, number: usize) {
        let folder = &mut self.folders[number];
        match folder.step {
            0..=2 => folder.read(&self.table),
            3 => {
                folder.seen.leftovers().for_each(|name| drop(self.table.deltas.remove(name)));
                folder.step = 4;
            }
            4 => {
                folder.step = 0;
                let Some(fold) = folder.seen.fold().filter(|_| folder.seen.generation == self.table.generation) else {
                    return;
                };
                self.table.generation = fold.generation;
                self.table.base.resize(fold.pieces, TagTally::default());
                fold.changed.into_iter().for_each(|(number, piece)| self.table.base[number] = piece);
                (folder.step, folder.to_clear) = (5, fold.folded.iter().cloned().collect());
                self.table.folded = fold.folded;
            }
            _ => match folder.to_clear.pop() {
                Some(name) => drop(self.table.deltas.remove(&name)),
                None => folder.step = 0,
            },
        }
    }

    fn step(&mut self, next: &Move) {
        match next {
            Move::Tag(contact, tags) => self.tag(*contact, tags),
            Move::Project(count, again) => self.project(*count, *again),
            Move::Fold(folder) => self.fold(*folder),
            Move::Kill(folder) => self.folders[*folder] = Reader::default(),
        }
    }

    /// What the contacts say, without the spellings.
    fn recount(&self) -> BTreeMap<String, i64> {
        let mut counts = BTreeMap::new();
        for tags in self.contacts.values() {
            let tags: BTreeSet<String> = tags.iter().map(|tag| crate::tags::folded(tag)).collect();
            tags.into_iter().for_each(|tag| *counts.entry(tag).or_default() += 1);
        }
        counts
    }
}

fn numbers(tally: &TagTally) -> BTreeMap<String, i64> {
    tally.iter().map(|(folded, _, count)| (folded.to_owned(), count)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn counts_are_what_the_contacts_say_whoever_folds_is_killed_or_counts_again(
        steps in proptest::collection::vec(moves(), 0..300),
        reading in proptest::collection::vec(proptest::bool::weighted(0.2), 0..100),
    ) {
        let mut world = World::default();
        steps.iter().for_each(|step| world.step(step));
        while world.projected < world.records.len() {
            world.project(3, false);
        }
        prop_assert_eq!(numbers(&world.table.counts()), world.recount());
        // Who reads while others fold believes what was read if the head is still the same.
        let mut reader = Reader::default();
        for (turn, reads) in reading.into_iter().enumerate() {
            if reads { reader.read(&world.table) } else { world.fold(turn % 2) }
            if reader.step == 3 && reader.seen.generation == world.table.generation {
                prop_assert_eq!(numbers(&reader.seen.counts()), world.recount());
            }
            reader.step %= 3;
        }
        prop_assert_eq!(numbers(&world.table.counts()), world.recount());
    }
}

/// A delta like that of one contact.
fn delta(tags: impl Iterator<Item = usize>) -> TagTally {
    let mut delta = TagTally::default();
    delta.count(&[], &tags.map(|tag| format!("Some tag {tag}")).collect::<Vec<_>>());
    delta
}

/// What each of `runs` runs costs on average: its delta, its part of the folds, its clearing away. And how large all
/// deltas get that wait for a fold, in KB beyond the size of the base.
fn cost(runs: usize, tags: impl Fn(usize) -> Vec<usize>) -> (f64, f64) {
    let (mut ledger, mut units_spent, mut worst) = (Ledger::default(), 0, 0.0_f64);
    let tenant = TenantId::derived(Timestamp::default(), &[]);
    for run in 0..runs {
        let delta = delta(tags(run).into_iter());
        units_spent += units(delta.bytes());
        ledger.deltas.insert(format!("{run:024}"), delta);
        let Some(fold) = Some(&ledger).filter(|_| folds(&format!("{run:024}"), tenant)).and_then(Ledger::fold) else {
            continue;
        };
        let clearing = fold.folded.iter().map(|name| units(ledger.deltas[name].bytes()) / 2).sum::<usize>();
        units_spent += fold.units() + clearing;
        let base: usize = ledger.base.iter().map(TagTally::bytes).sum();
        let open: usize = ledger.deltas.values().map(|delta| delta.bytes() + ITEM).sum();
        worst = worst.max((open as f64 - base as f64) / 1_024.0);
        ledger.base.resize(fold.pieces, TagTally::default());
        fold.changed.into_iter().for_each(|(number, piece)| ledger.base[number] = piece);
        ledger.deltas.clear();
        (ledger.generation, ledger.folded) = (fold.generation, fold.folded);
    }
    (units_spent as f64 / runs as f64, worst)
}

#[test]
fn a_run_costs_5_write_units_at_most_however_many_tags_there_are() {
    for (different, each) in [(10, 10), (200, 3), (5_000, 3), (10_000, 10)] {
        let (units, worst) = cost(2_000, |run| (0..each).map(|n| (run * each + n) * 7_919 % different).collect());
        assert!(units <= 5.0, "{different} tags, {each} a contact: {units} WRU");
        assert!(worst <= 256.0, "{different} tags, {each} a contact: {worst} KB of deltas beyond the base");
    }
}

#[test]
fn a_base_that_grows_is_kept_in_more_pieces() {
    let mut ledger = Ledger::default();
    for name in ["1", "2"] {
        let tags = |offset: usize| delta(offset..offset + 2_000);
        ledger.deltas = [(name.to_owned() + "a", tags(0)), (name.to_owned() + "b", tags(2_000))].into();
        let fold = ledger.fold().unwrap();
        assert!(fold.pieces.is_power_of_two() && fold.pieces > 1 && fold.changed.len() == fold.pieces);
        assert!(fold.changed.values().all(|piece| piece.bytes() < 2 * PIECE));
        ledger = Ledger { base: fold.changed.into_values().collect(), folded: fold.folded, ..ledger };
        assert_eq!(ledger.leftovers().count(), 2);
    }
    assert_eq!(ledger.counts().get("some tag 7"), 2);
}

#[test]
fn one_run_in_so_many_folds() {
    let tenant = TenantId::derived(Timestamp::default(), &[]);
    let folding = (0..32_000).filter(|run| folds(&format!("{run}00000000000000000000"), tenant)).count();
    assert!((800..1_200).contains(&folding), "{folding}");
}

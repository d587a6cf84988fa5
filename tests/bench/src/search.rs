//! Searching the contact index: processor time by class of question, one thread.

mod people;
mod postgres;
mod questions;

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Result;
use domain::contact::Contact;
use domain::id::{Id, TenantId};
use index::{Segment, Snapshot};
use rustix::time::{ClockId, clock_gettime};

use crate::dice::Dice;
use crate::{line, process};
use people::People;
use postgres::Rival;
use questions::{Asker, CLASSES, Class};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How many contacts.
    #[arg(long, default_value_t = 1_000_000)]
    contacts: u64,
    /// How many small segments lie over the large one, each with changes to 3 contacts in a thousand.
    #[arg(long, default_value_t = 16)]
    deltas: u64,
    /// How many questions of each class.
    #[arg(long, default_value_t = 200)]
    questions: usize,
    /// Other numbers make other people.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Asks another database the same, compares the answers, and shows the backend's processor time beside ours.
    #[arg(long)]
    against: Option<Against>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Against {
    /// A PostgreSQL that is installed on this machine; the cluster is made for this run and thrown away.
    Postgres,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let people = People { seed: args.seed };
    let segments = segments(args, people);
    files(&segments)?;
    let (snapshot, took) = timed(|| Snapshot::new(segments));
    line("contacts", snapshot.len());
    line("laid over each other in, ms", format!("{took:.2}"));
    let (_, peak) = process::used();
    line("memory at most so far, MB", format!("{peak:.0}"));
    let mut rival = args.against.map(|Against::Postgres| Rival::start(latest(args, people))).transpose()?;
    let theirs = ["theirs: p50", "p99, ms", "times ours", "answers"];
    let titles = ["first, ms", "p50, ms", "p99, ms", "found"].into_iter();
    row("", titles.chain(theirs.into_iter().filter(|_| rival.is_some())));
    let asker = || Asker { people, contacts: args.contacts, dice: Dice::new(args.seed, &[7]) };
    for class in &CLASSES {
        let ours = measure(class, asker(), &snapshot, args.questions);
        let theirs = rival.as_mut().map(|rival| rival.measure(class, asker, &snapshot, args.questions + 1));
        row(class.0, ours.cells().into_iter().chain(theirs.transpose()?.iter().flat_map(|it| it.cells(ours.median()))));
    }
    line("memory, MB", format!("{:.0}", snapshot.size() as f64 / 1e6));
    Ok(())
}

/// The large segment, then the small ones.
fn segments(args: &Args, people: People) -> Vec<Arc<Segment>> {
    let states: Vec<_> = (0..args.contacts).map(|number| people.state(number, 1)).collect();
    let (base, took) = timed(|| Segment::build(&states));
    drop(states);
    line("built, contacts/s", format!("{:.0}", args.contacts as f64 / took * 1e3));
    let deltas = changes(args).map(|(version, changed)| {
        Segment::build(&changed.into_iter().map(|number| people.state(number, version)).collect::<Vec<_>>())
    });
    std::iter::once(base).chain(deltas).map(Arc::new).collect()
}

/// What each small segment changes: the version that is then the latest, and the contacts' numbers.
fn changes(args: &Args) -> impl Iterator<Item = (u64, Vec<u64>)> {
    let mut dice = Dice::new(args.seed, &[3]);
    let contacts = args.contacts;
    (0..args.deltas).map(move |delta| (delta + 2, (0..contacts * 3 / 1_000).map(|_| dice.below(contacts)).collect()))
}

/// All contacts as they are in the end, in the order in which they came to be.
fn latest(args: &Args, people: People) -> impl Iterator<Item = Contact> {
    let changes = changes(args).flat_map(|(version, changed)| changed.into_iter().map(move |number| (number, version)));
    let versions: HashMap<u64, u64> = changes.collect();
    let mut numbers: Vec<u64> = (0..args.contacts).collect();
    numbers.sort_by_cached_key(|number| people.contact(*number, 1).id);
    numbers.into_iter().map(move |number| people.contact(number, versions.get(&number).copied().unwrap_or(1)))
}

/// What a file of all costs, and to fold all into one.
fn files(segments: &[Arc<Segment>]) -> Result<()> {
    let all: Vec<&Segment> = segments.iter().map(|segment| &**segment).collect();
    let (folded, took) = timed(|| Segment::fold(&all, None));
    line("folded in, ms", format!("{took:.0}"));
    let tenant = TenantId::from_uuid(Default::default());
    let (file, took) = timed(|| folded.encode(tenant));
    line("a file of all, MB", format!("{:.1}", file.len() as f64 / 1e6));
    line("written in, ms", format!("{took:.0}"));
    let (opened, took) = timed(|| Segment::decode(&file, tenant));
    line("opened in, ms", format!("{took:.0}"));
    line("rows of it", opened?.rows());
    Ok(())
}

/// Our figures of a class of questions.
struct Figures {
    first: Option<f64>,
    /// What the others took, in milliseconds, sorted.
    took: Vec<f64>,
    found: f64,
}

fn measure((_, ask): &Class, mut asker: Asker, snapshot: &Snapshot, questions: usize) -> Figures {
    let mut took = Vec::with_capacity(questions);
    let (mut first, mut found) = (None, 0);
    for _ in 0..=questions {
        let question = ask(&mut asker);
        let (answer, millis) = timed(|| question.ask(snapshot));
        found += answer;
        // What is computed when it is first needed counts apart.
        if first.is_none() { first = Some(millis) } else { took.push(millis) }
    }
    took.sort_unstable_by(f64::total_cmp);
    Figures { first, took, found: found as f64 / (questions + 1) as f64 }
}

impl Figures {
    fn median(&self) -> f64 {
        quantile(&self.took, 50)
    }

    fn cells(&self) -> [String; 4] {
        let Self { first, took, found } = self;
        let millis = |millis: f64| format!("{millis:.2}");
        let first = millis(first.unwrap_or_default());
        [first, millis(self.median()), millis(quantile(took, 99)), format!("{found:.0}")]
    }
}

/// The value that so many in a hundred of the sorted ones do not exceed.
fn quantile(sorted: &[f64], percent: usize) -> f64 {
    let at = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(at).copied().unwrap_or_default()
}

/// What came of it, and the processor time of this thread that it took, in milliseconds.
fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let now = || {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6
    };
    let begun = now();
    let done = work();
    (done, now() - begun)
}

#[expect(clippy::print_stdout, reason = "a benchmark talks to a person")]
fn row(name: &str, cells: impl Iterator<Item = impl AsRef<str>>) {
    let cells: String = cells.map(|cell| format!("{:>14}", cell.as_ref())).collect();
    println!("  {name:<34}{cells}");
}

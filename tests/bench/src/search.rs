//! Searching the contact index: processor time by class of question, one thread.

mod dice;
mod people;
mod questions;

use std::sync::Arc;

use anyhow::Result;
use domain::id::{Id, TenantId};
use index::{Segment, Snapshot};
use rustix::time::{ClockId, clock_gettime};

use crate::{line, process};
use dice::Dice;
use people::People;
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
    row(["", "first, ms", "p50, ms", "p99, ms", "found"].map(str::to_owned));
    for class in &CLASSES {
        let asker = Asker { people, contacts: args.contacts, dice: Dice::new(args.seed, &[7]) };
        measure(class, asker, &snapshot, args.questions);
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
    let mut dice = Dice::new(args.seed, &[3]);
    let deltas = (0..args.deltas).map(|delta| {
        let changed = (0..args.contacts * 3 / 1_000).map(|_| people.state(dice.below(args.contacts), delta + 2));
        Segment::build(&changed.collect::<Vec<_>>())
    });
    std::iter::once(base).chain(deltas).map(Arc::new).collect()
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

fn measure((name, ask): &Class, mut asker: Asker, snapshot: &Snapshot, questions: usize) {
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
    let quantile = |percent: usize| took.get((took.len() * percent / 100).min(took.len().saturating_sub(1))).copied();
    let millis = |millis: Option<f64>| format!("{:.2}", millis.unwrap_or_default());
    let found = found as f64 / (questions + 1) as f64;
    row([(*name).to_owned(), millis(first), millis(quantile(50)), millis(quantile(99)), format!("{found:.0}")]);
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
fn row([name, first, median, worst, found]: [String; 5]) {
    println!("  {name:<34}{first:>10}{median:>10}{worst:>10}{found:>10}");
}

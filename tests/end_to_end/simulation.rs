//! The whole pipeline under a scheduler that follows from a seed: the real handlers in one thread, every call of theirs
//! held back until the dice let it through, and faults at each of them. After each world, what the design promises is
//! checked (section 6), from the table, from every change on the way and from what the provider took.
//!
//! `ROLLCALL_SEED=7` runs one seed and tells all about it, `ROLLCALL_SEEDS=1000..2000` another range.

mod checks;
mod dice;
mod errands;
mod fates;
mod functions;
mod http;
mod ledger;
mod limits;
mod partial;
mod people;
mod provider;
mod queues;
mod running;
mod scenario;
mod servers;
mod stream;
mod sums;
mod time;
mod trace;
mod weather;
mod wire;
mod world;

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::TimeDelta;
use domain::Timestamp;
use domain::time::after;
use embedded::Alone;
use local::blueprint::Blueprint;
use runtime::Clock;

use dice::Dice;
use servers::Servers;
use trace::Trace;
use wire::Wire;
use world::World;

/// The seeds of everyday.
const SEEDS: Range<u64> = 1..301;
/// How many worlds are gone through at a time.
const AT_A_TIME: usize = 2;
/// How many decisions a report of several seeds shows.
const SHOWN: usize = 200;

/// What came of a seed.
struct Seen {
    faults: Vec<String>,
    trace: Trace,
    told: String,
}

/// The table as it is to begin with.
fn beginning() -> &'static Path {
    static BEGINNING: OnceLock<tempfile::TempDir> = OnceLock::new();
    let made = BEGINNING.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        runtime().block_on(async {
            let made = |table| async {
                let wire = Wire::new(Servers::new(table, 0, Dice::new(0)));
                Blueprint::deployed().unwrap().make_table(&functions::reached_by(wire.clone())).await.unwrap();
                wire.into_table()
            };
            Alone::kept(folder.path(), made).await.unwrap();
        });
        folder
    });
    made.path()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
}

/// Goes through the world of a seed.
fn seen(seed: u64) -> Seen {
    let trace = Trace::default();
    // Made once, in a runtime of its own: before this world has one.
    let beginning = beginning();
    let run = AssertUnwindSafe(|| runtime().block_on(lived(seed, beginning, trace.clone())));
    match catch_unwind(run) {
        Ok((faults, told)) => Seen { faults, trace, told },
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            Seen { faults: vec![text.unwrap_or_default()], trace, told: String::new() }
        }
    }
}

async fn lived(seed: u64, beginning: &Path, trace: Trace) -> (Vec<String>, String) {
    let mut dice = Dice::new(seed);
    let clock = Clock::made(first_moment(&mut dice), dice.next());
    let table = Alone::copied(beginning).unwrap();
    let servers = Servers::new(table, clock.now().timestamp_millis(), Dice::new(dice.next()));
    let mut world = World::new(Wire::new(servers), clock, dice, trace);
    world.begins().await;
    let endless = (!world.run().await).then(|| "it does not come to an end".to_owned());
    (endless.into_iter().chain(checks::faults(&world)).collect(), world.told())
}

/// Some days before the clocks change somewhere, or any other time.
fn first_moment(dice: &mut Dice) -> Timestamp {
    let days = ["2026-03-07T20:00:00Z", "2026-03-27T01:00:00Z", "2026-10-24T12:00:00Z", "2027-02-26T23:30:00Z"];
    let day: Timestamp = dice.one_of(&days).parse().unwrap();
    after(day, TimeDelta::milliseconds(dice.within(0, 172_800_000)))
}

fn report(seed: u64, seen: &Seen) -> String {
    let again = format!("ROLLCALL_SEED={seed} cargo test -p tests --test end_to_end simulation");
    format!("\nseed {seed}: {}\n{}\n{again}\n", seen.faults.join("\n"), seen.trace.last(SHOWN))
}

#[expect(clippy::disallowed_methods, reason = "which seeds to run is the tester's choice, not a setting")]
fn chosen() -> Range<u64> {
    let number = |text: &str| text.trim().parse::<u64>().unwrap();
    if let Ok(seed) = std::env::var("ROLLCALL_SEED") {
        return number(&seed)..number(&seed) + 1;
    }
    let range = std::env::var("ROLLCALL_SEEDS").ok();
    let range = range.as_deref().and_then(|range| range.split_once(".."));
    range.map_or(SEEDS, |(first, end)| number(first)..number(end))
}

#[test]
fn every_seed_keeps_what_the_design_promises() {
    let seeds = chosen();
    let next = AtomicU64::new(seeds.start);
    let failed = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::SeqCst);
                    if seed >= seeds.end || failed.lock().unwrap().len() >= 5 {
                        return;
                    }
                    let seen = seen(seed);
                    if seeds.end - seeds.start == 1 {
                        println!("{}{}", seen.trace.last(usize::MAX), seen.told);
                    }
                    if !seen.faults.is_empty() {
                        failed.lock().unwrap().push((seed, report(seed, &seen)));
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    let numbers: Vec<u64> = failed.iter().map(|(seed, _)| *seed).collect();
    let reports: String = failed.into_iter().map(|(_, report)| report).collect();
    assert!(numbers.is_empty(), "{reports}\nseeds {numbers:?} broke a promise");
}

#[test]
fn a_seed_runs_in_the_same_way_each_time() {
    for seed in [3, 14, 15] {
        let (once, again) = (seen(seed), seen(seed));
        assert_eq!(
            once.trace.hash(),
            again.trace.hash(),
            "seed {seed}:\n{}\n\n{}",
            once.trace.last(SHOWN),
            again.trace.last(SHOWN)
        );
    }
}

//! Imports whose workers and splitters are killed at random: the sums are right, nobody is there twice, nobody is lost.

use std::collections::{BTreeSet, HashSet};

use futures::StreamExt;
use local::stack::Moment;
use reqwest::Method;
use serde_json::{Value, json};
use tests::{LIMIT, World, number, outcomes};

use super::formats::{gzipped, in_utf_16};
use super::{records, refused};
use crate::searches::walked;

const SEEDS: u64 = 50;
/// How many worlds there are at a time: who was killed comes back after a second.
const AT_A_TIME: usize = 4;
/// Few of these rows fill a chunk.
const WIDE: usize = 450_000;

/// Numbers that look random and follow from a seed (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }

    fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize]
    }
}

/// A file, and what must come of it.
struct File {
    bytes: Vec<u8>,
    rows: i64,
    /// The addresses in it that are valid.
    addresses: BTreeSet<String>,
    /// The lines of rows that must be refused.
    refused: Vec<String>,
}

fn file(dice: &mut Dice, has_faults: bool) -> File {
    let separator = dice.one_of(&[",", ";", "\t"]);
    let mut csv = ["E-Mail", "First Name", "Company", "Padding"].join(separator) + "\r\n";
    let (rows, wide) = (30 + dice.below(90) as i64, dice.once_in(2));
    let (mut addresses, mut refused, mut line) = (BTreeSet::new(), Vec::new(), 2);
    for row in 0..rows {
        let (name, lines) = if dice.once_in(9) { ("\"two\r\nlines\"", 2) } else { ("Ada", 1) };
        let address = match dice.below(10) {
            0 if has_faults => format!("nobody{row}"),
            1 | 2 => format!("P{}@example.com", dice.below(rows as u64)),
            _ => format!("p{row}@example.com"),
        };
        if address.contains('@') {
            addresses.insert(address.to_lowercase());
        } else {
            refused.push(line.to_string());
        }
        let filler = "x".repeat(if wide && row % 11 == 5 { WIDE } else { 0 });
        csv += &[&*address, name, &format!("Company {row}"), &filler].join(separator);
        csv += "\r\n";
        line += lines;
    }
    let bytes = match dice.below(4) {
        0 => gzipped(csv.as_bytes()),
        1 => in_utf_16(&csv),
        _ => csv.into_bytes(),
    };
    File { bytes, rows, addresses, refused }
}

/// What is done with a file.
struct Plan {
    options: Value,
    cancels: bool,
    aborts: bool,
    known: Vec<String>,
    kills: Vec<(&'static str, u64, Moment)>,
}

fn plan(dice: &mut Dice) -> Plan {
    let policy = dice.one_of(&["skip", "update", "merge"]);
    let aborts = dice.once_in(5);
    let tags: &[&str] = if dice.once_in(2) { &["fair"] } else { &[] };
    let known =
        if dice.once_in(2) { (0..4).map(|_| format!("p{}@example.com", dice.below(30))).collect() } else { vec![] };
    let kill = |dice: &mut Dice| {
        let function = if dice.once_in(3) { "ImportSplitFunction" } else { "ImportWorkFunction" };
        (function, 1 + dice.below(16), dice.one_of(&[Moment::Before, Moment::After]))
    };
    let kills = (0..1 + dice.below(3)).map(|_| kill(dice)).collect();
    let on_error = if aborts { "abort" } else { "skip" };
    let options = json!({ "duplicates": policy, "on_error": on_error, "tags": tags });
    Plan { options, cancels: dice.once_in(5), aborts, known, kills }
}

async fn prepared(plan: &Plan) -> World {
    let world = crate::searches::world().await;
    for email in &plan.known {
        // The same may come twice.
        let contact = json!({ "email": email, "first_name": "Known" });
        world.client.call(Method::POST, "/api/v1/contacts", Some(&contact)).await.unwrap();
    }
    world.settled().await.unwrap();
    for (function, call, moment) in &plan.kills {
        world.stack.kill(function, *call, *moment);
    }
    world
}

/// The import, when it has ended and nothing is under way any more.
async fn import(world: &World, plan: &Plan, bytes: Vec<u8>, dice: &mut Dice) -> Value {
    let id = world.client.import(bytes, &plan.options).await.unwrap();
    if plan.cancels {
        tokio::time::sleep(std::time::Duration::from_millis(dice.below(1_500))).await;
        let path = format!("/api/v1/contacts/imports/{id}/cancel");
        let answer = world.client.call(Method::POST, &path, None).await.unwrap();
        assert!([202, 409].contains(&answer.status), "{:?}", answer.body);
    }
    // Nobody asks all the while: that would take the machine from those who are at work.
    world.settled().await.unwrap();
    world.client.import_ended(&id, LIMIT, |_| {}).await.unwrap()
}

async fn killed(seed: u64) -> String {
    let mut dice = Dice(seed);
    let plan = plan(&mut dice);
    let has_faults = !plan.aborts || dice.once_in(2);
    let file = file(&mut dice, has_faults);
    let world = prepared(&plan).await;
    let import = import(&world, &plan, file.bytes, &mut dice).await;
    let status = import["status"].as_str().unwrap().to_owned();
    let [created, updated, merged, skipped, refused_rows] = outcomes(&import);
    let what = format!("seed {seed}, {:?}: {import}", plan.kills);

    let known: BTreeSet<String> = plan.known.iter().cloned().collect();
    let contacts = walked(&world.client, "/api/v1/contacts?sort=created_at", 100).await;
    let emails: Vec<String> = contacts.iter().map(|contact| contact["email"].as_str().unwrap().to_owned()).collect();
    let distinct: BTreeSet<String> = emails.iter().cloned().collect();
    assert_eq!(emails.len(), distinct.len(), "nobody is there twice: {what}");
    assert_eq!(emails.len() as i64, created + known.len() as i64, "who was made is found: {what}");
    assert_eq!(world.items("GUARD").await.unwrap(), emails.len(), "{what}");
    let lines: Vec<String> =
        records(&refused(&world, &import).await).iter().skip(1).map(|row| row[0].clone()).collect();
    let files = world.files().await.unwrap();
    assert!(files.iter().all(|(key, _)| !key.starts_with("import-chunks/") && !key.starts_with("imports/")), "{what}");

    let wanted: BTreeSet<String> = file.addresses.union(&known).cloned().collect();
    let fails = plan.aborts && !file.refused.is_empty();
    match &*status {
        "completed" => {
            assert!(!fails, "{what}");
            assert_eq!(distinct, wanted, "nobody is lost: {what}");
            assert_eq!(created + updated + merged + skipped + refused_rows, file.rows, "{what}");
            assert_eq!((refused_rows, &lines), (file.refused.len() as i64, &file.refused), "{what}");
            assert_eq!(number(&import["rows_total"]), file.rows, "{what}");
        }
        "failed" => {
            assert!(fails && outcomes(&import) == [0; 5], "{what}");
            assert_eq!(lines, file.refused, "{what}");
        }
        _ => {
            assert!(plan.cancels && distinct.is_subset(&wanted), "{what}");
            let told: HashSet<&String> = lines.iter().collect();
            assert!(lines.iter().all(|line| file.refused.contains(line)) && told.len() == lines.len(), "{what}");
            assert!(plan.aborts || refused_rows == lines.len() as i64, "{what}");
        }
    }
    world.stack.stop().await.unwrap();
    status
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_killed_whenever_the_sums_are_right_and_nobody_is_lost_or_there_twice() {
    let ended: Vec<String> = futures::stream::iter(0..SEEDS).map(killed).buffer_unordered(AT_A_TIME).collect().await;
    for status in ["completed", "failed", "cancelled"] {
        assert!(ended.iter().any(|ended| ended == status), "{status} is among what was tried");
    }
}

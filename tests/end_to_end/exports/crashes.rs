//! Workers that are killed, and what their work costs.

use std::collections::BTreeSet;

use local::demo::people::people;
use local::stack::Moment;
use serde_json::json;
use tests::World;

use super::{EXPORT, ended, file};

/// Contacts with so much to tell that a file of them has two parts.
async fn talkative(world: &World, count: usize) {
    let rows: String = (0..count).map(|row| format!("p{row}@example.com,{}\n", "long ".repeat(3_000))).collect();
    let import = world.import(format!("email,notes\n{rows}"), &json!({})).await.unwrap();
    assert_eq!(import["created"], count);
    world.settled().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_killed_at_any_call_leaves_a_whole_file_with_everybody_in_it_once() {
    let world = World::start().await.unwrap();
    talkative(&world, 450).await;
    let wanted = json!({ "fields": ["email", "notes"] });
    let whole = file(&ended(&world, &world.client, &wanted).await).await;
    let lines = String::from_utf8(whole.clone()).unwrap();
    let emails: BTreeSet<&str> = lines.lines().skip(1).map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!((emails.len(), lines.lines().count()), (450, 451));
    assert_eq!(world.items("PART#").await.unwrap(), 2);
    for (call, moment) in (1..=15).flat_map(|call| [(call, Moment::Before), (call, Moment::After)]) {
        let kill = world.stack.kill("ExportWorkFunction", call, moment);
        let export = world.client.post(EXPORT, &wanted).await.unwrap();
        kill.happened().await;
        world.settled().await.unwrap();
        let path = format!("/api/v1/contacts/exports/{}", export["id"].as_str().unwrap());
        let export = world.client.get(&path).await.unwrap();
        assert_eq!(export["rows"], 450, "killed {moment:?} call {call}");
        assert!(file(&export).await == whole, "killed {moment:?} call {call}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_costs_a_read_unit_and_a_part_six_write_units_at_most() {
    let world = World::start_metered().await.unwrap();
    let import = world.import(people(1_000).csv, &json!({})).await.unwrap();
    world.settled().await.unwrap();
    let capacity = || world.stack.capacity("ExportWorkFunction");
    let (before, created) = (capacity(), import["created"].as_f64().unwrap());
    let export = ended(&world, &world.client, &json!({})).await;
    assert_eq!(export["rows"], import["created"]);
    let read = (capacity().read - before.read) / created;
    assert!(read > 0.0 && read <= 0.6, "{read} RRU a row");
    // Begun 1, completed 1, and its part.
    let one = capacity().write - before.write - 2.0;
    assert!(one > 0.0 && one <= 6.0, "{one} WRU a part");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn further_parts_cost_as_much_as_the_first() {
    let world = World::start_metered().await.unwrap();
    talkative(&world, 450).await;
    let before = world.stack.capacity("ExportWorkFunction");
    ended(&world, &world.client, &json!({ "fields": ["email", "notes"] })).await;
    let spent = world.stack.capacity("ExportWorkFunction").write - before.write - 2.0;
    assert!(spent / 2.0 <= 6.0, "{spent} WRU for two parts");
}

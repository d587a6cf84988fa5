//! The counts of contacts by tag: exact, and cheap.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use futures::future::join_all;
use local::stack::{Moment, Options};
use reqwest::Method;
use serde_json::json;
use tests::{World, number};

use crate::tags::{all, call, contact, tagged, text};

/// The counts that the list tells.
async fn counts(world: &World) -> BTreeMap<String, i64> {
    let tags = all(world, "").await;
    tags.iter().map(|tag| (text(&tag["name"]).to_lowercase(), number(&tag["contact_count"]))).collect()
}

/// What the contacts themselves say.
async fn recount(world: &World, ids: &[String]) -> BTreeMap<String, i64> {
    let mut counts = BTreeMap::new();
    let paths: Vec<String> = ids.iter().map(|id| format!("/api/v1/contacts/{id}")).collect();
    for found in join_all(paths.iter().map(|path| call(world, Method::GET, path, None))).await {
        for tag in found.body["tags"].as_array().into_iter().flatten() {
            *counts.entry(text(tag).to_lowercase()).or_default() += 1;
        }
    }
    counts
}

/// Some of eight tags, others each time.
fn some_tags(seed: usize) -> Vec<String> {
    let names = ["vip", "VIP", "lead", "new", "a.b", "c#d", "Zürich", "old"];
    let chosen = (0..seed % 4).map(|n| names[(seed * 7 + n * 3) % names.len()].to_owned());
    chosen.collect()
}

fn without_limit() -> Options {
    let per_minute = ("TenantRequestsPerMinute".to_owned(), "100000".to_owned());
    Options { parameters: vec![per_minute], ..Options::in_memory() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counts_are_what_the_contacts_say_while_many_change_and_two_fold() {
    let world = World::start_with(without_limit()).await.unwrap();
    let folded = world.stack.store().tenant(world.stack.tenant()).tag_counts();
    let mut ids = Vec::new();
    for round in 0..12 {
        let made = (0..6).map(|n| contact(&world, json!({ "first_name": "Ada", "tags": some_tags(round * 6 + n) })));
        let changes = ids.iter().enumerate().skip(round % 3).step_by(3).map(async |(n, id): (usize, &String)| {
            let path = format!("/api/v1/contacts/{id}");
            let patch = json!({ "tags": some_tags(round + n * 5) });
            let method = if (round + n) % 11 == 0 { Method::DELETE } else { Method::PATCH };
            let body = Some(&patch).filter(|_| method == Method::PATCH);
            call(&world, method, &path, body).await
        });
        let fold = || async { folded.fold().await.unwrap() };
        let (made, ..) = futures::join!(join_all(made), join_all(changes), fold(), fold());
        ids.extend(made);
        world.settled().await.unwrap();
        assert_eq!(counts(&world).await, recount(&world, &ids).await, "round {round}");
    }
    assert_eq!(world.items("BASE").await.unwrap(), 2, "a head and a piece: it was folded");
    assert!(world.items("D#").await.unwrap() < 12);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counts_are_right_after_an_import_and_when_the_projector_is_killed_at_any_call() {
    let rows: String = (0..300).map(|n| format!("p{n}@example.com,{}\n", some_tags(n).join(";"))).collect();
    let mut expected = BTreeMap::new();
    for tags in (0..300).map(some_tags) {
        let tags: BTreeSet<String> = tags.iter().map(|tag| tag.to_lowercase()).collect();
        tags.into_iter().for_each(|tag| *expected.entry(tag).or_insert(0) += 1);
    }
    let mut killed = 0;
    for (call, moment) in (1..=3).flat_map(|call| [(call, Moment::Before), (call, Moment::After)]) {
        let world = World::start().await.unwrap();
        let kill = world.stack.kill("ProjectorFunction", call, moment);
        world.import(format!("email,tags\n{rows}"), &json!({})).await.unwrap();
        world.settled().await.unwrap();
        // It may be that there were fewer calls than that.
        killed += i32::from(tokio::time::timeout(Duration::from_millis(9), kill.happened()).await.is_ok());
        assert_eq!(counts(&world).await, expected, "killed {moment:?} call {call}");
        world.stack.stop().await.unwrap();
    }
    assert!(killed >= 2, "{killed} were killed");
}

/// What is written for contacts, in write units.
fn written(world: &World) -> f64 {
    ["ContactsFunction", "ContactWorkFunction", "ProjectorFunction", "IndexerFunction", "IndexWorkFunction"]
        .into_iter()
        .map(|function| world.stack.capacity(function).write)
        .sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_contact_with_ten_tags_costs_12_write_units_and_14_with_folding_and_limits_at_most() {
    let world = World::start_with(Options { metered: true, ..without_limit() }).await.unwrap();
    let draft = |n: usize| {
        let tags: Vec<String> = (0..10).map(|tag| format!("tag {}", (n * 10 + tag) * 7 % 1_000)).collect();
        json!({ "email": format!("p{n}@example.com"), "first_name": "Ada", "tags": tags })
    };
    // What the edge spends on a credential and on the limit of a minute is shared by all requests of that time.
    crate::interactions::warm(&world).await;
    let before = written(&world);
    contact(&world, draft(0)).await;
    world.settled().await.unwrap();
    let first = written(&world) - before;
    // Contact, guard, mark, note and delta 2 each, the index 2; perhaps a lease of the limit.
    assert!(first > 0.0 && first <= 13.0, "{first} WRU");
    let (before, count) = (written(&world), 100);
    for n in 1..=count {
        contact(&world, draft(n)).await;
        world.settled().await.unwrap();
    }
    let each = (written(&world) - before) / count as f64;
    assert!(each <= 14.0, "{each} WRU");
}

#[tokio::test]
async fn a_tag_that_is_added_costs_16_write_units_at_most() {
    let world = World::start_metered().await.unwrap();
    let path = format!("/api/v1/contacts/{}", tagged(&world, &["a"]).await);
    world.settled().await.unwrap();
    for tags in [json!(["a", "b"]), json!(["a", "b", "c"])] {
        let before = written(&world);
        assert_eq!(call(&world, Method::PATCH, &path, Some(&json!({ "tags": tags }))).await.status, 200);
        world.settled().await.unwrap();
        let spent = written(&world) - before;
        // Contact, mark, entry of the audit, note and delta 2 each, the index 2 altogether; at first the entry of its making as well, and perhaps a
        // lease of the limit.
        assert!(spent > 0.0 && spent <= 16.0, "{spent} WRU");
    }
    // A change that is none of tags is none of the counters'.
    let before = world.stack.capacity("ProjectorFunction").write;
    call(&world, Method::PATCH, &path, Some(&json!({ "company": "Acme", "tags": ["A", "B", "C"] }))).await;
    world.settled().await.unwrap();
    assert_eq!(world.stack.capacity("ProjectorFunction").write, before);
}

/// A record of the stream: a contact without, or with, a tag, that gets it, or loses it.
fn record(world: &World, sequence_number: usize, [old, new]: [bool; 2]) -> serde_json::Value {
    let tenant = world.stack.tenant();
    let keys = json!({ "PK": { "S": format!("T#{tenant}#C#{tenant}") }, "SK": { "S": "CONTACT" } });
    let image = |tagged: bool| match tagged {
        true => json!({ "tags": { "L": [{ "S": "seen" }] } }),
        false => json!({}),
    };
    let images = json!({
        "SequenceNumber": format!("90000000000000000000{sequence_number}"), "Keys": keys,
        "OldImage": image(old), "NewImage": image(new),
    });
    json!({ "dynamodb": images })
}

#[tokio::test]
async fn a_run_that_comes_again_with_more_behind_counts_even_if_it_comes_to_nothing() {
    let world = World::start().await.unwrap();
    let (comes, goes) = (record(&world, 1, [false, true]), record(&world, 2, [true, false]));
    let counted = async |records: &[&serde_json::Value]| {
        let event = serde_json::value::to_raw_value(&json!({ "Records": records })).unwrap();
        world.stack.invoke("ProjectorFunction", event).await.unwrap();
        counts(&world).await.get("seen").copied()
    };
    assert_eq!(counted(&[&comes]).await, Some(1));
    assert_eq!(counted(&[&comes, &goes]).await, None);
    assert_eq!(counted(&[&comes, &goes]).await, None, "and not twice");
}

#[tokio::test]
async fn who_went_into_another_contact_counts_no_more_until_that_is_undone() {
    let world = World::start().await.unwrap();
    let ids = [tagged(&world, &["a", "b"]).await, tagged(&world, &["b"]).await];
    let table = aws_sdk_dynamodb::Client::new(world.stack.aws());
    let text = |text: &str| AttributeValue::S(text.to_owned());
    for (change, expected) in
        [("SET merged_into = :into", json!({ "b": 1 })), ("REMOVE merged_into", json!({ "a": 1, "b": 2 }))]
    {
        let update = table.update_item().table_name(world.stack.table_name()).update_expression(change);
        let update =
            update.key("PK", text(&format!("T#{}#C#{}", world.stack.tenant(), ids[0]))).key("SK", text("CONTACT"));
        let values = change.starts_with("SET").then(|| [(":into".to_owned(), text(&ids[1]))].into());
        update.set_expression_attribute_values(values).send().await.unwrap();
        world.settled().await.unwrap();
        assert_eq!(json!(counts(&world).await), expected, "{change}");
    }
}

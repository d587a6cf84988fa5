//! Imports: whoever sees one completed finds all its rows.

use std::fmt::Write;

use local::stack::Moment;
use serde_json::{Value, json};
use tests::{LIMIT, World};

use super::{CONTACTS, total, walked};
use crate::groups::text;

const ROWS: usize = 1_500;

/// Lets only the import itself write to the index for a while: whoever follows the change stream is killed again and again.
fn hold_back(world: &World) {
    for call in 1..=20 {
        world.stack.kill("IndexerFunction", call, Moment::Before);
    }
}

/// Rows that are all told apart by their addresses; every third has a company.
fn rows(named: &str) -> String {
    let mut csv = "email,first_name,company,tags\n".to_owned();
    for row in 0..ROWS {
        let company = if row % 3 == 0 { "Imported Ltd" } else { "" };
        writeln!(csv, "{named}{row}@example.com,{named},{company},\"{named}, t{}\"", row % 10).unwrap();
    }
    csv
}

/// What searches find of the rows, in the moment in which the import is seen to be completed.
async fn are_found(world: &World, import: &Value, named: &str, what: &str) {
    assert_eq!((&import["status"], &import["created"]), (&json!("completed"), &json!(ROWS)), "{what}");
    for (query, found) in [
        (format!("first_name={named}"), ROWS),
        (format!("first_name={named}&company=imported"), ROWS / 3),
        (format!("tags={named},T7"), ROWS / 10),
        (format!("email={named}1499@example.com"), 1),
        (format!("search={named}0@"), 1),
    ] {
        assert_eq!(total(&world.client, &query).await, found as i64, "{query} {what}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_very_next_search_finds_all_rows_of_an_import_that_is_completed() {
    let world = super::world().await;
    for named in ["one", "two"] {
        hold_back(&world);
        let import = world.import(rows(named), &json!({})).await.unwrap();
        are_found(&world, &import, named, "the first time").await;
    }
    world.settled().await.unwrap();
    hold_back(&world);
    let again =
        world.import(rows("one").replace("Imported", "Updated"), &json!({ "duplicates": "update" })).await.unwrap();
    assert_eq!(again["updated"], json!(ROWS));
    assert_eq!(total(&world.client, "company=updated").await, ROWS as i64 / 3);
    assert_eq!(total(&world.client, "company=imported").await, ROWS as i64 / 3, "of the other file");
    world.settled().await.unwrap();
    assert_eq!(total(&world.client, "").await, 2 * ROWS as i64);
    let all = walked(&world.client, &format!("{CONTACTS}?sort=-created_at&first_name=two"), 100).await;
    let mut ids: Vec<String> = all.iter().map(|contact| text(&contact["id"])).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), ROWS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn they_are_found_even_if_a_worker_of_the_import_or_of_the_index_is_killed() {
    let orders = [
        ("ImportWorkFunction", 3, Moment::Before),
        ("ImportWorkFunction", 12, Moment::After),
        ("ImportWorkFunction", 30, Moment::After),
        ("IndexerFunction", 21, Moment::After),
        ("IndexerFunction", 23, Moment::Before),
    ];
    for (function, call, moment) in orders {
        let what = format!("when {function} is killed {moment:?} call {call}");
        let world = super::world().await;
        hold_back(&world);
        let kill = world.stack.kill(function, call, moment);
        let import = world.import(rows("one"), &json!({})).await.unwrap();
        are_found(&world, &import, "one", &what).await;
        tokio::time::timeout(LIMIT, kill.happened()).await.unwrap();
        world.settled().await.unwrap();
        are_found(&world, &import, "one", &format!("later, {what}")).await;
        world.stack.stop().await.unwrap();
    }
}

//! Interactions: noted, listed by contact and all together.

mod lists;
mod timelines;

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::TimeDelta;
use futures::future::join_all;
use local::client::{Answer, Client};
use local::stack::Moment;
use reqwest::Method;
use serde_json::{Value, json};
use tests::World;

pub(crate) const ALL: &str = "/api/v1/contacts/interactions";

pub(crate) type Item = HashMap<String, AttributeValue>;

/// The items of the table whose sort key begins so.
pub(crate) async fn items(world: &World, sort: &str) -> Vec<Item> {
    let client = aws_sdk_dynamodb::Client::new(world.stack.aws());
    let pages = client.scan().table_name(world.stack.table_name()).into_paginator().items().send();
    let all: Vec<Item> = pages.collect::<Result<_, _>>().await.unwrap();
    all.into_iter().filter(|item| item["SK"].as_s().unwrap().starts_with(sort)).collect()
}

pub(crate) async fn contact(world: &World, draft: Value) -> String {
    world.client.post("/api/v1/contacts", &draft).await.unwrap()["id"].as_str().unwrap().to_owned()
}

pub(crate) async fn show(world: &World, contact: &str) -> Value {
    world.client.get(&format!("/api/v1/contacts/{contact}")).await.unwrap()
}

pub(crate) fn timeline(contact: &str) -> String {
    format!("/api/v1/contacts/{contact}/interactions")
}

pub(crate) async fn note(client: &Client, contact: &str, draft: &Value) -> Answer {
    client.call(Method::POST, &format!("{}/add", timeline(contact)), Some(draft)).await.unwrap()
}

/// Lets the instance lease tokens of the minute, so that a request to come costs what it does by itself.
pub(crate) async fn warm(world: &World) {
    for _ in 0..40 {
        world.client.get(ALL).await.unwrap();
    }
}

/// A field of the things on a list.
pub(crate) fn texts(list: &Value, field: &str) -> Vec<String> {
    list["items"].as_array().unwrap().iter().map(|item| item[field].as_str().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn what_is_noted_stands_in_the_timeline_the_newest_first_and_moves_the_contact_forward_only() {
    let world = World::start().await.unwrap();
    let ada = contact(&world, json!({ "first_name": "Ada" })).await;
    let draft = json!({
        "interaction_type": "note_added", "description": " Asked for an offer ", "occurred_at": "2024-01-31T10:30:00+01:00",
        "booking_id": "bk-1", "metadata": { "minutes": 12, "deep": [{ "x": null }], "medium": "phone" },
    });
    let noted = note(&world.client, &ada, &draft).await;
    assert_eq!((noted.status, noted.header("location")), (201, timeline(&ada).as_str()));
    let fields = json!({
        "id": noted.body["id"], "contact_id": ada, "interaction_type": "note_added", "description": "Asked for an offer",
        "booking_id": "bk-1", "metadata": draft["metadata"], "occurred_at": "2024-01-31T09:30:00Z",
        "created_at": noted.body["created_at"], "created_by": noted.body["created_by"],
    });
    assert_eq!(noted.body, fields);
    assert_eq!(noted.body["created_by"]["type"], "api_key");
    let before = show(&world, &ada).await;
    assert_eq!((&before["last_interaction_at"], &before["version"]), (&json!("2024-01-31T09:30:00Z"), &json!(1)));
    for (date, last) in
        [("2023-12-31T00:00:00Z", "2024-01-31T09:30:00Z"), ("2024-02-01T00:00:00.5Z", "2024-02-01T00:00:00.500Z")]
    {
        assert_eq!(note(&world.client, &ada, &json!({ "description": date, "date": date })).await.status, 201);
        assert_eq!(show(&world, &ada).await["last_interaction_at"], last);
    }
    let list = world.client.get(&timeline(&ada)).await.unwrap();
    assert_eq!(texts(&list, "description"), ["2024-02-01T00:00:00.5Z", "Asked for an offer", "2023-12-31T00:00:00Z"]);
    assert_eq!((&list["total"], &list["next_cursor"], &list["items"][1]), (&json!(3), &Value::Null, &fields));
    assert_eq!(list["items"][0]["interaction_type"], "manual_entry");
    assert_eq!(world.client.get(ALL).await.unwrap()["items"], list["items"]);
    let now = note(&world.client, &ada, &json!({ "description": "now" })).await.body;
    assert_eq!(now["occurred_at"], now["created_at"]);
    assert_eq!(show(&world, &ada).await["version"], 1, "what was noted changes nothing that is known");
}

#[tokio::test]
async fn every_fault_of_an_interaction_is_named() {
    let world = World::start().await.unwrap();
    let ada = contact(&world, json!({ "first_name": "Ada" })).await;
    let late = world.stack.clock().now() + TimeDelta::hours(25);
    for (draft, status, field) in [
        (json!({}), 400, "description"),
        (json!({ "description": 7 }), 400, "description"),
        (json!({ "description": "x", "date": "soon" }), 400, "date"),
        (json!({ "description": "x", "metadata": [] }), 400, "metadata"),
        (json!({ "description": "x", "kind": "note" }), 400, "kind"),
        (json!({ "description": " " }), 422, "description"),
        (json!({ "description": "x".repeat(5_001) }), 422, "description"),
        (json!({ "description": "x", "interaction_type": "message_opened" }), 422, "interaction_type"),
        (json!({ "description": "x", "occurred_at": late }), 422, "occurred_at"),
        (json!({ "description": "x", "booking_id": " " }), 422, "booking_id"),
        (json!({ "description": "x", "metadata": { "a": "x".repeat(33_000) } }), 422, "metadata"),
        (json!({ "description": "x", "metadata": { "a": { "": 1 } } }), 422, "metadata.a"),
    ] {
        let answer = note(&world.client, &ada, &draft).await;
        let found = (answer.status, answer.body["error"]["details"]["field"].as_str());
        assert_eq!(found, (status, Some(field)), "{draft}: {}", answer.body);
    }
    let refused = note(&world.client, &ada, &json!({ "description": "x", "interaction_type": "lead_created" })).await;
    let allowed =
        ["booking_created", "booking_completed", "booking_cancelled", "email_sent", "note_added", "manual_entry"];
    assert_eq!(refused.body["error"]["details"]["allowed_values"], json!(allowed));
    assert_eq!(world.items("I#").await.unwrap(), 0);
    for missing in ["0190a5d0-0000-7000-8000-000000000000", "nobody"] {
        assert_eq!(note(&world.client, missing, &json!({ "description": "x" })).await.status, 404);
        assert_eq!(world.client.call(Method::GET, &timeline(missing), None).await.unwrap().status, 404);
    }
}

#[tokio::test]
async fn a_user_notes_things_of_its_own_contacts_only_and_reads_all() {
    let world = World::start().await.unwrap();
    let own = contact(&world, json!({ "first_name": "Ada", "owner_id": "ada" })).await;
    let others = contact(&world, json!({ "first_name": "Bob", "owner_id": "bob" })).await;
    let key =
        world.client.post("/api/v1/api-keys", &json!({ "name": "a", "role": "user", "user_id": "ada" })).await.unwrap();
    let user = world.client.with_key(key["key"].as_str().unwrap());
    let draft = json!({ "description": "x" });
    assert_eq!(note(&user, &own, &draft).await.status, 201);
    assert_eq!(note(&user, &others, &draft).await.status, 403);
    assert_eq!(note(&world.client, &others, &draft).await.status, 201);
    assert_eq!(user.get(ALL).await.unwrap()["total"], 2);
}

#[tokio::test]
async fn things_noted_at_the_same_time_are_all_there_and_the_latest_counts() {
    let world = World::start().await.unwrap();
    let ada = contact(&world, json!({ "first_name": "Ada" })).await;
    let drafts: Vec<_> =
        (10..30).map(|day| json!({ "description": "x", "date": format!("2024-01-{day}T00:00:00Z") })).collect();
    let path = format!("/api/v1/contacts/{ada}");
    let patch = json!({ "notes": "changed meanwhile" });
    let (noted, patched) = futures::future::join(
        join_all(drafts.iter().map(|draft| note(&world.client, &ada, draft))),
        world.client.call(Method::PATCH, &path, Some(&patch)),
    )
    .await;
    assert!(noted.iter().all(|answer| answer.status == 201));
    assert_eq!(patched.unwrap().status, 200);
    let shown = show(&world, &ada).await;
    assert_eq!(shown["last_interaction_at"], "2024-01-29T00:00:00Z");
    assert_eq!((&shown["notes"], &shown["version"]), (&json!("changed meanwhile"), &json!(2)));
    assert_eq!(world.client.get(&timeline(&ada)).await.unwrap()["total"], 20);
}

#[tokio::test]
async fn a_request_that_is_killed_anywhere_and_repeated_notes_its_thing_once() {
    let world = World::start().await.unwrap();
    let (mut killed, mut noted) = (0, 0);
    let ada = contact(&world, json!({ "first_name": "Ada" })).await;
    for (call, moment) in (1..=5).flat_map(|call| [(call, Moment::Before), (call, Moment::After)]) {
        let (key, draft) = (format!("{moment:?} {call}"), json!({ "description": format!("{moment:?} {call}") }));
        let path = format!("{}/add", timeline(&ada));
        let headers = [("idempotency-key", key.as_str())];
        let post = async || world.client.call_with(Method::POST, &path, &headers, Some(&draft)).await.unwrap();
        let kill = world.stack.kill("ContactsFunction", call, moment);
        let first = post().await;
        if first.status == 500 {
            killed += 1;
            kill.happened().await;
            world.stack.advance(TimeDelta::seconds(61)).await;
        } else {
            // The order was for a call that never came: any request uses it up.
            while world.client.call(Method::GET, ALL, None).await.unwrap().status != 500 {}
        }
        let again = post().await;
        assert_eq!(again.status, 201, "{key}: {}", again.body);
        noted += 1;
        assert_eq!(world.items("I#").await.unwrap(), noted, "{key}");
    }
    assert!(killed >= 7, "{killed} were killed");
}

#[tokio::test]
async fn a_contacts_timeline_goes_with_the_contact_from_the_list_of_all_too() {
    let world = World::start().await.unwrap();
    let (ada, bob) =
        (contact(&world, json!({ "first_name": "Ada" })).await, contact(&world, json!({ "first_name": "Bob" })).await);
    for id in [&ada, &ada, &bob] {
        assert_eq!(note(&world.client, id, &json!({ "description": "x" })).await.status, 201);
    }
    assert_eq!(world.client.call(Method::DELETE, &format!("/api/v1/contacts/{ada}"), None).await.unwrap().status, 204);
    world.settled().await.unwrap();
    assert_eq!(note(&world.client, &ada, &json!({ "description": "x" })).await.status, 404);
    let left = world.client.get(ALL).await.unwrap();
    assert_eq!((texts(&left, "contact_id"), &left["total"]), (vec![bob], &json!(1)));
    assert_eq!(world.items("I#").await.unwrap(), 1);
}

#[tokio::test]
async fn an_interaction_costs_4_write_units_and_its_entry_in_the_list_of_all_and_a_part_of_a_list_what_it_shows() {
    let world = World::start_metered().await.unwrap();
    let ada = contact(&world, json!({ "first_name": "Ada" })).await;
    let spent = async |path: Option<&str>, draft: Value| {
        let before = world.stack.capacity("ContactsFunction");
        match path {
            Some(path) => drop(world.client.get(path).await.unwrap()),
            None => assert_eq!(note(&world.client, &ada, &draft).await.status, 201),
        }
        let after = world.stack.capacity("ContactsFunction");
        (after.read - before.read, after.write - before.write)
    };
    warm(&world).await;
    for date in ["2024-01-02T00:00:00Z", "2024-01-01T00:00:00Z"] {
        let mut costs = Vec::new();
        for _ in 0..3 {
            costs.push(spent(None, json!({ "description": "x", "date": date })).await);
        }
        // Now and then a request leases tokens for others too.
        assert!(costs.contains(&(1.0, 5.0)) && costs.iter().all(|(_, write)| *write <= 6.0), "{date}: {costs:?}");
    }
    for _ in 0..24 {
        spent(None, json!({ "description": "x" })).await;
    }
    let (read, write) = spent(Some(&format!("{}?per_page=5", timeline(&ada))), Value::Null).await;
    // The contact 1, six of the entries 1, the number of all 30 5.
    assert!(read <= 7.0 && write == 0.0, "{read} RRU, {write} WRU");
    let (read, write) = spent(Some(&format!("{ALL}?per_page=5")), Value::Null).await;
    // Six entries of the index 0.5, five interactions 5, the number of all 30 1.5.
    assert!(read <= 7.0 && write == 0.0, "{read} RRU, {write} WRU");
}

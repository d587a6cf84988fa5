//! Merging contacts that are one person.

mod any_order;
mod costs;
mod crashes;
mod enrolled;
mod hanging;
mod made;
mod meeting;
mod undone;

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use local::client::Answer;
use reqwest::Method;
use serde_json::{Value, json};
use tests::World;

const MERGE: &str = "/api/v1/contacts/merge";

async fn contact(world: &World, draft: Value) -> String {
    world.client.post("/api/v1/contacts", &draft).await.unwrap()["id"].as_str().unwrap().to_owned()
}

fn path(id: &str) -> String {
    format!("/api/v1/contacts/{id}")
}

async fn shown(world: &World, id: &str) -> Value {
    world.client.get(&path(id)).await.unwrap()
}

async fn try_merge(world: &World, primary: &str, duplicates: &[&str]) -> Answer {
    let body = json!({ "primary_id": primary, "duplicate_ids": duplicates });
    world.client.call(Method::POST, MERGE, Some(&body)).await.unwrap()
}

/// Merges, and waits until everything has followed. The merge's id.
async fn merge(world: &World, primary: &str, duplicates: &[&str]) -> String {
    let answer = try_merge(world, primary, duplicates).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    world.settled().await.unwrap();
    answer.body["merge_id"].as_str().unwrap().to_owned()
}

async fn undo(world: &World, merge: &str) -> Answer {
    let answer = world.client.call(Method::POST, &format!("{}/undo", of_merge(merge)), None).await.unwrap();
    world.settled().await.unwrap();
    answer
}

fn of_merge(merge: &str) -> String {
    format!("/api/v1/contacts/merges/{merge}")
}

/// Lets the time pass in which somebody may still be at work who knew the contacts as they were.
async fn settle(world: &World) {
    for _ in 0..3 {
        world.stack.advance(chrono::TimeDelta::minutes(16)).await;
        world.settled().await.unwrap();
    }
}

type Item = HashMap<String, AttributeValue>;

/// What other functions keep, kept by hand.
async fn put(world: &World, pk: &str, sk: &str, attributes: Value) {
    let mut item = HashMap::from(
        [("PK", pk), ("SK", sk)].map(|(name, text)| (name.to_owned(), AttributeValue::S(text.to_owned()))),
    );
    for (name, value) in attributes.as_object().unwrap() {
        let value = match value {
            Value::String(text) => AttributeValue::S(text.clone()),
            other => AttributeValue::N(other.to_string()),
        };
        item.insert(name.clone(), value);
    }
    let client = aws_sdk_dynamodb::Client::new(world.stack.aws());
    client.put_item().table_name(world.stack.table_name()).set_item(Some(item)).send().await.unwrap();
}

async fn items(world: &World, pk: &str, prefix: &str) -> Vec<Item> {
    let client = aws_sdk_dynamodb::Client::new(world.stack.aws());
    let query = client.query().table_name(world.stack.table_name());
    let query = query.key_condition_expression("PK = :pk AND begins_with(SK, :sk)").consistent_read(true);
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let query = query.expression_attribute_values(":pk", text(pk)).expression_attribute_values(":sk", text(prefix));
    query.send().await.unwrap().items.unwrap_or_default()
}

fn partition(world: &World, kind: &str, id: &str) -> String {
    format!("T#{}#{kind}#{id}", world.stack.tenant())
}

/// What hangs on a contact: the sort keys of its interactions and bookings.
async fn hanging(world: &World, contact: &str) -> Vec<String> {
    let mut keys = Vec::new();
    for prefix in ["B#", "I#"] {
        let items = items(world, &partition(world, "C", contact), prefix).await;
        for item in items {
            assert_eq!(item["contact_id"].as_s().unwrap(), contact);
            keys.push(item["SK"].as_s().unwrap().clone());
        }
    }
    keys
}

async fn interaction(world: &World, contact: &str, name: &str) {
    let sk = format!("I#2026-11-21T00:00:00.000Z#{name}");
    put(world, &partition(world, "C", contact), &sk, json!({ "contact_id": contact })).await;
}

/// Reports that somebody booked for the first of January 2027.
async fn booking(world: &World, email: &str, name: &str) {
    report(world, email, name, "created", 1).await;
}

async fn report(world: &World, email: &str, name: &str, event: &str, day: u32) {
    let report = json!({
        "booking_id": name, "event": event, "invitee_email": email,
        "occurred_at": format!("2026-01-{day:02}T00:00:00Z"), "starts_at": format!("2027-01-{day:02}T00:00:00Z"),
    });
    world.client.post("/api/v1/bookings", &report).await.unwrap();
}

async fn holder(world: &World, booking: &str) -> String {
    let guard = items(world, &partition(world, "BOOKING", booking), "GUARD").await.remove(0);
    guard["contact_id"].as_s().unwrap().clone()
}

async fn group(world: &World, number: u8) -> String {
    let made =
        world.client.post("/api/v1/contacts/groups", &json!({ "name": format!("Group {number:02}") })).await.unwrap();
    made["id"].as_str().unwrap().to_owned()
}

/// Its members, and how many it believes to have.
async fn members(world: &World, group: &str) -> (Vec<String>, i64) {
    let partition = partition(world, "G", group);
    let members =
        items(world, &partition, "C#").await.iter().map(|item| item["SK"].as_s().unwrap()[2..].to_owned()).collect();
    let counts = items(world, &partition, "COUNT#").await;
    (members, counts.iter().map(|item| item["members"].as_n().unwrap().parse::<i64>().unwrap()).sum())
}

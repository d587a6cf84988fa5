//! Merging contacts that are one person.

mod any_order;
mod costs;
mod crashes;
mod enrolled;
mod undone;

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use futures::future::join_all;
use local::client::Answer;
use reqwest::Method;
use reqwest::redirect::Policy;
use serde_json::{Value, json};
use tests::World;

pub(crate) const MERGE: &str = "/api/v1/contacts/merge";

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

async fn booking(world: &World, contact: &str, name: &str) {
    put(world, &partition(world, "C", contact), &format!("B#{name}"), json!({ "contact_id": contact, "revision": 1 }))
        .await;
    put(world, &partition(world, "BOOKING", name), "GUARD", json!({ "contact_id": contact })).await;
}

async fn holder(world: &World, booking: &str) -> String {
    let guard = items(world, &partition(world, "BOOKING", booking), "GUARD").await.remove(0);
    guard["contact_id"].as_s().unwrap().clone()
}

/// A group, by the counts that are there as long as it is.
async fn group(world: &World, number: u8) -> String {
    let id = format!("0198f3a2-7c4e-7b31-9d05-3f6a2b8c1e{number:02x}");
    for shard in 0..16 {
        put(world, &partition(world, "G", &id), &format!("COUNT#{shard:02}"), json!({ "members": 0 })).await;
    }
    id
}

/// Its members, and how many it believes to have.
async fn members(world: &World, group: &str) -> (Vec<String>, i64) {
    let partition = partition(world, "G", group);
    let members =
        items(world, &partition, "C#").await.iter().map(|item| item["SK"].as_s().unwrap()[2..].to_owned()).collect();
    let counts = items(world, &partition, "COUNT#").await;
    (members, counts.iter().map(|item| item["members"].as_n().unwrap().parse::<i64>().unwrap()).sum())
}

#[tokio::test]
async fn a_merge_consolidates_what_is_known_and_the_old_ids_lead_on() {
    let world = World::start().await.unwrap();
    let primary = contact(&world, json!({ "first_name": "Ada", "email": "ada@example.com", "tags": ["vip"], "notes": "one", "custom_fields": { "plan": "gold" } })).await;
    let first = contact(&world, json!({ "first_name": "A.", "last_name": "King", "email": "king@example.com", "tags": ["VIP", "maths"], "notes": "two", "custom_fields": { "plan": "tin", "seats": 1 } })).await;
    let second =
        contact(&world, json!({ "phone": "+12025550143", "opt_in_status": "opted_out", "company": "Engines" })).await;
    let answer = try_merge(&world, &primary, &[&second, &first]).await;
    assert_eq!((answer.status, answer.header("etag")), (200, "\"2\""), "{}", answer.body);
    let merged = &answer.body["contact"];
    assert_eq!(merged, &shown(&world, &primary).await);
    for (field, value) in [
        ("id", json!(primary)),
        ("full_name", json!("Ada King")),
        ("email", json!("ada@example.com")),
        ("phone", json!("+12025550143")),
        ("company", json!("Engines")),
        ("tags", json!(["vip", "maths"])),
        ("notes", json!("one\n\ntwo")),
        ("custom_fields", json!({ "plan": "gold", "seats": 1 })),
        ("opt_in_status", json!("opted_out")),
        ("version", json!(2)),
    ] {
        assert_eq!(merged[field], value, "{field}");
    }
    assert_eq!(shown(&world, &first).await, *merged, "a client that follows redirects finds it");
    old_ids_lead_on(&world, &first, &primary).await;
    let free = contact(&world, json!({ "email": "king@example.com" })).await;
    assert_ne!(free, first);
    world.settled().await.unwrap();
    let told = world.client.get(&of_merge(answer.body["merge_id"].as_str().unwrap())).await.unwrap();
    assert_eq!((&told["status"], &told["primary_id"]), (&json!("completed"), &json!(primary)));
    let before: Vec<&Value> = told["before"].as_array().unwrap().iter().map(|one| &one["email"]).collect();
    assert_eq!(before, [&json!("ada@example.com"), &Value::Null, &json!("king@example.com")], "as named");
    merges_are_told(&world, &primary, &first).await;
}

async fn old_ids_lead_on(world: &World, old: &str, new: &str) {
    let http = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
    let get = |rest: &str| {
        http.get(world.stack.url().join(&format!("{}{rest}", path(old))).unwrap())
            .header("x-api-key", world.stack.api_key())
            .send()
    };
    for rest in ["", "/data"] {
        let moved = get(rest).await.unwrap();
        assert_eq!(
            (moved.status().as_u16(), moved.headers()["location"].to_str().unwrap()),
            (301, &*(path(new) + rest))
        );
        let body: Value = serde_json::from_slice(&moved.bytes().await.unwrap()).unwrap();
        assert_eq!(body, json!({ "id": old, "merged_into": new }));
    }
    for (method, body) in [
        (Method::PATCH, Some(json!({ "notes": "x" }))),
        (Method::PUT, Some(json!({ "first_name": "x" }))),
        (Method::DELETE, None),
    ] {
        let answer = world.client.call(method.clone(), &path(old), body.as_ref()).await.unwrap();
        assert_eq!((answer.status, &answer.body["error"]["details"]["existing_id"]), (409, &json!(new)), "{method}");
    }
}

async fn merges_are_told(world: &World, primary: &str, duplicate: &str) {
    let audit = world.client.get(&format!("{}/audit", path(primary))).await.unwrap();
    assert_eq!(audit["items"][0]["action"], "contact.merged");
    let changes = audit["items"][0]["changes"].as_array().unwrap();
    let lost = changes.iter().find(|change| change["field"] == format!("email of {duplicate}")).unwrap();
    assert_eq!((&lost["old"], &lost["new"]), (&json!("king@example.com"), &Value::Null));
    let audit = world.client.get(&format!("{}/audit", path(duplicate))).await.unwrap();
    let actions: Vec<&Value> = audit["items"].as_array().unwrap().iter().map(|entry| &entry["action"]).collect();
    assert_eq!(actions, ["contact.merged", "contact.created"]);
    assert_eq!(audit["items"][0]["changes"][0], json!({ "field": "merged_into", "old": null, "new": primary }));
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_and_changes_nothing() {
    let world = World::start().await.unwrap();
    let a = contact(&world, json!({ "first_name": "A" })).await;
    let b = contact(&world, json!({ "first_name": "B" })).await;
    let c = contact(&world, json!({ "first_name": "C" })).await;
    merge(&world, &b, &[&c]).await;
    let unknown = world.stack.tenant().to_string();
    let many: Vec<String> = (0..11).map(|n| format!("0198f3a2-7c4e-7b31-9d05-3f6a2b8c1e{n:02x}")).collect();
    for (body, status, named) in [
        (json!({ "primary_id": a, "duplicate_ids": [a] }), 422, json!("duplicate_ids[0]")),
        (json!({ "primary_id": a, "duplicate_ids": [b, b] }), 422, json!("duplicate_ids[1]")),
        (
            json!({ "primary_id": a, "duplicate_ids": [b], "versions": { (c.as_str()): 1 } }),
            422,
            json!(format!("versions.{c}")),
        ),
        (json!({ "primary_id": a, "duplicate_ids": [] }), 422, json!("duplicate_ids")),
        (json!({ "primary_id": a, "duplicate_ids": many }), 422, json!("duplicate_ids")),
        (json!({ "primary_id": "x", "duplicate_ids": [b] }), 400, json!("primary_id")),
        (json!({ "primary_id": a, "duplicate_ids": [unknown] }), 404, Value::Null),
        (json!({ "primary_id": a, "duplicate_ids": [c] }), 409, Value::Null),
        (json!({ "primary_id": c, "duplicate_ids": [a] }), 409, Value::Null),
        (json!({ "primary_id": a, "duplicate_ids": [b], "versions": { (b.as_str()): 1 } }), 412, Value::Null),
    ] {
        let answer = world.client.call(Method::POST, MERGE, Some(&body)).await.unwrap();
        assert_eq!(
            (answer.status, &answer.body["error"]["details"]["field"]),
            (status, &named),
            "{body} {}",
            answer.body
        );
        if status == 409 {
            assert_eq!(answer.body["error"]["details"]["existing_id"], json!(b));
        }
    }
    assert_eq!((&shown(&world, &a).await["version"], &shown(&world, &b).await["version"]), (&json!(1), &json!(2)));
    let body = json!({ "primary_id": a, "duplicate_ids": [b], "versions": { (a.as_str()): 1, (b.as_str()): 2 } });
    assert_eq!(world.client.call(Method::POST, MERGE, Some(&body)).await.unwrap().status, 200);
    old_ids_lead_on(&world, &c, &a).await;
}

#[tokio::test]
async fn a_user_merges_only_what_it_owns() {
    let world = World::start().await.unwrap();
    let key = json!({ "name": "ada", "role": "user", "user_id": "ada" });
    let key = world.client.post("/api/v1/api-keys", &key).await.unwrap();
    let user = world.client.with_key(key["key"].as_str().unwrap());
    let own = contact(&world, json!({ "first_name": "A", "owner_id": "ada" })).await;
    let too = contact(&world, json!({ "first_name": "B", "owner_id": "ada" })).await;
    let other = contact(&world, json!({ "first_name": "C" })).await;
    let call = async |primary: &str, duplicate: &str| {
        let body = json!({ "primary_id": primary, "duplicate_ids": [duplicate] });
        user.call(Method::POST, MERGE, Some(&body)).await.unwrap().status
    };
    assert_eq!((call(&own, &other).await, call(&other, &own).await, call(&own, &too).await), (403, 403, 200));
}

#[tokio::test]
async fn what_hangs_on_the_duplicates_becomes_the_primarys() {
    let world = World::start().await.unwrap();
    let groups = [group(&world, 1).await, group(&world, 2).await];
    let primary = contact(&world, json!({ "first_name": "Ada", "groups": [groups[0]] })).await;
    let other = contact(&world, json!({ "first_name": "Augusta", "groups": groups })).await;
    for number in 0..70 {
        interaction(&world, &other, &format!("{number:03}")).await;
    }
    interaction(&world, &primary, "own").await;
    booking(&world, &other, "b1").await;
    merge(&world, &primary, &[&other]).await;
    assert_eq!((hanging(&world, &primary).await.len(), hanging(&world, &other).await), (72, vec![]));
    assert_eq!(holder(&world, "b1").await, primary);
    assert_eq!(shown(&world, &primary).await["groups"], json!(groups));
    for group in &groups {
        assert_eq!(members(&world, group).await, (vec![primary.clone()], 1));
    }
    // Somebody who had looked before the merge was late.
    interaction(&world, &other, "late").await;
    settle(&world).await;
    assert_eq!((hanging(&world, &primary).await.len(), hanging(&world, &other).await), (73, vec![]));
}

#[tokio::test]
async fn more_groups_than_fit_are_joined_and_left_in_the_background() {
    let world = World::start().await.unwrap();
    let mut groups = Vec::new();
    for number in 0..40 {
        groups.push(group(&world, number).await);
    }
    let primary = contact(&world, json!({ "first_name": "Ada", "groups": groups[..5] })).await;
    let first = contact(&world, json!({ "first_name": "B", "groups": groups[..30] })).await;
    let second = contact(&world, json!({ "first_name": "C", "groups": groups[25..] })).await;
    let merge = merge(&world, &primary, &[&first, &second]).await;
    assert_eq!(shown(&world, &primary).await["groups"].as_array().unwrap().len(), 40);
    for group in &groups {
        assert_eq!(members(&world, group).await, (vec![primary.clone()], 1));
    }
    assert_eq!(undo(&world, &merge).await.status, 200);
    for (id, expected) in [(&primary, &groups[..5]), (&first, &groups[..30]), (&second, &groups[25..])] {
        let mut found: Vec<String> = serde_json::from_value(shown(&world, id).await["groups"].clone()).unwrap();
        found.sort();
        assert_eq!(found, expected);
    }
    for (number, group) in groups.iter().enumerate() {
        let expected = [number < 5, number < 30, number >= 25].into_iter().filter(|is| *is).count();
        let (members, count) = members(&world, group).await;
        assert_eq!((members.len(), count), (expected, expected as i64), "group {number}");
    }
}

#[tokio::test]
async fn of_merges_that_meet_one_is_made() {
    let world = World::start().await.unwrap();
    for round in 0..4 {
        let [a, b, c] = ["a", "b", "c"].map(|name| json!({ "email": format!("{name}{round}@example.com") }));
        let (a, b, c) = (contact(&world, a).await, contact(&world, b).await, contact(&world, c).await);
        let pairs = [(&a, &c), (&b, &c), (&c, &a), (&a, &c)];
        let answers =
            join_all(pairs.map(|(primary, duplicate)| async { try_merge(&world, primary, &[duplicate]).await })).await;
        let made = answers.iter().filter(|answer| answer.status == 200).count();
        assert!(answers.iter().all(|answer| [200, 409].contains(&answer.status)), "{answers:?}");
        assert!((1..=2).contains(&made), "{made}: c goes into one of them, or a into c, and perhaps c on into b");
        world.settled().await.unwrap();
        let ends = join_all([&a, &b, &c].map(|id| async { shown(&world, id).await["id"].clone() })).await;
        let distinct: std::collections::BTreeSet<String> = ends.iter().map(Value::to_string).collect();
        assert_eq!(distinct.len(), 3 - made);
    }
}

#[tokio::test]
async fn a_merge_that_meets_changes_loses_none_of_them() {
    let world = World::start().await.unwrap();
    for round in 0..6 {
        let primary = contact(&world, json!({ "first_name": "Ada" })).await;
        let other = contact(&world, json!({ "first_name": "B", "email": format!("b{round}@example.com") })).await;
        let patch = async |id: &str, body: Value| {
            world.client.call(Method::PATCH, &path(id), Some(&body)).await.unwrap().status
        };
        let freed = json!({ "email": format!("b{round}@example.com") });
        let duplicates = [other.as_str()];
        let (merged, kept, late, taken) = tokio::join!(
            try_merge(&world, &primary, &duplicates),
            patch(&primary, json!({ "tags": ["kept"] })),
            patch(&other, json!({ "company": "Late" })),
            world.client.call(Method::POST, "/api/v1/contacts", Some(&freed)),
        );
        assert_eq!((merged.status, kept), (200, 200), "{}", merged.body);
        let found = shown(&world, &primary).await;
        assert_eq!(found["tags"], json!(["kept"]));
        match late {
            200 => assert_eq!(found["company"], "Late"),
            status => assert_eq!(status, 409),
        }
        assert_eq!((taken.unwrap().status, &found["email"]), (409, &freed["email"]), "the primary has it now");
    }
}

#[tokio::test]
async fn what_was_merged_goes_with_the_contact() {
    let world = World::start().await.unwrap();
    let primary = contact(&world, json!({ "first_name": "Ada" })).await;
    let other = contact(&world, json!({ "first_name": "Zenobia", "email": "zq@example.com", "notes": "first" })).await;
    let third = contact(&world, json!({ "first_name": "Zenobia", "last_name": "Quarrington", "company": "x" })).await;
    merge(&world, &other, &[&third]).await;
    merge(&world, &primary, &[&other]).await;
    interaction(&world, &other, "late").await;
    assert!(world.kept().await.unwrap().contains("Zenobia"));
    let answer = world.client.call(Method::POST, &format!("{}/erase", path(&primary)), None).await.unwrap();
    assert_eq!(answer.status, 202);
    settle(&world).await;
    for id in [&primary, &other, &third] {
        assert_eq!(world.client.call(Method::GET, &path(id), None).await.unwrap().status, 404);
        assert_eq!(hanging(&world, id).await, Vec::<String>::new());
    }
    let kept = world.kept().await.unwrap();
    for trace in ["Zenobia", "Quarrington", "zq@example.com"] {
        assert!(!kept.contains(trace), "{trace} is left");
    }
    let import = world.import("email\nzq@example.com\n", &json!({})).await.unwrap();
    assert_eq!(tests::outcomes(&import), [0, 0, 0, 0, 1], "who was erased is not brought back");
}

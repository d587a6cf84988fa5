//! Merges that are made or refused, and where the old ids lead.

use reqwest::Method;
use reqwest::redirect::Policy;
use serde_json::{Value, json};
use tests::World;

use super::{MERGE, contact, hanging, interaction, merge, of_merge, path, settle, shown, try_merge};

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

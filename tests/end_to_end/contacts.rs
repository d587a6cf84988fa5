//! Contacts by API.

use futures::future::join_all;
use insta::assert_json_snapshot;
use reqwest::Method;
use serde_json::{Value, json};
use tests::World;

#[tokio::test]
async fn a_contact_is_created_normalised_and_found_again() {
    let world = World::start().await.unwrap();
    let draft = json!({
        "first_name": " Ada ", "last_name": "King", "email": "ADA@Example.com", "phone": "(202) 555-0143",
        "company": "Analytical Engines", "tags": ["VIP", "vip", "maths"], "custom_fields": { "plan": "gold" },
        "lifecycle_stage": "mql", "timezone": "Europe/London",
    });
    let created = world.client.call(Method::POST, "/api/v1/contacts", Some(&draft)).await.unwrap();
    assert_eq!(created.status, 201);
    assert_json_snapshot!(created.body, { ".id" => "[id]", ".created_at" => "[time]", ".updated_at" => "[time]" });
    let path = format!("/api/v1/contacts/{}", created.body["id"].as_str().unwrap());
    assert_eq!(world.client.get(&path).await.unwrap(), created.body);
}

#[tokio::test]
async fn of_simultaneous_creates_with_one_address_exactly_one_succeeds() {
    let world = World::start().await.unwrap();
    let draft = json!({ "email": "same@example.com" });
    let calls = (0..8).map(|_| world.client.call(Method::POST, "/api/v1/contacts", Some(&draft)));
    let answers: Vec<_> = join_all(calls).await.into_iter().map(Result::unwrap).collect();
    let created: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
    assert_eq!(created.len(), 1);
    for refused in answers.iter().filter(|answer| answer.status != 201) {
        assert_eq!(refused.status, 409);
        assert_eq!(refused.body["error"]["details"]["existing_id"], created[0].body["id"]);
    }
}

#[tokio::test]
async fn every_fault_of_a_contact_is_reported_at_once_with_its_field() {
    let world = World::start().await.unwrap();
    let draft = json!({ "email": "nobody", "phone": "12", "lifecycle_stage": "king", "timezone": "Mars" });
    let answer = world.client.call(Method::POST, "/api/v1/contacts", Some(&draft)).await.unwrap();
    assert_eq!(answer.status, 422);
    assert_json_snapshot!(answer.body, { ".error.timestamp" => "[time]", ".error.request_id" => "[id]" });
}

#[tokio::test]
async fn what_cannot_be_read_is_a_bad_request_that_names_the_field() {
    let world = World::start().await.unwrap();
    for (draft, field) in [
        (json!({ "email": "a@example.com", "shoe_size": 43 }), "shoe_size"),
        (json!({ "email": 7 }), "email"),
        (json!({ "tags": ["a", 1] }), "tags[1]"),
    ] {
        let answer = world.client.call(Method::POST, "/api/v1/contacts", Some(&draft)).await.unwrap();
        assert_eq!((answer.status, answer.body["error"]["details"]["field"].as_str()), (400, Some(field)));
    }
}

#[tokio::test]
async fn a_contact_is_replaced_patched_and_removed_for_the_version_that_was_meant_only() {
    let world = World::start().await.unwrap();
    let draft = json!({ "email": "ada@example.com", "first_name": "Ada", "notes": "x", "tags": ["a"] });
    let made = world.client.post("/api/v1/contacts", &draft).await.unwrap();
    let path = format!("/api/v1/contacts/{}", made["id"].as_str().unwrap());
    let call = |method: Method, tag: &'static str, body: Value| {
        let (client, path) = (world.client.clone(), path.clone());
        let body = Some(body).filter(|body| !body.is_null());
        async move { client.call_with(method, &path, &[("if-match", tag)], body.as_ref()).await.unwrap() }
    };
    let patched = call(Method::PATCH, "\"1\"", json!({ "notes": null, "custom_fields": { "plan": "gold" } })).await;
    assert_eq!((patched.status, patched.header("etag")), (200, "\"2\""));
    assert_eq!((&patched.body["notes"], &patched.body["custom_fields"]["plan"]), (&Value::Null, &json!("gold")));
    let stale = call(Method::PUT, "\"1\"", json!({ "email": "ada@example.com" })).await;
    assert_eq!((stale.status, &stale.body["error"]["details"]["version"]), (412, &json!(2)));
    let replaced = call(Method::PUT, "\"2\"", json!({ "email": "king@example.com" })).await;
    let body = &replaced.body;
    assert_eq!(
        (replaced.status, &body["first_name"], &body["tags"], &body["version"]),
        (200, &Value::Null, &json!([]), &json!(3))
    );
    let same = call(Method::PUT, "*", json!({ "email": "King@example.com" })).await;
    assert_eq!(same.body["version"], 3, "what changes nothing makes no version");
    assert_eq!(call(Method::DELETE, "\"2\"", Value::Null).await.status, 412);
    assert_eq!(call(Method::DELETE, "\"3\"", Value::Null).await.status, 204);
    assert_eq!(call(Method::GET, "*", Value::Null).await.status, 404);
    assert_eq!(call(Method::DELETE, "*", Value::Null).await.status, 404);
}

#[tokio::test]
async fn an_address_belongs_to_one_contact_through_update_and_delete_and_is_free_again() {
    let world = World::start().await.unwrap();
    let client = &world.client;
    let [ada, bob] = ["ada", "bob"].map(|name| json!({ "email": format!("{name}@example.com") }));
    let made = client.post("/api/v1/contacts", &ada).await.unwrap();
    let path = format!("/api/v1/contacts/{}", made["id"].as_str().unwrap());
    let other = client.post("/api/v1/contacts", &bob).await.unwrap();
    let taken = client.call(Method::PATCH, &path, Some(&bob)).await.unwrap();
    assert_eq!((taken.status, &taken.body["error"]["details"]["existing_id"]), (409, &other["id"]));
    let moved = client.call(Method::PATCH, &path, Some(&json!({ "email": "king@example.com" }))).await.unwrap();
    assert_eq!(moved.status, 200);
    client.post("/api/v1/contacts", &ada).await.unwrap();
    let back = client.call(Method::PATCH, &path, Some(&ada)).await.unwrap();
    assert_eq!(back.status, 409, "the address that was given up is somebody else's now");
    assert_eq!(client.call(Method::DELETE, &path, None).await.unwrap().status, 204);
    client.post("/api/v1/contacts", &json!({ "email": "king@example.com" })).await.unwrap();
    world.settled().await.unwrap();
    let others = format!("/api/v1/contacts/{}", other["id"].as_str().unwrap());
    assert_eq!(client.get(&others).await.unwrap()["email"], "bob@example.com");
}

#[tokio::test]
async fn changes_that_meet_are_all_made_and_all_told() {
    let world = World::start().await.unwrap();
    let made = world.client.post("/api/v1/contacts", &json!({ "first_name": "Ada" })).await.unwrap();
    let path = format!("/api/v1/contacts/{}", made["id"].as_str().unwrap());
    let patches = (0..6).map(|n| json!({ "custom_fields": { (format!("f{n}")): n } }));
    let calls = patches.map(|patch| {
        let (client, path) = (world.client.clone(), path.clone());
        async move { client.call(Method::PATCH, &path, Some(&patch)).await.unwrap().status }
    });
    assert_eq!(join_all(calls).await, [200; 6]);
    let contact = world.client.get(&path).await.unwrap();
    assert_eq!((contact["custom_fields"].as_object().unwrap().len(), &contact["version"]), (6, &json!(7)));
    let audit = world.client.get(&format!("{path}/audit?per_page=5")).await.unwrap();
    assert_eq!((&audit["total"], audit["items"].as_array().unwrap().len()), (&json!(7), 5));
    let next = format!("{path}/audit?per_page=5&cursor={}", audit["next_cursor"].as_str().unwrap());
    let rest = world.client.get(&next).await.unwrap();
    assert_eq!(rest["items"][1]["action"], "contact.created");
    assert_eq!(rest["next_cursor"], Value::Null);
}

#[tokio::test]
async fn the_audit_tells_who_changed_what_from_the_first_moment_on() {
    let world = World::start().await.unwrap();
    let draft = json!({ "first_name": "Ada", "phone": "(202) 555-0143", "custom_fields": { "plan": "gold" } });
    let made = world.client.post("/api/v1/contacts", &draft).await.unwrap();
    let path = format!("/api/v1/contacts/{}", made["id"].as_str().unwrap());
    let first = world.client.get(&format!("{path}/audit")).await.unwrap();
    world.client.call(Method::PATCH, &path, Some(&json!({ "first_name": "Augusta", "phone": null }))).await.unwrap();
    let audit = world.client.get(&format!("{path}/audit")).await.unwrap();
    assert_eq!(audit["items"][1], first["items"][0], "what made it stays as it was told");
    assert_json_snapshot!(audit["items"], {
        "[].id" => "[id]", "[].at" => "[time]", "[].actor.id" => "[id]", "[].subject" => "[id]"
    });
}

//! Contacts by API.

use futures::future::join_all;
use insta::assert_json_snapshot;
use reqwest::Method;
use serde_json::json;
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

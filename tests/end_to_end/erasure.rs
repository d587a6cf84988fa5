//! What is held of a person, and that nothing is left of who was deleted or erased.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};
use tests::{World, email, log, number, outcomes};

/// What is only this person's.
const TRACES: [&str; 7] =
    ["zenobia", "quarrington", "zq@example.com", "2025550143", "xylophone works", "prefers mornings", "secret-plan"];

fn zenobia() -> Value {
    json!({
        "first_name": "Zenobia", "last_name": "Quarrington", "email": "zq@example.com", "phone": "(202) 555-0143",
        "company": "Xylophone Works", "notes": "prefers mornings", "custom_fields": { "offer": "secret-plan" },
    })
}

async fn traces_left(world: &World) -> Vec<&'static str> {
    let kept = world.kept().await.unwrap().to_lowercase();
    TRACES.into_iter().filter(|trace| kept.contains(trace)).collect()
}

/// A person of whom there is something everywhere.
async fn known_everywhere(world: &World) -> String {
    let client = &world.client;
    let csv = "first_name,email,phone,timezone\nZenobia,zq@example.com,(202) 555-0143,\nZenobia,x,(202) 555-0143,Mars\n,zq@example.com extra,,\n";
    let import = world.import(csv, &json!({})).await.unwrap();
    assert_eq!(outcomes(&import), [1, 0, 0, 0, 2]);
    let taken = client.call(Method::POST, "/api/v1/contacts", Some(&zenobia())).await.unwrap();
    let id = taken.body["error"]["details"]["existing_id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/contacts/{id}");
    let key = [("idempotency-key", "one")];
    client.call_with(Method::PUT, &path, &key, Some(&zenobia())).await.unwrap();
    client.call(Method::PATCH, &path, Some(&json!({ "job_title": "Chief of secret-plan" }))).await.unwrap();
    world.campaign(&[email(1, 0), email(2, 5)], &json!({ "contact_ids": [id] })).await.unwrap();
    assert_eq!(traces_left(world).await.len(), TRACES.len());
    id
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_tells_of_a_person_is_left_after_an_erasure() {
    let log = log::captured();
    let world = World::start().await.unwrap();
    let id = known_everywhere(&world).await;
    let path = format!("/api/v1/contacts/{id}");
    let answer = world.client.call(Method::POST, &format!("{path}/erase"), None).await.unwrap();
    assert_eq!(answer.status, 202, "{:?}", answer.body);
    assert_eq!(world.client.call(Method::GET, &path, None).await.unwrap().status, 404);
    world.settled().await.unwrap();
    assert_eq!(traces_left(&world).await, Vec::<&str>::new());
    let logged = log.text().to_lowercase();
    assert!(TRACES.iter().all(|trace| !logged.contains(trace)), "nor in the log");

    let audit = world.client.get(&format!("{path}/audit")).await.unwrap();
    let actions: Vec<_> =
        audit["items"].as_array().unwrap().iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["contact.erased", "contact.updated", "contact.updated", "contact.created"]);
    assert_eq!(audit["items"][2]["changes"][0]["new"], "[erased]");

    let job = format!("/api/v1/contacts/jobs/{}", answer.body["id"].as_str().unwrap());
    assert_eq!(world.client.get(&job).await.unwrap()["status"], "running", "it is looked through once more");
    world.stack.advance(TimeDelta::minutes(40)).await;
    world.settled().await.unwrap();
    assert_eq!(world.client.get(&job).await.unwrap()["status"], "completed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_file_brings_back_who_was_erased_but_a_person_can_come_back() {
    let world = World::start().await.unwrap();
    let id = known_everywhere(&world).await;
    world.client.call(Method::POST, &format!("/api/v1/contacts/{id}/erase"), None).await.unwrap();
    world.settled().await.unwrap();
    let import = world.import("email\nZQ@example.com\nother@example.com\n", &json!({})).await.unwrap();
    assert_eq!(outcomes(&import), [1, 0, 0, 0, 1]);
    let errors = format!("/api/v1/contacts/imports/{}/errors", import["id"].as_str().unwrap());
    let errors = world.client.text(&errors).await.unwrap();
    assert!(errors.contains("asked not to be kept") && !errors.to_lowercase().contains("zq@"), "{errors}");
    assert_eq!(traces_left(&world).await, Vec::<&str>::new());
    world.client.post("/api/v1/contacts", &zenobia()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_contact_ends_in_its_campaigns_and_leaves_its_figures() {
    let world = World::start().await.unwrap();
    let id = known_everywhere(&world).await;
    assert_eq!(world.client.call(Method::DELETE, &format!("/api/v1/contacts/{id}"), None).await.unwrap().status, 204);
    world.settled().await.unwrap();
    assert_eq!(world.outbox().await.unwrap(), (1, 1));
    world.stack.advance(TimeDelta::days(6)).await;
    world.settled().await.unwrap();
    assert_eq!(world.outbox().await.unwrap(), (1, 1), "the second step reaches nobody");
    let mut kept = world.kept().await.unwrap();
    assert_eq!(world.items("M#").await.unwrap(), 1, "the message stays, for its campaign");
    for (key, refused) in world.files().await.unwrap() {
        if key.starts_with("import-errors/") {
            kept = kept.replace(&refused, "");
        }
    }
    assert!(!kept.contains("Zenobia") && !kept.contains("secret-plan"), "but for rows that were never hers");
    world.client.post("/api/v1/contacts", &zenobia()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_that_is_held_can_be_asked_for() {
    let world = World::start().await.unwrap();
    let id = known_everywhere(&world).await;
    let data = world.client.get(&format!("/api/v1/contacts/{id}/data")).await.unwrap();
    let mut kinds: Vec<_> =
        data["records"].as_array().unwrap().iter().map(|record| record["kind"].as_str().unwrap()).collect();
    kinds.dedup();
    assert_eq!(
        kinds.iter().filter(|kind| ["audit", "contact", "enrollment", "message"].contains(kind)).count(),
        4,
        "{kinds:?}"
    );
    assert_eq!(data["contact"]["email"], "zq@example.com");
    assert_eq!((&data["next_cursor"], &data["suppressed"]), (&Value::Null, &json!([])));
    let enrollment = data["records"].as_array().unwrap().iter().find(|record| record["kind"] == "enrollment").unwrap();
    assert_eq!((enrollment["data"]["status"].as_str(), number(&enrollment["data"]["step_done"])), (Some("active"), 1));
    let foreign =
        world.client.call(Method::GET, &format!("/api/v1/contacts/{id}/data?cursor=abc"), None).await.unwrap();
    assert_eq!(foreign.status, 400);
}

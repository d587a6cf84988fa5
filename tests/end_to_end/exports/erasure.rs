//! No file of an export holds a person who was erased.

use local::stack::Moment;
use reqwest::Method;
use serde_json::{Value, json};
use tests::World;

use super::{EXPORT, ended};

async fn erased(world: &World, email: &str) {
    let found = world.client.get(&format!("/api/v1/contacts?email={email}")).await.unwrap();
    let path = format!("/api/v1/contacts/{}/erase", found["items"][0]["id"].as_str().unwrap());
    assert_eq!(world.client.call(Method::POST, &path, None).await.unwrap().status, 202);
}

async fn held(world: &World, text: &str) -> Vec<String> {
    let files = world.files().await.unwrap();
    files
        .into_iter()
        .filter(|(key, file)| key.starts_with("exports/") && file.contains(text))
        .map(|(key, _)| key)
        .collect()
}

async fn shown(world: &World, export: &Value) -> Value {
    world.client.get(&format!("/api/v1/contacts/exports/{}", export["id"].as_str().unwrap())).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_from_before_an_erasure_goes_and_one_from_after_it_stays() {
    let world = World::start().await.unwrap();
    for name in ["zoe", "other"] {
        world.client.post("/api/v1/contacts", &json!({ "email": format!("{name}@example.com") })).await.unwrap();
    }
    let before = ended(&world, &world.client, &json!({ "filter": { "email": "zoe@example.com" } })).await;
    assert_eq!(held(&world, "zoe@example.com").await.len(), 1);
    erased(&world, "zoe@example.com").await;
    world.settled().await.unwrap();
    assert_eq!(held(&world, "zoe@example.com").await, Vec::<String>::new());
    assert!(!world.kept().await.unwrap().contains("zoe@example.com"), "nor does what it was asked for");
    let url = before["download"]["url"].as_str().unwrap();
    assert_eq!(reqwest::get(url).await.unwrap().status(), 404);
    assert_eq!(shown(&world, &before).await["status"], "expired");

    world.stack.advance(chrono::TimeDelta::minutes(2)).await;
    let after = ended(&world, &world.client, &json!({})).await;
    world.stack.advance(chrono::TimeDelta::minutes(40)).await;
    world.settled().await.unwrap();
    let after = shown(&world, &after).await;
    assert_eq!((after["status"].as_str(), &after["rows"]), (Some("completed"), &json!(1)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_being_written_is_without_whoever_is_erased_meanwhile() {
    let world = World::start().await.unwrap();
    let notes = "long ".repeat(3_000);
    let rows: String = (0..450).map(|row| format!("p{row:03}@example.com,{notes}\n")).collect();
    world.import(format!("email,notes\n{rows}"), &json!({})).await.unwrap();
    world.settled().await.unwrap();
    // The worker dies with nothing in the file, then with a part of it, and at last with all.
    for (round, calls) in [(0, 2), (1, 8), (2, 11), (3, 14)] {
        let kill = world.stack.kill("ExportWorkFunction", calls, Moment::After);
        let export = world.client.post(EXPORT, &json!({ "fields": ["email", "notes"] })).await.unwrap();
        kill.happened().await;
        let gone = [format!("p{round:03}@example.com"), format!("p{:03}@example.com", 449 - round)];
        for email in &gone {
            erased(&world, email).await;
        }
        world.settled().await.unwrap();
        for email in &gone {
            assert_eq!(held(&world, email).await, Vec::<String>::new(), "erased after {calls} calls");
        }
        let export = shown(&world, &export).await;
        let there = (export["status"].as_str(), export["rows"].as_u64());
        let left = 450 - 2 * (round + 1);
        assert!(there.0 == Some("expired") || there == (Some("completed"), Some(left)), "{export}");
    }
}

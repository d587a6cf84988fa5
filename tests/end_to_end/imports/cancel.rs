//! Imports that are stopped: what was done is told exactly.

use chrono::TimeDelta;
use local::stack::Moment;
use reqwest::Method;
use serde_json::{Value, json};
use tests::{World, email, number, outcomes};

fn csv(rows: usize) -> String {
    let rows: String = (0..rows).map(|row| format!("p{row}@example.com,Ada{row}\n")).collect();
    format!("email,first_name\n{rows}")
}

/// Begins an import and waits until `done` of its rows are.
async fn begun(world: &World, csv: String, done: i64) -> String {
    let id = world.client.import(csv, &json!({})).await.unwrap();
    let path = format!("/api/v1/contacts/imports/{id}");
    while number(&world.client.get(&path).await.unwrap()["rows_done"]) < done {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    id
}

async fn cancel(world: &World, id: &str) -> (u16, Value) {
    let path = format!("/api/v1/contacts/imports/{id}/cancel");
    let answer = world.client.call(Method::POST, &path, None).await.unwrap();
    (answer.status, answer.body)
}

/// What a stopped import says it made is there, in the table and in the index, and nothing else is.
async fn told_exactly(world: &World, import: &Value) {
    let created = number(&import["created"]);
    world.settled().await.unwrap();
    let later =
        world.client.get(&format!("/api/v1/contacts/imports/{}", import["id"].as_str().unwrap())).await.unwrap();
    assert_eq!(outcomes(&later), outcomes(import), "nothing is done after the end");
    assert_eq!(outcomes(import).iter().sum::<i64>(), number(&import["rows_done"]));
    assert_eq!(world.items("CONTACT").await.unwrap(), usize::try_from(created).unwrap());
    assert_eq!(number(&world.client.get("/api/v1/contacts").await.unwrap()["total"]), created);
}

async fn files(world: &World) -> Vec<String> {
    let files = world.files().await.unwrap().into_iter().map(|(key, _)| key);
    files.filter(|key| key.starts_with("imports/") || key.starts_with("import-chunks/")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_import_stops_and_tells_exactly_what_was_done() {
    let world = World::start().await.unwrap();
    let id = begun(&world, csv(20_000), 300).await;
    let (status, answer) = cancel(&world, &id).await;
    assert_eq!(status, 202);
    assert!(["stopping", "cancelled"].contains(&answer["status"].as_str().unwrap()), "{answer}");
    let import = world.client.import_ended(&id, tests::LIMIT, |_| {}).await.unwrap();
    assert_eq!((import["status"].as_str(), &import["error"]), (Some("cancelled"), &Value::Null));
    assert!((300..20_000).contains(&number(&import["rows_done"])), "{import}");
    told_exactly(&world, &import).await;
    assert_eq!(files(&world).await, Vec::<String>::new(), "its files are gone");
    assert_eq!(cancel(&world, &id).await.0, 409);
    let audit = world.client.get("/api/v1/audit").await.unwrap();
    assert_eq!((&audit["items"][0]["action"], &audit["items"][0]["subject"]), (&json!("import.cancelled"), &json!(id)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whom_a_cancelled_import_brought_can_be_enrolled() {
    let world = World::start().await.unwrap();
    let id = begun(&world, csv(5_000), 200).await;
    cancel(&world, &id).await;
    let import = world.client.import_ended(&id, tests::LIMIT, |_| {}).await.unwrap();
    let campaign = world.campaign(&[email(1, 30)], &json!({ "import_id": id })).await.unwrap();
    let campaign = world.client.get(&format!("/api/v1/campaigns/{campaign}")).await.unwrap();
    assert_eq!(campaign["audience"], import["created"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_that_waits_for_its_file_is_cancelled_at_once_and_takes_none() {
    let world = World::start().await.unwrap();
    let job = world.client.post("/api/v1/contacts/import", &json!({})).await.unwrap();
    let (status, answer) = cancel(&world, job["id"].as_str().unwrap()).await;
    assert_eq!((status, answer["status"].as_str()), (202, Some("cancelled")));
    let upload = reqwest::Client::new().put(job["upload"]["url"].as_str().unwrap()).body(csv(3));
    assert_eq!(upload.send().await.unwrap().status(), 200);
    told_exactly(&world, &answer).await;
    assert_eq!(files(&world).await, Vec::<String>::new(), "a file that comes later is not kept");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_that_has_ended_cannot_be_cancelled_and_an_unknown_one_neither() {
    let world = World::start().await.unwrap();
    let import = world.import(csv(2), &json!({})).await.unwrap();
    let (status, answer) = cancel(&world, import["id"].as_str().unwrap()).await;
    assert_eq!((status, answer["error"]["code"].as_str()), (409, Some("CONFLICT")));
    assert_eq!(cancel(&world, &world.stack.tenant().to_string()).await.0, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_killed_while_an_import_is_stopped_leave_the_sums_right() {
    for (call, moment) in (1..=16).step_by(3).flat_map(|call| [(call, Moment::Before), (call + 1, Moment::After)]) {
        let world = World::start().await.unwrap();
        let id = begun(&world, csv(6_000), 100).await;
        let kill = world.stack.kill("ImportWorkFunction", call, moment);
        cancel(&world, &id).await;
        kill.happened().await;
        // Should the message be lost with the worker, the agenda tells of the import.
        world.stack.advance(TimeDelta::minutes(31)).await;
        let import = world.client.import_ended(&id, tests::LIMIT, |_| {}).await.unwrap();
        assert_eq!(import["status"], "cancelled", "killed {moment:?} call {call}");
        told_exactly(&world, &import).await;
        world.stack.stop().await.unwrap();
    }
}

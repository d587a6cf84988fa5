//! The two readers of the table's change stream: each gets what its filter lets through, once, and goes on where it was.

use local::client::Client;
use local::stack::{Options, Stack};
use reqwest::Method;
use serde_json::json;
use tests::LIMIT;

/// How often each reader was called.
fn calls(stack: &Stack) -> [u64; 2] {
    ["ProjectorFunction", "IndexerFunction"].map(|function| stack.invocations(function))
}

async fn post(stack: &Stack, path: &str, body: serde_json::Value) {
    let client = Client::new(stack.url(), &stack.api_key());
    assert_eq!(client.call(Method::POST, path, Some(&body)).await.unwrap().status, 201);
    stack.settled(LIMIT).await.unwrap();
}

#[tokio::test]
async fn a_contact_calls_both_readers_and_a_tag_the_projector_only() {
    let stack = Stack::start(Options::in_memory()).await.unwrap();
    stack.settled(LIMIT).await.unwrap();
    let before = calls(&stack);
    post(&stack, "/api/v1/contacts/tags", json!({ "name": "VIP" })).await;
    let tagged = calls(&stack);
    assert!(tagged[0] > before[0] && tagged[1] == before[1], "{before:?} {tagged:?}");
    post(&stack, "/api/v1/contacts", json!({ "email": "ada@example.com" })).await;
    let created = calls(&stack);
    assert!(created[0] > tagged[0] && created[1] == tagged[1] + 1, "{tagged:?} {created:?}");
}

#[tokio::test]
async fn what_a_reader_has_seen_does_not_come_to_it_again_after_a_restart() {
    let data = tempfile::tempdir().unwrap();
    let options = Options { data_dir: Some(data.path().join("rollcall")), ..Options::in_memory() };
    let stack = Stack::start(options.clone()).await.unwrap();
    post(&stack, "/api/v1/contacts", json!({ "email": "ada@example.com" })).await;
    assert!(calls(&stack).iter().all(|calls| *calls > 0));
    stack.stop().await.unwrap();
    let stack = Stack::start(options).await.unwrap();
    stack.settled(LIMIT).await.unwrap();
    assert_eq!(stack.invocations("IndexerFunction"), 0);
    post(&stack, "/api/v1/contacts", json!({ "email": "grace@example.com" })).await;
    assert_eq!(stack.invocations("IndexerFunction"), 1);
}

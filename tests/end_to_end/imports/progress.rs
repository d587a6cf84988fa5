//! How far an import is.

use serde_json::{Value, json};
use tests::{World, number};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn progress_is_told_row_by_row_and_never_goes_back() {
    let world = World::start().await.unwrap();
    let rows: String = (0..4_000).map(|row| format!("p{row}@example.com\n")).collect();
    let id = world.client.import(format!("email\n{rows}"), &json!({})).await.unwrap();
    let mut seen: Vec<Value> = Vec::new();
    let ended = world.client.import_ended(&id, tests::LIMIT, |import| seen.push(import.clone())).await.unwrap();
    let done: Vec<i64> = seen.iter().map(|import| number(&import["rows_done"])).collect();
    assert!(done.is_sorted(), "{done:?}");
    assert!(done.iter().any(|done| done % 1_000 != 0), "chunks under way count: {done:?}");
    for import in seen.iter().filter(|import| import["status"] == "running" && number(&import["rows_done"]) > 0) {
        assert!(import["rows_per_second"].as_f64().unwrap() > 0.0, "{import}");
        assert!(import["seconds_left"].is_u64() && import["rows_total"] == 4_000, "{import}");
    }
    assert_eq!(
        (&ended["rows_done"], &ended["created"], &ended["seconds_left"]),
        (&json!(4_000), &json!(4_000), &json!(0))
    );
    let times = ["created_at", "started_at", "finished_at"]
        .map(|time| ended[time].as_str().unwrap().parse::<domain::Timestamp>().unwrap());
    assert!(times.is_sorted(), "{times:?}");
    assert_eq!(ended["file"]["size"], 6 + rows.len());
    assert_eq!(ended["columns"], json!([{ "name": "email", "field": "email", "how": "known" }]));
}

//! What one tenant exports another one imports, and exports again as the same file.

use serde_json::{Value, json};
use tests::{LIMIT, World, outcomes};

use super::{awkward_contacts, exported};

async fn comes_back(wanted: Value) {
    let world = World::start().await.unwrap();
    awkward_contacts(&world.client).await;
    let file = exported(&world, &world.client, &wanted).await;
    let other = world.client.with_key(&world.stranger().await.unwrap());
    let import = other.import(file.clone(), &json!({})).await.unwrap();
    let import = other.import_ended(&import, LIMIT, |_| {}).await.unwrap();
    assert_eq!((import["status"].as_str(), outcomes(&import)), (Some("completed"), [6, 0, 0, 0, 0]), "{import}");
    world.settled().await.unwrap();
    let again = exported(&world, &other, &wanted).await;
    assert_eq!(String::from_utf8_lossy(&again), String::from_utf8_lossy(&file));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_comes_back_as_the_same_table() {
    comes_back(json!({ "format": "csv" })).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cards_come_back_as_the_same_cards() {
    comes_back(json!({ "format": "vcf" })).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chosen_fields_come_back_without_being_mapped() {
    let fields =
        ["email", "first_name", "last_name", "phone", "department", "lead_source", "lifecycle_stage", "timezone"];
    comes_back(json!({ "fields": fields })).await;
}

//! Budgets (design: checked from consumed capacity, which does not depend on the machine).

use chrono::TimeDelta;
use local::demo::people::people;
use local::stack::Capacity;
use serde_json::json;
use tests::{World, email, number};

/// What the named functions have consumed together.
fn consumed(world: &World, functions: &[&str]) -> Capacity {
    functions
        .iter()
        .map(|name| world.stack.capacity(name))
        .fold(Capacity::default(), |sum, each| Capacity { read: sum.read + each.read, write: sum.write + each.write })
}

fn spent(before: Capacity, after: Capacity, count: f64) -> (f64, f64) {
    ((after.read - before.read) / count, (after.write - before.write) / count)
}

#[tokio::test]
async fn a_contact_costs_12_write_units_to_create_and_1_read_unit_to_read_at_most() {
    let world = World::start_metered().await.unwrap();
    // What the edge spends on a credential and on the limit of a minute is shared by all requests of that time.
    crate::interactions::warm(&world).await;
    let functions = ["ContactsFunction", "ProjectorFunction", "IndexerFunction", "IndexWorkFunction"];
    let before = consumed(&world, &functions);
    let draft = json!({ "email": "ada@example.com", "first_name": "Ada", "tags": ["a", "b", "c"] });
    let contact = world.client.post("/api/v1/contacts", &draft).await.unwrap();
    world.settled().await.unwrap();
    let created = consumed(&world, &functions);
    let (_, write) = spent(before, created, 1.0);
    // Contact, guard, mark, note and delta of the tags 2 each; manifest of the index and the mark's removal 1 each.
    assert!(write > 0.0 && write <= 12.0, "{write} WRU");
    let path = format!("/api/v1/contacts/{}", contact["id"].as_str().unwrap());
    world.client.get(&path).await.unwrap();
    let (read, _) = spent(created, consumed(&world, &functions), 1.0);
    // The key that is looked up besides costs half a unit.
    assert!(read > 0.0 && read - 0.5 <= 1.0, "{read} RRU");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_imported_row_costs_5_write_units_at_most() {
    let world = World::start_metered().await.unwrap();
    let people = people(1_000);
    let functions =
        ["ImportsFunction", "ImportSplitFunction", "ImportWorkFunction", "ProjectorFunction", "IndexerFunction"];
    let before = consumed(&world, &functions);
    let import = world.import(people.csv, &json!({})).await.unwrap();
    world.settled().await.unwrap();
    let (read, write) = spent(before, consumed(&world, &functions), import["created"].as_f64().unwrap());
    assert!(write > 0.0 && write <= 5.0, "{write} WRU a row");
    assert!(read <= 1.0, "{read} RRU a row");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_costs_12_write_units_until_it_is_delivered_and_6_when_it_is_opened_at_most() {
    let world = World::start_metered().await.unwrap();
    let import = world.import(people(1_000).csv, &json!({})).await.unwrap();
    let campaign = world.campaign(&[email(1, 1), email(2, 9)], &json!({ "import_id": import["id"] })).await.unwrap();
    let functions = ["SchedulerFunction", "SenderFunction", "WebhooksFunction", "ProjectorFunction", "IndexerFunction"];
    let performance = || async {
        world.settled().await.unwrap();
        world.client.get(&format!("/api/v1/campaigns/{campaign}/performance")).await.unwrap()
    };
    world.stack.sandbox().let_people_wait();
    let before = consumed(&world, &functions);
    world.stack.advance(TimeDelta::days(1) + TimeDelta::minutes(3)).await;
    let messages = number(&performance().await["emails_sent"]);
    assert!(messages > 800);
    let delivered = consumed(&world, &functions);
    let (_, write) = spent(before, delivered, messages as f64);
    assert!(write > 0.0 && write <= 12.0, "{write} WRU a message");

    world.stack.sandbox().let_people_act().unwrap();
    let performance = performance().await;
    let steps = performance["steps"].as_array().unwrap().iter();
    let heard: i64 = steps.map(|step| number(&step["opened"]) + number(&step["clicked"])).sum();
    assert!(heard > 50);
    let (_, write) = spent(delivered, consumed(&world, &functions), heard as f64);
    assert!(write > 0.0 && write <= 6.0, "{write} WRU an open or click");
}

#[tokio::test]
async fn an_idle_minute_costs_2_read_units_at_most() {
    let world = World::start_metered().await.unwrap();
    world.settled().await.unwrap();
    let all = world.stack.functions();
    let functions: Vec<&str> = all.iter().map(String::as_str).collect();
    let (before, ticks) = (consumed(&world, &functions), world.stack.invocations("SchedulerFunction"));
    world.stack.advance(TimeDelta::minutes(1)).await;
    world.settled().await.unwrap();
    let ticks = world.stack.invocations("SchedulerFunction") - ticks;
    assert!(ticks > 0, "the scheduler ran");
    let (read, write) = spent(before, consumed(&world, &functions), ticks as f64);
    assert!(read > 0.0 && read <= 2.0 && write == 0.0, "{read} RRU, {write} WRU");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_costs_10_read_units_at_most_whatever_the_size() {
    let world = World::start_metered().await.unwrap();
    for rows in [40, 2_000] {
        world.import(people(rows).csv, &json!({})).await.unwrap();
        world.settled().await.unwrap();
        for path in
            ["contacts?search=a&sort=name", "contacts?sort=-created_at&page=2", "contacts?per_page=16&sort=name"]
        {
            // A warm reader: what changed since the last request has been fetched, and what a page shows is at hand.
            let path = format!("/api/v1/{path}");
            world.client.get(&path).await.unwrap();
            let before = consumed(&world, &["SearchFunction"]);
            let page = world.client.get(&path).await.unwrap();
            assert!(page["items"].as_array().is_some_and(|items| items.len() > 10));
            let (read, write) = spent(before, consumed(&world, &["SearchFunction"]), 1.0);
            // Marks and manifest, and perhaps the key.
            assert!((2.0..=2.5).contains(&read) && write <= 1.0, "{path}: {read} RRU, {write} WRU");
        }
        // Contacts that were not shown before: half a unit each beside marks and manifest.
        let before = consumed(&world, &["SearchFunction"]);
        world.client.get("/api/v1/contacts?per_page=15&sort=-name").await.unwrap();
        let (read, _) = spent(before, consumed(&world, &["SearchFunction"]), 1.0);
        assert!(read <= 10.0, "{read} RRU");
    }
}

//! Imports into a group.

use serde_json::json;
use tests::{World, outcomes};

async fn group(world: &World, name: &str) -> String {
    let group = world.client.post("/api/v1/contacts/groups", &json!({ "name": name })).await.unwrap();
    group["id"].as_str().unwrap().to_owned()
}

async fn count(world: &World, group: &str) -> i64 {
    let shown = world.client.get(&format!("/api/v1/contacts/groups/{group}")).await.unwrap();
    tests::number(&shown["contact_count"])
}

fn csv(rows: std::ops::Range<usize>) -> String {
    let rows: String = rows.map(|row| format!("p{row}@example.com,Ada\n")).collect();
    format!("email,first_name\n{rows}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn contacts_that_an_import_makes_or_changes_are_counted_in_its_group_once() {
    let world = World::start().await.unwrap();
    let (first, second) = (group(&world, "first").await, group(&world, "second").await);
    let import = world.import(csv(0..1_300), &json!({ "group": first })).await.unwrap();
    assert_eq!((outcomes(&import), count(&world, &first).await), ([1_300, 0, 0, 0, 0], 1_300));

    let update = json!({ "group": first, "duplicates": "update" });
    let import = world.import(csv(1_250..1_350), &update).await.unwrap();
    assert_eq!((outcomes(&import), count(&world, &first).await), ([50, 50, 0, 0, 0], 1_350), "who is in it stays once");

    let merge = json!({ "group": second, "duplicates": "merge" });
    let import = world.import(csv(0..60), &merge).await.unwrap();
    assert_eq!((outcomes(&import), count(&world, &second).await), ([0, 0, 60, 0, 0], 60));
    for (group, members) in [(&first, 1_350), (&second, 60)] {
        let list = world.client.get(&format!("/api/v1/contacts?group={group}")).await.unwrap();
        assert_eq!(list["total"], members);
        let members = world.client.get(&format!("/api/v1/contacts/groups/{group}/contacts?limit=1")).await.unwrap();
        assert_eq!(members["total"], list["total"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_go_on_without_a_group_that_is_deleted_meanwhile() {
    let world = World::start().await.unwrap();
    let group = group(&world, "short").await;
    let id = world.client.import(csv(0..4_000), &json!({ "group": group })).await.unwrap();
    let path = format!("/api/v1/contacts/imports/{id}");
    while tests::number(&world.client.get(&path).await.unwrap()["rows_done"]) < 100 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let delete = world.client.call(reqwest::Method::DELETE, &format!("/api/v1/contacts/groups/{group}"), None).await;
    assert!(delete.unwrap().status < 300);
    let import = world.client.import_ended(&id, tests::LIMIT, |_| {}).await.unwrap();
    assert_eq!((import["status"].as_str(), outcomes(&import)), (Some("completed"), [4_000, 0, 0, 0, 0]));
    world.settled().await.unwrap();
    assert_eq!(world.items("C#").await.unwrap(), 0, "nobody is a member of what is gone");
    let list = world.client.get(&format!("/api/v1/contacts?group={group}")).await.unwrap();
    assert_eq!(list["total"], 0);
}

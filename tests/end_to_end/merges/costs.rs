//! What a merge and its undoing consume of the table.

use chrono::TimeDelta;
use local::stack::Capacity;
use serde_json::json;
use tests::World;

use super::{contact, interaction, merge, settle, undo};

/// What all functions have consumed; a scheduler that looks at the agenda in between is none of ours.
fn consumed(world: &World) -> Capacity {
    let functions = ["ContactsFunction", "ContactWorkFunction", "ProjectorFunction"];
    let all = functions.map(|name| world.stack.capacity(name));
    all.into_iter()
        .fold(Capacity::default(), |sum, one| Capacity { read: sum.read + one.read, write: sum.write + one.write })
}

fn spent(before: Capacity, after: Capacity) -> (f64, f64) {
    (after.read - before.read, after.write - before.write)
}

#[tokio::test]
async fn a_merge_of_two_costs_29_write_units_its_undoing_24_and_an_interaction_5_each_way_at_most() {
    let world = World::start_metered().await.unwrap();
    let primary = contact(&world, json!({ "first_name": "Ada", "email": "ada@example.com" })).await;
    let other = contact(&world, json!({ "first_name": "B", "email": "b@example.com" })).await;
    // The credential and the limit of the minute are looked up before.
    world.client.get(&super::path(&primary)).await.unwrap();
    let begun = consumed(&world);
    let first = merge(&world, &primary, &[&other]).await;
    settle(&world).await;
    let merged = consumed(&world);
    assert_eq!(undo(&world, &first).await.status, 200);
    settle(&world).await;
    let undone = consumed(&world);
    let ((read, write), (read_back, write_back)) = (spent(begun, merged), spent(merged, undone));
    // Of each, 4 are the marks of both contacts.
    assert!(write <= 29.0 && read <= 30.0, "merge: {write} WRU, {read} RRU");
    assert!(write_back <= 24.0 && read_back <= 30.0, "undo: {write_back} WRU, {read_back} RRU");

    for number in 0..60 {
        interaction(&world, &other, &format!("{number:02}")).await;
    }
    world.stack.advance(TimeDelta::minutes(2)).await;
    let begun = consumed(&world);
    let second = merge(&world, &primary, &[&other]).await;
    settle(&world).await;
    let merged = consumed(&world);
    assert_eq!(undo(&world, &second).await.status, 200);
    settle(&world).await;
    let each = [(begun, merged, write), (merged, consumed(&world), write_back)]
        .map(|(before, after, fixed)| (spent(before, after).1 - fixed) / 60.0);
    assert!(each.iter().all(|each| *each <= 5.0), "{each:?}");
}

//! What hangs on the duplicates: interactions, bookings, memberships.

use serde_json::{Value, json};
use tests::World;

use super::{booking, contact, group, hanging, holder, interaction, members, merge, path, report, settle, shown, undo};

#[tokio::test]
async fn what_hangs_on_the_duplicates_becomes_the_primarys() {
    let world = World::start().await.unwrap();
    let groups = [group(&world, 1).await, group(&world, 2).await];
    let primary = contact(&world, json!({ "first_name": "Ada", "groups": [groups[0]] })).await;
    let other = contact(&world, json!({ "email": "b@example.com", "groups": groups })).await;
    for number in 0..70 {
        interaction(&world, &other, &format!("{number:03}")).await;
    }
    interaction(&world, &primary, "own").await;
    booking(&world, "b@example.com", "b1").await;
    merge(&world, &primary, &[&other]).await;
    assert_eq!((hanging(&world, &primary).await.len(), hanging(&world, &other).await), (73, vec![]));
    assert_eq!(holder(&world, "b1").await, primary);
    assert_eq!(shown(&world, &primary).await["groups"], json!(groups));
    for group in &groups {
        assert_eq!(members(&world, group).await, (vec![primary.clone()], 1));
    }
    // Somebody who had looked before the merge was late.
    interaction(&world, &other, "late").await;
    settle(&world).await;
    assert_eq!((hanging(&world, &primary).await.len(), hanging(&world, &other).await), (74, vec![]));
}

#[tokio::test]
async fn more_groups_than_fit_are_joined_and_left_in_the_background() {
    let world = World::start().await.unwrap();
    let mut groups = Vec::new();
    for number in 0..40 {
        groups.push(group(&world, number).await);
    }
    let primary = contact(&world, json!({ "first_name": "Ada", "groups": groups[..5] })).await;
    let first = contact(&world, json!({ "first_name": "B", "groups": groups[..30] })).await;
    let second = contact(&world, json!({ "first_name": "C", "groups": groups[25..] })).await;
    let merge = merge(&world, &primary, &[&first, &second]).await;
    assert_eq!(shown(&world, &primary).await["groups"].as_array().unwrap().len(), 40);
    for group in &groups {
        assert_eq!(members(&world, group).await, (vec![primary.clone()], 1));
    }
    assert_eq!(undo(&world, &merge).await.status, 200);
    for (id, expected) in [(&primary, &groups[..5]), (&first, &groups[..30]), (&second, &groups[25..])] {
        let mut found: Vec<String> = serde_json::from_value(shown(&world, id).await["groups"].clone()).unwrap();
        found.sort();
        assert_eq!(found, expected);
    }
    for (number, group) in groups.iter().enumerate() {
        let expected = [number < 5, number < 30, number >= 25].into_iter().filter(|is| *is).count();
        let (members, count) = members(&world, group).await;
        assert_eq!((members.len(), count), (expected, expected as i64), "group {number}");
    }
}

async fn figures(world: &World, id: &str) -> [Value; 2] {
    let contact = shown(world, id).await;
    ["total_bookings", "last_booking_date"].map(|name| contact[name].clone())
}

async fn timeline(world: &World, id: &str) -> Vec<String> {
    let list = world.client.get(&format!("{}/interactions", path(id))).await.unwrap();
    let items = list["items"].as_array().unwrap().iter();
    items.map(|item| item["interaction_type"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn timelines_and_figures_are_one_and_are_told_apart_again() {
    let world = World::start().await.unwrap();
    let primary = contact(&world, json!({ "email": "a@example.com" })).await;
    let other = contact(&world, json!({ "email": "b@example.com" })).await;
    for (email, name, day) in [("a", "b1", 1), ("b", "b2", 2), ("b", "b3", 3)] {
        report(&world, &format!("{email}@example.com"), name, "created", day).await;
    }
    let note =
        json!({ "interaction_type": "manual_entry", "description": "Called", "occurred_at": "2026-01-04T00:00:00Z" });
    world.client.post(&format!("{}/interactions/add", path(&other)), &note).await.unwrap();
    let merge = merge(&world, &primary, &[&other]).await;
    assert_eq!(figures(&world, &primary).await, [json!(3), json!("2027-01-03T00:00:00Z")]);
    let all = ["manual_entry", "booking_created", "booking_created", "booking_created"];
    assert_eq!(
        (timeline(&world, &primary).await, timeline(&world, &other).await),
        (all.map(Into::into).to_vec(), all.map(Into::into).to_vec())
    );

    report(&world, "b@example.com", "b3", "cancelled", 5).await;
    report(&world, "a@example.com", "b4", "created", 6).await;
    assert_eq!(figures(&world, &primary).await, [json!(3), json!("2027-01-06T00:00:00Z")]);
    let listed = world.client.get("/api/v1/contacts/interactions").await.unwrap();
    assert!(listed["items"].as_array().unwrap().iter().all(|item| item["contact_id"] == json!(primary)));

    assert_eq!(undo(&world, &merge).await.status, 200);
    assert_eq!(figures(&world, &primary).await, [json!(2), json!("2027-01-06T00:00:00Z")]);
    assert_eq!(figures(&world, &other).await, [json!(1), json!("2027-01-02T00:00:00Z")]);
    assert_eq!(timeline(&world, &other).await, all[..3]);
    let own = ["booking_created", "booking_cancelled", "booking_created"];
    assert_eq!(timeline(&world, &primary).await, own, "what was told since stays");
    report(&world, "b@example.com", "b2", "cancelled", 7).await;
    assert_eq!(figures(&world, &other).await, [json!(0), Value::Null]);
}

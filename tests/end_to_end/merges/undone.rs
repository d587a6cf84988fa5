//! Merges that are undone: everybody is what they were, but for what was changed since.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};
use tests::World;

use super::{
    booking, contact, hanging, holder, interaction, members, merge, of_merge, path, settle, shown, try_merge, undo,
};

/// A contact without what a merge and its undoing change for good.
async fn substance(world: &World, id: &str) -> Value {
    let mut contact = shown(world, id).await;
    for field in ["version", "updated_at"] {
        contact[field] = Value::Null;
    }
    contact
}

#[tokio::test]
async fn an_undo_restores_everybody_and_what_hung_on_them() {
    let world = World::start().await.unwrap();
    let group = super::group(&world, 1).await;
    let primary = contact(&world, json!({ "first_name": "Ada", "tags": ["a"] })).await;
    let first =
        contact(&world, json!({ "email": "b@example.com", "tags": ["b"], "groups": [group], "notes": "b" })).await;
    let second = contact(&world, json!({ "email": "c@example.com", "phone": "+12025550143" })).await;
    interaction(&world, &primary, "own").await;
    interaction(&world, &first, "theirs").await;
    booking(&world, "c@example.com", "b1").await;
    let ids = [&primary, &first, &second];
    let before = futures::future::join_all(ids.map(|id| substance(&world, id))).await;
    let merge = merge(&world, &primary, &[&first, &second]).await;
    assert_eq!(shown(&world, &primary).await["email"], "c@example.com", "of the one that was changed last");
    interaction(&world, &primary, "since").await;
    let answer = undo(&world, &merge).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.body["restored"].as_array().unwrap().len(), 2);
    let after = futures::future::join_all(ids.map(|id| substance(&world, id))).await;
    assert_eq!(after, before);
    let versions = futures::future::join_all(ids.map(|id| async { shown(&world, id).await["version"].clone() })).await;
    assert_eq!(versions, [3, 3, 3]);
    assert_eq!(hanging(&world, &primary).await.len(), 2, "its own, and what came since");
    assert_eq!((hanging(&world, &first).await.len(), hanging(&world, &second).await.len()), (1, 2));
    assert_eq!((holder(&world, "b1").await, members(&world, &group).await), (second.clone(), (vec![first.clone()], 1)));
    let taken = json!({ "email": "b@example.com" });
    let taken = world.client.call(Method::POST, "/api/v1/contacts", Some(&taken)).await.unwrap();
    assert_eq!((taken.status, &taken.body["error"]["details"]["existing_id"]), (409, &json!(first)));
    assert_eq!(undo(&world, &merge).await.status, 409, "once");
    settle(&world).await;
    let told = world.client.get(&of_merge(&merge)).await.unwrap();
    assert_eq!(told["status"], "undone");
    assert_eq!(super::merge(&world, &first, &[&second]).await.len(), 36, "they can be merged again");
}

#[tokio::test]
async fn what_was_changed_since_stays() {
    let world = World::start().await.unwrap();
    let primary = contact(&world, json!({ "first_name": "Ada", "custom_fields": { "a": 1 } })).await;
    let draft = json!({ "email": "b@example.com", "company": "B", "job_title": "B", "tags": ["b"], "custom_fields": { "b": 1, "c": 1 } });
    let other = contact(&world, draft).await;
    let merge = merge(&world, &primary, &[&other]).await;
    let patch =
        json!({ "company": "Mine", "tags": ["b", "mine"], "custom_fields": { "b": 2 }, "email": "ada@example.com" });
    assert_eq!(world.client.call(Method::PATCH, &path(&primary), Some(&patch)).await.unwrap().status, 200);
    assert_eq!(undo(&world, &merge).await.status, 200);
    let found = shown(&world, &primary).await;
    for (field, value) in [
        ("company", json!("Mine")),
        ("job_title", Value::Null),
        ("tags", json!(["mine"])),
        ("custom_fields", json!({ "a": 1, "b": 2 })),
        ("email", json!("ada@example.com")),
    ] {
        assert_eq!(found[field], value, "{field}");
    }
    assert_eq!(shown(&world, &other).await["email"], "b@example.com");
}

#[tokio::test]
async fn an_undo_that_cannot_be_is_refused_and_changes_nothing() {
    let world = World::start().await.unwrap();
    let primary = contact(&world, json!({ "email": "a@example.com" })).await;
    let other = contact(&world, json!({ "email": "b@example.com" })).await;
    let first = merge(&world, &primary, &[&other]).await;
    let holder = contact(&world, json!({ "email": "b@example.com" })).await;
    let version = shown(&world, &primary).await["version"].clone();
    let taken = undo(&world, &first).await;
    assert_eq!((taken.status, &taken.body["error"]["details"]["existing_id"]), (409, &json!(holder)));
    assert_eq!(
        (&shown(&world, &primary).await["version"], &shown(&world, &other).await["id"]),
        (&version, &json!(primary))
    );

    let top = contact(&world, json!({ "first_name": "Top" })).await;
    let second = merge(&world, &top, &[&primary]).await;
    let moved = undo(&world, &first).await;
    assert_eq!((moved.status, &moved.body["error"]["details"]["existing_id"]), (409, &json!(top)));
    assert_eq!(undo(&world, &second).await.status, 200);
    assert_eq!(shown(&world, &other).await["id"], json!(primary), "the first merge stands");
    assert_eq!(world.client.call(Method::DELETE, &path(&holder), None).await.unwrap().status, 204);
    assert_eq!(undo(&world, &first).await.status, 200);

    let third = merge(&world, &primary, &[&other]).await;
    assert_eq!(world.client.call(Method::DELETE, &path(&primary), None).await.unwrap().status, 204);
    assert_eq!(undo(&world, &third).await.status, 409, "the primary is gone");
    let unknown = undo(&world, &world.stack.tenant().to_string()).await;
    assert_eq!(unknown.status, 404);
}

#[tokio::test]
async fn a_merge_can_be_undone_for_30_days() {
    let world = World::start().await.unwrap();
    let primary = contact(&world, json!({ "first_name": "A" })).await;
    let other = contact(&world, json!({ "first_name": "B" })).await;
    let id = merge(&world, &primary, &[&other]).await;
    world.stack.advance(TimeDelta::days(30) - TimeDelta::minutes(5)).await;
    assert_eq!(undo(&world, &id).await.status, 200);
    let id = merge(&world, &primary, &[&other]).await;
    world.stack.advance(TimeDelta::days(30) + TimeDelta::minutes(5)).await;
    assert_eq!(undo(&world, &id).await.status, 409);
    let told = world.client.get(&of_merge(&id)).await.unwrap();
    assert_eq!((&told["status"], &told["before"]), (&json!("completed"), &json!([])));
}

#[tokio::test]
async fn a_chain_of_merges_is_undone_from_its_end() {
    let world = World::start().await.unwrap();
    let mut ids = Vec::new();
    for number in 0..4 {
        ids.push(contact(&world, json!({ "email": format!("{number}@example.com") })).await);
        interaction(&world, &ids[number], &number.to_string()).await;
    }
    let mut merges = Vec::new();
    for pair in ids.windows(2) {
        // The next merge does not wait for what follows from the one before.
        let answer = try_merge(&world, &pair[1], &[&pair[0]]).await;
        assert_eq!(answer.status, 200);
        merges.push(answer.body["merge_id"].as_str().unwrap().to_owned());
    }
    world.settled().await.unwrap();
    for id in &ids {
        assert_eq!(shown(&world, id).await["id"], json!(ids[3]));
    }
    assert_eq!(hanging(&world, &ids[3]).await.len(), 4);
    for (number, merge) in merges.iter().enumerate().rev() {
        assert_eq!(undo(&world, merge).await.status, 200);
        assert_eq!(shown(&world, &ids[0]).await["id"], json!(ids[number]));
        assert_eq!(hanging(&world, &ids[number]).await.len(), number + 1, "undone to {number}");
    }
    settle(&world).await;
    for id in &ids {
        assert_eq!((&shown(&world, id).await["id"], hanging(&world, id).await.len()), (&json!(id), 1));
    }
}

#[tokio::test]
async fn what_is_on_its_way_back_arrives_whatever_becomes_of_the_primary() {
    for deleted in [true, false] {
        let world = World::start().await.unwrap();
        let primary = contact(&world, json!({ "first_name": "Ada" })).await;
        let other = contact(&world, json!({ "email": "b@example.com" })).await;
        let third = contact(&world, json!({ "email": "c@example.com" })).await;
        for number in 0..40 {
            interaction(&world, &other, &format!("{number:02}")).await;
        }
        let id = merge(&world, &primary, &[&other]).await;
        let kill = world.stack.kill("ContactWorkFunction", 1, local::stack::Moment::Before);
        let undone = world.client.post(&format!("{}/undo", of_merge(&id)), &json!({})).await;
        assert!(undone.is_ok());
        kill.happened().await;
        match deleted {
            true => {
                let answer = world.client.call(Method::DELETE, &path(&primary), None).await.unwrap();
                assert_eq!(answer.status, 204);
            }
            false => assert_eq!(try_merge(&world, &third, &[&primary]).await.status, 200),
        }
        settle(&world).await;
        assert_eq!(hanging(&world, &other).await.len(), 40, "deleted: {deleted}");
    }
}

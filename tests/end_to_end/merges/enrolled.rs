//! Merges of contacts that are enrolled in campaigns: every step reaches the person once, at the address that counts now.

use chrono::TimeDelta;
use local::stack::Moment;
use serde_json::{Value, json};
use tests::{LIMIT, World, email, number};

use super::{contact, merge, try_merge, undo};

/// To whom how many messages went.
async fn recipients(world: &World) -> Vec<(String, usize)> {
    let outbox = world.client.get("/_local/outbox?format=json&limit=100").await.unwrap();
    let mut counted = std::collections::BTreeMap::new();
    for message in outbox["messages"].as_array().unwrap() {
        *counted.entry(message["recipient"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    counted.into_iter().collect()
}

async fn person(world: &World, name: &str) -> String {
    contact(world, json!({ "email": format!("{name}@example.com") })).await
}

async fn statuses(world: &World, campaign: &str) -> Vec<(String, i64)> {
    let performance = world.client.get(&format!("/api/v1/campaigns/{campaign}/performance")).await.unwrap();
    let all = performance["enrollments"].as_array().unwrap().iter();
    let all = all.map(|each| (each["status"].as_str().unwrap().to_owned(), number(&each["count"])));
    all.filter(|(_, count)| *count > 0).collect()
}

fn counted(all: &[(&str, usize)]) -> Vec<(String, usize)> {
    all.iter().map(|(name, count)| (format!("{name}@example.com"), *count)).collect()
}

#[tokio::test]
async fn who_was_enrolled_alone_goes_on_as_the_primary() {
    let world = World::start().await.unwrap();
    let (primary, other) = (person(&world, "primary").await, person(&world, "other").await);
    let campaign = world.campaign(&[email(1, 0), email(2, 1)], &json!({ "contact_ids": [other] })).await.unwrap();
    merge(&world, &primary, &[&other]).await;
    world.completed(&campaign, 4).await.unwrap();
    assert_eq!(recipients(&world).await, counted(&[("other", 1), ("primary", 1)]));
    assert_eq!(statuses(&world, &campaign).await, [("completed".to_owned(), 1)]);
    let store = world.stack.store().tenant(world.stack.tenant());
    let kept = store.contacts().holdings(other.parse().unwrap(), None).await.unwrap();
    let messages: Vec<_> = kept.items.iter().filter(|item| item.kind == "message").collect();
    assert_eq!(messages.len(), 2);
    assert!(messages.iter().all(|message| message.data["person"] == json!(primary)), "they are the primary's");
}

#[tokio::test]
async fn of_two_enrolments_of_one_person_one_goes_on() {
    let world = World::start().await.unwrap();
    let (primary, other) = (person(&world, "primary").await, person(&world, "other").await);
    let audience = json!({ "contact_ids": [primary, other] });
    let campaign = world.campaign(&[email(1, 0), email(2, 1)], &audience).await.unwrap();
    merge(&world, &primary, &[&other]).await;
    world.completed(&campaign, 4).await.unwrap();
    assert_eq!(recipients(&world).await, counted(&[("other", 1), ("primary", 2)]));
    assert_eq!(statuses(&world, &campaign).await, [("completed".to_owned(), 1), ("excluded".to_owned(), 1)]);
}

#[tokio::test]
async fn a_step_that_is_due_in_the_moment_of_the_merge_reaches_the_person_once() {
    let world = World::start().await.unwrap();
    let primary = contact(&world, json!({ "first_name": "No address" })).await;
    let (first, second) = (person(&world, "first").await, person(&world, "second").await);
    let audience = json!({ "contact_ids": [first, second] });
    let campaign = world.client.campaign("Now", &[email(1, 0), email(2, 1)]).await.unwrap();
    world.client.enroll(&campaign, &audience, LIMIT).await.unwrap();
    // Nothing of the merge has followed when the sender comes: whoever is to do that dies.
    let kills: Vec<_> = (1..=5).map(|call| world.stack.kill("ContactWorkFunction", call, Moment::Before)).collect();
    let answer = try_merge(&world, &primary, &[&first, &second]).await;
    assert_eq!(answer.status, 200);
    let address = answer.body["contact"]["email"].as_str().unwrap().to_owned();
    world.client.post(&format!("/api/v1/campaigns/{campaign}/start"), &json!({})).await.unwrap();
    world.settled().await.unwrap();
    kills[0].happened().await;
    assert_eq!(recipients(&world).await, counted(&[]), "a sender that knew them apart may still be at it");
    world.stack.advance(TimeDelta::minutes(3)).await;
    world.settled().await.unwrap();
    assert_eq!(recipients(&world).await, [(address.clone(), 1)]);
    world.completed(&campaign, 4).await.unwrap();
    assert_eq!(recipients(&world).await, [(address, 2)]);
    assert_eq!(statuses(&world, &campaign).await, [("completed".to_owned(), 1), ("excluded".to_owned(), 1)]);
}

#[tokio::test]
async fn an_opt_out_of_any_of_them_counts_for_all() {
    let world = World::start().await.unwrap();
    let primary = contact(&world, json!({ "first_name": "P", "opt_in_status": "opted_out" })).await;
    let other = person(&world, "other").await;
    let campaign = world.campaign(&[email(1, 1)], &json!({ "contact_ids": [other] })).await.unwrap();
    merge(&world, &primary, &[&other]).await;
    world.completed(&campaign, 4).await.unwrap();
    assert_eq!(recipients(&world).await, counted(&[]));
    assert_eq!(statuses(&world, &campaign).await, [("unsubscribed".to_owned(), 1)]);
}

#[tokio::test]
async fn an_old_id_enrols_the_primary_and_nobody_twice() {
    let world = World::start().await.unwrap();
    let (primary, first, second) = (person(&world, "p").await, person(&world, "a").await, person(&world, "b").await);
    merge(&world, &primary, &[&first, &second]).await;
    let campaign = world.client.campaign("Old ids", &[email(1, 0)]).await.unwrap();
    let enroll = async |ids: Value| {
        let job = world.client.enroll(&campaign, &json!({ "contact_ids": ids }), LIMIT).await.unwrap();
        ["enrolled", "already_enrolled", "unknown"].map(|part| number(&job[part]))
    };
    assert_eq!(enroll(json!([first, second])).await, [1, 1, 0]);
    assert_eq!(enroll(json!([primary, first])).await, [0, 2, 0]);
    world.client.post(&format!("/api/v1/campaigns/{campaign}/start"), &json!({})).await.unwrap();
    world.completed(&campaign, 2).await.unwrap();
    assert_eq!(recipients(&world).await, counted(&[("p", 1)]));
    let later = person(&world, "later").await;
    let again = world.client.campaign("Again", &[email(1, 0)]).await.unwrap();
    world.client.enroll(&again, &json!({ "contact_ids": [primary] }), LIMIT).await.unwrap();
    merge(&world, &later, &[&primary]).await;
    let job = world.client.enroll(&again, &json!({ "contact_ids": [later] }), LIMIT).await.unwrap();
    assert_eq!(number(&job["already_enrolled"]), 1, "under the id that went into it");
}

#[tokio::test]
async fn after_an_undo_the_enrolment_goes_on_as_whose_it_was() {
    let world = World::start().await.unwrap();
    let (primary, other) = (person(&world, "primary").await, person(&world, "other").await);
    let steps = [email(1, 0), email(2, 1), email(3, 1)];
    let campaign = world.campaign(&steps, &json!({ "contact_ids": [other] })).await.unwrap();
    let id = merge(&world, &primary, &[&other]).await;
    world.stack.advance(TimeDelta::days(1) + TimeDelta::minutes(5)).await;
    world.settled().await.unwrap();
    assert_eq!(undo(&world, &id).await.status, 200);
    world.completed(&campaign, 4).await.unwrap();
    assert_eq!(recipients(&world).await, counted(&[("other", 2), ("primary", 1)]));
    let store = world.stack.store().tenant(world.stack.tenant());
    let kept = store.contacts().holdings(other.parse().unwrap(), None).await.unwrap();
    assert!(kept.items.iter().all(|item| item.data.get("person").is_none()), "they are its own again");
}

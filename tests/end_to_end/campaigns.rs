//! Campaigns: what is refused, and who is reached.

mod activities;
mod caps;
mod conversions;
mod criteria;
mod enrolments;
mod figures;
mod hours;
mod kills;
mod list;
mod messages;
mod moves;
mod rates;
mod replies;
mod scene;
mod schedules;
mod sequences;

use reqwest::Method;
use serde_json::{Value, json};
use tests::{LIMIT, World, email, number, sms};

async fn contact(world: &World, draft: Value) -> String {
    world.client.post("/api/v1/contacts", &draft).await.unwrap()["id"].as_str().unwrap().to_owned()
}

/// A contact with an address of its own.
async fn person(world: &World, number: usize) -> String {
    contact(world, json!({ "first_name": "P", "email": format!("p{number}@example.com") })).await
}

#[tokio::test]
async fn moves_that_make_no_sense_are_refused() {
    let world = World::start().await.unwrap();
    let campaign = world.client.campaign("Empty", &[]).await.unwrap();
    let path = |rest: &str| format!("/api/v1/campaigns/{campaign}/{rest}");
    let post = async |rest: &str, body: Value| world.client.call(Method::POST, &path(rest), Some(&body)).await.unwrap();
    assert_eq!(post("start", json!({})).await.status, 409, "a campaign without messages");
    assert_eq!(
        post("messages", json!({ "step_number": 1, "message_type": "email", "content": "x" })).await.status,
        422
    );
    let bad = json!({ "step_number": 1, "message_type": "sms", "content": "Hi {{nickname}}" });
    assert_eq!(post("messages", bad).await.body["error"]["details"]["field"], "content");
    assert_eq!(post("messages", sms(1, 0)).await.status, 201);
    assert_eq!(post("messages", sms(1, 0)).await.status, 409, "the number is taken");
    assert_eq!(post("enroll", json!({})).await.status, 422);
    assert_eq!(
        post("enroll", json!({ "contact_ids": ["x"] })).await.body["error"]["details"]["field"],
        "contact_ids[0]"
    );
    assert_eq!(post("enroll", json!({ "import_id": world.stack.tenant() })).await.status, 422);
    assert_eq!(post("start", json!({})).await.status, 200);
    assert_eq!(post("start", json!({})).await.status, 409, "it was started before");
}

#[tokio::test]
async fn who_must_not_or_cannot_be_written_to_is_not() {
    let world = World::start().await.unwrap();
    let contacts = [
        contact(&world, json!({ "email": "yes@example.com" })).await,
        contact(&world, json!({ "email": "no@example.com", "do_not_contact": true })).await,
        contact(&world, json!({ "email": "out@example.com", "opt_in_status": "opted_out" })).await,
        contact(&world, json!({ "first_name": "No address" })).await,
        world.stack.tenant().to_string(),
    ];
    let audience = json!({ "contact_ids": contacts });
    let campaign = world.client.campaign("Careful", &[email(1, 0)]).await.unwrap();
    let job = world.client.enroll(&campaign, &audience, LIMIT).await.unwrap();
    assert_eq!((number(&job["enrolled"]), number(&job["unknown"])), (4, 1));
    let again = world.client.enroll(&campaign, &audience, LIMIT).await.unwrap();
    assert_eq!((number(&again["enrolled"]), number(&again["already_enrolled"])), (0, 4));
    world.client.post(&format!("/api/v1/campaigns/{campaign}/start"), &json!({})).await.unwrap();
    world.completed(&campaign, 1).await.unwrap();
    assert_eq!(world.outbox().await.unwrap(), (1, 1));
    let performance = world.client.get(&format!("/api/v1/campaigns/{campaign}/performance")).await.unwrap();
    let count = |status: &str| {
        let all = performance["enrollments"].as_array().unwrap();
        all.iter().find(|each| each["status"] == status).map(|each| number(&each["count"]))
    };
    assert_eq!((count("excluded"), count("unsubscribed")), (Some(2), Some(1)));
}

#[tokio::test]
async fn who_is_enrolled_after_the_start_is_reached_too() {
    let world = World::start().await.unwrap();
    let first = contact(&world, json!({ "email": "first@example.com" })).await;
    let campaign = world.campaign(&[email(1, 0), email(2, 1)], &json!({ "contact_ids": [first] })).await.unwrap();
    let late = contact(&world, json!({ "email": "late@example.com" })).await;
    world.client.enroll(&campaign, &json!({ "contact_ids": [late] }), LIMIT).await.unwrap();
    world.completed(&campaign, 5).await.unwrap();
    let (total, distinct) = world.outbox().await.unwrap();
    assert_eq!(total, distinct);
    let performance = world.client.get(&format!("/api/v1/campaigns/{campaign}/performance")).await.unwrap();
    assert_eq!((number(&performance["total_enrolled"]), number(&performance["emails_sent"])), (2, distinct));
}

#[tokio::test]
async fn a_recipient_whom_the_provider_refuses_harms_no_other() {
    let world = World::start().await.unwrap();
    let refused = contact(&world, json!({ "email": "reject@sandbox.invalid" })).await;
    let bounced = contact(&world, json!({ "email": "bounce@example.com" })).await;
    let fine = contact(&world, json!({ "email": "fine@example.com" })).await;
    let steps = [email(1, 0), email(2, 1)];
    let campaign = world.campaign(&steps, &json!({ "contact_ids": [refused, bounced, fine] })).await.unwrap();
    world.completed(&campaign, 5).await.unwrap();
    let performance = world.client.get(&format!("/api/v1/campaigns/{campaign}/performance")).await.unwrap();
    let first = &performance["steps"][0];
    assert_eq!((number(&first["messages"]), number(&first["failed"]), number(&first["bounced"])), (3, 1, 1));
    let second = &performance["steps"][1];
    assert_eq!(number(&second["messages"]), 2, "a bounce ends the sequence, a refusal does not");
}

#[tokio::test]
async fn the_clock_moves_and_what_was_missed_is_caught_up() {
    let world = World::start().await.unwrap();
    let ada = contact(&world, json!({ "email": "ada@example.com", "phone": "+12025550143" })).await;
    let campaign = world.campaign(&[sms(1, 2), email(2, 3)], &json!({ "contact_ids": [ada] })).await.unwrap();
    assert_eq!(world.outbox().await.unwrap().0, 0, "nothing is due before two days have passed");
    let moved = world.client.post("/_local/clock", &json!({ "advance": "2d" })).await.unwrap();
    assert!(moved["ahead_seconds"].as_i64().unwrap() >= 2 * 86_400);
    world.stack.advance(chrono::TimeDelta::minutes(3)).await;
    world.settled().await.unwrap();
    assert_eq!(world.outbox().await.unwrap().0, 1);
    world.completed(&campaign, 5).await.unwrap();
    assert_eq!(world.outbox().await.unwrap().0, 2);
}

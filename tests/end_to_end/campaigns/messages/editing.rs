//! A campaign whose steps change while contacts are on their way through it.

use std::time::Duration;

use super::*;

/// Lets the sender forget what it has read of the campaign: it believes that for two seconds, which no clock moves.
async fn forgotten() {
    tokio::time::sleep(Duration::from_millis(2_100)).await;
}

/// A campaign whose contact has got its first step; the path of its messages, and the campaign.
async fn under_way(world: &World, steps: &[Value]) -> (String, String) {
    let ada = json!({ "first_name": "Ada", "email": "ada@example.com" });
    let ada = world.client.post("/api/v1/contacts", &ada).await.unwrap();
    let campaign = world.campaign(steps, &json!({ "contact_ids": [ada["id"]] })).await.unwrap();
    world.settled().await.unwrap();
    assert_eq!(subjects(world).await.len(), 1, "the first step is sent at once");
    (format!("/api/v1/campaigns/{campaign}/messages"), campaign)
}

fn step(number: u32, days: u32, subject: &str) -> Value {
    json!({ "step_number": number, "message_type": "email", "subject": subject, "content": subject, "delay_amount": days })
}

/// The subjects of what was sent, in the order of sending.
async fn subjects(world: &World) -> Vec<String> {
    let outbox = world.client.get("/_local/outbox?format=json").await.unwrap();
    let sent = outbox["messages"].as_array().unwrap().iter().rev();
    sent.map(|message| message["subject"].as_str().unwrap().to_owned()).collect()
}

async fn path_of(world: &World, messages: &str, number: i64) -> String {
    let list = world.client.get(messages).await.unwrap();
    let step = list["items"].as_array().unwrap().iter().find(|step| step["step_number"] == number).unwrap().clone();
    format!("{messages}/{}", step["id"].as_str().unwrap())
}

#[tokio::test]
async fn a_removed_step_is_skipped_and_an_added_one_is_sent() {
    let world = World::start().await.unwrap();
    let (messages, campaign) = under_way(&world, &[step(1, 0, "one"), step(2, 1, "two"), step(3, 1, "three")]).await;
    let second = path_of(&world, &messages, 2).await;
    assert_eq!(world.client.call(Method::DELETE, &second, None).await.unwrap().status, 204);
    add(&world, &messages, step(4, 1, "four")).await;
    forgotten().await;
    world.completed(&campaign, 6).await.unwrap();
    assert_eq!(subjects(&world).await, ["one", "three", "four"]);
}

#[tokio::test]
async fn what_is_changed_is_sent_as_it_is_when_it_is_due() {
    let world = World::start().await.unwrap();
    let (messages, campaign) = under_way(&world, &[step(1, 0, "one"), step(2, 1, "two")]).await;
    let second = path_of(&world, &messages, 2).await;
    let patch = json!({ "subject": "Dear {{first_name}}", "content": "<p>{{first_name}}</p>" });
    assert_eq!(call(&world, Method::PATCH, &second, patch).await.status, 200);
    forgotten().await;
    world.completed(&campaign, 4).await.unwrap();
    assert_eq!(subjects(&world).await, ["one", "Dear Ada"]);
    let outbox = world.client.get("/_local/outbox?format=json").await.unwrap();
    let sent = &outbox["messages"][0];
    assert_eq!((&sent["html"], &sent["body"]), (&json!("<p>Ada</p>"), &json!("Ada")));
}

#[tokio::test]
async fn a_renumbered_step_is_sent_once_and_a_contact_keeps_its_place() {
    let world = World::start().await.unwrap();
    let (messages, campaign) = under_way(&world, &[step(1, 0, "one"), step(2, 1, "two"), step(5, 1, "five")]).await;
    let first = path_of(&world, &messages, 1).await;
    assert_eq!(call(&world, Method::PATCH, &first, json!({ "step_number": 3 })).await.status, 200);
    let last = path_of(&world, &messages, 5).await;
    assert_eq!(call(&world, Method::PATCH, &last, json!({ "step_number": 1 })).await.status, 200);
    add(&world, &messages, step(6, 0, "six")).await;
    forgotten().await;
    world.completed(&campaign, 8).await.unwrap();
    let sent = subjects(&world).await;
    assert_eq!(
        sent,
        ["one", "two", "six"],
        "what was sent is not sent again, and what is behind the contact stays there"
    );
    let (total, distinct) = world.outbox().await.unwrap();
    assert_eq!(total, distinct);
}

//! The life of a campaign: every move from every status, through the API.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};
use tests::{World, email};

use super::{contact, person};

const STATUSES: [&str; 7] = ["draft", "scheduled", "active", "paused", "completed", "cancelled", "archived"];
const MOVES: [&str; 6] = ["schedule", "start", "pause", "resume", "cancel", "archive"];

async fn call(world: &World, campaign: &str, step: &str) -> (u16, Value) {
    let path = format!("/api/v1/campaigns/{campaign}");
    let answer = match step {
        "archive" => world.client.call(Method::DELETE, &path, None).await,
        "schedule" => {
            let date = json!({ "start_date": world.stack.clock().now() + TimeDelta::days(1) });
            world.client.call(Method::POST, &format!("{path}/schedule"), Some(&date)).await
        }
        _ => world.client.call(Method::POST, &format!("{path}/{step}"), None).await,
    };
    let answer = answer.unwrap();
    (answer.status, answer.body)
}

/// A campaign that stands there.
async fn campaign(world: &World, status: &str) -> String {
    let campaign = world.client.campaign("Moving", &[email(1, 0)]).await.unwrap();
    let steps: &[&str] = match status {
        "draft" => &[],
        "scheduled" => &["schedule"],
        "active" => &["start"],
        "paused" => &["start", "pause"],
        "completed" => {
            let ids = json!({ "contact_ids": [contact(world, json!({ "first_name": "No address" })).await] });
            world.client.enroll(&campaign, &ids, tests::LIMIT).await.unwrap();
            &["start"]
        }
        "cancelled" => &["start", "cancel"],
        _ => &["archive"],
    };
    for step in steps {
        assert!(call(world, &campaign, step).await.0 < 300, "{step}");
    }
    if status == "completed" {
        world.completed(&campaign, 1).await.unwrap();
    }
    campaign
}

fn after(status: &str, step: &str) -> Option<&'static str> {
    match (status, step) {
        ("draft" | "scheduled", "schedule") => Some("scheduled"),
        ("draft" | "scheduled", "start") => Some("active"),
        ("active", "pause") => Some("paused"),
        ("paused", "resume") => Some("active"),
        ("scheduled" | "active" | "paused", "cancel") => Some("cancelled"),
        (status, "archive") if status != "archived" => Some("archived"),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_move_from_every_status_is_made_or_refused_as_the_table_says() {
    let world = World::start().await.unwrap();
    for status in STATUSES {
        for step in MOVES {
            let campaign = campaign(&world, status).await;
            let (answer, body) = call(&world, &campaign, step).await;
            let now = world.client.get(&format!("/api/v1/campaigns/{campaign}")).await.unwrap();
            match after(status, step) {
                Some(expected) => {
                    assert_eq!((answer < 300, &now["status"]), (true, &json!(expected)), "{step} of {status}: {body}");
                }
                None => {
                    assert_eq!((answer, &now["status"]), (409, &json!(status)), "{step} of {status}");
                    let message = body["error"]["message"].as_str().unwrap();
                    assert!(message.contains(status), "{step} of {status}: {message}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_campaign_without_messages_is_not_started_and_a_date_of_the_past_is_not_scheduled() {
    let world = World::start().await.unwrap();
    let empty = world.client.campaign("Empty", &[]).await.unwrap();
    let path = format!("/api/v1/campaigns/{empty}");
    let schedule = async |date: Value| {
        let body = json!({ "start_date": date });
        world.client.call(Method::POST, &format!("{path}/schedule"), Some(&body)).await.unwrap()
    };
    let tomorrow = json!(world.stack.clock().now() + TimeDelta::days(1));
    assert_eq!(schedule(tomorrow.clone()).await.status, 409);
    world.client.post(&format!("{path}/messages"), &email(1, 0)).await.unwrap();
    for date in [Value::Null, json!(world.stack.clock().now())] {
        let refused = schedule(date).await;
        assert_eq!((refused.status, &refused.body["error"]["details"]["field"]), (422, &json!("start_date")));
    }
    let scheduled = schedule(tomorrow.clone()).await;
    assert_eq!((scheduled.status, scheduled.header("etag")), (200, "\"2\""));
    let own = world.client.post(&format!("{path}/schedule"), &json!({})).await.unwrap();
    assert_eq!((&own["status"], &own["version"]), (&json!("scheduled"), &json!(3)), "at its own start date");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paused_campaign_sends_nothing_and_goes_on_where_it_was() {
    let world = World::start().await.unwrap();
    let people = json!({ "contact_ids": [person(&world, 1).await, person(&world, 2).await] });
    // Nothing is sent before the pause: for two seconds a sender believes what it knows of a campaign.
    let campaign = world.campaign(&[email(1, 1), email(2, 1)], &people).await.unwrap();
    assert_eq!(call(&world, &campaign, "pause").await.0, 200);
    let late = json!({ "contact_ids": [person(&world, 3).await] });
    world.client.enroll(&campaign, &late, tests::LIMIT).await.unwrap();
    for _ in 0..3 {
        world.stack.advance(TimeDelta::days(1)).await;
        world.settled().await.unwrap();
    }
    assert_eq!(world.outbox().await.unwrap().0, 0);
    assert_eq!(call(&world, &campaign, "resume").await.0, 200);
    world.settled().await.unwrap();
    assert_eq!(world.outbox().await.unwrap().0, 2, "those whose step was due meanwhile");
    world.completed(&campaign, 6).await.unwrap();
    assert_eq!(world.outbox().await.unwrap(), (6, 6));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_campaign_with_nobody_left_completes_when_it_is_started_or_resumed() {
    let world = World::start().await.unwrap();
    for paused in [false, true] {
        let gone = person(&world, 1).await;
        let campaign = world.client.campaign("Nobody", &[email(1, 5)]).await.unwrap();
        let ids = json!({ "contact_ids": [gone] });
        world.client.enroll(&campaign, &ids, tests::LIMIT).await.unwrap();
        let path = format!("/api/v1/campaigns/{campaign}");
        if paused {
            call(&world, &campaign, "start").await;
            call(&world, &campaign, "pause").await;
        }
        let out = world.client.post(&format!("{path}/unenroll/{gone}"), &json!({})).await.unwrap();
        assert_eq!(out["status"], "cancelled");
        world.settled().await.unwrap();
        assert_ne!(world.client.get(&path).await.unwrap()["status"], "completed");
        call(&world, &campaign, if paused { "resume" } else { "start" }).await;
        world.settled().await.unwrap();
        assert_eq!(world.client.get(&path).await.unwrap()["status"], "completed");
        world.client.call(Method::DELETE, &format!("/api/v1/contacts/{gone}"), None).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_cancelled_or_archived_stays_so_and_nobody_stays_open() {
    let world = World::start().await.unwrap();
    let people = json!({ "contact_ids": [person(&world, 1).await, person(&world, 2).await] });
    for (number, step) in ["cancel", "archive"].into_iter().enumerate() {
        let campaign = world.campaign(&[email(1, 0), email(2, 1)], &people).await.unwrap();
        assert!(call(&world, &campaign, step).await.0 < 300);
        world.settled().await.unwrap();
        let path = format!("/api/v1/campaigns/{campaign}");
        let enrolled = world.client.get(&format!("{path}/contacts?status=cancelled")).await.unwrap();
        assert_eq!(enrolled["total"], 2);
        assert!(enrolled["items"][0]["reason"].as_str().unwrap().starts_with("the campaign was"));
        let refused = world.client.call(Method::POST, &format!("{path}/enroll"), Some(&people)).await.unwrap();
        assert_eq!(refused.status, 409);
        for _ in 0..3 {
            world.stack.advance(TimeDelta::days(1)).await;
            world.settled().await.unwrap();
        }
        assert_eq!(world.outbox().await.unwrap().0, 2 * (number as i64 + 1), "the first step only");
        let funnel = world.client.get(&format!("{path}/performance")).await.unwrap();
        let sum: i64 = funnel["enrollments"].as_array().unwrap().iter().map(|each| tests::number(&each["count"])).sum();
        assert_eq!(sum, 2, "the states sum to the enrolled");
    }
}

#[tokio::test]
async fn a_move_that_is_asked_for_again_with_its_key_is_made_once() {
    let world = World::start().await.unwrap();
    let campaign = campaign(&world, "draft").await;
    for (step, expected) in [("start", "active"), ("pause", "paused"), ("resume", "active"), ("cancel", "cancelled")] {
        let path = format!("/api/v1/campaigns/{campaign}/{step}");
        let key = [("idempotency-key", step)];
        let first = world.client.call_with(Method::POST, &path, &key, None).await.unwrap();
        let again = world.client.call_with(Method::POST, &path, &key, None).await.unwrap();
        assert_eq!((first.status, &first.body["status"]), (200, &json!(expected)));
        assert_eq!((&again.body, again.header("idempotency-replayed")), (&first.body, "true"));
    }
    let audit = world.client.get("/api/v1/audit?per_page=5").await.unwrap();
    let told: Vec<_> = audit["items"].as_array().unwrap().iter().map(|entry| entry["action"].clone()).collect();
    assert_eq!(
        told,
        ["campaign.cancelled", "campaign.resumed", "campaign.paused", "campaign.started", "campaign.created"]
    );
}

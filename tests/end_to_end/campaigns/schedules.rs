//! Campaigns that time moves: they begin at their start date, and end at their end date.

use chrono::TimeDelta;
use serde_json::{Value, json};
use tests::{LIMIT, World, email, number};

use super::person;

async fn scheduled(world: &World, steps: &[Value], start: TimeDelta, end: Option<TimeDelta>) -> String {
    let campaign = world.client.campaign("Timed", steps).await.unwrap();
    let now = world.stack.clock().now();
    let path = format!("/api/v1/campaigns/{campaign}");
    if let Some(end) = end {
        let body = json!({ "end_date": now + end });
        world.client.call(reqwest::Method::PATCH, &path, Some(&body)).await.unwrap();
    }
    world.client.post(&format!("{path}/schedule"), &json!({ "start_date": now + start })).await.unwrap();
    campaign
}

async fn status(world: &World, campaign: &str) -> String {
    let campaign = world.client.get(&format!("/api/v1/campaigns/{campaign}")).await.unwrap();
    campaign["status"].as_str().unwrap().to_owned()
}

async fn pass(world: &World, time: TimeDelta) {
    world.stack.advance(time).await;
    world.settled().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scheduled_campaign_begins_at_its_date_and_not_before() {
    let world = World::start().await.unwrap();
    let campaign = scheduled(&world, &[email(1, 0)], TimeDelta::days(2), None).await;
    let people = json!({ "contact_ids": [person(&world, 1).await] });
    world.client.enroll(&campaign, &people, LIMIT).await.unwrap();
    pass(&world, TimeDelta::hours(47)).await;
    assert_eq!((status(&world, &campaign).await.as_str(), world.outbox().await.unwrap().0), ("scheduled", 0));
    pass(&world, TimeDelta::minutes(62)).await;
    assert_eq!(status(&world, &campaign).await, "completed");
    assert_eq!(world.outbox().await.unwrap(), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_schedule_that_is_moved_counts_as_it_was_moved() {
    let world = World::start().await.unwrap();
    let campaign = scheduled(&world, &[email(1, 0)], TimeDelta::days(2), None).await;
    let path = format!("/api/v1/campaigns/{campaign}");
    let later = json!({ "start_date": world.stack.clock().now() + TimeDelta::days(4) });
    world.client.post(&format!("{path}/schedule"), &later).await.unwrap();
    pass(&world, TimeDelta::days(3)).await;
    assert_eq!(status(&world, &campaign).await, "scheduled");
    let sooner = json!({ "start_date": world.stack.clock().now() + TimeDelta::hours(1) });
    world.client.call(reqwest::Method::PATCH, &path, Some(&sooner)).await.unwrap();
    pass(&world, TimeDelta::minutes(62)).await;
    assert_eq!(status(&world, &campaign).await, "active", "nobody is in it, so it waits");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_schedule_never_begins() {
    let world = World::start().await.unwrap();
    let campaign = scheduled(&world, &[email(1, 0)], TimeDelta::days(1), None).await;
    let people = json!({ "contact_ids": [person(&world, 1).await] });
    world.client.enroll(&campaign, &people, LIMIT).await.unwrap();
    world.client.post(&format!("/api/v1/campaigns/{campaign}/cancel"), &json!({})).await.unwrap();
    pass(&world, TimeDelta::days(2)).await;
    assert_eq!((status(&world, &campaign).await.as_str(), world.outbox().await.unwrap().0), ("cancelled", 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_the_end_date_what_is_open_ends_and_the_campaign_is_complete() {
    let world = World::start().await.unwrap();
    let steps = [email(1, 0), email(2, 9)];
    let campaign = scheduled(&world, &steps, TimeDelta::days(1), Some(TimeDelta::days(5))).await;
    let path = format!("/api/v1/campaigns/{campaign}");
    let people = json!({ "contact_ids": [person(&world, 1).await, person(&world, 2).await] });
    world.client.enroll(&campaign, &people, LIMIT).await.unwrap();
    pass(&world, TimeDelta::hours(25)).await;
    assert_eq!((status(&world, &campaign).await.as_str(), world.outbox().await.unwrap().0), ("active", 2));
    let late = json!({ "contact_ids": [person(&world, 3).await] });
    pass(&world, TimeDelta::hours(4 * 24 - 2)).await;
    assert_eq!(status(&world, &campaign).await, "active");
    pass(&world, TimeDelta::hours(2)).await;
    assert_eq!((status(&world, &campaign).await.as_str(), world.outbox().await.unwrap().0), ("completed", 2));
    let ended = world.client.get(&format!("{path}/contacts?status=completed")).await.unwrap();
    assert_eq!(
        (number(&ended["total"]), &ended["items"][0]["reason"]),
        (2, &json!("the campaign's end date has passed"))
    );
    let refused = world.client.call(reqwest::Method::POST, &format!("{path}/enroll"), Some(&late)).await.unwrap();
    assert_eq!(refused.status, 409);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paused_campaign_whose_end_date_passes_ends_when_it_is_resumed() {
    let world = World::start().await.unwrap();
    let steps = [email(1, 0), email(2, 1)];
    let campaign = scheduled(&world, &steps, TimeDelta::hours(1), Some(TimeDelta::days(3))).await;
    let path = format!("/api/v1/campaigns/{campaign}");
    let people = json!({ "contact_ids": [person(&world, 1).await] });
    world.client.enroll(&campaign, &people, LIMIT).await.unwrap();
    pass(&world, TimeDelta::hours(2)).await;
    world.client.post(&format!("{path}/pause"), &json!({})).await.unwrap();
    pass(&world, TimeDelta::days(4)).await;
    assert_eq!(status(&world, &campaign).await, "paused");
    world.client.post(&format!("{path}/resume"), &json!({})).await.unwrap();
    pass(&world, TimeDelta::minutes(3)).await;
    assert_eq!((status(&world, &campaign).await.as_str(), world.outbox().await.unwrap().0), ("completed", 1));
}

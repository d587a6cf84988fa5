//! Workers of enrolment jobs that are killed in the middle: everybody is enrolled, goes on or ends, once.

use chrono::TimeDelta;
use local::demo::people::people;
use local::stack::Moment;
use serde_json::{Value, json};
use tests::{World, email, number};

const WORKER: &str = "EnrollmentFunction";

fn moments(calls: std::ops::RangeInclusive<u64>) -> impl Iterator<Item = (u64, Moment)> {
    calls.flat_map(|call| [(call, Moment::Before), (call, Moment::After)])
}

/// A world with so many people, all of them with a tag, and how many of them were made.
async fn world_of(count: u64) -> (World, i64) {
    let world = World::start().await.unwrap();
    let import = world.import(people(count).csv, &json!({ "tags": ["all"] })).await.unwrap();
    world.settled().await.unwrap();
    (world, number(&import["created"]))
}

async fn draft(world: &World, criteria: Value) -> String {
    let body = json!({ "name": "Killed", "campaign_type": "email", "target_criteria": criteria });
    let id = world.client.post("/api/v1/campaigns", &body).await.unwrap()["id"].as_str().unwrap().to_owned();
    for step in [email(1, 0), email(2, 1)] {
        world.client.post(&format!("/api/v1/campaigns/{id}/messages"), &step).await.unwrap();
    }
    id
}

async fn post(world: &World, campaign: &str, step: &str) {
    world.client.post(&format!("/api/v1/campaigns/{campaign}/{step}"), &json!({})).await.unwrap();
}

/// What a dead worker left undone is looked after a quarter of an hour later.
async fn looked_after(world: &World) {
    world.settled().await.unwrap();
    world.stack.advance(TimeDelta::minutes(16)).await;
    world.settled().await.unwrap();
}

async fn standing(world: &World, campaign: &str, status: &str) -> i64 {
    let path = format!("/api/v1/campaigns/{campaign}/performance");
    let performance = world.client.get(&path).await.unwrap();
    let all = performance["enrollments"].as_array().unwrap();
    all.iter().find(|each| each["status"] == status).map_or(-1, |each| number(&each["count"]))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_killed_at_any_call_enrols_everybody_whom_the_criteria_mean_once() {
    let (world, created) = world_of(240).await;
    for most in [None, Some(150)] {
        for (call, moment) in moments(1..=24).step_by(if most.is_none() { 1 } else { 5 }) {
            let id = draft(&world, json!({ "tags": ["all"], "max_contacts": most })).await;
            let kill = world.stack.kill(WORKER, call, moment);
            post(&world, &id, "enroll-from-criteria").await;
            kill.happened().await;
            looked_after(&world).await;
            let found = world.client.get(&format!("/api/v1/campaigns/{id}")).await.unwrap();
            let expected = most.unwrap_or(created);
            let told = format!("killed {moment:?} call {call}, at most {most:?}");
            assert_eq!((number(&found["audience"]), number(&found["enrolling"])), (expected, 0), "{told}");
            assert_eq!(standing(&world, &id, "pending").await, expected, "{told}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_killed_at_any_call_lets_everybody_go_on_after_a_pause() {
    for (call, moment) in moments(1..=70).step_by(9) {
        let (world, created) = world_of(60).await;
        let id = draft(&world, json!({ "tags": ["all"] })).await;
        post(&world, &id, "start").await;
        world.settled().await.unwrap();
        post(&world, &id, "pause").await;
        world.stack.advance(TimeDelta::days(2)).await;
        world.settled().await.unwrap();
        let kill = world.stack.kill(WORKER, call, moment);
        post(&world, &id, "resume").await;
        kill.happened().await;
        looked_after(&world).await;
        world.completed(&id, 3).await.unwrap();
        let (total, distinct) = world.outbox().await.unwrap();
        assert_eq!(total, distinct, "killed {moment:?} call {call}");
        let ended = standing(&world, &id, "pending").await + standing(&world, &id, "active").await;
        assert_eq!(ended, 0, "killed {moment:?} call {call}");
        let list = world.client.get(&format!("/api/v1/campaigns/{id}/contacts?per_page=1")).await.unwrap();
        assert_eq!(number(&list["total"]), created);
        world.stack.stop().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_killed_at_any_call_ends_everybody_of_a_cancelled_campaign() {
    let (world, created) = world_of(60).await;
    for (call, moment) in moments(1..=80).step_by(7) {
        let id = draft(&world, json!({ "tags": ["all"] })).await;
        post(&world, &id, "enroll-from-criteria").await;
        world.settled().await.unwrap();
        let path = format!("/api/v1/campaigns/{id}");
        let date = json!({ "start_date": world.stack.clock().now() + TimeDelta::days(9) });
        world.client.post(&format!("{path}/schedule"), &date).await.unwrap();
        let kill = world.stack.kill(WORKER, call, moment);
        post(&world, &id, "cancel").await;
        kill.happened().await;
        looked_after(&world).await;
        let found = world.client.get(&path).await.unwrap();
        assert_eq!((&found["status"], number(&found["enrolling"])), (&json!("cancelled"), 0));
        assert_eq!(standing(&world, &id, "cancelled").await, created, "killed {moment:?} call {call}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whom_a_job_enrols_while_the_campaign_is_cancelled_does_not_stay_open() {
    let (world, _) = world_of(600).await;
    for _ in 0..6 {
        let id = draft(&world, json!({ "tags": ["all"] })).await;
        let path = format!("/api/v1/campaigns/{id}");
        let date = json!({ "start_date": world.stack.clock().now() + TimeDelta::days(9) });
        world.client.post(&format!("{path}/schedule"), &date).await.unwrap();
        post(&world, &id, "enroll-from-criteria").await;
        post(&world, &id, "cancel").await;
        world.settled().await.unwrap();
        let found = world.client.get(&path).await.unwrap();
        assert_eq!((standing(&world, &id, "pending").await, number(&found["enrolling"])), (0, 0));
        assert_eq!(standing(&world, &id, "cancelled").await, number(&found["audience"]));
    }
}

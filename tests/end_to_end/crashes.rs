//! Workers that are killed in the middle: nobody is lost, nothing happens twice.

use chrono::TimeDelta;
use local::demo::people::people;
use local::stack::Moment;
use serde_json::json;
use tests::{World, email, expected, number, outcomes};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_worker_killed_at_any_call_leaves_the_sums_right() {
    let people = people(300);
    for (call, moment) in (1..=12).flat_map(|call| [(call, Moment::Before), (call, Moment::After)]) {
        let world = World::start().await.unwrap();
        let kill = world.stack.kill("ImportWorkFunction", call, moment);
        let import = world.import(people.csv.clone(), &json!({})).await.unwrap();
        kill.happened().await;
        assert_eq!(outcomes(&import), expected(&people), "killed {moment:?} call {call}");
        world.settled().await.unwrap();
        let campaign = world.campaign(&[email(1, 30)], &json!({ "import_id": import["id"] })).await.unwrap();
        let found = world.client.get(&format!("/api/v1/campaigns/{campaign}")).await.unwrap();
        assert_eq!(number(&found["audience"]), people.created.cast_signed(), "every contact is there once");
        world.stack.stop().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_splitter_killed_at_any_call_leaves_the_sums_right() {
    let people = people(2_300);
    for (call, moment) in (2..=7).flat_map(|call| [(call, Moment::Before), (call, Moment::After)]) {
        let world = World::start().await.unwrap();
        let kill = world.stack.kill("ImportSplitFunction", call, moment);
        let import = world.import(people.csv.clone(), &json!({})).await.unwrap();
        kill.happened().await;
        assert_eq!(outcomes(&import), expected(&people), "killed {moment:?} call {call}");
        world.stack.stop().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_enrolment_worker_killed_at_any_call_enrols_everybody_once() {
    let people = people(150);
    for (call, moment) in (4..=14).flat_map(|call| [(call, Moment::Before), (call, Moment::After)]) {
        let world = World::start().await.unwrap();
        let import = world.import(people.csv.clone(), &json!({})).await.unwrap();
        let kill = world.stack.kill("EnrollmentFunction", call, moment);
        let campaign = world.campaign(&[email(1, 0)], &json!({ "import_id": import["id"] })).await.unwrap();
        kill.happened().await;
        world.completed(&campaign, 3).await.unwrap();
        everybody_was_reached_once(&world, &campaign, people.created.cast_signed()).await;
        world.stack.stop().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sender_killed_at_any_call_sends_nothing_twice_and_forgets_nobody() {
    let people = people(60);
    for (call, moment) in (1..=40).step_by(3).flat_map(|call| [(call, Moment::Before), (call, Moment::After)]) {
        let world = World::start().await.unwrap();
        let import = world.import(people.csv.clone(), &json!({})).await.unwrap();
        let kill = world.stack.kill("SenderFunction", call, moment);
        let campaign =
            world.campaign(&[email(1, 0), email(2, 1)], &json!({ "import_id": import["id"] })).await.unwrap();
        kill.happened().await;
        // The dead worker's claims are looked into once their lease is over.
        world.stack.advance(TimeDelta::minutes(5)).await;
        world.completed(&campaign, 5).await.unwrap();
        everybody_was_reached_once(&world, &campaign, people.created.cast_signed()).await;
        world.stack.stop().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_projector_killed_at_any_call_counts_everything_once() {
    let people = people(60);
    for (call, moment) in (1..=9).flat_map(|call| [(call, Moment::Before), (call, Moment::After)]) {
        let world = World::start().await.unwrap();
        let import = world.import(people.csv.clone(), &json!({})).await.unwrap();
        let kill = world.stack.kill("ProjectorFunction", call, moment);
        let campaign =
            world.campaign(&[email(1, 0), email(2, 1)], &json!({ "import_id": import["id"] })).await.unwrap();
        kill.happened().await;
        world.completed(&campaign, 5).await.unwrap();
        everybody_was_reached_once(&world, &campaign, people.created.cast_signed()).await;
        world.stack.stop().await.unwrap();
    }
}

async fn everybody_was_reached_once(world: &World, campaign: &str, enrolled: i64) {
    let (total, distinct) = world.outbox().await.unwrap();
    assert_eq!(total, distinct, "no message goes out twice");
    let performance = world.client.get(&format!("/api/v1/campaigns/{campaign}/performance")).await.unwrap();
    assert_eq!(number(&performance["total_enrolled"]), enrolled);
    let sent: i64 = performance["steps"].as_array().unwrap().iter().map(|step| number(&step["sent"])).sum();
    assert_eq!(sent, distinct, "the counters agree with the provider: {performance}");
    let ended = performance["enrollments"].as_array().unwrap().iter();
    let ended: i64 = ended
        .filter(|each| each["status"] != "pending" && each["status"] != "active")
        .map(|each| number(&each["count"]))
        .sum();
    assert_eq!(ended, enrolled, "nobody is forgotten");
}

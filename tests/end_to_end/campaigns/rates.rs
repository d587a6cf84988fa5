//! Rates: what a provider bears is kept to, and a provider that asks to wait slows a campaign but loses nobody.

use domain::Timestamp;
use futures::future::join_all;
use serde_json::json;
use tests::{World, email};

use super::scene::{at_noon, campaign, contact};

/// When the provider took each message, in order.
async fn taken(world: &World) -> Vec<Timestamp> {
    let outbox = world.client.get("/_local/outbox?format=json&limit=1000").await.unwrap();
    let messages = outbox["messages"].as_array().unwrap();
    let mut taken: Vec<Timestamp> =
        messages.iter().map(|message| message["accepted_at"].as_str().unwrap().parse().unwrap()).collect();
    taken.sort();
    taken
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_second_has_more_messages_than_the_rate_and_one_lease() {
    let world = at_noon(json!({ "send_rates": { "email": 10 } })).await;
    let people = join_all((0..60).map(|number| contact(&world, &format!("person{number}"), json!(null)))).await;
    let (one, other) = people.split_at(30);
    let steps = [email(1, 0)];
    let campaigns = [campaign(&world, json!({}), &steps, one).await, campaign(&world, json!({}), &steps, other).await];
    world.settled().await.unwrap();
    let taken = taken(&world).await;
    assert_eq!(taken.len(), 60);
    let in_second = |first: &Timestamp| {
        let second = *first..*first + chrono::TimeDelta::seconds(1);
        taken.iter().filter(|moment| second.contains(moment)).count()
    };
    let most = taken.iter().map(in_second).max();
    assert!(most <= Some(21), "{most:?} in a second: {taken:?}");
    for campaign in campaigns {
        world.completed(&campaign, 1).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_asks_to_wait_gets_everything_later_and_once() {
    let world = at_noon(json!({})).await;
    let people = join_all((0..8).map(|number| contact(&world, &format!("person{number}"), json!(null)))).await;
    world.stack.sandbox().be_busy_for(12);
    let campaign = campaign(&world, json!({}), &[email(1, 0)], &people).await;
    world.settled().await.unwrap();
    world.completed(&campaign, 1).await.unwrap();
    assert_eq!(world.outbox().await.unwrap(), (8, 8));
    let performance = world.client.get(&format!("/api/v1/campaigns/{campaign}/performance")).await.unwrap();
    assert_eq!(performance["steps"][0]["messages"], 8, "claims that were given back are not counted: {performance}");
}

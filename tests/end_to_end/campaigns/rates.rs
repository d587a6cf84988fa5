//! Rates: what a provider bears is kept to, and a provider that asks to wait slows a campaign but loses nobody.

use chrono::TimeDelta;
use domain::Timestamp;
use domain::message::Channel;
use domain::pace::Rate;
use futures::future::join_all;
use serde_json::json;
use store::Slots;
use tests::{World, email};

use super::scene::{at_noon, campaign, people};

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
    let people = people(&world, "person", 60).await;
    let (one, other) = people.split_at(30);
    let steps = [email(1, 0)];
    let campaigns = [campaign(&world, json!({}), &steps, one).await, campaign(&world, json!({}), &steps, other).await];
    world.settled().await.unwrap();
    let taken = taken(&world).await;
    assert_eq!(taken.len(), 60);
    let in_second = |first: &Timestamp| {
        let second = *first..*first + TimeDelta::seconds(1);
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
    let people = people(&world, "person", 8).await;
    world.stack.sandbox().be_busy_for(12);
    let campaign = campaign(&world, json!({}), &[email(1, 0)], &people).await;
    world.settled().await.unwrap();
    world.completed(&campaign, 1).await.unwrap();
    assert_eq!(world.outbox().await.unwrap(), (8, 8));
    let performance = world.client.get(&format!("/api/v1/campaigns/{campaign}/performance")).await.unwrap();
    assert_eq!(performance["steps"][0]["messages"], 8, "claims that were given back are not counted: {performance}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slots_that_are_taken_at_the_same_moment_are_different_ones() {
    let world = World::start().await.unwrap();
    let rows = world.stack.store().tenant(world.stack.tenant()).rows();
    let (rate, now) = (Rate::per_second(100.0), world.stack.clock().now());
    let takes = join_all((1..=12).map(|count| rows.take(Channel::Sms, rate, count, false, now))).await;
    let mut slots: Vec<Timestamp> = Vec::new();
    for taken in takes {
        let Slots::Taken(taken) = taken.unwrap() else { panic!("there are slots") };
        slots.extend((0..taken.count).map(|number| taken.first + rate.time_of(number)));
    }
    slots.sort();
    let row: Vec<Timestamp> = (0..78).map(|number| now + rate.time_of(number)).collect();
    assert_eq!(slots, row);
    rows.take(Channel::Sms, rate, 100 * 120, false, now).await.unwrap();
    assert!(matches!(rows.take(Channel::Sms, rate, 1, false, now).await.unwrap(), Slots::Full(_)));
    assert!(matches!(rows.take(Channel::Sms, rate, 1, true, now).await.unwrap(), Slots::Taken(_)));
    let places = join_all((0..3).map(|_| rows.line_up(Channel::Sms, rate, 1, now))).await;
    let mut places: Vec<Timestamp> = places.into_iter().map(|place| place.unwrap().first).collect();
    places.sort();
    let behind = now + TimeDelta::minutes(2);
    assert_eq!(places, [0, 1, 2].map(|number| behind + rate.time_of(number)));
}

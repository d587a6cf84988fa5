//! Orders of lists.

use chrono::{DateTime, TimeDelta, Utc};
use domain::access::Actor;
use domain::contact::{Contact, LifecycleStage, Profile};
use reqwest::Method;
use serde_json::{Value, json};
use tests::World;

use super::known::{Known, everybody};
use super::{CONTACTS, labels, listed, walked};
use crate::groups::call;

/// Those with names, by them; a given name counts before a family name.
const BY_NAME: &str = "abel abel2 ada alan bea bob carl dora emil fred gina hugo ines ines2 john jose josef kate lena mary \
                       nora omar pete quin rosa zoe ivan hana";

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn reversed(mut labels: Vec<String>) -> Vec<String> {
    labels.reverse();
    labels
}

#[tokio::test]
async fn every_order_goes_both_ways_and_who_lacks_what_is_sorted_by_comes_last_in_both() {
    let known = Known::make().await;
    let client = &known.world.client;
    // Of the last to be heard of, one is in the past and one in this moment.
    for (who, date) in [("dora", Some("2023-05-05T00:00:00Z")), ("rosa", None)] {
        let draft = json!({ "description": "x", "date": date });
        let path = format!("{}/interactions/add", known.path(who));
        assert_eq!(call(&known.world, Method::POST, &path, Some(&draft)).await.status, 201);
    }
    known.world.settled().await.unwrap();
    let made = everybody();
    let heard = words("dora alan carl ada rosa");
    let without = |some: &[String]| made.iter().filter(|label| !some.contains(label)).cloned().collect::<Vec<_>>();
    let both_ways = |some: Vec<String>| {
        let others = without(&some);
        let ascending = [some.clone(), others.clone()].concat();
        (ascending, [reversed(some), reversed(others)].concat())
    };
    for (order, (ascending, descending)) in [
        ("name", both_ways(words(BY_NAME))),
        ("created_at", both_ways(made.clone())),
        ("last_activity", both_ways(heard)),
        ("score", both_ways(Vec::new())),
    ] {
        assert_eq!(listed(client, &format!("sort={order}")).await, ascending, "{order}");
        assert_eq!(listed(client, &format!("sort=-{order}")).await, descending, "-{order}");
        let narrower = format!("{CONTACTS}?company=o&sort=-{order}");
        let some: Vec<String> = listed(client, &format!("company=o&sort=-{order}")).await;
        let expected: Vec<String> = descending.iter().filter(|label| some.contains(label)).cloned().collect();
        assert_eq!((some.len(), &some), (8, &expected), "-{order}");
        let by_two = json!({ "items": walked(client, &narrower, 2).await });
        assert_eq!(labels(&by_two), expected, "-{order}");
    }
    assert_eq!(listed(client, "").await, reversed(made), "the newest first if nothing is said");
}

/// Contacts with scores, which nothing gives out yet, kept as whoever scores them will do.
async fn scored(world: &World, scores: &[Option<f64>]) {
    let (clock, store) = (world.stack.clock(), world.stack.store().tenant(world.stack.tenant()));
    for (at, score) in scores.iter().enumerate() {
        let profile = Profile { first_name: Some(format!("S{at}")), notes: Some(at.to_string()), ..Profile::default() };
        let mut contact =
            Contact::new(clock.fresh(), profile, Actor::Operator, clock.now() + TimeDelta::milliseconds(at as i64));
        contact.figures.score = *score;
        contact.figures.lead_stage = (at % 2 == 0).then_some(LifecycleStage::Sql);
        store.contacts().create(&contact).await.unwrap();
    }
    world.settled().await.unwrap();
}

#[tokio::test]
async fn scores_are_sorted_and_their_bounds_belong_to_them() {
    let world = super::world().await;
    scored(&world, &[Some(50.0), None, Some(99.5), Some(0.0), Some(50.0), None]).await;
    for (query, expected) in [
        ("sort=score", "3 0 4 2 1 5"),
        ("sort=-score", "2 4 0 3 5 1"),
        ("sort=score&min_score=50", "0 4 2"),
        ("sort=score&max_score=50", "3 0 4"),
        ("sort=score&min_score=0.1&max_score=99.4", "0 4"),
        ("sort=score&min_score=99.6", ""),
        ("sort=score&min_score=60&max_score=50", ""),
    ] {
        assert_eq!(listed(&world.client, query).await, words(expected), "{query}");
    }
    let list = json!({ "items": walked(&world.client, &format!("{CONTACTS}?sort=-score"), 1).await });
    assert_eq!(labels(&list), words("2 4 0 3 5 1"));
    for (target, expected) in [
        (json!({ "lead_stages": ["sql"] }), "0 2 4"),
        (json!({ "lead_stages": ["mql"] }), ""),
        (json!({ "min_lead_score": 50.0, "lead_stages": ["lead", "sql"] }), "0 2 4"),
        (json!({ "max_lead_score": 50.0 }), "0 3 4"),
    ] {
        let list = world.client.post(&format!("{CONTACTS}/segments/preview"), &target).await.unwrap();
        assert_eq!(labels(&list), words(expected), "{target}");
    }
}

#[tokio::test]
async fn what_is_noted_moves_a_contact_in_the_order_of_activity_once_it_has_settled() {
    let world = super::world().await;
    let mut paths = Vec::new();
    for n in 0..5 {
        let made = world.client.post(CONTACTS, &json!({ "first_name": "A", "notes": n.to_string() })).await.unwrap();
        paths.push(format!("{CONTACTS}/{}/interactions/add", made["id"].as_str().unwrap()));
    }
    for round in 0..12 {
        let who = (round * 3) % 5;
        let noted = world.client.post(&paths[who], &json!({ "description": "x" })).await.unwrap();
        world.settled().await.unwrap();
        let list = world.client.get(&format!("{CONTACTS}?sort=-last_activity")).await.unwrap();
        let last = &list["items"][0];
        assert_eq!((&last["notes"], &last["last_interaction_at"]), (&json!(who.to_string()), &noted["occurred_at"]));
        let at = |value: &Value| value["last_interaction_at"].as_str().map(|at| at.parse::<DateTime<Utc>>().unwrap());
        let moments: Vec<_> = list["items"].as_array().unwrap().iter().map(at).collect();
        assert!(moments.is_sorted_by(|one, other| one >= other), "{moments:?}");
    }
}

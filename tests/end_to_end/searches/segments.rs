//! Segments: whom target criteria mean.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};
use tests::{World, number};

use super::known::{Known, everybody};
use super::{CONTACTS, labels};
use crate::groups::{call, field, text};

const PREVIEW: &str = "/api/v1/contacts/segments/preview";

/// The labels of all whom the criteria mean, by parts, and how many they are said to be.
async fn previewed(world: &World, target: &Value, size: usize) -> (Vec<String>, i64) {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let list = world.client.post(&format!("{PREVIEW}?per_page={size}{cursor}"), target).await.unwrap();
        found.extend(labels(&list));
        let Some(next) = list["next_cursor"].as_str() else { return (found, number(&list["total"])) };
        cursor = format!("&cursor={next}");
    }
}

fn in_order(labels: &str) -> Vec<String> {
    let wanted: BTreeSet<&str> = labels.split_whitespace().collect();
    everybody().into_iter().filter(|label| wanted.contains(label.as_str())).collect()
}

#[tokio::test]
async fn target_criteria_mean_those_of_whom_all_holds_but_not_who_is_not_to_be_written_to() {
    let known = Known::make().await;
    for (target, expected) in [
        (json!({ "lifecycle_stages": ["customer"] }), "ada gina"),
        (json!({ "lifecycle_stages": ["customer"], "exclude_do_not_contact": false }), "ada fred gina"),
        (json!({ "lifecycle_stages": ["mql", "opportunity", "sql"] }), "jose john dora"),
        (json!({ "lead_sources": ["WEBSITE", " fair "] }), "ada jose josef zoe ines"),
        (json!({ "lead_sources": ["referral"], "lifecycle_stages": ["lead"] }), "alan carl"),
        (json!({ "tags": ["vip"] }), "ada jose emil"),
        (json!({ "tags": ["VIP", " Maths "] }), "ada emil"),
        (json!({ "tags": ["a,b"] }), "gina"),
        (json!({ "opt_in_status": "opted_in" }), "ada carl dora"),
        (json!({ "opt_in_status": "opted_in", "exclude_do_not_contact": false, "tags": [] }), "ada carl dora fred"),
        (json!({ "min_lead_score": 0.0 }), ""),
        (json!({ "max_lead_score": 100.0 }), ""),
        (json!({ "lead_stages": ["lead"] }), ""),
        (json!({ "tags": ["new"], "exclude_already_enrolled": false }), "josef zoe john emil omar"),
    ] {
        for size in [1, 100] {
            let (found, total) = previewed(&known.world, &target, size).await;
            assert_eq!((&found, total), (&in_order(expected), found.len() as i64), "{target}");
        }
    }
    let (all, total) = previewed(&known.world, &json!({}), 7).await;
    let everybody: Vec<String> = everybody().into_iter().filter(|label| label != "bea" && label != "fred").collect();
    assert_eq!((all, total), (everybody, 28), "the first to come to be come first");
}

#[tokio::test]
async fn of_a_number_of_contacts_the_first_are_meant_and_parts_end_with_them() {
    let known = Known::make().await;
    let (all, _) = previewed(&known.world, &json!({}), 100).await;
    for most in [1, 6, 7, 8, 14, 27, 28, 29, 1_000_000] {
        let target = json!({ "max_contacts": most });
        let expected = &all[..all.len().min(most)];
        for size in [1, 7, 100] {
            let (found, total) = previewed(&known.world, &target, size).await;
            assert_eq!((found.as_slice(), total), (expected, expected.len() as i64), "{most} by {size}");
        }
        let mut paged = Vec::new();
        for page in 1..=6 {
            let list = known.world.client.post(&format!("{PREVIEW}?page={page}&per_page=7"), &target).await.unwrap();
            assert_eq!(number(&list["total"]), expected.len() as i64, "{most}, page {page}");
            assert_eq!(list["next_cursor"].is_null(), page * 7 >= expected.len(), "{most}, page {page}");
            paged.extend(labels(&list));
        }
        assert_eq!(paged, expected, "{most}");
    }
    // A part from the middle of a page on.
    let list =
        known.world.client.post(&format!("{PREVIEW}?offset=3&limit=5"), &json!({ "max_contacts": 6 })).await.unwrap();
    assert_eq!((labels(&list).as_slice(), &list["next_cursor"]), (&all[3..6], &Value::Null));
}

#[tokio::test]
async fn what_no_target_could_be_is_named_all_at_once() {
    let world = World::start().await.unwrap();
    for (target, expected) in [
        (json!({ "tags": "vip" }), (400, "tags")),
        (json!({ "shoe": 43 }), (400, "shoe")),
        (json!({ "min_lead_score": "high" }), (400, "min_lead_score")),
        (json!({ "max_contacts": -1 }), (400, "max_contacts")),
        (json!({ "max_contacts": 0 }), (422, "max_contacts")),
        (json!({ "lifecycle_stages": ["lead", "king"] }), (422, "lifecycle_stages")),
        (json!({ "lead_stages": ["king"] }), (422, "lead_stages")),
        (json!({ "opt_in_status": "no" }), (422, "opt_in_status")),
        (json!({ "tags": vec!["x"; 101] }), (422, "tags")),
        (json!({ "lead_sources": ["x".repeat(255)] }), (422, "lead_sources")),
    ] {
        let answer = call(&world, Method::POST, PREVIEW, Some(&target)).await;
        assert_eq!(field(&answer), expected, "{target}: {}", answer.body);
    }
    let all = json!({ "lifecycle_stages": ["king"], "opt_in_status": "no", "max_contacts": 0 });
    let answer = call(&world, Method::POST, PREVIEW, Some(&all)).await;
    assert_eq!(answer.body["error"]["details"]["errors"].as_array().unwrap().len(), 3, "{}", answer.body);
    assert_eq!(
        field(&call(&world, Method::POST, &format!("{PREVIEW}?per_page=101"), Some(&json!({}))).await),
        (400, "per_page")
    );
}

#[tokio::test]
async fn a_segment_follows_every_write_at_once_and_ends_at_the_tenant() {
    let world = super::world().await;
    let target = json!({ "tags": ["warm"], "lifecycle_stages": ["lead"] });
    let count = async || number(&world.client.post(PREVIEW, &target).await.unwrap()["total"]);
    for n in 0..12 {
        let draft = json!({ "first_name": "Ada", "tags": ["Warm"], "lifecycle_stage": "lead" });
        let id = text(&world.client.post(CONTACTS, &draft).await.unwrap()["id"]);
        assert_eq!(count().await, n + 1);
        let path = format!("{CONTACTS}/{id}");
        for (patch, more) in [
            (json!({ "do_not_contact": true }), 0),
            (json!({ "do_not_contact": false }), 1),
            (json!({ "lifecycle_stage": "mql" }), 0),
            (json!({ "lifecycle_stage": "lead" }), 1),
        ] {
            call(&world, Method::PATCH, &path, Some(&patch)).await;
            assert_eq!(count().await, n + more, "{patch}");
        }
    }
    let stranger = world.client.with_key(&world.stranger().await.unwrap());
    assert_eq!(stranger.post(PREVIEW, &json!({})).await.unwrap()["total"], 0);
}

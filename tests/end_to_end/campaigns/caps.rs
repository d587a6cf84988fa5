//! Frequency caps: exact, whoever sends, and what they hold back is sent later.

use chrono::TimeDelta;
use domain::enrollment::PutOff;
use futures::future::join_all;
use serde_json::json;
use tests::{World, email, number, sms};

use super::scene::{at_noon, campaign, contact, enrollment, noon, until};

async fn sent(world: &World) -> i64 {
    let (total, distinct) = world.outbox().await.unwrap();
    assert_eq!(total, distinct);
    distinct
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_campaigns_that_start_at_once_keep_to_a_cap_of_five() {
    let world = at_noon(json!({ "frequency_cap": { "all": { "per_day": 5, "per_week": 8 } } })).await;
    let people = [contact(&world, "ada", json!(null)).await, contact(&world, "grace", json!(null)).await];
    let steps = [email(1, 0)];
    let campaigns = join_all((0..10).map(|_| campaign(&world, json!({}), &steps, &people))).await;
    world.settled().await.unwrap();
    assert_eq!(sent(&world).await, 10, "five to each");
    let midnight = noon(&world) + TimeDelta::hours(12);
    for person in &people {
        let enrollments = join_all(campaigns.iter().map(|campaign| enrollment(&world, campaign, person))).await;
        let put_off: Vec<_> = enrollments.iter().filter(|enrollment| !enrollment.status.is_end()).collect();
        assert_eq!(put_off.len(), 5);
        for enrollment in put_off {
            let waits = (enrollment.put_off, enrollment.due.map(|due| due.at));
            assert_eq!(waits, (Some(PutOff::FrequencyCap), Some(midnight)));
        }
    }
    until(&world, midnight).await;
    assert_eq!(sent(&world).await, 16, "the week has no more");
    until(&world, midnight + TimeDelta::days(6)).await;
    assert_eq!(sent(&world).await, 20, "and the next one has");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_campaigns_own_cap_counts_what_others_sent_and_a_channels_cap_its_own_messages() {
    let world = at_noon(json!({ "frequency_cap": { "sms": { "per_day": 1 } } })).await;
    let ada = json!({ "email": "ada@example.com", "phone": "+12025550143", "timezone": "Asia/Kolkata" });
    let made = world.client.post("/api/v1/contacts", &ada).await.unwrap();
    let ada = [made["id"].as_str().unwrap().to_owned()];
    campaign(&world, json!({}), &[email(1, 0)], &ada).await;
    world.settled().await.unwrap();
    campaign(&world, json!({}), &[sms(1, 0)], &ada).await;
    world.settled().await.unwrap();
    assert_eq!(sent(&world).await, 2);
    let second = campaign(&world, json!({}), &[sms(1, 0)], &ada).await;
    let own = campaign(&world, json!({ "frequency_cap": "1_per_day" }), &[email(1, 0)], &ada).await;
    world.settled().await.unwrap();
    assert_eq!(sent(&world).await, 2);
    // The contact's day ends at 18:30 in UTC.
    let midnight = noon(&world) + TimeDelta::minutes(6 * 60 + 30);
    for campaign in [&second, &own] {
        let enrollment = enrollment(&world, campaign, &ada[0]).await;
        let waits = (enrollment.put_off, enrollment.due.map(|due| due.at));
        assert_eq!(waits, (Some(PutOff::FrequencyCap), Some(midnight)));
    }
    until(&world, midnight).await;
    assert!(sent(&world).await >= 3, "the text message has its own cap");
    until(&world, midnight + TimeDelta::days(1)).await;
    assert_eq!(sent(&world).await, 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_the_provider_refuses_takes_no_place() {
    let world = at_noon(json!({ "frequency_cap": { "all": { "per_day": 1 } } })).await;
    let refused = json!({ "email": "reject@sandbox.invalid", "phone": "+12025550143" });
    let made = world.client.post("/api/v1/contacts", &refused).await.unwrap();
    let person = [made["id"].as_str().unwrap().to_owned()];
    let campaign = campaign(&world, json!({}), &[email(1, 0), sms(2, 0)], &person).await;
    world.settled().await.unwrap();
    assert_eq!(sent(&world).await, 1);
    let performance = world.client.get(&format!("/api/v1/campaigns/{campaign}/performance")).await.unwrap();
    assert_eq!(number(&performance["steps"][0]["failed"]), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_duplicate_got_counts_for_the_person() {
    let world = at_noon(json!({ "frequency_cap": { "all": { "per_day": 1 } } })).await;
    let (one, other) = (contact(&world, "one", json!(null)).await, contact(&world, "other", json!(null)).await);
    campaign(&world, json!({}), &[email(1, 0)], std::slice::from_ref(&other)).await;
    world.settled().await.unwrap();
    let merge = json!({ "primary_id": one, "duplicate_ids": [other] });
    world.client.post("/api/v1/contacts/merge", &merge).await.unwrap();
    world.settled().await.unwrap();
    let second = campaign(&world, json!({}), &[email(1, 0)], std::slice::from_ref(&one)).await;
    world.settled().await.unwrap();
    assert_eq!((sent(&world).await, enrollment(&world, &second, &one).await.put_off), (1, Some(PutOff::FrequencyCap)));
    until(&world, noon(&world) + TimeDelta::hours(12)).await;
    assert_eq!(sent(&world).await, 2);
    let held = world.client.get(&format!("/api/v1/contacts/{one}/data")).await.unwrap();
    assert!(held.to_string().contains("message_counts"), "{held}");
    world.client.post(&format!("/api/v1/contacts/{one}/erase"), &json!({})).await.unwrap();
    world.settled().await.unwrap();
    assert_eq!(world.items("CAPS").await.unwrap(), 0, "the ledgers go with the person");
}

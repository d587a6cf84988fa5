//! The figures of a campaign: money, variants, and what waits.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};
use tests::{World, email, number, sms};

use super::contact;

async fn settings(world: &World, draft: Value) {
    let changed = world.client.call(Method::PUT, "/api/v1/settings", Some(&draft)).await.unwrap();
    assert_eq!(changed.status, 200, "{}", changed.body);
}

async fn performance(world: &World, campaign: &str) -> Value {
    world.settled().await.unwrap();
    world.client.get(&format!("/api/v1/campaigns/{campaign}/performance")).await.unwrap()
}

/// So many new contacts with address and number.
async fn contacts(world: &World, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for n in 0..count {
        let draft = json!({ "email": format!("someone-{n}@example.com"), "phone": format!("+120255501{n:02}") });
        ids.push(contact(world, draft).await);
    }
    ids
}

#[tokio::test]
async fn money_and_variants_add_up() {
    let world = World::start().await.unwrap();
    settings(&world, json!({ "message_costs": { "email": 0.0001, "sms": 0.01 } })).await;
    let mut first = email(1, 0);
    first["variants"] = json!([{ "name": "plain", "weight": 1 }, { "name": "v1.1 bold", "weight": 1, "subject": "!" }]);
    let people = contacts(&world, 24).await;
    let campaign = world.campaign(&[first, sms(2, 0)], &json!({ "contact_ids": people })).await.unwrap();
    let won = json!({ "contact_id": people[0], "type": "deal_won", "revenue": 0.9 });
    world.client.post(&format!("/api/v1/campaigns/{campaign}/activities"), &won).await.unwrap();
    let shown = performance(&world, &campaign).await;
    let (emails, texts) = (number(&shown["emails_sent"]), number(&shown["sms_sent"]));
    assert!(emails == 24 && texts > 0, "{shown}");
    let cost = shown["actual_cost"].as_f64().unwrap();
    assert!((cost - (0.0001 * emails as f64 + 0.01 * texts as f64)).abs() < 1e-9, "{shown}");
    let roi = ((0.9 - cost) / cost * 10_000.0).round() / 100.0;
    assert_eq!((shown["total_revenue"].as_f64(), shown["roi"].as_f64()), (Some(0.9), Some(roi)));
    assert_eq!((number(&shown["conversions"]), shown["conversion_rate"].as_f64()), (1, Some(4.17)));
    let variants = shown["steps"][0]["variants"].as_array().unwrap();
    let names: Vec<_> = variants.iter().map(|each| each["variant"].as_str().unwrap()).collect();
    assert_eq!(names, ["plain", "v1.1 bold"]);
    for figure in ["sent", "delivered", "opened", "clicked", "replied", "bounced"] {
        let sum: i64 = variants.iter().map(|each| number(&each[figure])).sum();
        assert_eq!(sum, number(&shown["steps"][0][figure]), "{figure}");
    }
}

#[tokio::test]
async fn what_waits_for_quiet_hours_to_end_is_counted_until_it_goes() {
    let world = World::start().await.unwrap();
    let at = |hours| (world.stack.clock().now() + TimeDelta::hours(hours)).format("%H:%M").to_string();
    settings(&world, json!({ "quiet_hours_start": at(-1), "quiet_hours_end": at(2) })).await;
    let people = contacts(&world, 3).await;
    let campaign = world.campaign(&[sms(1, 0)], &json!({ "contact_ids": people })).await.unwrap();
    let waiting = |shown: &Value| {
        let all = shown["put_off"].as_array().unwrap().clone();
        all.iter().find(|each| each["reason"] == "quiet_hours").map(|each| number(&each["count"]))
    };
    let shown = performance(&world, &campaign).await;
    assert_eq!((waiting(&shown), number(&shown["sms_sent"])), (Some(3), 0), "{shown}");
    world.stack.advance(TimeDelta::hours(3)).await;
    let shown = performance(&world, &campaign).await;
    assert_eq!(waiting(&shown), Some(0), "{shown}");
    assert_eq!(number(&shown["steps"][0]["messages"]), 3);
}

#[tokio::test]
async fn calls_and_whatsapp_messages_have_their_figures() {
    let world = World::start().await.unwrap();
    let mut people = Vec::new();
    for phone in ["+12025552222", "+12025553333"] {
        people.push(contact(&world, json!({ "phone": phone })).await);
    }
    let step = |number: u32, channel: &str| {
        let mut step =
            json!({ "step_number": number, "message_type": channel, "content": "Hello {{first_name|there}}" });
        if channel == "voice" {
            step = json!({ "step_number": number, "message_type": channel, "voice_script": "Hello" });
        }
        step
    };
    let steps = [step(1, "voice"), step(2, "whatsapp")];
    let campaign = world.campaign(&steps, &json!({ "contact_ids": people })).await.unwrap();
    let shown = performance(&world, &campaign).await;
    let figures = ["calls_initiated", "calls_completed", "voicemails_detected", "whatsapp_sent"];
    assert_eq!(figures.map(|figure| number(&shown[figure])), [2, 1, 1, 2], "{shown}");
    assert_eq!(number(&shown["steps"][0]["failed"]), 1, "the line was busy");
}

//! What comes of a campaign elsewhere.

use local::client::Answer;
use reqwest::Method;
use serde_json::{Value, json};
use tests::{World, email, number, sms};

use super::{contact, scene};

async fn note(world: &World, campaign: &str, key: Option<&str>, draft: Value) -> Answer {
    let path = format!("/api/v1/campaigns/{campaign}/activities");
    let headers: Vec<(&str, &str)> = key.map(|key| ("idempotency-key", key)).into_iter().collect();
    world.client.call_with(Method::POST, &path, &headers, Some(&draft)).await.unwrap()
}

async fn performance(world: &World, campaign: &str) -> Value {
    world.settled().await.unwrap();
    world.client.get(&format!("/api/v1/campaigns/{campaign}/performance")).await.unwrap()
}

async fn kinds(world: &World, path: &str, field: &str) -> Vec<String> {
    let items = world.client.get(path).await.unwrap()["items"].as_array().unwrap().clone();
    items.iter().map(|item| item[field].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_deal_that_is_won_converts_once_brings_its_revenue_and_ends_the_sequence() {
    let world = World::start().await.unwrap();
    let ada = contact(&world, json!({ "email": "ada@example.com" })).await;
    let campaign = world.campaign(&[email(1, 0), email(2, 1)], &json!({ "contact_ids": [ada] })).await.unwrap();
    let won = |revenue: f64| json!({ "contact_id": ada, "type": "deal_won", "revenue": revenue, "metadata": { "campaign_id": "D-1" } });
    let first = note(&world, &campaign, Some("won-1"), won(1500.5)).await;
    assert_eq!((first.status, &first.body["converted"]), (201, &json!(true)), "{}", first.body);
    assert_eq!((&first.body["revenue"], &first.body["metadata"]["campaign_id"]), (&json!(1500.5), &json!("D-1")));
    assert_eq!(note(&world, &campaign, Some("won-1"), won(1500.5)).await.body, first.body, "it is not noted again");
    assert_eq!(note(&world, &campaign, None, won(0.25)).await.status, 201);
    world.completed(&campaign, 3).await.unwrap();
    assert_eq!(world.outbox().await.unwrap(), (1, 1), "the second step is not sent");
    let shown = performance(&world, &campaign).await;
    assert_eq!((number(&shown["conversions"]), shown["total_revenue"].as_f64()), (1, Some(1500.75)));
    let funnel = world.client.get(&format!("/api/v1/campaigns/{campaign}/funnel")).await.unwrap();
    let last = &funnel["stages"][5];
    assert_eq!((&last["stage"], &last["count"], &last["percentage"]), (&json!("converted"), &json!(1), &json!(100.0)));
    let log = kinds(&world, &format!("/api/v1/campaigns/{campaign}/activities?type=converted"), "type").await;
    assert_eq!(log, ["converted"]);
    let timeline = kinds(&world, &format!("/api/v1/contacts/{ada}/interactions"), "interaction_type").await;
    let count = |kind: &str| timeline.iter().filter(|told| *told == kind).count();
    assert_eq!((count("deal_won"), count("contact_converted")), (2, 1), "{timeline:?}");
}

#[tokio::test]
async fn a_conversion_after_the_end_is_noted_and_what_is_not_the_goal_converts_nobody() {
    let world = World::start().await.unwrap();
    let ada = contact(&world, json!({ "email": "bounce@example.com" })).await;
    let steps = [email(1, 0), email(2, 1)];
    let campaign = world.campaign(&steps, &json!({ "contact_ids": [ada] })).await.unwrap();
    world.completed(&campaign, 1).await.unwrap();
    for (kind, converted) in [("form_submitted", false), ("deal_lost", false), ("deal_won", true)] {
        let noted = note(&world, &campaign, None, json!({ "contact_id": ada, "type": kind })).await;
        assert_eq!((noted.status, &noted.body["converted"]), (201, &json!(converted)), "{kind}");
    }
    let shown = performance(&world, &campaign).await;
    let bounced = shown["enrollments"].as_array().unwrap().iter().find(|each| each["status"] == "bounced").unwrap();
    assert_eq!((number(&shown["conversions"]), number(&bounced["count"])), (1, 1), "it stays as it ended");
}

#[tokio::test]
async fn an_answer_that_is_noted_is_one_to_the_last_message() {
    let world = World::start().await.unwrap();
    let ada = contact(&world, json!({ "email": "ada@example.com" })).await;
    let mut first = email(1, 0);
    first["stop_on_reply"] = json!(true);
    let campaign = world.campaign(&[first, email(2, 1)], &json!({ "contact_ids": [ada] })).await.unwrap();
    let replied = json!({ "contact_id": ada, "type": "email_replied", "description": "Wants an offer" });
    let noted = note(&world, &campaign, Some("reply"), replied.clone()).await;
    assert_eq!((noted.status, &noted.body["type"]), (201, &json!("email_replied")), "{}", noted.body);
    assert_eq!(note(&world, &campaign, None, replied).await.body["id"], noted.body["id"], "it was answered before");
    let texted = json!({ "contact_id": ada, "type": "sms_replied" });
    assert_eq!(note(&world, &campaign, None, texted).await.status, 409, "no SMS had gone out");
    world.completed(&campaign, 3).await.unwrap();
    assert_eq!(world.outbox().await.unwrap(), (1, 1), "an answer ends the sequence");
    let shown = performance(&world, &campaign).await;
    assert_eq!((number(&shown["emails_replied"]), number(&shown["replies"])), (1, 1));
    let log = kinds(&world, &format!("/api/v1/campaigns/{campaign}/activities?type=email_replied"), "id").await;
    assert_eq!(log, [noted.body["id"].as_str().unwrap()]);
    let timeline = kinds(&world, &format!("/api/v1/contacts/{ada}/interactions"), "interaction_type").await;
    assert!(timeline.contains(&"note_added".to_owned()), "{timeline:?}");
}

fn for_goal(goal: &str) -> Value {
    json!({ "name": "Test", "campaign_type": "multi_channel", "goal_type": goal })
}

#[tokio::test]
async fn a_click_converts_where_engagement_is_the_goal_and_ends_the_sequence() {
    let world = World::start().await.unwrap();
    let people = scene::people(&world, "reader", 40).await;
    let campaign = scene::under_way(&world, for_goal("engagement"), &[email(1, 0), email(2, 9)], &people).await;
    let shown = performance(&world, &campaign).await;
    let (first, conversions) = (&shown["steps"][0], number(&shown["conversions"]));
    assert!(conversions > 0 && conversions < 40, "{shown}");
    assert_eq!(conversions, number(&first["clicked"]));
    world.completed(&campaign, 12).await.unwrap();
    let shown = performance(&world, &campaign).await;
    let second = number(&shown["steps"][1]["messages"]);
    assert!(second > 0 && second <= 40 - conversions, "who has converted gets no second message: {shown}");
}

#[tokio::test]
async fn an_answer_converts_where_nurture_is_the_goal() {
    let world = World::start().await.unwrap();
    let ours = json!({ "sender_identities": { "sms": "+12025550100" } });
    world.client.call(Method::PUT, "/api/v1/settings", Some(&ours)).await.unwrap();
    // The sandbox answers for numbers with this end.
    let ada = contact(&world, json!({ "phone": "+12025551111" })).await;
    let bob = contact(&world, json!({ "phone": "+12025550144" })).await;
    let people = [ada.clone(), bob.clone()];
    let campaign = scene::under_way(&world, for_goal("nurture"), &[sms(1, 0), sms(2, 1)], &people).await;
    world.settled().await.unwrap();
    let (ada, bob) =
        (scene::enrollment(&world, &campaign, &ada).await, scene::enrollment(&world, &campaign, &bob).await);
    assert!(ada.converted_at.is_some() && ada.due.is_none(), "{ada:?}");
    assert!(bob.converted_at.is_none() && bob.due.is_some(), "{bob:?}");
    assert_eq!(number(&performance(&world, &campaign).await["conversions"]), 1);
}

#[tokio::test]
async fn who_is_not_enrolled_or_not_ours_cannot_convert() {
    let world = World::start().await.unwrap();
    let (ada, bob) = (
        contact(&world, json!({ "email": "ada@example.com" })).await,
        contact(&world, json!({ "email": "bob@example.com" })).await,
    );
    let campaign = world.campaign(&[sms(1, 0)], &json!({ "contact_ids": [ada] })).await.unwrap();
    let won = |id: &str| json!({ "contact_id": id, "type": "deal_won" });
    assert_eq!(note(&world, &campaign, None, won(&bob)).await.status, 404, "not enrolled");
    assert_eq!(note(&world, &campaign, None, won(&campaign)).await.status, 404, "no contact");
    let refused =
        note(&world, &campaign, None, json!({ "contact_id": ada, "type": "email_sent", "revenue": -1 })).await;
    let fields: Vec<_> = refused.body["error"]["details"]["errors"].as_array().unwrap().iter().collect();
    assert_eq!((refused.status, fields.len()), (422, 2), "{}", refused.body);
    let stranger = world.client.with_key(&world.stranger().await.unwrap());
    let path = format!("/api/v1/campaigns/{campaign}/activities");
    assert_eq!(stranger.call(Method::POST, &path, Some(&won(&ada))).await.unwrap().status, 404);
    assert_eq!(number(&performance(&world, &campaign).await["conversions"]), 0);
}

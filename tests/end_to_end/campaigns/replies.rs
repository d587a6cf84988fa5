//! What people say by SMS and WhatsApp.

use channels::twilio;
use local::client::Client;
use reqwest::Method;
use serde_json::{Value, json};
use tests::{World, number, sms};

use super::contact;

/// The number that the tenant's messages come from.
const OURS: &str = "+12025550100";

async fn choose(client: &Client, identities: Value) -> (u16, Value) {
    let draft = json!({ "sender_identities": identities });
    let changed = client.call(Method::PUT, "/api/v1/settings", Some(&draft)).await.unwrap();
    (changed.status, changed.body["error"]["details"]["field"].clone())
}

async fn started() -> World {
    let world = World::start().await.unwrap();
    assert_eq!(choose(&world.client, json!({ "sms": OURS, "whatsapp": OURS })).await.0, 200);
    world
}

/// Says something to a number, as Twilio hands it on.
async fn say(world: &World, token: &str, from: &str, to: &str, body: &str, name: &str) -> u16 {
    let fields = [("From", from), ("To", to), ("Body", body), ("MessageSid", name), ("SmsStatus", "received")];
    let params = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let url = world.stack.webhook_url().join("twilio").unwrap();
    let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&params).finish();
    let request = reqwest::Client::new().post(url.clone()).body(form);
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let request = request.header("x-twilio-signature", twilio::sign(token, url.as_str(), &params));
    request.send().await.unwrap().status().as_u16()
}

async fn performance(world: &World, campaign: &str) -> Value {
    world.settled().await.unwrap();
    world.client.get(&format!("/api/v1/campaigns/{campaign}/performance")).await.unwrap()
}

fn stopping(number: u32, days: u32) -> Value {
    let mut step = sms(number, days);
    step["stop_on_reply"] = json!(true);
    step
}

#[tokio::test]
async fn an_answer_counts_once_however_often_it_comes_and_ends_the_sequence_if_the_step_says_so() {
    let world = started().await;
    let (ada, bob) = (
        contact(&world, json!({ "phone": "+12025551111" })).await,
        contact(&world, json!({ "phone": "+12025550144" })).await,
    );
    let steps = [stopping(1, 0), sms(2, 1)];
    let campaign = world.campaign(&steps, &json!({ "contact_ids": [ada, bob] })).await.unwrap();
    let token = world.stack.twilio_auth_token().to_owned();
    let shown = performance(&world, &campaign).await;
    assert_eq!((number(&shown["sms_replied"]), number(&shown["replies"])), (1, 1), "the sandbox answers: {shown}");
    world.completed(&campaign, 3).await.unwrap();
    let before = performance(&world, &campaign).await;
    assert_eq!((number(&before["steps"][0]["messages"]), number(&before["steps"][1]["messages"])), (2, 1));
    for _ in 0..2 {
        assert_eq!(say(&world, &token, "+12025550144", OURS, "Nice!", "SM7").await, 200);
    }
    assert_eq!(say(&world, "not the token", "+12025550144", OURS, "Nice!", "SM8").await, 403);
    assert_eq!(say(&world, &token, "+12025550144", "+12025550199", "Nice!", "SM9").await, 200, "nobody's number");
    assert_eq!(
        say(&world, &token, "+12025550144", OURS, "info", "SM10").await,
        200,
        "who asks for help answers nothing"
    );
    let shown = performance(&world, &campaign).await;
    assert_eq!((number(&shown["replies"]), number(&shown["steps"][1]["replied"])), (2, 1));
    assert!(shown["avg_response_time_hours"].as_f64().unwrap() >= 0.0);
    let path = format!("/api/v1/campaigns/{campaign}/activities?type=sms_replied");
    assert_eq!(number(&world.client.get(&path).await.unwrap()["total"]), 2);
}

#[tokio::test]
async fn who_says_stop_gets_nothing_more_over_the_channel_until_it_says_start() {
    let world = started().await;
    let ada = contact(&world, json!({ "phone": "+12025559999" })).await;
    let steps = [sms(1, 0), sms(2, 1)];
    let campaign = world.campaign(&steps, &json!({ "contact_ids": [ada] })).await.unwrap();
    world.completed(&campaign, 1).await.unwrap();
    let shown = performance(&world, &campaign).await;
    let ended = shown["enrollments"].as_array().unwrap().iter().find(|each| each["status"] == "unsubscribed").unwrap();
    assert_eq!((number(&ended["count"]), number(&shown["unsubscribes"]), number(&shown["replies"])), (1, 1, 0));
    let opted_out = async || {
        let path = format!("/api/crm/preferences/{ada}");
        world.client.get(&path).await.unwrap()["opt_out_sms"].clone()
    };
    assert_eq!(opted_out().await, json!(true));
    world.campaign(&[sms(1, 0)], &json!({ "contact_ids": [ada] })).await.unwrap();
    assert_eq!(world.outbox().await.unwrap(), (1, 1), "another campaign reaches nobody either");
    let token = world.stack.twilio_auth_token().to_owned();
    assert_eq!(say(&world, &token, "+12025559999", OURS, " start ", "SM1").await, 200);
    assert_eq!(opted_out().await, json!(false));
    world.campaign(&[sms(1, 0)], &json!({ "contact_ids": [ada] })).await.unwrap();
    assert_eq!(world.outbox().await.unwrap().0, 2);
}

#[tokio::test]
async fn a_stop_over_whatsapp_leaves_sms_alone_and_yes_is_an_answer_where_nothing_was_stopped() {
    let world = started().await;
    let ada = contact(&world, json!({ "phone": "+12025550144" })).await;
    let whatsapp = json!({ "step_number": 1, "message_type": "whatsapp", "content": "Are you there?" });
    let campaign = world.campaign(&[whatsapp], &json!({ "contact_ids": [ada] })).await.unwrap();
    let token = world.stack.twilio_auth_token().to_owned();
    let (from, to) = ("whatsapp:+12025550144", format!("whatsapp:{OURS}"));
    assert_eq!(say(&world, &token, from, &to, "Yes", "SM1").await, 200);
    assert_eq!(number(&performance(&world, &campaign).await["whatsapp_replied"]), 1);
    assert_eq!(say(&world, &token, from, &to, "stop", "SM2").await, 200);
    assert_eq!(say(&world, &token, from, &to, "Yes", "SM1").await, 200, "that was before the stop");
    let said = world.client.get(&format!("/api/crm/preferences/{ada}")).await.unwrap();
    assert_eq!((&said["opt_out_whatsapp"], &said["opt_out_sms"]), (&json!(true), &json!(false)));
    let before = world.outbox().await.unwrap().0;
    world.campaign(&[sms(1, 0)], &json!({ "contact_ids": [ada] })).await.unwrap();
    assert_eq!(world.outbox().await.unwrap().0, before + 1);
}

#[tokio::test]
async fn a_number_is_one_tenants_until_it_gives_it_free() {
    let world = started().await;
    let stranger = world.client.with_key(&world.stranger().await.unwrap());
    assert_eq!(choose(&stranger, json!({ "sms": OURS })).await, (422, json!("sender_identities.sms")));
    assert_eq!(choose(&stranger, json!({ "whatsapp": OURS })).await, (422, json!("sender_identities.whatsapp")));
    assert_eq!(choose(&world.client, json!({ "whatsapp": OURS })).await.0, 200);
    assert_eq!(choose(&stranger, json!({ "sms": OURS })).await.0, 200);
    let named = json!({ "sms": "Engines" });
    assert_eq!(choose(&world.client, named.clone()).await.0, 200);
    assert_eq!(choose(&stranger, named).await.0, 200, "a name may be that of several");
    // What is said to a number is said to whose it is: here to nobody's any more.
    let ada = contact(&world, json!({ "phone": "+12025550144" })).await;
    let campaign = world.campaign(&[sms(1, 0)], &json!({ "contact_ids": [ada] })).await.unwrap();
    let token = world.stack.twilio_auth_token().to_owned();
    assert_eq!(say(&world, &token, "+12025550144", OURS, "Hello?", "SM1").await, 200);
    assert_eq!(number(&performance(&world, &campaign).await["replies"]), 0);
}

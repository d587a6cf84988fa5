//! Provider callbacks: who cannot prove itself changes nothing; what comes twice or late changes nothing either.

use channels::twilio;
use domain::message::{Message, MessageRef};
use reqwest::Response;
use serde_json::{Value, json};
use tests::{World, number, sms};
use url::Url;

/// A campaign whose one text message was sent and delivered.
async fn delivered(world: &World) -> (String, MessageRef) {
    let draft = json!({ "email": "ada@example.com", "phone": "+12025550143" });
    let contact = world.client.post("/api/v1/contacts", &draft).await.unwrap();
    let campaign = world.campaign(&[sms(1, 0)], &json!({ "contact_ids": [contact["id"]] })).await.unwrap();
    let messages = world.client.get(&format!("/api/v1/campaigns/{campaign}/messages")).await.unwrap();
    let id = |value: &Value| value.as_str().unwrap().to_owned();
    let (contact, step) = (id(&contact["id"]).parse().unwrap(), id(&messages["items"][0]["id"]).parse().unwrap());
    let of = campaign.parse().unwrap();
    let message = Message::id_for(of, contact, step);
    (campaign, MessageRef { tenant: world.stack.tenant(), campaign: of, contact, message })
}

async fn post(world: &World, url: &Url, token: &str, status: &str) -> Response {
    let _ = world;
    let params =
        [("MessageSid", "SM1"), ("MessageStatus", status)].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&params).finish();
    reqwest::Client::new()
        .post(url.clone())
        .header("content-type", "application/x-www-form-urlencoded")
        .header("x-twilio-signature", twilio::sign(token, url.as_str(), &params))
        .body(form)
        .send()
        .await
        .unwrap()
}

fn callback(world: &World, message: MessageRef) -> Url {
    twilio::callback(&world.stack.webhook_url().join("twilio").unwrap(), message)
}

async fn performance(world: &World, campaign: &str) -> Value {
    world.settled().await.unwrap();
    world.client.get(&format!("/api/v1/campaigns/{campaign}/performance")).await.unwrap()
}

#[tokio::test]
async fn a_callback_with_a_bad_signature_is_refused_and_changes_nothing() {
    let world = World::start().await.unwrap();
    let (campaign, message) = delivered(&world).await;
    let before = performance(&world, &campaign).await;
    let answer = post(&world, &callback(&world, message), "not the token", "read").await;
    assert_eq!(answer.status(), 403);
    let envelope = json!({ "Type": "Notification", "MessageId": "1", "TopicArn": "arn:aws:sns:us-east-1:1:other",
        "Message": "{}", "Timestamp": "2026-01-01T00:00:00Z", "SignatureVersion": "2", "Signature": "AAAA",
        "SigningCertURL": "https://sns.us-east-1.amazonaws.com.evil.example/x.pem" });
    let ses = world.stack.webhook_url().join("ses").unwrap();
    let answer = reqwest::Client::new().post(ses).body(envelope.to_string()).send().await.unwrap();
    assert_eq!(answer.status(), 403);
    assert_eq!(performance(&world, &campaign).await, before);
}

#[tokio::test]
async fn a_receipt_that_comes_twice_or_late_counts_once_and_moves_nothing_back() {
    let world = World::start().await.unwrap();
    let (campaign, message) = delivered(&world).await;
    let token = world.stack.twilio_auth_token().to_owned();
    let url = callback(&world, message);
    for status in ["read", "delivered", "sent", "read", "queued", "undelivered", "delivered"] {
        assert_eq!(post(&world, &url, &token, status).await.status(), 200, "{status}");
    }
    let step = performance(&world, &campaign).await["steps"][0].clone();
    let figures = ["messages", "sent", "delivered", "opened", "failed"].map(|figure| number(&step[figure]));
    assert_eq!(figures, [1, 1, 1, 1, 0]);
}

#[tokio::test]
async fn a_receipt_for_a_message_that_does_not_exist_is_passed_over() {
    let world = World::start().await.unwrap();
    let (campaign, message) = delivered(&world).await;
    let before = performance(&world, &campaign).await;
    let token = world.stack.twilio_auth_token().to_owned();
    let unknown = MessageRef { message: world.stack.clock().fresh(), ..message };
    assert_eq!(post(&world, &callback(&world, unknown), &token, "read").await.status(), 200);
    assert_eq!(performance(&world, &campaign).await, before);
}

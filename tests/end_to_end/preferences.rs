//! Preferences: how and when a contact wants to be written to.

use reqwest::Method;
use serde_json::{Value, json};
use tests::World;

const PATH: &str = "/api/crm/preferences";

async fn contact(world: &World) -> String {
    let made = world.client.post("/api/v1/contacts", &json!({ "email": "ada@example.com" })).await.unwrap();
    made["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_a_contact_says_is_kept_and_goes_with_it() {
    let world = World::start().await.unwrap();
    let id = contact(&world).await;
    let shown = world.client.get(&format!("{PATH}/{id}")).await.unwrap();
    assert_eq!(
        (&shown["client_id"], &shown["opt_out_sms"], &shown["timezone"]),
        (&json!(id), &json!(false), &Value::Null)
    );
    let said = json!({ "client_id": id, "preferred_channels": ["whatsapp", "email"], "timezone": "Asia/Kolkata",
                       "quiet_hours_start": "22:00", "quiet_hours_end": "08:00", "opt_out_sms": true });
    world.client.post(PATH, &said).await.unwrap();
    let kept = world.client.post(PATH, &json!({ "client_id": id, "opt_out_email": true })).await.unwrap();
    for (name, value) in said.as_object().unwrap() {
        assert_eq!(kept[name], *value, "{name}");
    }
    assert_eq!(world.client.get(&format!("{PATH}/{id}")).await.unwrap(), kept);
    let held = world.client.get(&format!("/api/v1/contacts/{id}/data")).await.unwrap();
    assert!(held.to_string().contains("Asia/Kolkata"), "{held}");
    world.client.post(&format!("/api/v1/contacts/{id}/erase"), &json!({})).await.unwrap();
    world.settled().await.unwrap();
    assert_eq!(world.items("PREF").await.unwrap(), 0);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_with_every_field() {
    let world = World::start().await.unwrap();
    let id = contact(&world).await;
    let post = async |body: Value| world.client.call(Method::POST, PATH, Some(&body)).await.unwrap();
    let bad = json!({ "client_id": id, "timezone": "Mars", "preferred_channels": ["fax"], "quiet_hours_start": "9" });
    let refused = post(bad).await;
    let faults = refused.body["error"]["details"]["errors"].as_array().unwrap().clone();
    let fields: Vec<_> = faults.iter().map(|fault| fault["field"].as_str().unwrap()).collect();
    assert_eq!((refused.status, fields), (400, vec!["preferred_channels[0]", "timezone", "quiet_hours_start"]));
    assert_eq!(post(json!({ "client_id": "x" })).await.body["error"]["details"]["field"], "client_id");
    assert_eq!(post(json!({ "client_id": world.stack.tenant() })).await.status, 404);
    let strangers = world.client.with_key(&world.stranger().await.unwrap());
    let answer =
        strangers.call(Method::POST, PATH, Some(&json!({ "client_id": id, "opt_out_sms": true }))).await.unwrap();
    assert_eq!(answer.status, 404, "another tenant's contact");
}

//! What tests of limits and hours begin with: a noon, settings, and a look at an enrolment.

use chrono::{NaiveTime, TimeDelta};
use domain::Timestamp;
use domain::enrollment::Enrollment;
use domain::message::Message;
use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use tests::World;

/// A Rollcall in which it is noon in UTC, with these settings.
pub(super) async fn at_noon(settings: Value) -> World {
    let world = World::start().await.unwrap();
    let now = world.stack.clock().now();
    world.stack.advance(noon(&world) + TimeDelta::days(1) - now).await;
    let changed =
        world.client.call_with(Method::PUT, "/api/v1/settings", &[("if-match", "\"0\"")], Some(&settings)).await;
    assert_eq!(changed.unwrap().status, 200);
    world
}

/// Today's noon in UTC.
pub(super) fn noon(world: &World) -> Timestamp {
    let noon = NaiveTime::from_hms_opt(12, 0, 0).unwrap();
    world.stack.clock().now().date_naive().and_time(noon).and_utc()
}

/// Lets time pass until `moment` and a little more, so that what is due then is sent.
pub(super) async fn until(world: &World, moment: Timestamp) {
    world.stack.advance(moment + TimeDelta::minutes(3) - world.stack.clock().now()).await;
    world.settled().await.unwrap();
}

/// A contact that says this of how it wants to be written to.
pub(super) async fn contact(world: &World, name: &str, says: Value) -> String {
    let made = world.client.post("/api/v1/contacts", &json!({ "email": format!("{name}@example.com") })).await.unwrap();
    let id = made["id"].as_str().unwrap().to_owned();
    if let Value::Object(mut says) = says {
        says.insert("client_id".to_owned(), json!(id));
        world.client.post("/api/crm/preferences", &Value::Object(says)).await.unwrap();
    }
    id
}

/// So many contacts that say nothing.
pub(super) async fn people(world: &World, name: &str, count: usize) -> Vec<String> {
    let names: Vec<String> = (0..count).map(|number| format!("{name}{number}")).collect();
    join_all(names.iter().map(|name| contact(world, name, Value::Null))).await
}

/// A campaign with these settings of its own, under way for these contacts; it may not have begun to send.
pub(super) async fn campaign(world: &World, settings: Value, steps: &[Value], contacts: &[String]) -> String {
    let draft = json!({ "name": "Test", "campaign_type": "multi_channel", "settings": settings });
    under_way(world, draft, steps, contacts).await
}

/// The same of a draft.
pub(super) async fn under_way(world: &World, draft: Value, steps: &[Value], contacts: &[String]) -> String {
    let campaign = world.client.post("/api/v1/campaigns", &draft).await.unwrap()["id"].as_str().unwrap().to_owned();
    for step in steps {
        world.client.post(&format!("/api/v1/campaigns/{campaign}/messages"), step).await.unwrap();
    }
    world.client.enroll(&campaign, &json!({ "contact_ids": contacts }), tests::LIMIT).await.unwrap();
    world.client.post(&format!("/api/v1/campaigns/{campaign}/start"), &json!({})).await.unwrap();
    campaign
}

/// The enrolment as it is.
pub(super) async fn enrollment(world: &World, campaign: &str, contact: &str) -> Enrollment {
    let store = world.stack.store().tenant(world.stack.tenant());
    store.enrollments().get(campaign.parse().unwrap(), contact.parse().unwrap()).await.unwrap().unwrap()
}

/// The messages to a contact.
pub(super) async fn messages(world: &World, contact: &str) -> Vec<Message> {
    let store = world.stack.store().tenant(world.stack.tenant());
    store.messages().of_contacts([contact.parse().unwrap()]).await.unwrap()
}

//! What becomes of messages, in the timelines of their contacts; and timelines of contacts that are merged.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use local::demo::people::people;
use local::stack::Moment;
use reqwest::Method;
use serde_json::json;
use tests::{World, email, number, sms};

use super::{ALL, Item, contact, items, note, show, texts, timeline};

/// What the messages under these contacts say, as the timeline should tell it: contact, type and moment.
async fn said_by_messages(world: &World) -> BTreeSet<(String, String, DateTime<Utc>)> {
    let mut said = BTreeSet::new();
    for item in items(world, "M#").await {
        let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned();
        let sent = if text("channel").as_deref() == Some("email") { "email_sent" } else { "message_sent" };
        let mishap = |name: &str| item.get(name)?.as_m().ok()?.get("at")?.as_s().ok().cloned();
        for (kind, at) in [
            (sent, text("sent_at")),
            ("message_delivered", text("delivered_at")),
            ("message_opened", text("opened_at")),
            ("message_clicked", text("clicked_at")),
            ("message_failed", mishap("failed")),
            ("message_bounced", mishap("bounced")),
        ] {
            let Some(at) = at else { continue };
            let at = DateTime::parse_from_rfc3339(&at).unwrap().to_utc();
            let at = DateTime::from_timestamp_millis(at.timestamp_millis()).unwrap();
            let contact = text("person").or_else(|| text("contact_id")).unwrap();
            said.insert((contact, kind.to_owned(), at));
        }
    }
    said
}

/// What the timelines tell.
async fn told(world: &World) -> (BTreeSet<(String, String, DateTime<Utc>)>, usize) {
    let all = items(world, "I#").await;
    let text = |item: &Item, name: &str| item[name].as_s().unwrap().clone();
    let told = all.iter().map(|item| {
        let at = DateTime::parse_from_rfc3339(&text(item, "occurred_at")).unwrap().to_utc();
        (text(item, "contact_id"), text(item, "interaction_type"), at)
    });
    (told.collect(), all.len())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn timelines_tell_what_the_messages_of_campaigns_say_and_nothing_of_the_persons() {
    let world = World::start().await.unwrap();
    let import = world.import(people(150).csv, &json!({})).await.unwrap();
    let steps = [email(1, 0), sms(2, 1)];
    let campaign = world.campaign(&steps, &json!({ "import_id": import["id"] })).await.unwrap();
    world.completed(&campaign, 5).await.unwrap();
    world.settled().await.unwrap();
    let (said, (told, count)) = (said_by_messages(&world).await, told(&world).await);
    assert_eq!(told, said);
    assert_eq!(count, told.len(), "each is told once");
    let kinds: BTreeMap<&str, usize> = told.iter().fold(BTreeMap::new(), |mut kinds, (_, kind, _)| {
        *kinds.entry(kind).or_default() += 1;
        kinds
    });
    for kind in
        ["email_sent", "message_sent", "message_delivered", "message_opened", "message_clicked", "message_bounced"]
    {
        assert!(kinds.contains_key(kind), "{kinds:?}");
    }
    let (clicker, _, at) = told.iter().find(|(_, kind, _)| kind == "message_clicked").unwrap();
    let list = world.client.get(&timeline(clicker)).await.unwrap();
    let clicked =
        list["items"].as_array().unwrap().iter().find(|item| item["interaction_type"] == "message_clicked").unwrap();
    assert_eq!(clicked["created_by"], json!({ "type": "campaign", "id": campaign }));
    assert_eq!(clicked["metadata"]["campaign_id"], json!(campaign));
    for field in ["message_id", "step_number", "channel"] {
        assert!(!clicked["metadata"][field].is_null(), "{clicked}");
    }
    let description = clicked["description"].as_str().unwrap();
    assert!(description.contains("clicked: step ") && !description.contains('@') && !description.contains('+'));
    let shown = show(&world, clicker).await;
    let last: DateTime<Utc> = shown["last_interaction_at"].as_str().unwrap().parse().unwrap();
    assert!(last >= *at, "who follows a link is heard of");
    assert_eq!(shown["version"], 1);
    let only = world.client.get(&format!("{}?type=message_clicked", timeline(clicker))).await.unwrap();
    assert!(
        number(&only["total"]) >= 1 && texts(&only, "interaction_type").iter().all(|kind| kind == "message_clicked")
    );
    assert_eq!(world.client.get(ALL).await.unwrap()["total"], 0, "campaigns do not fill the list of all");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_projector_killed_at_any_call_tells_everything_once() {
    for (call, moment) in (1..=9).flat_map(|call| [(call, Moment::Before), (call, Moment::After)]) {
        let world = World::start().await.unwrap();
        let import = world.import(people(40).csv, &json!({})).await.unwrap();
        let campaign = world.client.campaign("Test", &[email(1, 0)]).await.unwrap();
        world.client.enroll(&campaign, &json!({ "import_id": import["id"] }), tests::LIMIT).await.unwrap();
        world.settled().await.unwrap();
        let kill = world.stack.kill("ProjectorFunction", call, moment);
        world.client.post(&format!("/api/v1/campaigns/{campaign}/start"), &json!({})).await.unwrap();
        kill.happened().await;
        world.completed(&campaign, 3).await.unwrap();
        world.settled().await.unwrap();
        let (said, (told, count)) = (said_by_messages(&world).await, told(&world).await);
        assert_eq!((count, told), (said.len(), said), "killed {moment:?} call {call}");
        world.stack.stop().await.unwrap();
    }
}

async fn merge(world: &World, primary: &str, duplicate: &str) -> String {
    let body = json!({ "primary_id": primary, "duplicate_ids": [duplicate] });
    let merged = world.client.post("/api/v1/contacts/merge", &body).await.unwrap();
    merged["merge_id"].as_str().unwrap().to_owned()
}

async fn undo(world: &World, merge: &str) {
    let path = format!("/api/v1/contacts/merges/{merge}/undo");
    assert_eq!(world.client.call(Method::POST, &path, None).await.unwrap().status, 200);
}

/// Who is told of in the timelines.
async fn told_of(world: &World) -> BTreeSet<String> {
    told(world).await.0.into_iter().map(|(contact, ..)| contact).collect()
}

#[tokio::test]
async fn what_is_noted_under_an_id_that_was_merged_away_is_noted_with_the_contact_that_it_went_into() {
    let world = World::start().await.unwrap();
    let old = contact(&world, json!({ "first_name": "Ada" })).await;
    let new = contact(&world, json!({ "last_name": "King" })).await;
    note(&world.client, &old, &json!({ "description": "before", "date": "2024-01-01T00:00:00Z" })).await;
    merge(&world, &new, &old).await;
    let noted = note(&world.client, &old, &json!({ "description": "after" })).await;
    assert_eq!((noted.status, &noted.body["contact_id"]), (201, &json!(new)));
    assert_eq!(show(&world, &new).await["last_interaction_at"], noted.body["occurred_at"]);
    world.settled().await.unwrap();
    // The id leads on, and the client follows.
    let list = world.client.get(&timeline(&old)).await.unwrap();
    assert_eq!(
        (texts(&list, "description"), texts(&list, "contact_id")),
        (vec!["after".into(), "before".into()], vec![new.clone(); 2])
    );
    assert_eq!(world.client.get(&timeline(&new)).await.unwrap(), list);
    assert_eq!(world.client.get(ALL).await.unwrap()["items"], list["items"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_of_a_contact_that_went_into_another_are_told_there_and_back_when_it_comes_back() {
    let world = World::start().await.unwrap();
    let old = contact(&world, json!({ "email": "ada@example.com" })).await;
    let new = contact(&world, json!({ "email": "king@example.com" })).await;
    let campaign = world.campaign(&[email(1, 0), email(2, 1)], &json!({ "contact_ids": [old] })).await.unwrap();
    assert_eq!(told_of(&world).await, BTreeSet::from([old.clone()]));
    let merge = merge(&world, &new, &old).await;
    world.completed(&campaign, 5).await.unwrap();
    world.settled().await.unwrap();
    assert_eq!(told_of(&world).await, BTreeSet::from([new.clone()]));
    let (said, (told_there, count)) = (said_by_messages(&world).await, told(&world).await);
    assert_eq!((count, told_there), (said.len(), said));
    undo(&world, &merge).await;
    world.settled().await.unwrap();
    assert_eq!(told_of(&world).await, BTreeSet::from([old]));
    let (said, (told_back, count)) = (said_by_messages(&world).await, told(&world).await);
    assert_eq!((count, told_back), (said.len(), said));
}

//! Who is in a campaign: the list, and being taken out.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{LIMIT, World, email, number};

use super::{contact, person};

fn ids(list: &Value) -> Vec<String> {
    list["items"].as_array().unwrap().iter().map(|item| item["contact_id"].as_str().unwrap().to_owned()).collect()
}

async fn people(world: &World, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for number in 0..count {
        ids.push(person(world, number).await);
    }
    ids
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_enrolment_is_on_one_page_by_cursor_and_by_number() {
    let world = World::start().await.unwrap();
    let mut all = people(&world, 23).await;
    let campaign = world.client.campaign("Listed", &[email(1, 1)]).await.unwrap();
    world.client.enroll(&campaign, &json!({ "contact_ids": all }), LIMIT).await.unwrap();
    world.settled().await.unwrap();
    let path = format!("/api/v1/campaigns/{campaign}/contacts");
    let (mut by_cursor, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = world.client.get(&format!("{path}?per_page=5{cursor}")).await.unwrap();
        assert_eq!(number(&page["total"]), 23);
        by_cursor.extend(ids(&page));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let mut by_number = Vec::new();
    for page in 1..=6 {
        let page = world.client.get(&format!("{path}?per_page=5&page={page}")).await.unwrap();
        assert_eq!(number(&page["total"]), 23);
        by_number.extend(ids(&page));
    }
    assert_eq!(by_cursor, by_number);
    by_cursor.sort();
    all.sort();
    assert_eq!(by_cursor, all);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_enrolment_tells_where_it_stands_and_is_paused_with_its_campaign() {
    let world = World::start().await.unwrap();
    let [ada, never] = [
        contact(&world, json!({ "email": "ada@example.com" })).await,
        contact(&world, json!({ "email": "no@example.com", "do_not_contact": true })).await,
    ];
    let audience = json!({ "contact_ids": [ada, never] });
    let campaign = world.campaign(&[email(1, 0), email(2, 1)], &audience).await.unwrap();
    let path = format!("/api/v1/campaigns/{campaign}");
    let of = async |status: &str| world.client.get(&format!("{path}/contacts?status={status}")).await.unwrap();
    let active = of("active").await;
    let shown = &active["items"][0];
    assert_eq!((ids(&active), number(&active["total"])), (vec![ada.clone()], 1));
    assert_eq!((number(&shown["current_step"]), number(&shown["messages_sent"])), (1, 1));
    assert!(shown["next_send_at"].is_string() && shown["reason"].is_null());
    let excluded = of("excluded").await;
    assert_eq!(excluded["items"][0]["reason"], "the contact must not be contacted");
    world.client.post(&format!("{path}/pause"), &json!({})).await.unwrap();
    let paused = of("paused").await;
    assert_eq!((ids(&paused), &paused["items"][0]["next_send_at"]), (vec![ada], &Value::Null));
    assert_eq!((number(&of("active").await["total"]), number(&of("excluded").await["total"])), (0, 1));
    let wrong = world.client.call(Method::GET, &format!("{path}/contacts?status=gone"), None).await.unwrap();
    assert_eq!((wrong.status, &wrong.body["error"]["details"]["field"]), (422, &json!("status")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_taken_out_gets_nothing_more_however_often_that_is_said() {
    let world = World::start().await.unwrap();
    let all = people(&world, 2).await;
    let stranger = contact(&world, json!({ "first_name": "Not in it" })).await;
    let campaign = world.campaign(&[email(1, 0), email(2, 1)], &json!({ "contact_ids": all })).await.unwrap();
    let path = format!("/api/v1/campaigns/{campaign}");
    let out = async |contact: &str| {
        let path = format!("{path}/unenroll/{contact}");
        world.client.call(Method::POST, &path, None).await.unwrap()
    };
    let first = out(&all[0]).await;
    assert_eq!((first.status, &first.body["status"]), (200, &json!("cancelled")));
    assert_eq!(first.body["reason"], "taken out by hand");
    assert_eq!(out(&all[0]).await.body, first.body);
    for unknown in [stranger.as_str(), "nobody"] {
        assert_eq!(out(unknown).await.status, 404);
    }
    world.completed(&campaign, 3).await.unwrap();
    assert_eq!(world.outbox().await.unwrap(), (3, 3));
    assert_eq!(out(&all[1]).await.body["status"], "completed", "what has ended stays as it ended");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_is_taken_out_by_the_id_of_the_contact_that_it_became() {
    let world = World::start().await.unwrap();
    let all = people(&world, 2).await;
    let campaign = world.campaign(&[email(1, 1)], &json!({ "contact_ids": [all[1]] })).await.unwrap();
    let merge = json!({ "primary_id": all[0], "duplicate_ids": [all[1]] });
    world.client.post("/api/v1/contacts/merge", &merge).await.unwrap();
    let out = format!("/api/v1/campaigns/{campaign}/unenroll/{}", all[0]);
    let out = world.client.post(&out, &json!({})).await.unwrap();
    assert_eq!((&out["status"], &out["contact_id"]), (&json!("cancelled"), &json!(all[1])));
    world.completed(&campaign, 3).await.unwrap();
    assert_eq!(world.outbox().await.unwrap().0, 0);
}

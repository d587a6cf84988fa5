//! Campaigns that find their contacts themselves.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{LIMIT, World, email, number};

use super::contact;

/// A draft for contacts with the tag `vip`, with other criteria as they are given.
async fn campaign(world: &World, more: Value) -> String {
    let mut criteria = json!({ "tags": ["vip"] });
    criteria.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let body = json!({ "name": "Found", "campaign_type": "email", "target_criteria": criteria });
    let campaign = world.client.post("/api/v1/campaigns", &body).await.unwrap();
    let id = campaign["id"].as_str().unwrap().to_owned();
    world.client.post(&format!("/api/v1/campaigns/{id}/messages"), &email(1, 0)).await.unwrap();
    id
}

/// The job, once everybody is enrolled whom the criteria mean.
async fn enrolled(world: &World, campaign: &str) -> Value {
    let path = format!("/api/v1/campaigns/{campaign}");
    let job = world.client.post(&format!("{path}/enroll-from-criteria"), &json!({})).await.unwrap();
    world.settled().await.unwrap();
    let job = format!("{path}/enrollment-jobs/{}", job["job_id"].as_str().unwrap());
    world.client.get(&job).await.unwrap()
}

/// Contacts with the tag, in the order in which they came to be.
async fn vips(world: &World, names: &[&str]) -> Vec<String> {
    let mut ids = Vec::new();
    for name in names {
        let email = format!("{name}@example.com");
        ids.push(contact(world, json!({ "first_name": name, "email": email, "tags": ["vip"] })).await);
    }
    ids
}

fn contacts(list: &Value, field: &str) -> Vec<String> {
    let mut ids: Vec<_> =
        list["items"].as_array().unwrap().iter().map(|item| item[field].as_str().unwrap().to_owned()).collect();
    ids.sort();
    ids
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn those_are_enrolled_whom_the_criteria_mean_at_that_moment() {
    let world = World::start().await.unwrap();
    let ids = vips(&world, &["ada", "bob", "cleo"]).await;
    contact(&world, json!({ "email": "never@example.com", "tags": ["vip"], "do_not_contact": true })).await;
    contact(&world, json!({ "email": "other@example.com", "tags": ["other"] })).await;
    let id = campaign(&world, json!({})).await;
    let path = format!("/api/v1/campaigns/{id}");
    let preview = world.client.get(&format!("{path}/targeted-contacts")).await.unwrap();
    assert_eq!((contacts(&preview, "id"), &preview["total"]), (ids.clone(), &json!(3)));

    let job = enrolled(&world, &id).await;
    assert_eq!((&job["status"], number(&job["enrolled"]), number(&job["enrolled_count"])), (&json!("completed"), 3, 3));
    assert_eq!(world.client.get(&format!("{path}/targeted-contacts")).await.unwrap()["total"], 0, "they are in it");
    // Written and wanted in the same moment, before the index knows of it.
    let new = vips(&world, &["dan"]).await;
    let preview = world.client.get(&format!("{path}/targeted-contacts")).await.unwrap();
    assert_eq!(contacts(&preview, "id"), new);
    let job = enrolled(&world, &id).await;
    assert_eq!((number(&job["enrolled"]), number(&job["already_enrolled"])), (1, 3));
    let list = world.client.get(&format!("{path}/contacts")).await.unwrap();
    assert_eq!(contacts(&list, "contact_id"), [ids, new].concat());
    assert_eq!(world.client.get(&path).await.unwrap()["audience"], 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_most_so_many_are_enrolled_those_who_came_first() {
    let world = World::start().await.unwrap();
    let ids = vips(&world, &["a", "b", "c", "d", "e"]).await;
    let excluding = campaign(&world, json!({ "max_contacts": 2 })).await;
    for (expected, shown) in [(&ids[..2], &ids[2..4]), (&ids[..4], &ids[4..]), (&ids[..], &ids[..0])] {
        let before = number(&world.client.get(&format!("/api/v1/campaigns/{excluding}")).await.unwrap()["audience"]);
        let job = enrolled(&world, &excluding).await;
        assert_eq!(number(&job["enrolled"]), expected.len() as i64 - before);
        let path = format!("/api/v1/campaigns/{excluding}");
        let list = world.client.get(&format!("{path}/contacts")).await.unwrap();
        assert_eq!(contacts(&list, "contact_id"), expected);
        let preview = world.client.get(&format!("{path}/targeted-contacts")).await.unwrap();
        assert_eq!((contacts(&preview, "id"), number(&preview["total"])), (shown.to_vec(), shown.len() as i64));
    }
    // Who is in it counts where nobody says that it does not.
    let counting = campaign(&world, json!({ "max_contacts": 3, "exclude_already_enrolled": false })).await;
    world.client.enroll(&counting, &json!({ "contact_ids": [ids[1], ids[4]] }), LIMIT).await.unwrap();
    let job = enrolled(&world, &counting).await;
    assert_eq!(
        (number(&job["enrolled"]), number(&job["already_enrolled"])),
        (2, 1),
        "the first three, one of them was"
    );
    let preview = format!("/api/v1/campaigns/{counting}/targeted-contacts?per_page=2");
    let preview = world.client.get(&preview).await.unwrap();
    assert_eq!((contacts(&preview, "id"), number(&preview["total"])), (ids[..2].to_vec(), 3));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_preview_has_pages_and_knows_who_was_enrolled_under_another_id() {
    let world = World::start().await.unwrap();
    let ids = vips(&world, &["a", "b", "c", "d"]).await;
    let id = campaign(&world, json!({})).await;
    let path = format!("/api/v1/campaigns/{id}");
    world.client.enroll(&id, &json!({ "contact_ids": [ids[1]] }), LIMIT).await.unwrap();
    let merge = json!({ "primary_id": ids[2], "duplicate_ids": [ids[1]] });
    world.client.post("/api/v1/contacts/merge", &merge).await.unwrap();
    world.settled().await.unwrap();
    let first = world.client.get(&format!("{path}/targeted-contacts?limit=1")).await.unwrap();
    assert_eq!((contacts(&first, "id"), number(&first["total"])), (vec![ids[0].clone()], 2));
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = world.client.get(&format!("{path}/targeted-contacts?limit=1&cursor={cursor}")).await.unwrap();
    assert_eq!((contacts(&second, "id"), &second["next_cursor"]), (vec![ids[3].clone()], &Value::Null));
    let job = enrolled(&world, &id).await;
    assert_eq!((number(&job["enrolled"]), number(&job["already_enrolled"])), (2, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_start_enrols_by_criteria_unless_somebody_was_enrolled_before() {
    let world = World::start().await.unwrap();
    let ids = vips(&world, &["a", "b", "c"]).await;
    let found = campaign(&world, json!({})).await;
    world.client.post(&format!("/api/v1/campaigns/{found}/start"), &json!({})).await.unwrap();
    world.completed(&found, 2).await.unwrap();
    assert_eq!(world.outbox().await.unwrap(), (3, 3));
    let chosen = campaign(&world, json!({})).await;
    world.client.enroll(&chosen, &json!({ "contact_ids": [ids[0]] }), LIMIT).await.unwrap();
    world.client.post(&format!("/api/v1/campaigns/{chosen}/start"), &json!({})).await.unwrap();
    world.completed(&chosen, 2).await.unwrap();
    assert_eq!(world.outbox().await.unwrap(), (4, 4));
}

#[tokio::test]
async fn a_campaign_without_criteria_finds_nobody() {
    let world = World::start().await.unwrap();
    let id = world.client.campaign("By hand", &[email(1, 0)]).await.unwrap();
    let call = async |method: Method, rest: &str| {
        let path = format!("/api/v1/campaigns/{id}/{rest}");
        world.client.call(method, &path, None).await.unwrap()
    };
    for (method, rest) in [(Method::POST, "enroll-from-criteria"), (Method::GET, "targeted-contacts")] {
        let refused = call(method, rest).await;
        assert_eq!((refused.status, &refused.body["error"]["details"]["field"]), (422, &json!("target_criteria")));
    }
}

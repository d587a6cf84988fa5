//! One change to many contacts.

mod filters;

use local::stack::Moment;
use reqwest::Method;
use serde_json::{Value, json};
use tests::{World, number};

const BULK: &str = "/api/v1/contacts/bulk";

async fn contacts(world: &World, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for n in 0..count {
        let draft = json!({ "email": format!("c{n}@example.com"), "company": if n % 2 == 0 { "Even" } else { "Odd" } });
        let made = world.client.post("/api/v1/contacts", &draft).await.unwrap();
        ids.push(made["id"].as_str().unwrap().to_owned());
    }
    ids
}

/// The contacts as they are, those that are there.
async fn shown(world: &World, ids: &[String]) -> Vec<Value> {
    let mut all = Vec::new();
    for id in ids {
        let answer = world.client.call(Method::GET, &format!("/api/v1/contacts/{id}"), None).await.unwrap();
        all.extend(Some(answer.body).filter(|_| answer.status == 200));
    }
    all
}

async fn finished(world: &World, job: &Value) -> Value {
    world.settled().await.unwrap();
    let job = world.client.get(&format!("/api/v1/contacts/jobs/{}", job["id"].as_str().unwrap())).await.unwrap();
    assert_eq!(job["status"], "completed", "{job}");
    job
}

#[tokio::test]
async fn contacts_that_are_named_are_changed_before_the_answer_comes() {
    let world = World::start().await.unwrap();
    let ids = contacts(&world, 4).await;
    let unknown = "01890a5d-ac96-774b-bcce-b302099a8057";
    let body = json!({
        "contact_ids": [ids[0], ids[1], ids[1], unknown],
        "edit": { "add_tags": ["fair", "VIP"], "set_fields": { "lead_source": "fair" } },
    });
    let result = world.client.post(BULK, &body).await.unwrap();
    let counts = ["matched", "changed", "unchanged", "failed"].map(|name| number(&result[name]));
    assert_eq!((counts, &result["failures"][0]["contact_id"]), ([3, 2, 0, 1], &json!(unknown)));
    let again = world.client.post(BULK, &body).await.unwrap();
    assert_eq!((number(&again["changed"]), number(&again["unchanged"])), (0, 2));
    let removed = json!({ "contact_ids": ids, "edit": { "remove_tags": ["vip"] } });
    assert_eq!(number(&world.client.post(BULK, &removed).await.unwrap()["changed"]), 2);
    let contact = &shown(&world, &ids[..1]).await[0];
    assert_eq!((&contact["tags"], &contact["lead_source"]), (&json!(["fair"]), &json!("fair")));
    let deleted = json!({ "contact_ids": ids[..3], "edit": { "delete": true } });
    assert_eq!(number(&world.client.post(BULK, &deleted).await.unwrap()["changed"]), 3);
    assert_eq!(shown(&world, &ids).await.len(), 1);
}

#[tokio::test]
async fn what_cannot_be_done_to_anybody_is_refused_before_anything_is_done() {
    let world = World::start().await.unwrap();
    let ids = contacts(&world, 1).await;
    for (body, status, field) in [
        (json!({ "contact_ids": ids, "edit": {} }), 422, "set_fields"),
        (json!({ "contact_ids": ids, "edit": { "delete": true, "add_tags": ["x"] } }), 422, "delete"),
        (
            json!({ "contact_ids": ids, "edit": { "set_fields": { "email": "a@example.com" } } }),
            422,
            "set_fields.email",
        ),
        (json!({ "contact_ids": ids, "edit": { "set_fields": { "timezone": "Mars" } } }), 422, "set_fields.timezone"),
        (json!({ "edit": { "add_tags": ["x"] } }), 422, "contact_ids"),
        (json!({ "filter": { "email": "x" }, "edit": { "add_tags": ["x"] } }), 422, "email"),
        (json!({ "filter": { "shoe": 1 }, "edit": { "add_tags": ["x"] } }), 400, "filter.shoe"),
    ] {
        let answer = world.client.call(Method::POST, BULK, Some(&body)).await.unwrap();
        assert_eq!((answer.status, answer.body["error"]["details"]["field"].as_str()), (status, Some(field)), "{body}");
    }
}

#[tokio::test]
async fn all_whom_a_filter_means_are_changed_in_the_background() {
    let world = World::start().await.unwrap();
    let ids = contacts(&world, 60).await;
    let odd = json!({ "filter": { "company": "odd" }, "edit": { "add_tags": ["odd"] } });
    let answer = world.client.call(Method::POST, BULK, Some(&odd)).await.unwrap();
    assert_eq!(answer.status, 202);
    let job = finished(&world, &answer.body).await;
    assert_eq!(job["outcomes"], json!({ "matched": 30, "changed": 30, "unchanged": 0, "failed": 0 }));
    let deleted = json!({ "filter": { "tags": ["ODD"] }, "edit": { "delete": true } });
    let job = world.client.post(BULK, &deleted).await.unwrap();
    assert_eq!(finished(&world, &job).await["outcomes"]["changed"], 30);
    let left = shown(&world, &ids).await;
    assert!(left.len() == 30 && left.iter().all(|contact| contact["company"] == "Even"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_killed_at_any_call_changes_everybody_once_and_counts_them_once() {
    for (call, moment) in (1..=7).flat_map(|call| [(call, Moment::Before), (call, Moment::After)]) {
        let world = World::start().await.unwrap();
        let ids = contacts(&world, 70).await;
        let kill = world.stack.kill("ContactWorkFunction", call, moment);
        let body = json!({ "filter": {}, "edit": { "add_tags": ["met"] } });
        let job = world.client.post(BULK, &body).await.unwrap();
        kill.happened().await;
        let job = finished(&world, &job).await;
        let outcomes = json!({ "matched": 70, "changed": 70, "unchanged": 0, "failed": 0 });
        assert_eq!(job["outcomes"], outcomes, "killed {moment:?} call {call}");
        let contacts = shown(&world, &ids).await;
        assert!(contacts.iter().all(|contact| contact["tags"] == json!(["met"]) && contact["version"] == 2));
        world.stack.stop().await.unwrap();
    }
}

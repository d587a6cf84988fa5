//! The list of campaigns, and their patches.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};
use tests::{World, email};

use super::person;

fn ids(list: &Value) -> Vec<String> {
    list["items"].as_array().unwrap().iter().map(|campaign| campaign["id"].as_str().unwrap().to_owned()).collect()
}

async fn made(world: &World, campaign_type: &str) -> String {
    let body = json!({ "name": campaign_type, "campaign_type": campaign_type });
    world.client.post("/api/v1/campaigns", &body).await.unwrap()["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn campaigns_are_listed_the_newest_first_with_how_many_of_their_messages_went_out() {
    let world = World::start().await.unwrap();
    let mut newest = Vec::new();
    for campaign_type in ["email", "sms", "email", "voice"] {
        newest.insert(0, made(&world, campaign_type).await);
    }
    let people = json!({ "contact_ids": [person(&world, 1).await, person(&world, 2).await] });
    newest.insert(0, world.campaign(&[email(1, 0), email(2, 9)], &people).await.unwrap());
    let path = "/api/v1/campaigns";
    let all = world.client.get(path).await.unwrap();
    assert_eq!((ids(&all), &all["total"], &all["next_cursor"]), (newest.clone(), &json!(5), &Value::Null));
    assert_eq!((&all["items"][0]["message_count"], &all["items"][1]["message_count"]), (&json!(2), &json!(0)));
    assert_eq!(world.client.get(&format!("{path}/{}", newest[0])).await.unwrap()["message_count"], 2);

    let first = world.client.get(&format!("{path}?limit=2")).await.unwrap();
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = world.client.get(&format!("{path}?limit=3&cursor={cursor}")).await.unwrap();
    assert_eq!([ids(&first), ids(&rest)].concat(), newest);
    assert_eq!((&rest["total"], &rest["next_cursor"]), (&json!(5), &Value::Null));
    assert_eq!(ids(&world.client.get(&format!("{path}?skip=3&limit=2")).await.unwrap()), newest[3..]);

    world.client.call(Method::DELETE, &format!("{path}/{}", newest[4]), None).await.unwrap();
    for (query, expected) in [
        ("status=active", vec![newest[0].clone()]),
        ("status=archived", vec![newest[4].clone()]),
        ("type=email", vec![newest[2].clone(), newest[4].clone()]),
        ("type=email&status=draft", vec![newest[2].clone()]),
        ("status=completed", vec![]),
    ] {
        let list = world.client.get(&format!("{path}?{query}")).await.unwrap();
        assert_eq!((list["total"].as_u64(), ids(&list)), (Some(expected.len() as u64), expected), "{query}");
    }
    let wrong = world.client.call(Method::GET, &format!("{path}?status=done&type=fax"), None).await.unwrap();
    let faults = wrong.body["error"]["details"]["errors"].as_array().unwrap().len();
    assert_eq!((wrong.status, faults), (422, 2));
    let stranger = world.client.with_key(&world.stranger().await.unwrap());
    assert_eq!(stranger.get(path).await.unwrap()["total"], 0, "others see nothing of it");
}

#[tokio::test]
async fn a_patch_changes_what_is_given_of_the_version_that_is_meant() {
    let world = World::start().await.unwrap();
    let path = format!("/api/v1/campaigns/{}", made(&world, "multi_channel").await);
    let patch = async |body: Value, meant: &str| {
        world.client.call_with(Method::PATCH, &path, &[("if-match", meant)], Some(&body)).await.unwrap()
    };
    let settings = json!({ "settings": { "frequency_cap": "1_per_day", "colour": "red" }, "budget": 99.5 });
    let first = patch(settings, "\"1\"").await;
    assert_eq!((first.status, first.header("etag"), &first.body["budget"]), (200, "\"2\"", &json!(99.5)));
    assert_eq!(patch(json!({ "name": "Late" }), "\"1\"").await.status, 412);
    let second = patch(json!({ "settings": { "colour": null }, "budget": null, "name": "New" }), "*").await;
    assert_eq!(second.body["settings"], json!({ "send_time_optimization": false, "frequency_cap": "1_per_day" }));
    assert_eq!((&second.body["budget"], &second.body["name"]), (&Value::Null, &json!("New")));
    assert_eq!(patch(json!({ "name": "New" }), "*").await.header("etag"), second.header("etag"), "nothing changes");

    for (body, status, field) in [
        (json!({ "name": 5 }), 400, "name"),
        (json!({ "colour": "red" }), 400, "colour"),
        (json!({ "campaign_type": null }), 400, "campaign_type"),
        (json!({ "name": " " }), 422, "name"),
        (json!({ "campaign_type": "pigeon" }), 422, "campaign_type"),
        (json!({ "goal_type": "fame" }), 422, "goal_type"),
        (json!({ "budget": -1 }), 422, "budget"),
        (json!({ "settings": { "frequency_cap": "daily" } }), 422, "settings.frequency_cap"),
        (json!({ "target_criteria": { "tags": vec!["x"; 101] } }), 422, "target_criteria.tags"),
        (json!({ "start_date": "2030-01-02T00:00:00Z", "end_date": "2030-01-01T00:00:00Z" }), 422, "end_date"),
    ] {
        let refused = patch(body.clone(), "*").await;
        assert_eq!((refused.status, &refused.body["error"]["details"]["field"]), (status, &json!(field)), "{body}");
    }
    let many = patch(json!({ "name": "", "budget": -1, "goal_type": "x" }), "*").await;
    assert_eq!(many.body["error"]["details"]["errors"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn what_has_begun_keeps_its_criteria_and_what_is_over_keeps_everything() {
    let world = World::start().await.unwrap();
    let campaign = world.client.campaign("Begun", &[email(1, 0)]).await.unwrap();
    let path = format!("/api/v1/campaigns/{campaign}");
    let patch = async |body: Value| world.client.call(Method::PATCH, &path, Some(&body)).await.unwrap().status;
    assert_eq!(patch(json!({ "campaign_type": "sms" })).await, 422, "there is an e-mail in it");
    assert_eq!(patch(json!({ "target_criteria": { "tags": ["vip"] } })).await, 200);
    world.client.post(&format!("{path}/start"), &json!({})).await.unwrap();
    for body in [json!({ "target_criteria": null }), json!({ "campaign_type": "email" })] {
        assert_eq!(patch(body).await, 409);
    }
    let ends = world.stack.clock().now() + TimeDelta::days(3);
    assert_eq!(patch(json!({ "end_date": ends, "goal_value": 7, "settings": { "x": [1, { "y": null }] } })).await, 200);
    assert_eq!(patch(json!({ "end_date": "2020-01-01T00:00:00Z" })).await, 422);
    world.client.post(&format!("{path}/cancel"), &json!({})).await.unwrap();
    assert_eq!(patch(json!({ "name": "Other" })).await, 409);
}

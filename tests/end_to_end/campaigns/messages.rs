//! The steps of a campaign: added, shown, changed, renumbered, removed.

mod editing;
mod previews;

use chrono::TimeDelta;
use futures::future::join_all;
use local::client::Answer;
use local::stack::Moment;
use reqwest::Method;
use serde_json::{Value, json};
use tests::{World, email, sms};

/// A campaign that takes every channel, without steps. The path of its messages.
async fn empty(world: &World) -> String {
    let campaign = world.client.campaign("Empty", &[]).await.unwrap();
    format!("/api/v1/campaigns/{campaign}/messages")
}

async fn call(world: &World, method: Method, path: &str, body: Value) -> Answer {
    world.client.call(method, path, Some(&body)).await.unwrap()
}

async fn add(world: &World, path: &str, body: Value) -> String {
    let made = call(world, Method::POST, path, body).await;
    assert_eq!(made.status, 201, "{}", made.body);
    format!("{path}/{}", made.body["id"].as_str().unwrap())
}

async fn numbers(world: &World, path: &str) -> Vec<i64> {
    let list = world.client.get(path).await.unwrap();
    list["items"].as_array().unwrap().iter().map(|step| step["step_number"].as_i64().unwrap()).collect()
}

fn fields(answer: &Answer) -> Vec<&str> {
    let details = &answer.body["error"]["details"];
    match details["errors"].as_array() {
        Some(errors) => errors.iter().filter_map(|error| error["field"].as_str()).collect(),
        None => details["field"].as_str().into_iter().collect(),
    }
}

#[tokio::test]
async fn a_step_is_added_shown_changed_renumbered_and_removed() {
    let world = World::start().await.unwrap();
    let messages = empty(&world).await;
    let made = call(&world, Method::POST, &messages, email(2, 1)).await;
    assert_eq!((made.status, made.header("etag")), (201, "\"1\""));
    let path = made.header("location").to_owned();
    assert_eq!(path, format!("{messages}/{}", made.body["id"].as_str().unwrap()));
    let shown = world.client.call(Method::GET, &path, None).await.unwrap();
    assert_eq!((shown.status, shown.header("etag"), &shown.body), (200, "\"1\"", &made.body));

    let patch = json!({ "content": "<p>{{first_name}}</p>", "send_time": "09:00:00", "stop_on_reply": true });
    let changed = call(&world, Method::PATCH, &path, patch.clone()).await;
    assert_eq!((changed.status, changed.header("etag"), &changed.body["send_time"]), (200, "\"2\"", &json!("09:00")));
    assert_eq!(call(&world, Method::PATCH, &path, patch).await.header("etag"), "\"2\"", "nothing has changed");
    let stale = [("if-match", "\"1\"")];
    let late = world.client.call_with(Method::PATCH, &path, &stale, Some(&json!({ "send_time": null }))).await.unwrap();
    assert_eq!(late.status, 412);
    assert_eq!(world.client.call_with(Method::DELETE, &path, &stale, None).await.unwrap().status, 412);

    let other = add(&world, &messages, sms(3, 0)).await;
    assert_eq!(call(&world, Method::PATCH, &path, json!({ "step_number": 3 })).await.status, 409, "it is taken");
    let moved = call(&world, Method::PATCH, &path, json!({ "step_number": 5 })).await;
    assert_eq!((moved.status, &moved.body["id"], &moved.body["version"]), (200, &made.body["id"], &json!(3)));
    assert_eq!(numbers(&world, &messages).await, [3, 5]);
    assert_eq!(world.client.call(Method::DELETE, &other, None).await.unwrap().status, 204);
    assert_eq!(world.client.call(Method::DELETE, &other, None).await.unwrap().status, 404);
    assert_eq!(world.client.call(Method::GET, &other, None).await.unwrap().status, 404);
    assert_eq!(numbers(&world, &messages).await, [5]);
}

#[tokio::test]
async fn a_step_has_everything_that_its_channel_knows() {
    let world = World::start().await.unwrap();
    let messages = empty(&world).await;
    let call_step = json!({
        "message_type": "voice", "voice_script": "Hi {{first_name}}, this is Sarah.", "tts_voice_id": "en-US-Neural2-F",
        "voice_agent_id": 8, "call_flow_config": { "max_duration_seconds": 300, "enable_dtmf": true,
        "transfer_number": "+15559876543" },
    });
    let made = call(&world, Method::POST, &messages, call_step.clone()).await;
    assert_eq!(made.status, 201, "{}", made.body);
    for (field, value) in call_step.as_object().unwrap() {
        assert_eq!(&made.body[field], value, "{field}");
    }
    assert_eq!(made.body["step_number"], 1, "it is the first");
    let variants = json!([{ "name": "a", "subject": "A" }, { "name": "b", "weight": 3, "content": "B" }]);
    let conditions = json!([{ "step_number": 1, "event": "not_replied" }]);
    let tested = json!({ "message_type": "email", "content": "C", "subject": "S", "variants": variants,
                         "conditions": conditions, "delay_amount": 2, "delay_unit": "weeks" });
    let made = call(&world, Method::POST, &messages, tested).await;
    assert_eq!((made.status, &made.body["step_number"], &made.body["conditions"]), (201, &json!(2), &conditions));
    assert_eq!((&made.body["variants"][0]["weight"], &made.body["variants"][1]["weight"]), (&json!(1), &json!(3)));
}

#[tokio::test]
async fn every_fault_of_a_step_is_told_at_once() {
    let world = World::start().await.unwrap();
    let messages = empty(&world).await;
    let bad = json!({
        "step_number": 0, "message_type": "email", "content": "<a href={{first_name}}>", "delay_unit": "moons",
        "send_time": "noon", "conditions": [{ "step_number": 1, "event": "slept" }], "variants": [{ "name": "a" }],
    });
    let answer = call(&world, Method::POST, &messages, bad).await;
    assert_eq!(answer.status, 422);
    let mut found = fields(&answer);
    found.sort_unstable();
    let expected = [
        "conditions[0].event",
        "conditions[0].step_number",
        "content",
        "delay_unit",
        "send_time",
        "step_number",
        "variants",
        "variants[0].subject",
    ];
    assert_eq!(found, expected);
    let unknown = call(&world, Method::POST, &messages, json!({ "message_type": "sms", "colour": 1 })).await;
    assert_eq!((unknown.status, fields(&unknown)), (400, vec!["colour"]));
    let path = add(&world, &messages, email(1, 0)).await;
    let wrong = call(&world, Method::PATCH, &path, json!({ "subject": null, "plain_text": "{{nick}}" })).await;
    assert_eq!((wrong.status, fields(&wrong).len()), (422, 2), "{}", wrong.body);
    assert_eq!(call(&world, Method::PATCH, &path, json!({ "message_type": null })).await.status, 400);
    assert_eq!(call(&world, Method::PATCH, &path, json!({ "version": 7 })).await.status, 400);
}

#[tokio::test]
async fn a_step_that_another_looks_at_stays_where_it_is() {
    let world = World::start().await.unwrap();
    let messages = empty(&world).await;
    let first = add(&world, &messages, email(1, 0)).await;
    let mut second = email(2, 1);
    second["conditions"] = json!([{ "step_number": 1, "event": "not_opened" }]);
    let second = add(&world, &messages, second).await;
    assert_eq!(call(&world, Method::PATCH, &first, json!({ "step_number": 3 })).await.status, 409);
    let refused = world.client.call(Method::DELETE, &first, None).await.unwrap();
    let id = second.rsplit('/').next().unwrap();
    assert_eq!((refused.status, refused.body["error"]["details"]["existing_id"].as_str()), (409, Some(id)));
    let early =
        call(&world, Method::PATCH, &second, json!({ "conditions": [{ "step_number": 2, "event": "opened" }] }));
    assert_eq!(fields(&early.await), ["conditions[0].step_number"]);
    assert_eq!(call(&world, Method::PATCH, &second, json!({ "conditions": null })).await.status, 200);
    assert_eq!(world.client.call(Method::DELETE, &first, None).await.unwrap().status, 204);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_at_the_same_time_leave_a_sequence_that_makes_sense() {
    let world = World::start().await.unwrap();
    for _ in 0..5 {
        let messages = empty(&world).await;
        let first = add(&world, &messages, sms(1, 0)).await;
        let other = add(&world, &messages, sms(2, 0)).await;
        let mut looking = sms(9, 0);
        looking["conditions"] = json!([{ "step_number": 1, "event": "replied" }]);
        let calls = [
            (Method::POST, messages.clone(), looking),
            (Method::DELETE, first.clone(), json!({})),
            (Method::PATCH, other.clone(), json!({ "step_number": 7 })),
            (Method::POST, messages.clone(), sms(7, 0)),
        ];
        let made = calls.iter().map(|(method, path, body)| call(&world, method.clone(), path, body.clone()));
        let statuses: Vec<u16> = join_all(made).await.iter().map(|answer| answer.status).collect();
        let (looks, removed) = (statuses[0] == 201, statuses[1] == 204);
        assert!(looks != removed, "one of both makes the other impossible: {statuses:?}");
        assert!((statuses[2] == 200) != (statuses[3] == 201), "the number is taken once: {statuses:?}");
        let found = numbers(&world, &messages).await;
        assert_eq!((found.contains(&1), found.contains(&9), found.contains(&7)), (!removed, looks, true));
    }
}

#[tokio::test]
async fn a_campaign_that_is_over_keeps_its_steps() {
    let world = World::start().await.unwrap();
    let ada = json!({ "first_name": "Ada", "email": "ada@example.com" });
    let ada = world.client.post("/api/v1/contacts", &ada).await.unwrap();
    let campaign = world.campaign(&[email(1, 0)], &json!({ "contact_ids": [ada["id"]] })).await.unwrap();
    world.completed(&campaign, 1).await.unwrap();
    let messages = format!("/api/v1/campaigns/{campaign}/messages");
    let steps = world.client.get(&messages).await.unwrap();
    let path = format!("{messages}/{}", steps["items"][0]["id"].as_str().unwrap());
    assert_eq!(call(&world, Method::POST, &messages, email(2, 0)).await.status, 409);
    assert_eq!(call(&world, Method::PATCH, &path, json!({ "subject": "x" })).await.status, 409);
    assert_eq!(world.client.call(Method::DELETE, &path, None).await.unwrap().status, 409);
    assert_eq!(world.client.get(&messages).await.unwrap(), steps);
    let preview = json!({ "contact_id": ada["id"] });
    assert_eq!(call(&world, Method::POST, &format!("{path}/preview"), preview).await.status, 200);
}

#[tokio::test]
async fn a_request_that_is_killed_anywhere_and_repeated_adds_its_step_once() {
    let world = World::start().await.unwrap();
    let messages = empty(&world).await;
    let (mut killed, mut count) = (0, 0);
    for (number, moment) in (1..=7).flat_map(|number| [(number, Moment::Before), (number, Moment::After)]) {
        let key = format!("{moment:?} {number}");
        let draft = json!({ "message_type": "sms", "content": key });
        let headers = [("idempotency-key", key.as_str())];
        let post = async || world.client.call_with(Method::POST, &messages, &headers, Some(&draft)).await.unwrap();
        let kill = world.stack.kill("CampaignsFunction", number, moment);
        if post().await.status == 500 {
            killed += 1;
            kill.happened().await;
            world.stack.advance(TimeDelta::seconds(61)).await;
        } else {
            // The order was for a call that never came: any request uses it up.
            while world.client.call(Method::GET, &messages, None).await.unwrap().status != 500 {}
        }
        let again = post().await;
        count += 1;
        assert_eq!((again.status, &again.body["step_number"]), (201, &json!(count)), "{key}: {}", again.body);
        assert_eq!(post().await.body, again.body);
        assert_eq!(numbers(&world, &messages).await.len(), count, "{key}");
    }
    assert!(killed >= 10, "{killed} were killed");
}

#[tokio::test]
async fn a_repeated_request_does_not_bring_back_what_was_removed() {
    let world = World::start().await.unwrap();
    let messages = empty(&world).await;
    let mut refused = 0;
    for number in 1..=8 {
        let key = number.to_string();
        let headers = [("idempotency-key", key.as_str())];
        let post = async || world.client.call_with(Method::POST, &messages, &headers, Some(&sms(1, 0))).await.unwrap();
        let kill = world.stack.kill("CampaignsFunction", number, Moment::After);
        if post().await.status != 500 {
            // So many calls it does not take: any request uses the order up.
            while world.client.call(Method::GET, &messages, None).await.unwrap().status != 500 {}
            remove_all(&world, &messages).await;
            continue;
        }
        kill.happened().await;
        world.stack.advance(TimeDelta::seconds(61)).await;
        let was_made = remove_all(&world, &messages).await == 1;
        let again = post().await;
        // Once the answer is kept, it is given again; what it tells of stays removed all the same.
        let is_told = again.header("idempotency-replayed") == "true";
        assert_eq!(again.status, if was_made && !is_told { 409 } else { 201 }, "call {number}: {}", again.body);
        assert_eq!(remove_all(&world, &messages).await, usize::from(!was_made));
        refused += usize::from(was_made);
    }
    assert!(refused >= 1);
}

async fn remove_all(world: &World, messages: &str) -> usize {
    let list = world.client.get(messages).await.unwrap();
    let steps = list["items"].as_array().unwrap();
    for step in steps {
        let path = format!("{messages}/{}", step["id"].as_str().unwrap());
        assert_eq!(world.client.call(Method::DELETE, &path, None).await.unwrap().status, 204);
    }
    steps.len()
}

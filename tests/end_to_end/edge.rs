//! What every route has: repetitions, limits, slashes, envelopes, lines in the log.

use chrono::TimeDelta;
use domain::time::Minute;
use futures::future::join_all;
use local::client::Answer;
use local::stack::{Moment, Options};
use reqwest::Method;
use serde_json::{Value, json};
use tests::{World, email};

async fn post(world: &World, path: &str, key: &str, body: &Value) -> Answer {
    world.client.call_with(Method::POST, path, &[("idempotency-key", key)], Some(body)).await.unwrap()
}

#[tokio::test]
async fn a_repeated_post_has_its_effect_once_and_gives_the_same_answer() {
    let world = World::start().await.unwrap();
    let (path, draft) = ("/api/v1/contacts", json!({ "first_name": "Ada" }));
    let first = post(&world, path, "one", &draft).await;
    let again = post(&world, path, "one", &draft).await;
    assert_eq!((first.status, &first.body), (again.status, &again.body));
    assert_eq!((first.header("idempotency-replayed"), again.header("idempotency-replayed")), ("", "true"));
    assert_eq!((first.header("location"), first.header("etag")), (again.header("location"), again.header("etag")));
    let other = post(&world, path, "one", &json!({ "first_name": "Bob" })).await;
    assert_eq!((other.status, other.body["error"]["details"]["field"].as_str()), (422, Some("Idempotency-Key")));
    assert_eq!(post(&world, "/api/v1/campaigns", "one", &draft).await.status, 422, "another route is another request");
    assert_ne!(post(&world, path, "two", &draft).await.body["id"], first.body["id"]);
    let stranger = world.client.with_key(&world.stranger().await.unwrap());
    let theirs = stranger.call_with(Method::POST, path, &[("idempotency-key", "one")], Some(&draft)).await.unwrap();
    assert_ne!(theirs.body["id"], first.body["id"], "another caller's key is another key");
    assert_eq!(post(&world, path, "", &draft).await.status, 400);
    world.stack.advance(TimeDelta::hours(25)).await;
    assert_ne!(post(&world, path, "one", &draft).await.body["id"], first.body["id"], "forgotten after a day");
}

#[tokio::test]
async fn a_refusal_is_repeated_as_it_was() {
    let world = World::start().await.unwrap();
    let draft = json!({ "email": "nobody" });
    let first = post(&world, "/api/v1/contacts", "bad", &draft).await;
    let again = post(&world, "/api/v1/contacts", "bad", &draft).await;
    assert_eq!((first.status, &first.body), (422, &again.body));
    assert_eq!(again.header("idempotency-replayed"), "true");
    let missing = format!("/api/v1/campaigns/{}/start", world.stack.tenant());
    let (first, again) = (post(&world, &missing, "x", &json!({})).await, post(&world, &missing, "x", &json!({})).await);
    assert_eq!((first.status, &first.body), (404, &again.body));
}

#[tokio::test]
async fn of_simultaneous_repetitions_one_works_and_the_others_wait_or_replay() {
    let world = World::start().await.unwrap();
    let draft = json!({ "first_name": "Ada" });
    let answers = join_all((0..8).map(|_| post(&world, "/api/v1/contacts", "same", &draft))).await;
    let ids: std::collections::BTreeSet<_> =
        answers.iter().filter(|answer| answer.status == 201).map(|answer| answer.body["id"].to_string()).collect();
    assert_eq!(ids.len(), 1);
    assert!(answers.iter().all(|answer| [201, 409].contains(&answer.status)));
    assert_eq!(world.items("CONTACT").await.unwrap(), 1);
}

/// Whoever is killed at any call to the table, before or after it, leaves something that a repetition completes.
#[tokio::test]
async fn a_post_that_is_killed_anywhere_and_repeated_has_its_effect_once() {
    let world = World::start().await.unwrap();
    let (mut killed, mut made) = (0, 0);
    for moment in [Moment::Before, Moment::After] {
        for call in 1..=6 {
            let key = format!("{moment:?} {call}");
            let draft = json!({ "first_name": key, "email": format!("{moment:?}{call}@example.com") });
            let kill = world.stack.kill("ContactsFunction", call, moment);
            let first = post(&world, "/api/v1/contacts", &key, &draft).await;
            if first.status == 500 {
                killed += 1;
                kill.happened().await;
                assert!([409, 201].contains(&post(&world, "/api/v1/contacts", &key, &draft).await.status));
                world.stack.advance(TimeDelta::seconds(61)).await;
            }
            if first.status == 201 {
                // The order was for a call that never came: any request uses it up.
                while world.client.call(Method::GET, first.header("location"), None).await.unwrap().status != 500 {}
            }
            let again = post(&world, "/api/v1/contacts", &key, &draft).await;
            assert_eq!(again.status, 201, "{key}: {}", again.body);
            made += 1;
            assert_eq!(world.items("CONTACT").await.unwrap(), made, "{key}");
        }
    }
    assert!(killed >= 8, "{killed} were killed");
}

#[tokio::test]
async fn a_key_whose_making_was_killed_works_when_it_is_made_again() {
    let world = World::start().await.unwrap();
    for (moment, call) in [(Moment::After, 2), (Moment::After, 3), (Moment::Before, 4), (Moment::After, 4)] {
        let (key, draft) = (format!("{moment:?}{call}"), json!({ "name": "a", "scopes": ["crm:read"] }));
        world.stack.kill("AccountsFunction", call, moment);
        post(&world, "/api/v1/api-keys", &key, &draft).await;
        world.stack.advance(TimeDelta::seconds(61)).await;
        let made = post(&world, "/api/v1/api-keys", &key, &draft).await;
        assert_eq!(made.status, 201, "{}", made.body);
        assert!(world.client.with_key(made.body["key"].as_str().unwrap()).get("/api/v1/settings").await.is_ok());
    }
    assert_eq!(world.items("KEY#").await.unwrap(), 1 + 4);
}

#[tokio::test]
async fn a_start_that_was_killed_and_is_repeated_says_that_the_campaign_started() {
    let world = World::start().await.unwrap();
    let contact = world.client.post("/api/v1/contacts", &json!({ "email": "ada@example.com" })).await.unwrap();
    for call in 2..=7 {
        let campaign = world.client.campaign("Test", &[email(1, 0)]).await.unwrap();
        world.client.enroll(&campaign, &json!({ "contact_ids": [contact["id"]] }), tests::LIMIT).await.unwrap();
        let path = format!("/api/v1/campaigns/{campaign}/start");
        world.stack.kill("CampaignsFunction", call, Moment::After);
        post(&world, &path, &format!("start {call}"), &json!({})).await;
        world.stack.advance(TimeDelta::seconds(61)).await;
        let started = post(&world, &path, &format!("start {call}"), &json!({})).await;
        assert_eq!(started.status, 200, "{call}: {}", started.body);
        world.completed(&campaign, 3).await.unwrap();
    }
}

#[tokio::test]
async fn what_is_kept_of_an_answer_tells_nothing_without_its_key() {
    let world = World::start().await.unwrap();
    let draft = json!({ "name": "Sentinel", "scopes": ["crm:read"] });
    let made = post(&world, "/api/v1/api-keys", "order-4711", &draft).await;
    let text = world.attempts().await.unwrap();
    assert!(text.contains("answer"), "{text}");
    for secret in [made.body["key"].as_str().unwrap(), "order-4711", "Sentinel"] {
        assert!(!text.contains(secret), "{secret}");
    }
}

/// A world with a limit, at the beginning of a minute.
async fn limited(limit: u32, metered: bool) -> World {
    let parameters = vec![("TenantRequestsPerMinute".to_owned(), limit.to_string())];
    let world = World::start_with(Options { parameters, metered, ..Options::in_memory() }).await.unwrap();
    let now = world.stack.clock().now();
    world.stack.advance(Minute::of(now).plus(1).start() - now).await;
    world
}

#[tokio::test]
async fn a_tenant_has_its_requests_of_a_minute_over_all_functions_and_not_one_more() {
    let world = limited(60, false).await;
    let nobody = format!("/api/v1/contacts/{}", world.stack.tenant());
    let paths = ["/api/v1/settings", nobody.as_str()];
    let calls = (0..180).map(|number| world.client.call(Method::GET, paths[number % 2], None));
    let answers: Vec<_> = join_all(calls).await.into_iter().map(Result::unwrap).collect();
    let passed = answers.iter().filter(|answer| answer.status != 429).count();
    assert!((57..=60).contains(&passed), "{passed}");
    let refused = answers.iter().find(|answer| answer.status == 429).unwrap();
    let wait = refused.body["error"]["details"]["retry_after"].as_u64().unwrap();
    assert_eq!(refused.body["error"]["code"], "RATE_LIMIT_EXCEEDED");
    assert_eq!(refused.body["error"]["message"], format!("Rate limit exceeded. Try again in {wait} seconds."));
    assert_eq!((refused.header("retry-after"), refused.header("x-ratelimit-limit")), (wait.to_string().as_str(), "60"));
    assert!(answers.iter().all(|answer| !answer.header("x-ratelimit-remaining").is_empty()));
    let stranger = world.client.with_key(&world.stranger().await.unwrap());
    assert!(stranger.get("/api/v1/settings").await.is_ok(), "another tenant has its own");
    world.stack.advance(TimeDelta::seconds(wait.cast_signed())).await;
    assert!(world.client.get("/api/v1/settings").await.is_ok(), "the next minute begins anew");
}

#[tokio::test]
async fn a_limited_request_costs_a_tenth_of_a_write_unit_at_most() {
    let world = limited(1_000, true).await;
    world.client.get("/api/v1/settings").await.unwrap();
    let before = world.stack.capacity("AccountsFunction");
    for _ in 0..10 {
        let calls = (0..80).map(|_| world.client.call(Method::GET, "/api/v1/settings", None));
        for answer in join_all(calls).await {
            assert_eq!(answer.unwrap().status, 200);
        }
    }
    let written = world.stack.capacity("AccountsFunction").write - before.write;
    assert!(written > 0.0 && written / 800.0 <= 0.1, "{written} WRU for 800 requests");
}

#[tokio::test]
async fn a_slash_at_the_end_changes_nothing() {
    let world = World::start().await.unwrap();
    let settings = world.client.get("/api/v1/settings").await.unwrap();
    assert_eq!(world.client.get("/api/v1/settings/").await.unwrap(), settings);
    let made = world.client.post("/api/v1/contacts/", &json!({ "first_name": "Ada" })).await.unwrap();
    let path = format!("/api/v1/contacts/{}/", made["id"].as_str().unwrap());
    assert_eq!(world.client.get(&path).await.unwrap(), made);
    assert!(world.client.post("/api/v1/contacts/import/", &json!({})).await.is_ok());
    let nothing = world.client.call(Method::GET, "/api/v1/nothing/", None).await.unwrap();
    assert_eq!((nothing.status, nothing.body["error"]["code"].as_str()), (404, Some("NOT_FOUND")));
}

#[tokio::test]
async fn what_the_router_refuses_comes_in_the_envelope_too() {
    let world = World::start().await.unwrap();
    let call = async |method, path, headers: &[(&str, &str)], body: Option<Value>| {
        let answer = world.client.call_with(method, path, headers, body.as_ref()).await.unwrap();
        (answer.status, answer.body["error"]["code"].as_str().unwrap_or_default().to_owned())
    };
    let expected = |status: u16, code: &str| (status, code.to_owned());
    assert_eq!(call(Method::GET, "/elsewhere", &[], None).await, expected(404, "NOT_FOUND"));
    assert_eq!(call(Method::PATCH, "/api/v1/settings", &[], None).await, expected(405, "METHOD_NOT_ALLOWED"));
    // Two functions share this path.
    let refused = world.client.call(Method::DELETE, "/api/v1/contacts", None).await.unwrap();
    assert_eq!((refused.status, refused.headers["allow"].to_str().unwrap()), (405, "GET,HEAD,POST"));
    let text = [("content-type", "text/plain")];
    let draft = Some(json!({ "first_name": "x".repeat(1_100_000) }));
    assert_eq!(call(Method::POST, "/api/v1/contacts", &[], draft).await, expected(413, "PAYLOAD_TOO_LARGE"));
    let client = reqwest::Client::new();
    let url = world.stack.url().join("api/v1/contacts").unwrap();
    let request = client.post(url).header("x-api-key", world.stack.api_key()).header(text[0].0, text[0].1).body("a=b");
    assert_eq!(request.send().await.unwrap().status(), 415);
    assert_eq!(call(Method::GET, "/api/v1/audit?page=0", &[], None).await, expected(400, "INVALID_REQUEST"));
    assert_eq!(call(Method::GET, "/api/v1/audit?colour=red", &[], None).await, expected(400, "INVALID_REQUEST"));
}

#[tokio::test]
async fn a_request_is_one_line_in_the_log_that_tells_nothing_of_anybody() {
    let log = tests::log::captured();
    let world = World::start().await.unwrap();
    let id = format!("sentinel-{}", world.stack.tenant());
    let address = format!("{}@example.com", world.stack.tenant());
    let headers = [("x-request-id", id.as_str()), ("idempotency-key", "sentinel-key-4711")];
    let draft = json!({ "email": address, "notes": "sentinel-note-4711" });
    let answer = world.client.call_with(Method::POST, "/api/v1/contacts", &headers, Some(&draft)).await.unwrap();
    assert_eq!((answer.status, answer.header("x-request-id")), (201, id.as_str()));
    let token = world.client.with_token("sentinel.token.4711");
    assert_eq!(token.call(Method::GET, "/api/v1/settings", None).await.unwrap().status, 401);
    world.client.call(Method::GET, "/api/v1/audit?cursor=sentinel-query-4711", None).await.unwrap();
    let text = log.text();
    let lines: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let ours: Vec<_> = lines.iter().filter(|line| line["request_id"] == id.as_str()).collect();
    assert_eq!(ours.len(), 1);
    assert_eq!((&ours[0]["route"], &ours[0]["status"]), (&json!("/api/v1/contacts"), &json!(201)));
    assert_eq!(ours[0]["tenant"], json!(world.stack.tenant()));
    assert!(ours[0]["ms"].is_number());
    let secret = &world.stack.api_key()[50..];
    for told in [
        address.as_str(),
        "sentinel-note-4711",
        "sentinel-key-4711",
        "sentinel.token.4711",
        "sentinel-query-4711",
        secret,
    ] {
        assert!(!text.contains(told), "{told}");
    }
}

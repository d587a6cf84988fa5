//! Keys, settings, audit, documentation, the first key.

use chrono::TimeDelta;
use insta::assert_json_snapshot;
use reqwest::Method;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tests::World;

#[tokio::test]
async fn a_key_is_shown_once_listed_without_its_text_and_opens_nothing_once_it_is_revoked() {
    let world = World::start().await.unwrap();
    let draft = json!({ "name": " website ", "scopes": ["crm:read", "crm:read"] });
    let made = world.client.post("/api/v1/api-keys", &draft).await.unwrap();
    assert_json_snapshot!(made, { ".id" => "[id]", ".key" => "[key]", ".created_at" => "[time]" });
    let key = world.client.with_key(made["key"].as_str().unwrap());
    let path = format!("/api/v1/api-keys/{}", made["id"].as_str().unwrap());
    assert_eq!(world.client.get(&path).await.unwrap()["last_used_at"], Value::Null);
    assert!(key.get("/api/v1/settings").await.is_ok());
    let shown = world.client.get(&path).await.unwrap();
    assert!(shown["last_used_at"].is_string() && shown.get("key").is_none());
    assert_eq!(world.client.get("/api/v1/api-keys").await.unwrap()["items"][0], shown);
    for _ in 0..2 {
        assert_eq!(world.client.call(Method::DELETE, &path, None).await.unwrap().status, 204);
    }
    // An instance that has just looked the key up may believe it for a minute, and no longer.
    world.stack.advance(TimeDelta::seconds(60)).await;
    assert_eq!(key.call(Method::GET, "/api/v1/settings", None).await.unwrap().status, 401);
    assert_eq!(world.client.get(&path).await.unwrap()["status"], "revoked");
}

#[tokio::test]
async fn every_fault_of_a_key_is_named() {
    let world = World::start().await.unwrap();
    for (draft, status, field) in [
        (json!({ "name": " " }), 422, "name"),
        (json!({ "name": "a" }), 422, "scopes"),
        (json!({ "name": "a", "scopes": ["crm:read", "all"] }), 422, "scopes[1]"),
        (json!({ "name": "a", "role": "king" }), 422, "role"),
        (json!({ "name": "a", "role": "user" }), 422, "user_id"),
        (json!({ "name": "a", "role": "admin", "expires_at": "2020-01-01T00:00:00Z" }), 422, "expires_at"),
        (json!({ "name": "a", "role": "admin", "expires_at": "soon" }), 400, "expires_at"),
        (json!({ "role": "admin" }), 400, "name"),
    ] {
        let answer = world.client.call(Method::POST, "/api/v1/api-keys", Some(&draft)).await.unwrap();
        assert_eq!(
            (answer.status, answer.body["error"]["details"]["field"].as_str()),
            (status, Some(field)),
            "{draft}"
        );
    }
}

#[tokio::test]
async fn settings_change_by_version_and_contacts_follow_them() {
    let world = World::start().await.unwrap();
    let path = "/api/v1/settings";
    let before = world.client.call(Method::GET, path, None).await.unwrap();
    assert_eq!(before.header("etag"), "\"0\"");
    let draft = json!({ "max_tags_per_contact": 1, "default_country": "GB", "quiet_hours_start": "22:00", "quiet_hours_end": "08:00" });
    let put = |tag: &'static str, draft: Value| {
        let client = world.client.clone();
        async move { client.call_with(Method::PUT, path, &[("if-match", tag)], Some(&draft)).await.unwrap() }
    };
    let changed = put("\"0\"", draft.clone()).await;
    assert_eq!((changed.status, changed.header("etag")), (200, "\"1\""));
    assert_json_snapshot!(changed.body, { ".updated_at" => "[time]" });
    let stale = put("\"0\"", json!({ "max_tags_per_contact": 5 })).await;
    assert_eq!((stale.status, stale.body["error"]["code"].as_str()), (412, Some("PRECONDITION_FAILED")));
    assert_eq!(put("\"1\"", draft).await.header("etag"), "\"1\"", "nothing changed, so the version stays");
    assert_eq!(put("nonsense", json!({})).await.status, 400);

    let contact = json!({ "phone": "020 7946 0123", "tags": ["a"] });
    assert_eq!(world.client.post("/api/v1/contacts", &contact).await.unwrap()["phone"], "+442079460123");
    let tagged = json!({ "email": "a@example.com", "tags": ["a", "b"] });
    assert_eq!(world.client.call(Method::POST, "/api/v1/contacts", Some(&tagged)).await.unwrap().status, 422);
}

#[tokio::test]
async fn settings_that_are_changed_at_the_same_time_are_all_changed() {
    let world = World::start().await.unwrap();
    let drafts = [
        json!({ "default_country": "GB" }),
        json!({ "default_timezone": "Europe/London" }),
        json!({ "email_verification": true }),
        json!({ "max_tags_per_contact": 20 }),
    ];
    let calls = drafts.iter().map(|draft| world.client.call(Method::PUT, "/api/v1/settings", Some(draft)));
    for answer in futures::future::join_all(calls).await {
        assert_eq!(answer.unwrap().status, 200);
    }
    let settings = world.client.get("/api/v1/settings").await.unwrap();
    for (name, value) in drafts.iter().flat_map(|draft| draft.as_object().unwrap()) {
        assert_eq!(&settings[name], value);
    }
    assert_eq!(settings["version"], 4);
    assert_eq!(world.client.get("/api/v1/audit").await.unwrap()["total"], 4 + 2);
}

#[tokio::test]
async fn the_audit_tells_who_changed_what_the_newest_first_page_by_page() {
    let world = World::start().await.unwrap();
    for country in ["GB", "DE", "FR", "IT"] {
        let draft = json!({ "default_country": country });
        world.client.call(Method::PUT, "/api/v1/settings", Some(&draft)).await.unwrap();
    }
    let whole = world.client.get("/api/v1/audit").await.unwrap();
    assert_json_snapshot!(whole["items"][0], { ".id" => "[id]", ".at" => "[time]", ".actor.id" => "[key]" });
    let actions: Vec<_> =
        whole["items"].as_array().unwrap().iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(actions[..4], ["settings.updated"; 4]);
    // Both in the same millisecond.
    assert!(actions[4..].contains(&"api_key.created") && actions[4..].contains(&"tenant.created"));
    let (mut paged, mut query) = (Vec::new(), "per_page=4".to_owned());
    loop {
        let part = world.client.get(&format!("/api/v1/audit?{query}")).await.unwrap();
        assert_eq!(part["total"], 6);
        paged.extend(part["items"].as_array().unwrap().clone());
        let Some(cursor) = part["next_cursor"].as_str() else { break };
        query = format!("per_page=4&cursor={cursor}");
    }
    assert_eq!(&paged, whole["items"].as_array().unwrap());
    let last = world.client.get("/api/v1/audit?skip=5&limit=10").await.unwrap();
    assert_eq!(last["items"][0], whole["items"][5]);
}

#[tokio::test]
async fn the_documentation_is_open_to_everybody_and_complete() {
    let world = World::start().await.unwrap();
    let open = world.client.with_nothing();
    assert_eq!(open.get("/api/v1/openapi.json").await.unwrap()["openapi"], "3.1.0");
    let page = open.text("/api/v1/docs/").await.unwrap();
    let linked = page.split(['"', '\'']).filter(|part| part.starts_with("/api/v1/docs/"));
    let mut files = 0;
    for file in linked {
        let answer = open.call(Method::GET, file, None).await.unwrap();
        assert_eq!(answer.status, 200, "{file}");
        files += 1;
    }
    assert!(files >= 3, "the page loads its files from here");
    assert_eq!(open.call(Method::GET, "/api/v1/docs/passwd", None).await.unwrap().status, 404);
}

#[tokio::test]
async fn bootstrap_gives_a_tenant_once_and_a_key_each_time() {
    let world = World::start().await.unwrap();
    let call = async |event: Value| {
        let event = RawValue::from_string(event.to_string()).unwrap();
        let answer = world.stack.invoke("BootstrapFunction", event).await;
        answer.map(|answer| serde_json::from_str::<Value>(answer.get()).unwrap())
    };
    let (first, second) =
        (call(json!({ "tenant_name": "Acme" })).await.unwrap(), call(json!({ "tenant_name": "ACME " })).await.unwrap());
    assert_eq!(first["tenant"], second["tenant"]);
    assert_ne!(first["api_key"], second["api_key"]);
    for given in [first, second] {
        let client = world.client.with_key(given["api_key"].as_str().unwrap());
        assert_eq!(client.get("/api/v1/api-keys").await.unwrap()["total"], 2);
    }
    for wrong in [json!({}), json!({ "tenant_name": " " }), json!({ "name": "Acme" })] {
        assert!(call(wrong).await.is_err());
    }
}

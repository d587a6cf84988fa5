//! Who may call, and what others see.

use domain::access::{ApiKey, ApiKeySecret, Scope};
use domain::id::TenantId;
use reqwest::Method;
use serde_json::json;
use tests::World;

async fn key(world: &World, tenant: TenantId, scopes: &[Scope]) -> String {
    let clock = world.stack.clock();
    let secret = ApiKeySecret::from_random(local::random());
    let key = ApiKey {
        id: clock.fresh(),
        tenant,
        name: "test".into(),
        hash: secret.hash(),
        scopes: scopes.to_vec(),
        created_at: clock.now(),
    };
    world.stack.store().api_keys().add(key).await.unwrap();
    secret.reveal().to_owned()
}

#[tokio::test]
async fn nobody_gets_in_without_a_valid_key_of_enough_scope() {
    let world = World::start().await.unwrap();
    let reader = key(&world, world.stack.tenant(), &[Scope::Read]).await;
    let draft = json!({ "email": "a@example.com" });
    for (key, status, code) in
        [("", 401, "UNAUTHORIZED"), ("rck_wrong", 401, "UNAUTHORIZED"), (reader.as_str(), 403, "FORBIDDEN")]
    {
        let client = world.client.with_key(key);
        let answer = client.call(Method::POST, "/api/v1/contacts", Some(&draft)).await.unwrap();
        assert_eq!((answer.status, answer.body["error"]["code"].as_str()), (status, Some(code)));
    }
    let unknown = format!("/api/v1/contacts/{}", world.stack.tenant());
    let answer = world.client.with_key(&reader).call(Method::GET, &unknown, None).await.unwrap();
    assert_eq!(answer.status, 404);
}

#[tokio::test]
async fn another_tenants_things_do_not_exist() {
    let world = World::start().await.unwrap();
    let stranger: TenantId = world.stack.clock().fresh();
    let stranger = world.client.with_key(&key(&world, stranger, &[Scope::Admin]).await);
    let contact = world.client.post("/api/v1/contacts", &json!({ "email": "a@example.com" })).await.unwrap();
    let campaign = world.client.campaign("Ours", &[tests::email(1, 0)]).await.unwrap();
    let import = world.client.import("email\nb@example.com\n", &json!({})).await.unwrap();
    world.settled().await.unwrap();
    let (contact, campaign) = (contact["id"].as_str().unwrap(), campaign.as_str());
    for (method, path, body) in [
        (Method::GET, format!("/api/v1/contacts/{contact}"), None),
        (Method::GET, format!("/api/v1/contacts/imports/{import}"), None),
        (Method::GET, format!("/api/v1/contacts/imports/{import}/errors"), None),
        (Method::GET, format!("/api/v1/campaigns/{campaign}"), None),
        (Method::GET, format!("/api/v1/campaigns/{campaign}/messages"), None),
        (Method::POST, format!("/api/v1/campaigns/{campaign}/messages"), Some(tests::email(2, 0))),
        (Method::POST, format!("/api/v1/campaigns/{campaign}/enroll"), Some(json!({ "contact_ids": [contact] }))),
        (Method::POST, format!("/api/v1/campaigns/{campaign}/start"), Some(json!({}))),
        (Method::GET, format!("/api/v1/campaigns/{campaign}/performance"), None),
        (Method::GET, format!("/api/v1/campaigns/{campaign}/funnel"), None),
    ] {
        let answer = stranger.call(method, &path, body.as_ref()).await.unwrap();
        assert_eq!((answer.status, answer.body["error"]["code"].as_str()), (404, Some("NOT_FOUND")), "{path}");
    }
    let same_address = stranger.post("/api/v1/contacts", &json!({ "email": "a@example.com" })).await.unwrap();
    assert_ne!(same_address["id"], contact, "an address is unique within its tenant only");
}

//! Who may call, and what others see. Walks every operation of the API's document: a new one is in the table by itself.

use chrono::TimeDelta;
use jsonwebtoken::{EncodingKey, Header, encode};
use local::client::Client;
use reqwest::Method;
use serde_json::{Value, json};
use tests::World;

/// An operation of the document.
struct Operation {
    method: Method,
    path: String,
    right: String,
    body: Option<Value>,
}

fn document() -> Value {
    serde_json::from_str(include_str!("../../docs/openapi.json")).unwrap()
}

/// All of them, each with the example of its body.
fn operations() -> Vec<Operation> {
    let document = document();
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"]["$ref"];
            let schema = schema.as_str().map(|reference| document.pointer(&reference[1..]).unwrap());
            operations.push(Operation {
                method: method.to_uppercase().parse().unwrap(),
                path: path.clone(),
                right: operation["x-right"]
                    .as_str()
                    .unwrap_or_else(|| panic!("{method} {path} demands no right"))
                    .into(),
                body: schema.map(|schema| schema["examples"][0].clone()),
            });
        }
    }
    assert!(operations.len() >= 20, "the document is there");
    operations
}

impl Operation {
    async fn call(&self, client: &Client, ids: &Ids) -> (u16, String) {
        let path = ids.fill(&self.path);
        let answer = client.call(self.method.clone(), &path, self.about(ids).as_ref()).await.unwrap();
        (answer.status, answer.body["error"]["code"].as_str().unwrap_or_default().to_owned())
    }

    /// The status where a version is meant that nothing has: so that no operation takes away what the next one needs.
    async fn touch(&self, client: &Client, ids: &Ids) -> u16 {
        let (path, meant) = (ids.fill(&self.path), [("if-match", "\"0\"")]);
        client.call_with(self.method.clone(), &path, &meant, self.about(ids).as_ref()).await.unwrap().status
    }

    /// The body; the contact that it names is one that there is.
    fn about(&self, ids: &Ids) -> Option<Value> {
        let mut body = self.body.clone()?;
        if let Some(contact) = body.get_mut("contact_id") {
            *contact = json!(ids.of("/api/v1/contacts/")[0]);
        }
        Some(body)
    }
}

/// Things of the first tenant, by the beginning of the path that names them.
struct Ids(Vec<(&'static str, Vec<String>)>);

impl Ids {
    async fn make(world: &World) -> Self {
        let client = &world.client;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let contact = client.post("/api/v1/contacts", &json!({ "email": "ours@example.com" })).await.unwrap();
        let double = client.post("/api/v1/contacts", &json!({ "first_name": "Double" })).await.unwrap();
        let merge = json!({ "primary_id": contact["id"], "duplicate_ids": [double["id"]] });
        let merge = client.post("/api/v1/contacts/merge", &merge).await.unwrap();
        let campaign = client.campaign("Ours", &[tests::email(1, 0)]).await.unwrap();
        let steps = client.get(&format!("/api/v1/campaigns/{campaign}/messages")).await.unwrap();
        let audience = json!({ "contact_ids": [contact["id"]] });
        let job = client.enroll(&campaign, &audience, tests::LIMIT).await.unwrap();
        let import = client.import("email\nb@example.com\n", &json!({})).await.unwrap();
        let key = client.post("/api/v1/api-keys", &json!({ "name": "ours", "scopes": ["crm:read"] })).await.unwrap();
        let other = client.post("/api/v1/contacts", &json!({ "first_name": "Erased" })).await.unwrap();
        let erase = format!("/api/v1/contacts/{}/erase", text(&other["id"]));
        let erasure = client.post(&erase, &json!({})).await.unwrap();
        let group = client.post("/api/v1/contacts/groups", &json!({ "name": "ours" })).await.unwrap();
        let contact_type = client.post("/api/v1/contacts/types", &json!({ "name": "ours" })).await.unwrap();
        let tag = client.post("/api/v1/contacts/tags", &json!({ "name": "ours" })).await.unwrap();
        let search = client.post("/api/v1/contacts/searches", &json!({ "name": "ours" })).await.unwrap();
        let export = client.post("/api/v1/contacts/export", &json!({})).await.unwrap();
        world.settled().await.unwrap();
        Self(vec![
            ("/api/v1/contacts/exports/", vec![text(&export["id"])]),
            ("/api/v1/contacts/imports/", vec![import]),
            ("/api/v1/contacts/jobs/", vec![text(&erasure["id"])]),
            ("/api/v1/contacts/groups/", vec![text(&group["id"])]),
            ("/api/v1/contacts/tags/", vec![text(&tag["id"])]),
            ("/api/v1/contacts/searches/", vec![text(&search["id"])]),
            ("/api/v1/contacts/types/", vec![text(&contact_type["id"])]),
            ("/api/v1/contacts/{id}/groups/", vec![text(&contact["id"]), text(&group["id"])]),
            ("/api/v1/contacts/merges/", vec![text(&merge["merge_id"])]),
            ("/api/v1/contacts/", vec![text(&contact["id"])]),
            ("/api/v1/campaigns/{id}/unenroll/", vec![campaign.clone(), text(&contact["id"])]),
            ("/api/v1/campaigns/{id}/messages/", vec![campaign.clone(), text(&steps["items"][0]["id"])]),
            ("/api/v1/campaigns/", vec![campaign, text(&job["job_id"])]),
            ("/api/crm/preferences/", vec![text(&contact["id"])]),
            ("/api/v1/api-keys/", vec![text(&key["id"])]),
        ])
    }

    /// The things under this beginning of a path.
    fn of(&self, prefix: &str) -> &[String] {
        self.0.iter().find(|(named, _)| *named == prefix).map(|(_, ids)| ids.as_slice()).unwrap_or_default()
    }

    /// The path with ids in the place of its parameters.
    fn fill(&self, path: &str) -> String {
        let named = self.0.iter().find(|(prefix, _)| path.starts_with(prefix));
        let mut ids = named.map(|(_, ids)| ids.iter()).unwrap_or_default();
        let mut id = || ids.next().unwrap_or_else(|| panic!("nothing is made here for {path}: add it")).clone();
        path.split('/')
            .map(|part| if part.starts_with('{') { id() } else { part.to_owned() })
            .collect::<Vec<_>>()
            .join("/")
    }
}

async fn key(world: &World, draft: Value) -> Client {
    let made = world.client.post("/api/v1/api-keys", &draft).await.unwrap();
    world.client.with_key(made["key"].as_str().unwrap())
}

fn token(world: &World, secret: &str, claims: Value) -> Client {
    let mut all = json!({
        "sub": "ada", "tenant": world.stack.tenant(), "role": "admin", "iss": "rollcall", "aud": "rollcall",
        "exp": (world.stack.clock().now() + TimeDelta::hours(1)).timestamp(),
    });
    all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
    let token = encode(&Header::default(), &all, &EncodingKey::from_secret(secret.as_bytes())).unwrap();
    world.client.with_token(&token)
}

#[tokio::test]
async fn no_operation_lets_in_who_has_no_credential_or_a_wrong_or_an_expired_one() {
    let world = World::start().await.unwrap();
    let ids = Ids::make(&world).await;
    let secret = world.stack.deployment_secret();
    let soon = world.stack.clock().now() + TimeDelta::hours(1);
    let expired = key(&world, json!({ "name": "short", "role": "admin", "expires_at": soon })).await;
    let revoked = world.client.post("/api/v1/api-keys", &json!({ "name": "gone", "role": "admin" })).await.unwrap();
    let path = format!("/api/v1/api-keys/{}", revoked["id"].as_str().unwrap());
    assert_eq!(world.client.call(Method::DELETE, &path, None).await.unwrap().status, 204);
    let good = token(&world, &secret, json!({}));
    assert_eq!(good.call(Method::GET, "/api/v1/settings", None).await.unwrap().status, 200);
    let mut strangers = vec![
        ("nothing", world.client.with_nothing()),
        ("no key", world.client.with_key("rck_wrong")),
        ("a key cut short", world.client.with_key(&world.stack.api_key()[..60])),
        ("a revoked key", world.client.with_key(revoked["key"].as_str().unwrap())),
        ("a token of another secret", token(&world, &"x".repeat(64), json!({}))),
        ("a token of another audience", token(&world, &secret, json!({ "aud": "other" }))),
        ("a token of no tenant", token(&world, &secret, json!({ "tenant": revoked["id"] }))),
    ];
    let (late, early) = (token(&world, &secret, json!({})), json!({ "nbf": (soon + TimeDelta::hours(9)).timestamp() }));
    strangers.push(("a token of the future", token(&world, &secret, early)));
    world.stack.advance(TimeDelta::hours(2)).await;
    strangers.extend([("an expired key", expired), ("an expired token", late)]);
    for operation in operations() {
        for (who, client) in &strangers {
            let answer = operation.call(client, &ids).await;
            assert_eq!(answer, (401, "UNAUTHORIZED".into()), "{} {} with {who}", operation.method, operation.path);
        }
    }
}

#[tokio::test]
async fn every_operation_demands_its_right_of_keys_and_of_tokens() {
    let world = World::start().await.unwrap();
    let ids = Ids::make(&world).await;
    let secret = world.stack.deployment_secret();
    let of_scopes = |scopes: &[&str]| json!({ "name": "test", "role": "client", "scopes": scopes });
    let writer = key(&world, of_scopes(&["crm:write"])).await;
    let reader = key(&world, of_scopes(&["crm:read"])).await;
    let both = key(&world, of_scopes(&["crm:read", "crm:write"])).await;
    let user = key(&world, json!({ "name": "test", "role": "user", "user_id": "ada" })).await;
    let narrow = token(&world, &secret, json!({ "scope": ["crm:read"] }));
    let nothing = token(&world, &secret, json!({ "role": "client" }));
    for operation in operations() {
        let refused: &[&Client] = match operation.right.as_str() {
            "read" => &[&writer, &nothing],
            "write_own" => &[&reader, &narrow, &nothing],
            "write" => &[&reader, &user, &narrow, &nothing],
            "administer" => &[&reader, &both, &user, &narrow, &nothing],
            unknown => panic!("{unknown} is no right"),
        };
        for (number, client) in refused.iter().enumerate() {
            let answer = operation.call(client, &ids).await;
            let what = format!("{} {} of {}", operation.method, operation.path, number);
            assert_eq!(answer, (403, "FORBIDDEN".into()), "{what}");
        }
    }
}

#[tokio::test]
async fn another_tenants_things_do_not_exist() {
    let world = World::start().await.unwrap();
    let ids = Ids::make(&world).await;
    let stranger = world.client.with_key(&world.stranger().await.unwrap());
    let named = operations().into_iter().filter(|operation| operation.path.contains('{'));
    for operation in named {
        let answer = operation.call(&stranger, &ids).await;
        assert_eq!(answer, (404, "NOT_FOUND".into()), "{} {}", operation.method, operation.path);
        let status = operation.touch(&world.client, &ids).await;
        assert_ne!(status, 404, "{} {} is there for who owns it", operation.method, operation.path);
    }
    let same_address = stranger.post("/api/v1/contacts", &json!({ "email": "ours@example.com" })).await;
    assert!(same_address.is_ok(), "an address is unique within its tenant only");
}

#[tokio::test]
async fn a_user_makes_contacts_that_it_owns_and_no_others() {
    let world = World::start().await.unwrap();
    let user = token(&world, &world.stack.deployment_secret(), json!({ "role": "user", "sub": "ada" }));
    let own = user.post("/api/v1/contacts", &json!({ "email": "a@example.com" })).await.unwrap();
    assert_eq!(own["owner_id"], "ada");
    let others = json!({ "email": "b@example.com", "owner_id": "bob" });
    assert_eq!(user.call(Method::POST, "/api/v1/contacts", Some(&others)).await.unwrap().status, 403);
    assert_eq!(world.client.post("/api/v1/contacts", &others).await.unwrap()["owner_id"], "bob");
}

#[test]
fn the_document_is_what_the_handlers_say() {
    let said = local::functions::document();
    assert!(said == include_str!("../../docs/openapi.json"), "run: cargo run -- openapi > docs/openapi.json");
}

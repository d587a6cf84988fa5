//! Types of contacts.

use chrono::TimeDelta;
use domain::access::Actor;
use domain::contact::{Contact, Profile};
use domain::id::ContactTypeId;
use futures::future::join_all;
use local::stack::{Moment, Options};
use reqwest::Method;
use serde_json::{Value, json};
use tests::{LIMIT, World};

use crate::groups::{call, text};

const TYPES: &str = "/api/v1/contacts/types";
const BULK: &str = "/api/v1/contacts/bulk";

async fn contact_type(world: &World, name: &str) -> String {
    text(&world.client.post(TYPES, &json!({ "name": name })).await.unwrap()["id"])
}

async fn contact(world: &World, draft: Value) -> String {
    text(&world.client.post("/api/v1/contacts", &draft).await.unwrap()["id"])
}

async fn types_of(world: &World, contact: &str) -> Value {
    world.client.get(&format!("/api/v1/contacts/{contact}")).await.unwrap()["types"].clone()
}

/// Lets the time pass after which nobody can be at work any more.
async fn later(world: &World) {
    for _ in 0..2 {
        world.settled().await.unwrap();
        world.stack.advance(TimeDelta::minutes(16)).await;
    }
    world.settled().await.unwrap();
}

#[tokio::test]
async fn a_type_is_made_shown_changed_listed_and_removed_and_the_audit_tells_it() {
    let world = World::start().await.unwrap();
    let made = call(&world, Method::POST, TYPES, Some(&json!({ "name": "Partner", "description": " Sells " }))).await;
    assert_eq!((made.status, made.header("etag"), &made.body["description"]), (201, "\"1\"", &json!("Sells")));
    let path = format!("{TYPES}/{}", text(&made.body["id"]));
    assert_eq!(made.header("location"), path);
    assert_eq!(world.client.get(&path).await.unwrap(), made.body);
    let taken = call(&world, Method::POST, TYPES, Some(&json!({ "name": "PARTNER" }))).await;
    assert_eq!((taken.status, &taken.body["error"]["details"]["existing_id"]), (409, &made.body["id"]));
    assert_eq!(call(&world, Method::POST, TYPES, Some(&json!({ "name": " " }))).await.status, 422);
    contact_type(&world, "Customer").await;
    let list = world.client.get(TYPES).await.unwrap();
    let names: Vec<&str> = list["items"].as_array().unwrap().iter().filter_map(|each| each["name"].as_str()).collect();
    assert_eq!((names, &list["total"]), (vec!["Customer", "Partner"], &json!(2)));

    let renamed = json!({ "name": "Reseller" });
    let stale = world.client.call_with(Method::PUT, &path, &[("if-match", "\"2\"")], Some(&renamed)).await.unwrap();
    assert_eq!(stale.status, 412);
    let changed = call(&world, Method::PUT, &path, Some(&renamed)).await;
    assert_eq!((changed.status, changed.header("etag"), &changed.body["description"]), (200, "\"2\"", &Value::Null));
    contact_type(&world, "partner").await;
    assert_eq!(call(&world, Method::PUT, &path, Some(&json!({ "name": "CUSTOMER" }))).await.status, 409);
    let stale = world.client.call_with(Method::DELETE, &path, &[("if-match", "\"1\"")], None).await.unwrap();
    assert_eq!(stale.status, 412);
    assert_eq!(call(&world, Method::DELETE, &path, None).await.status, 204);
    assert_eq!(call(&world, Method::GET, &path, None).await.status, 404);
    let audit = world.client.get("/api/v1/audit").await.unwrap();
    let actions = audit["items"].as_array().unwrap().iter().filter_map(|entry| entry["action"].as_str());
    let actions: Vec<&str> = actions.filter_map(|action| action.strip_prefix("contact_type.")).collect();
    assert_eq!(actions, ["deleted", "created", "updated", "created", "created"]);
}

#[tokio::test]
async fn of_simultaneous_types_of_one_name_exactly_one_is_made() {
    let world = World::start().await.unwrap();
    let drafts = ["VIP", "vip", "Vip", "vIP", "VIp", "vip "].map(|name| json!({ "name": name }));
    let answers = join_all(drafts.iter().map(|draft| call(&world, Method::POST, TYPES, Some(draft)))).await;
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409]);
}

#[tokio::test]
async fn a_contact_has_only_types_that_exist() {
    let world = World::start().await.unwrap();
    let (partner, customer) = (contact_type(&world, "Partner").await, contact_type(&world, "Customer").await);
    let (nothing, nobody) = (world.stack.tenant(), "/api/v1/contacts".to_owned());
    let draft = |types: Value| json!({ "first_name": "Ada", "types": types });
    let ada = contact(&world, draft(json!([partner]))).await;
    let path = format!("/api/v1/contacts/{ada}");
    for (method, path) in [(Method::POST, &nobody), (Method::PUT, &path), (Method::PATCH, &path)] {
        let refused = call(&world, method.clone(), path, Some(&draft(json!([customer, nothing, ada])))).await;
        let errors = refused.body["error"]["details"]["errors"].as_array().unwrap();
        let fields: Vec<&str> = errors.iter().filter_map(|error| error["field"].as_str()).collect();
        assert_eq!((refused.status, fields), (422, vec!["types[1]", "types[2]"]), "{method}");
    }
    assert_eq!(types_of(&world, &ada).await, json!([partner]));
    let stranger = world.client.with_key(&world.stranger().await.unwrap());
    let theirs = stranger.call(Method::POST, "/api/v1/contacts", Some(&draft(json!([partner])))).await.unwrap();
    assert_eq!(theirs.status, 422, "a type of another tenant");
    assert_eq!(call(&world, Method::PATCH, &path, Some(&json!({ "types": [customer, partner] }))).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_type_that_is_removed_is_taken_out_of_all_contacts_and_of_those_that_get_it_late() {
    let world = World::start().await.unwrap();
    let (partner, customer) = (contact_type(&world, "Partner").await, contact_type(&world, "Customer").await);
    // More than a page of the table's megabyte.
    let notes = "x".repeat(18_000);
    let draft = |n: usize| json!({ "first_name": n.to_string(), "types": [partner, customer], "notes": notes });
    let ids = join_all((0..80).map(|n| contact(&world, draft(n)))).await;
    let path = format!("{TYPES}/{partner}");
    let (removed, changed) = futures::join!(
        async { call(&world, Method::DELETE, &path, None).await },
        join_all(ids[..20].iter().map(async |id| {
            let path = format!("/api/v1/contacts/{id}");
            call(&world, Method::PATCH, &path, Some(&json!({ "company": "Acme" }))).await
        })),
    );
    assert_eq!(removed.status, 204);
    assert!(changed.iter().all(|answer| answer.status == 200));
    world.settled().await.unwrap();
    for id in &ids {
        assert_eq!(types_of(&world, id).await, json!([customer]));
    }
    assert_eq!(
        call(&world, Method::PATCH, &format!("/api/v1/contacts/{}", ids[0]), Some(&json!({ "types": [partner] })))
            .await
            .status,
        422
    );

    // Somebody found the type there before it was removed, and writes only now.
    let clock = world.stack.clock();
    let types: Vec<ContactTypeId> = vec![partner.parse().unwrap()];
    let profile = Profile { first_name: Some("Late".into()), types, ..Profile::default() };
    let late = Contact::new(clock.fresh(), profile, Actor::Operator, clock.now());
    world.stack.store().tenant(world.stack.tenant()).contacts().create(&late).await.unwrap();
    assert_eq!(types_of(&world, &late.id.to_string()).await, json!([partner]));
    later(&world).await;
    assert_eq!(types_of(&world, &late.id.to_string()).await, json!([]));
    let trail = world.client.get(&format!("/api/v1/contacts/{}/audit", late.id)).await.unwrap();
    assert_eq!(trail["total"], 2);
}

#[tokio::test]
async fn a_bulk_operation_gives_nobody_a_type_that_is_gone() {
    let world = World::start().await.unwrap();
    let partner = contact_type(&world, "Partner").await;
    let ada = contact(&world, json!({ "first_name": "Ada" })).await;
    let bulk = |id: &str| json!({ "filter": {}, "edit": { "set_fields": { "types": [id] } } });
    let nothing = world.stack.tenant().to_string();
    assert_eq!(call(&world, Method::POST, BULK, Some(&bulk(&nothing))).await.status, 422);
    let kill = world.stack.kill("ContactWorkFunction", 1, Moment::Before);
    let job = world.client.post(BULK, &bulk(&partner)).await.unwrap();
    kill.happened().await;
    assert_eq!(call(&world, Method::DELETE, &format!("{TYPES}/{partner}"), None).await.status, 204);
    world.settled().await.unwrap();
    let job = world.client.get(&format!("/api/v1/contacts/jobs/{}", text(&job["id"]))).await.unwrap();
    assert_eq!((&job["status"], &job["outcomes"]["changed"]), (&json!("completed"), &json!(0)), "{job}");
    assert_eq!(types_of(&world, &ada).await, json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removal_killed_at_any_call_leaves_the_type_with_nobody() {
    let per_minute = ("TenantRequestsPerMinute".to_owned(), "100000".to_owned());
    let world = World::start_with(Options { parameters: vec![per_minute], ..Options::in_memory() }).await.unwrap();
    let ids = join_all((0..40).map(|n| contact(&world, json!({ "first_name": n.to_string() })))).await;
    for (call_number, moment) in (1..=5).flat_map(|call| [(call, Moment::Before), (call, Moment::After)]) {
        let doomed = contact_type(&world, &format!("{call_number} {moment:?}")).await;
        let paths: Vec<String> = ids.iter().map(|id| format!("/api/v1/contacts/{id}")).collect();
        let draft = json!({ "types": [doomed] });
        join_all(paths.iter().map(|path| call(&world, Method::PATCH, path, Some(&draft)))).await;
        let kill = world.stack.kill("ContactWorkFunction", call_number, moment);
        assert_eq!(call(&world, Method::DELETE, &format!("{TYPES}/{doomed}"), None).await.status, 204);
        tokio::time::timeout(LIMIT, kill.happened()).await.unwrap();
        world.settled().await.unwrap();
        for id in &ids {
            assert_eq!(types_of(&world, id).await, json!([]), "killed {moment:?} call {call_number}");
        }
    }
}

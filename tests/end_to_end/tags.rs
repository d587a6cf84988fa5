//! Tags: the registry, the tags that are merely in use, and the contacts that follow a tag.

mod suggestions;

use chrono::TimeDelta;
use domain::access::Actor;
use domain::contact::{Contact, Profile};
use futures::future::join_all;
use local::client::Answer;
use local::stack::{Moment, Options};
use reqwest::Method;
use serde_json::{Value, json};
use tests::{LIMIT, World, number};

pub(crate) const TAGS: &str = "/api/v1/contacts/tags";

pub(crate) async fn call(world: &World, method: Method, path: &str, body: Option<&Value>) -> Answer {
    world.client.call(method, path, body).await.unwrap()
}

pub(crate) async fn contact(world: &World, draft: Value) -> String {
    text(&world.client.post("/api/v1/contacts", &draft).await.unwrap()["id"])
}

pub(crate) async fn tagged(world: &World, tags: &[&str]) -> String {
    contact(world, json!({ "first_name": "Ada", "tags": tags })).await
}

async fn tags_of(world: &World, contact: &str) -> Value {
    world.client.get(&format!("/api/v1/contacts/{contact}")).await.unwrap()["tags"].clone()
}

/// All tags, page by page.
pub(crate) async fn all(world: &World, filter: &str) -> Vec<Value> {
    let (mut tags, mut query) = (Vec::new(), "per_page=7".to_owned());
    loop {
        let page = world.client.get(&format!("{TAGS}?{query}{filter}")).await.unwrap();
        tags.extend(page["items"].as_array().unwrap().clone());
        let Some(cursor) = page["next_cursor"].as_str() else {
            assert_eq!(number(&page["total"]), tags.len().cast_signed() as i64);
            return tags;
        };
        query = format!("per_page=7&cursor={cursor}");
    }
}

/// What the list tells of each: name, count, version.
async fn shown(world: &World) -> Vec<(String, i64, i64)> {
    world.settled().await.unwrap();
    let each = |tag: &Value| (text(&tag["name"]), number(&tag["contact_count"]), number(&tag["version"]));
    all(world, "").await.iter().map(each).collect()
}

fn counted(tags: &[(&str, i64, i64)]) -> Vec<(String, i64, i64)> {
    tags.iter().map(|(name, count, version)| ((*name).to_owned(), *count, *version)).collect()
}

/// Lets the time pass after which nobody can be at work any more.
async fn later(world: &World) {
    for _ in 0..2 {
        world.settled().await.unwrap();
        world.stack.advance(TimeDelta::minutes(16)).await;
    }
    world.settled().await.unwrap();
}

/// Keeps a contact as somebody does who has not heard of any change.
async fn late(world: &World, tags: &[&str]) -> String {
    let clock = world.stack.clock();
    let tags = tags.iter().map(|&tag| tag.to_owned()).collect();
    let profile = Profile { first_name: Some("Late".into()), tags, ..Profile::default() };
    let late = Contact::new(clock.fresh(), profile, Actor::Operator, clock.now());
    world.stack.store().tenant(world.stack.tenant()).contacts().create(&late).await.unwrap();
    late.id.to_string()
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_tag_is_registered_shown_changed_listed_and_removed_and_the_audit_tells_it() {
    let world = World::start().await.unwrap();
    let draft = json!({ "name": " VIP ", "color": "#0066CC", "category": " importance " });
    let made = call(&world, Method::POST, TAGS, Some(&draft)).await;
    assert_eq!((made.status, made.header("etag")), (201, "\"1\""), "{}", made.body);
    let path = format!("{TAGS}/{}", text(&made.body["id"]));
    assert_eq!(made.header("location"), path);
    let fields = ["name", "color", "category", "contact_count", "version"].map(|name| made.body[name].clone());
    assert_eq!(json!(fields), json!(["VIP", "#0066cc", "importance", 0, 1]));
    assert_eq!(world.client.get(&path).await.unwrap(), made.body);
    let taken = call(&world, Method::POST, TAGS, Some(&json!({ "name": "vip" }))).await;
    assert_eq!((taken.status, &taken.body["error"]["details"]["existing_id"]), (409, &made.body["id"]));
    let bad = call(&world, Method::POST, TAGS, Some(&json!({ "name": " ", "color": "blue" }))).await;
    let errors = bad.body["error"]["details"]["errors"].as_array().unwrap();
    assert_eq!(
        (bad.status, errors.iter().map(|error| text(&error["field"])).collect()),
        (422, vec!["name".to_owned(), "color".into()])
    );
    world.client.post(TAGS, &json!({ "name": "Lead", "category": "Stage" })).await.unwrap();
    assert_eq!(shown(&world).await, counted(&[("Lead", 0, 1), ("VIP", 0, 1)]));
    for (filter, names) in
        [("&category=STAGE", vec!["Lead"]), ("&search=V", vec!["VIP"]), ("&search=l&category=x", vec![])]
    {
        let found = all(&world, filter).await;
        assert_eq!(found.iter().map(|tag| tag["name"].as_str().unwrap()).collect::<Vec<_>>(), names, "{filter}");
    }

    let plain = json!({ "name": "VIP" });
    let stale = world.client.call_with(Method::PUT, &path, &[("if-match", "\"2\"")], Some(&plain)).await.unwrap();
    assert_eq!(stale.status, 412);
    let changed = world.client.call_with(Method::PUT, &path, &[("if-match", "\"1\"")], Some(&plain)).await.unwrap();
    assert_eq!((changed.status, changed.header("etag"), &changed.body["color"]), (200, "\"2\"", &Value::Null));
    assert_eq!(call(&world, Method::PUT, &path, Some(&plain)).await.body, changed.body, "nothing to change");
    assert_eq!(call(&world, Method::PUT, &path, Some(&json!({ "name": "LEAD" }))).await.status, 409);
    let stale = world.client.call_with(Method::DELETE, &path, &[("if-match", "\"1\"")], None).await.unwrap();
    assert_eq!(stale.status, 412);
    assert_eq!(call(&world, Method::DELETE, &path, None).await.status, 204);
    for method in [Method::GET, Method::DELETE] {
        assert_eq!(call(&world, method, &path, None).await.status, 404);
    }
    assert_eq!(call(&world, Method::PUT, &path, Some(&plain)).await.status, 404);
    let audit = world.client.get("/api/v1/audit").await.unwrap();
    let actions = audit["items"].as_array().unwrap().iter().filter_map(|entry| entry["action"].as_str());
    assert_eq!(
        actions.filter_map(|action| action.strip_prefix("tag.")).collect::<Vec<_>>(),
        ["deleted", "updated", "created", "created"]
    );
}

#[tokio::test]
async fn tags_in_use_are_listed_and_can_be_shown_registered_renamed_and_removed() {
    let world = World::start().await.unwrap();
    tagged(&world, &["Lead", "b"]).await;
    let second = tagged(&world, &["LEAD", "C"]).await;
    assert_eq!(shown(&world).await, counted(&[("b", 1, 0), ("C", 1, 0), ("Lead", 2, 0)]));
    let list = all(&world, "").await;
    let path = |at: usize| format!("{TAGS}/{}", text(&list[at]["id"]));
    let lead = call(&world, Method::GET, &path(2), None).await;
    assert_eq!((lead.status, lead.header("etag"), &lead.body), (200, "\"0\"", &list[2]));
    assert_eq!((&lead.body["created_at"], &lead.body["color"]), (&Value::Null, &Value::Null));

    let drafts = ["lead", "LEAD", "Lead"].map(|name| json!({ "name": name, "color": "#ff0000" }));
    let answers = join_all(drafts.iter().map(|draft| call(&world, Method::POST, TAGS, Some(draft)))).await;
    let made: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 201).collect();
    assert_eq!((made.len(), &made[0].body["id"], number(&made[0].body["contact_count"])), (1, &lead.body["id"], 2));
    let stale =
        world.client.call_with(Method::PUT, &path(0), &[("if-match", "\"1\"")], Some(&drafts[0])).await.unwrap();
    assert_eq!(stale.status, 412, "it is not registered");
    let registered = call(&world, Method::PUT, &path(0), Some(&json!({ "name": "b", "category": "x" }))).await;
    assert_eq!(
        (registered.status, number(&registered.body["version"]), &registered.body["id"]),
        (200, 1, &list[0]["id"])
    );
    assert_eq!(call(&world, Method::DELETE, &path(1), None).await.status, 204);
    world.settled().await.unwrap();
    assert_eq!(call(&world, Method::GET, &path(1), None).await.status, 404);
    assert_eq!(tags_of(&world, &second).await, json!(["LEAD"]));

    // A tag that was renamed keeps its id: another contact with the old name makes another tag.
    let renamed = call(&world, Method::PUT, &path(2), Some(&json!({ "name": "Client" }))).await;
    assert_eq!((renamed.status, &renamed.body["id"]), (200, &lead.body["id"]));
    world.settled().await.unwrap();
    tagged(&world, &["lead"]).await;
    assert_eq!(shown(&world).await, counted(&[("b", 1, 1), ("Client", 2, 2), ("lead", 1, 0)]));
    let again = all(&world, "&search=lead").await;
    assert_ne!(again[0]["id"], lead.body["id"]);
    let made = world.client.post(TAGS, &json!({ "name": "Lead" })).await.unwrap();
    assert_eq!((&made["id"], number(&made["contact_count"])), (&again[0]["id"], 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tag_that_is_renamed_is_renamed_on_all_contacts_and_on_those_that_get_it_late() {
    let world = World::start().await.unwrap();
    // More than a page of the table's megabyte.
    let notes = "x".repeat(18_000);
    let draft = |n: usize| json!({ "first_name": n.to_string(), "tags": ["a", "Lead", "client"], "notes": notes });
    let ids = join_all((0..80).map(|n| contact(&world, draft(n)))).await;
    let path = format!("{TAGS}/{}", text(&world.client.post(TAGS, &json!({ "name": "lead" })).await.unwrap()["id"]));
    let new = json!({ "name": "Client" });
    let (renamed, changed) = futures::join!(
        async { call(&world, Method::PUT, &path, Some(&new)).await },
        join_all(ids[..20].iter().map(async |id| {
            let path = format!("/api/v1/contacts/{id}");
            call(&world, Method::PATCH, &path, Some(&json!({ "company": "Acme" }))).await
        })),
    );
    assert_eq!(renamed.status, 200);
    assert!(changed.iter().all(|answer| answer.status == 200));
    world.settled().await.unwrap();
    for id in &ids {
        assert_eq!(tags_of(&world, id).await, json!(["a", "Client"]));
    }
    // Another case is another name as well; and another name before the first has reached everybody.
    for name in ["CLIENT", "Customer"] {
        assert_eq!(call(&world, Method::PUT, &path, Some(&json!({ "name": name }))).await.status, 200);
    }
    let late = [late(&world, &["client"]).await, late(&world, &["LEAD", "b"]).await];
    later(&world).await;
    assert_eq!(shown(&world).await, counted(&[("a", 80, 0), ("b", 1, 0), ("Customer", 82, 4)]));
    assert_eq!(tags_of(&world, &late[0]).await, json!(["Customer"]));
    assert_eq!(tags_of(&world, &late[1]).await, json!(["Customer", "b"]));
    assert_eq!(tags_of(&world, &ids[0]).await, json!(["a", "Customer"]));
    let trail = world.client.get(&format!("/api/v1/contacts/{}/audit", late[1])).await.unwrap();
    assert_eq!(number(&trail["total"]), 2);
}

#[tokio::test]
async fn what_is_tagged_anew_after_a_tag_was_removed_stays() {
    let world = World::start().await.unwrap();
    let path = format!("{TAGS}/{}", text(&world.client.post(TAGS, &json!({ "name": "lead" })).await.unwrap()["id"]));
    let ids = [tagged(&world, &["lead"]).await, tagged(&world, &["lead"]).await, tagged(&world, &[]).await];
    assert_eq!(call(&world, Method::DELETE, &path, None).await.status, 204);
    world.settled().await.unwrap();
    assert_eq!(shown(&world).await, []);
    let strays = [late(&world, &["lead"]).await, late(&world, &["Lead"]).await];
    world.settled().await.unwrap();
    let made = world.client.post(TAGS, &json!({ "name": "Lead" })).await.unwrap();
    assert_eq!(number(&made["contact_count"]), 2, "two have got it behind the walk");
    let tag = json!({ "tags": ["Lead"] });
    for id in [&ids[0], &ids[2], &strays[1]] {
        assert_eq!(call(&world, Method::PATCH, &format!("/api/v1/contacts/{id}"), Some(&tag)).await.status, 200);
    }
    later(&world).await;
    let tags = join_all([&ids[0], &ids[1], &ids[2], &strays[1]].map(|id| tags_of(&world, id))).await;
    assert_eq!(json!(tags), json!([["Lead"], [], ["Lead"], ["Lead"]]));
    assert_eq!(all(&world, "").await[0]["version"], 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_killed_at_any_call_leaves_all_contacts_with_the_new_name_or_none_with_the_old() {
    let per_minute = ("TenantRequestsPerMinute".to_owned(), "100000".to_owned());
    let world = World::start_with(Options { parameters: vec![per_minute], ..Options::in_memory() }).await.unwrap();
    let ids = join_all((0..40).map(|_| tagged(&world, &[]))).await;
    for (call_number, moment) in (1..=7).flat_map(|call| [(call, Moment::Before), (call, Moment::After)]) {
        let old = format!("{call_number} {moment:?}");
        let paths: Vec<String> = ids.iter().map(|id| format!("/api/v1/contacts/{id}")).collect();
        let draft = json!({ "tags": [old] });
        join_all(paths.iter().map(|path| call(&world, Method::PATCH, path, Some(&draft)))).await;
        world.settled().await.unwrap();
        let path = format!("{TAGS}/{}", text(&all(&world, "").await[0]["id"]));
        for (method, name) in [(Method::PUT, Some("New")), (Method::DELETE, None)] {
            let kill = world.stack.kill("ContactWorkFunction", call_number, moment);
            let draft = name.map(|name| json!({ "name": name }));
            assert!(call(&world, method.clone(), &path, draft.as_ref()).await.status < 300);
            tokio::time::timeout(LIMIT, kill.happened()).await.unwrap();
            world.settled().await.unwrap();
            let expected: Vec<&str> = name.into_iter().collect();
            for id in &ids {
                assert_eq!(tags_of(&world, id).await, json!(expected), "{method} killed {moment:?} call {call_number}");
            }
        }
        assert_eq!(shown(&world).await, []);
    }
}

#[tokio::test]
async fn a_post_that_is_killed_anywhere_and_repeated_registers_one_tag() {
    let world = World::start().await.unwrap();
    let post = async |draft: &Value| {
        world
            .client
            .call_with(Method::POST, TAGS, &[("idempotency-key", &text(&draft["name"]))], Some(draft))
            .await
            .unwrap()
    };
    let mut killed = 0;
    for (moment, call_number) in [Moment::Before, Moment::After].into_iter().flat_map(|m| (1..=7).map(move |n| (m, n)))
    {
        for in_use in [false, true] {
            let draft = json!({ "name": format!("{moment:?} {call_number} {in_use}") });
            if in_use {
                tagged(&world, &[draft["name"].as_str().unwrap()]).await;
                world.settled().await.unwrap();
            }
            let kill = world.stack.kill("ContactsFunction", call_number, moment);
            if post(&draft).await.status == 500 {
                kill.happened().await;
                killed += 1;
            } else {
                while call(&world, Method::GET, TAGS, None).await.status != 500 {}
            }
            world.stack.advance(TimeDelta::seconds(61)).await;
            let again = post(&draft).await;
            assert_eq!(
                (again.status, number(&again.body["contact_count"])),
                (201, i64::from(in_use)),
                "{}",
                again.body
            );
            let found = all(&world, "").await.into_iter().filter(|tag| tag["name"] == draft["name"]);
            assert_eq!(found.collect::<Vec<_>>(), [again.body]);
        }
    }
    assert!(killed >= 14, "{killed} were killed");
}

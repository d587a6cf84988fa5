//! Saved searches.

use chrono::TimeDelta;
use futures::future::join_all;
use local::stack::Moment;
use reqwest::Method;
use serde_json::{Value, json};
use tests::World;

use super::known::Known;
use super::{CONTACTS, labels, listed, walked};
use crate::groups::{call, field, text};
use crate::interactions::texts;

const SEARCHES: &str = "/api/v1/contacts/searches";

async fn saved(world: &World, draft: Value) -> String {
    format!("{SEARCHES}/{}", text(&world.client.post(SEARCHES, &draft).await.unwrap()["id"]))
}

#[tokio::test]
async fn a_search_is_saved_shown_changed_listed_and_removed_and_the_audit_tells_it() {
    let world = World::start().await.unwrap();
    let filter = json!({ "tags": ["VIP, too"], "lifecycle_stage": "lead", "min_score": 50.0, "is_active": true });
    let draft = json!({ "name": " Warm leads ", "filter": filter, "sort": "-score" });
    let made = call(&world, Method::POST, SEARCHES, Some(&draft)).await;
    let path = format!("{SEARCHES}/{}", text(&made.body["id"]));
    assert_eq!((made.status, made.header("etag"), made.header("location")), (201, "\"1\"", path.as_str()));
    let shown = ["name", "filter", "sort", "version"].map(|name| made.body[name].clone());
    assert_eq!(json!(shown), json!(["Warm leads", filter, "-score", 1]));
    assert_eq!(made.body["created_by"]["type"], "api_key");
    let again = call(&world, Method::GET, &path, None).await;
    assert_eq!((again.header("etag"), &again.body), ("\"1\"", &made.body));

    let all = call(&world, Method::POST, SEARCHES, Some(&json!({ "name": "everybody" }))).await.body;
    assert_eq!((&all["filter"], &all["sort"]), (&json!({}), &Value::Null));
    let first = world.client.get(&format!("{SEARCHES}?per_page=1")).await.unwrap();
    assert_eq!((&first["items"], &first["total"]), (&json!([all]), &json!(2)));
    let rest = world.client.get(&format!("{SEARCHES}?cursor={}", text(&first["next_cursor"]))).await.unwrap();
    assert_eq!((&rest["items"], &rest["next_cursor"]), (&json!([made.body]), &Value::Null));

    let new = json!({ "name": "WARM LEADS", "filter": { "search": "x" } });
    let put = async |tag: &'static str| {
        world.client.call_with(Method::PUT, &path, &[("if-match", tag)], Some(&new)).await.unwrap()
    };
    let stale = put("\"2\"").await;
    assert_eq!((stale.status, &stale.body["error"]["details"]["version"]), (412, &json!(1)));
    let changed = put("\"1\"").await;
    assert_eq!((changed.status, changed.header("etag"), &changed.body["sort"]), (200, "\"2\"", &Value::Null));
    assert_eq!(call(&world, Method::PUT, &path, Some(&new)).await.body, changed.body, "nothing was changed");
    let delete = async |tag: &'static str| {
        world.client.call_with(Method::DELETE, &path, &[("if-match", tag)], None).await.unwrap().status
    };
    assert_eq!((delete("\"1\"").await, delete("\"2\"").await, delete("*").await), (412, 204, 404));
    for (method, body) in [(Method::GET, None), (Method::PUT, Some(&new))] {
        assert_eq!(call(&world, method, &path, body).await.status, 404);
    }
    assert_eq!(call(&world, Method::GET, &format!("{path}/contacts"), None).await.status, 404);
    let audit = world.client.get("/api/v1/audit").await.unwrap();
    let actions = texts(&audit, "action");
    assert_eq!(actions[..4], ["search.deleted", "search.updated", "search.created", "search.created"]);
    let changes = audit["items"][1]["changes"].as_array().unwrap();
    let mut fields: Vec<String> = changes.iter().map(|change| text(&change["field"])).collect();
    fields.sort();
    assert_eq!(
        (fields, &audit["items"][1]["subject"]),
        (vec!["filter".into(), "name".into(), "sort".into()], &made.body["id"])
    );
}

#[tokio::test]
async fn every_fault_of_a_saved_search_is_named() {
    let world = World::start().await.unwrap();
    for (draft, expected) in [
        (json!({}), (400, "name")),
        (json!({ "name": 7 }), (400, "name")),
        (json!({ "name": "x", "colour": "red" }), (400, "colour")),
        (json!({ "name": "x", "filter": { "shoe": 43 } }), (400, "filter.shoe")),
        (json!({ "name": "x", "filter": { "tags": "vip" } }), (400, "filter.tags")),
        (json!({ "name": "x", "filter": [] }), (400, "filter")),
        (json!({ "name": " " }), (422, "name")),
        (json!({ "name": "x".repeat(101) }), (422, "name")),
        (json!({ "name": "x", "sort": "age" }), (422, "sort")),
        (json!({ "name": "x", "filter": { "email": "x" } }), (422, "filter.email")),
        (json!({ "name": "x", "filter": { "company": "x".repeat(255) } }), (422, "filter.company")),
        (json!({ "name": "x", "filter": { "max_score": 2.5e288 } }), (422, "filter.max_score")),
        (json!({ "name": "x", "filter": { "active": true, "is_active": true } }), (422, "filter.active")),
    ] {
        let answer = call(&world, Method::POST, SEARCHES, Some(&draft)).await;
        assert_eq!(field(&answer), expected, "{draft}: {}", answer.body);
    }
    assert_eq!(world.client.get(SEARCHES).await.unwrap()["total"], 0);
    let path = saved(&world, json!({ "name": "x" })).await;
    for query in ["sort=name", "tags=vip", "shoe=1"] {
        let name = query.split('=').next().unwrap();
        let answer = call(&world, Method::GET, &format!("{path}/contacts?{query}"), None).await;
        assert_eq!(field(&answer), (400, name), "what it asks is saved");
    }
}

#[tokio::test]
async fn a_saved_search_finds_whom_its_filter_finds_in_its_order_part_by_part() {
    let known = Known::make().await;
    let (world, client) = (&known.world, &known.world.client);
    for (name, filter, sort, query) in [
        ("all", json!({}), None, String::new()),
        ("by name", json!({}), Some("name"), "sort=name".to_owned()),
        ("acme", json!({ "company": "ACME", "is_active": true }), None, "company=acme&is_active=true".into()),
        ("words", json!({ "search": "José" }), Some("-name"), "search=jose&sort=-name".into()),
        (
            "fair",
            json!({ "group": known.fair, "has_bookings": true }),
            None,
            format!("group={}&has_bookings=true", known.fair),
        ),
        ("phone", json!({ "phone": "202-555-0101" }), None, "email=ada@example.com".into()),
        (
            "dates",
            json!({ "created_to": known.days[0] }),
            Some("created_at"),
            format!("created_to={}&sort=created_at", known.days[0]),
        ),
    ] {
        let mut draft = json!({ "name": name, "filter": filter });
        sort.iter().for_each(|sort| draft["sort"] = json!(sort));
        let path = saved(world, draft).await;
        let expected = listed(client, &query).await;
        let found = client.get(&format!("{path}/contacts?per_page=100")).await.unwrap();
        assert_eq!((labels(&found), &found["total"]), (expected.clone(), &json!(expected.len())), "{name}");
        let by_three = json!({ "items": walked(client, &format!("{path}/contacts?"), 3).await });
        assert_eq!(labels(&by_three), expected, "{name}");
    }
    let path = saved(world, json!({ "name": "a,b", "filter": { "tags": ["A,B"] } })).await;
    assert_eq!(labels(&client.get(&format!("{path}/contacts")).await.unwrap()), ["gina"], "a tag with a comma");
    // A group that is no more has nobody in it.
    let path = saved(world, json!({ "name": "board", "filter": { "group": known.board } })).await;
    assert_eq!(labels(&client.get(&format!("{path}/contacts")).await.unwrap()), ["ada"]);
    call(world, Method::DELETE, &format!("/api/v1/contacts/groups/{}", known.board), None).await;
    world.settled().await.unwrap();
    assert_eq!(client.get(&format!("{path}/contacts")).await.unwrap()["total"], 0);
    let stranger = client.with_key(&world.stranger().await.unwrap());
    for path in [path.clone(), format!("{path}/contacts")] {
        assert_eq!(stranger.call(Method::GET, &path, None).await.unwrap().status, 404);
    }
    assert_eq!(stranger.get(SEARCHES).await.unwrap()["total"], 0);
}

#[tokio::test]
async fn of_simultaneous_searches_of_one_name_exactly_one_is_saved_and_a_name_is_free_again() {
    let world = World::start().await.unwrap();
    let drafts = ["VIP", "vip", "Vip ", "vIP", "VIp", "vip"].map(|name| json!({ "name": name }));
    let answers = join_all(drafts.iter().map(|draft| call(&world, Method::POST, SEARCHES, Some(draft)))).await;
    let made: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
    assert_eq!(made.len(), 1);
    for refused in answers.iter().filter(|answer| answer.status != 201) {
        assert_eq!((refused.status, &refused.body["error"]["details"]["existing_id"]), (409, &made[0].body["id"]));
    }
    let path = format!("{SEARCHES}/{}", text(&made[0].body["id"]));
    let other = saved(&world, json!({ "name": "other" })).await;
    assert_eq!(call(&world, Method::PUT, &other, Some(&drafts[1])).await.status, 409);
    assert_eq!(call(&world, Method::PUT, &path, Some(&json!({ "name": "new" }))).await.status, 200);
    assert_eq!(call(&world, Method::PUT, &other, Some(&drafts[1])).await.status, 200);
    assert_eq!(call(&world, Method::DELETE, &other, None).await.status, 204);
    saved(&world, drafts[0].clone()).await;
}

#[tokio::test]
async fn a_tenant_has_200_saved_searches_at_most() {
    let world = super::world().await;
    let last = saved(&world, json!({ "name": "first" })).await;
    for number in 2..=200 {
        saved(&world, json!({ "name": format!("search {number}") })).await;
    }
    let more = json!({ "name": "more" });
    assert_eq!(call(&world, Method::POST, SEARCHES, Some(&more)).await.status, 409);
    assert_eq!(world.client.get(&format!("{SEARCHES}?per_page=100&page=2")).await.unwrap()["total"], 200);
    assert_eq!(call(&world, Method::DELETE, &last, None).await.status, 204);
    saved(&world, more).await;
    assert_eq!(call(&world, Method::POST, SEARCHES, Some(&json!({ "name": "again" }))).await.status, 409);
}

#[tokio::test]
async fn a_request_that_is_killed_anywhere_and_repeated_saves_its_search_once() {
    let world = World::start().await.unwrap();
    let (mut killed, mut count) = (0, 0);
    for (number, moment) in (1..=5).flat_map(|number| [(number, Moment::Before), (number, Moment::After)]) {
        let (key, draft) = (format!("{moment:?} {number}"), json!({ "name": format!("{moment:?} {number}") }));
        let post = async || {
            let headers = [("idempotency-key", key.as_str())];
            world.client.call_with(Method::POST, SEARCHES, &headers, Some(&draft)).await.unwrap()
        };
        let kill = world.stack.kill("SearchFunction", number, moment);
        let first = post().await;
        if first.status == 500 {
            killed += 1;
            kill.happened().await;
            world.stack.advance(TimeDelta::seconds(61)).await;
        } else {
            // The order was for a call that never came: any request uses it up.
            while call(&world, Method::GET, CONTACTS, None).await.status != 500 {}
        }
        let again = post().await;
        count += 1;
        assert_eq!((again.status, &again.body["name"]), (201, &draft["name"]), "{key}: {}", again.body);
        let replayed = post().await;
        assert_eq!((&replayed.body, replayed.header("idempotency-replayed")), (&again.body, "true"));
        assert_eq!(world.client.get(SEARCHES).await.unwrap()["total"], count, "{key}");
    }
    assert!(killed >= 6, "{killed} were killed");
    let other = json!({ "name": "other" });
    let headers = [("idempotency-key", "Before 1")];
    assert_eq!(world.client.call_with(Method::POST, SEARCHES, &headers, Some(&other)).await.unwrap().status, 422);
}

//! What cannot be asked.

use reqwest::Method;
use serde_json::{Value, json};

use super::{CONTACTS, known::Known};
use crate::groups::field;

#[tokio::test]
async fn every_bad_parameter_is_named() {
    let world = super::world().await;
    let long = format!("search={}", "x".repeat(255));
    let tags = format!("tags={}", vec!["x"; 101].join(","));
    for (query, expected) in [
        ("page=0", (400, "page")),
        ("per_page=101", (400, "per_page")),
        ("page_size=0", (400, "page_size")),
        ("limit=x", (400, "limit")),
        ("offset=-1", (400, "offset")),
        ("skip=1.5", (400, "skip")),
        ("page=1&skip=0", (400, "skip")),
        ("cursor=abc", (400, "cursor")),
        ("cursor=", (400, "cursor")),
        ("is_active=maybe", (400, "is_active")),
        ("has_bookings=2", (400, "has_bookings")),
        ("min_score=high", (400, "min_score")),
        ("max_score=", (400, "max_score")),
        ("is_active=", (400, "is_active")),
        ("min_score=1e126", (422, "min_score")),
        ("max_score=-1e-126", (422, "max_score")),
        ("max_score=NaN", (422, "max_score")),
        ("group=fair", (400, "group")),
        ("type=7", (400, "type")),
        ("shoe=43", (400, "shoe")),
        ("company=a&company=b", (400, "company")),
        ("sort=name&sort=score", (400, "sort")),
        ("sort=age", (422, "sort")),
        ("sort=--name", (422, "sort")),
        ("sort=Name", (422, "sort")),
        ("email=x", (422, "email")),
        ("phone=12", (422, "phone")),
        ("lifecycle_stage=king", (422, "lifecycle_stage")),
        ("opt_in_status=no", (422, "opt_in_status")),
        ("owner_id= ", (422, "owner_id")),
        ("created_from=soon", (422, "created_from")),
        ("created_to=2026-02-30", (422, "created_to")),
        ("is_active=true&active=true", (422, "active")),
        (&long, (422, "search")),
        (&tags, (422, "tags")),
    ] {
        for path in ["", "/search"] {
            let answer = world.client.call(Method::GET, &format!("{CONTACTS}{path}?{query}"), None).await.unwrap();
            assert_eq!(field(&answer), expected, "{path}?{query}: {}", answer.body);
        }
    }
}

#[tokio::test]
async fn all_faults_are_reported_at_once_with_what_would_be_allowed() {
    let world = super::world().await;
    let query = "email=x&phone=1&lifecycle_stage=king&opt_in_status=no&created_from=x";
    let answer = world.client.call(Method::GET, &format!("{CONTACTS}?{query}"), None).await.unwrap();
    let errors = answer.body["error"]["details"]["errors"].as_array().unwrap();
    let mut fields: Vec<&str> = errors.iter().filter_map(|error| error["field"].as_str()).collect();
    fields.sort_unstable();
    assert_eq!(fields, ["created_from", "email", "lifecycle_stage", "opt_in_status", "phone"]);
    let stage = errors.iter().find(|error| error["field"] == "lifecycle_stage").unwrap();
    let allowed = json!(["lead", "mql", "sql", "opportunity", "customer", "lost"]);
    assert_eq!(stage["allowed_values"], allowed);
}

#[tokio::test]
async fn a_cursor_is_of_its_list_and_order_only() {
    let known = Known::make().await;
    let orders = ["name", "-name", "created_at", "-created_at", "last_activity", "-last_activity", "score", "-score"];
    let mut cursors = Vec::new();
    for order in orders {
        let list = known.world.client.get(&format!("{CONTACTS}?per_page=2&sort={order}")).await.unwrap();
        cursors.push((order, list["next_cursor"].clone()));
    }
    for (of, cursor) in &cursors {
        for order in orders {
            let path = format!("{CONTACTS}?sort={order}&cursor={}", cursor.as_str().unwrap());
            let answer = known.world.client.call(Method::GET, &path, None).await.unwrap();
            let expected = if of == &order { (200, "") } else { (400, "cursor") };
            assert_eq!(field(&answer), expected, "of {of} for {order}");
        }
    }
    let groups = known.world.client.get("/api/v1/contacts/groups?per_page=1").await.unwrap()["next_cursor"].clone();
    let path = format!("{CONTACTS}?cursor={}", groups.as_str().unwrap());
    assert_eq!(field(&known.world.client.call(Method::GET, &path, None).await.unwrap()), (400, "cursor"));
    assert_ne!(groups, Value::Null);
}

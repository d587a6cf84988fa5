//! Tags suggested to who types one.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{World, number};

use super::{TAGS, call, tagged, text};

async fn suggested(world: &World, query: &str) -> Value {
    world.client.get(&format!("{TAGS}/suggest{query}")).await.unwrap()
}

/// The suggestions, each with how many contacts have it.
async fn names(world: &World, query: &str) -> Vec<String> {
    let list = suggested(world, query).await;
    let items = list["items"].as_array().unwrap().iter();
    items.map(|tag| format!("{} {}", text(&tag["name"]), number(&tag["contact_count"]))).collect()
}

#[tokio::test]
async fn tags_that_begin_with_what_was_typed_are_suggested_the_most_used_first() {
    let world = World::start().await.unwrap();
    let draft = json!({ "name": "Ècole", "color": "#0066cc", "category": "place" });
    let made = world.client.post(TAGS, &draft).await.unwrap();
    world.client.post(TAGS, &json!({ "name": "VIP" })).await.unwrap();
    for tags in
        [&["eco", "New York", "newcomer"][..], &["ECO", "ecole", "new"], &["economy", "vip", "b"], &["Eco", "b"]]
    {
        tagged(&world, tags).await;
    }
    world.settled().await.unwrap();
    for (query, expected) in [
        ("?prefix=eco", &["eco 3", "ecole 1", "economy 1", "Ècole 0"][..]),
        ("?prefix=ÉCO", &["eco 3", "ecole 1", "economy 1", "Ècole 0"]),
        ("?prefix=ecol", &["ecole 1", "Ècole 0"]),
        ("?prefix= new", &["new 1", "New York 1", "newcomer 1"]),
        ("?prefix=new%20", &["New York 1"]),
        ("?prefix=ew", &[]),
        ("?prefix=nobody", &[]),
        ("?prefix=eco&limit=1", &["eco 3"]),
        ("?limit=3", &["eco 3", "b 2", "ecole 1"]),
        ("?prefix=&limit=2", &["eco 3", "b 2"]),
    ] {
        assert_eq!(names(&world, query).await, expected, "{query}");
    }
    let list = suggested(&world, "?prefix=ecol").await;
    assert_eq!((&list["total"], &list["items"][1], &list["next_cursor"]), (&json!(2), &made, &Value::Null));
    assert_eq!(
        list["items"][0]["id"],
        world.client.get(&format!("{TAGS}?search=ecole")).await.unwrap()["items"][0]["id"]
    );
}

#[tokio::test]
async fn ten_tags_are_suggested_unless_others_are_asked_for_and_fifty_at_most() {
    let world = World::start().await.unwrap();
    for batch in 0..6 {
        let tags: Vec<String> = (0..10).map(|n| format!("t{:02}", batch * 10 + n)).collect();
        tagged(&world, &tags.iter().map(String::as_str).collect::<Vec<_>>()).await;
    }
    world.settled().await.unwrap();
    for (query, count, last) in
        [("?prefix=t", 10, "t09 1"), ("?prefix=T&limit=50", 50, "t49 1"), ("?prefix=t5", 10, "t59 1")]
    {
        let found = names(&world, query).await;
        assert_eq!((found.len(), found.last().unwrap().as_str()), (count, last), "{query}");
    }
    let rest = text(&suggested(&world, "?prefix=t&limit=50").await["next_cursor"]);
    assert_eq!(names(&world, &format!("?prefix=t&limit=50&cursor={rest}")).await.len(), 10);
    for (query, field) in [("?limit=51", "limit"), ("?limit=0", "limit"), ("?search=t", "search")] {
        let answer = call(&world, Method::GET, &format!("{TAGS}/suggest{query}"), None).await;
        assert_eq!((answer.status, &answer.body["error"]["details"]["field"]), (400, &json!(field)), "{query}");
    }
    let stranger = world.client.with_key(&world.stranger().await.unwrap());
    assert_eq!(stranger.get(&format!("{TAGS}/suggest?prefix=t")).await.unwrap()["items"], json!([]));
}

//! The lists of interactions: what is on them, and their parts.

use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use tests::World;

use super::{ALL, contact, note, texts, timeline};

/// All parts of a list, one after the other.
async fn walked(world: &World, path: &str, query: &str) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let part = world.client.get(&format!("{path}?{query}{cursor}")).await.unwrap();
        all.extend(part["items"].as_array().unwrap().clone());
        match part["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

#[tokio::test]
async fn the_lists_are_filtered_by_day_moment_and_type() {
    let world = World::start().await.unwrap();
    let ada = contact(&world, json!({ "first_name": "Ada" })).await;
    for (kind, date) in [
        ("manual_entry", "2023-12-31T23:59:59.999Z"),
        ("note_added", "2024-01-01T00:00:00Z"),
        ("manual_entry", "2024-01-31T12:00:00Z"),
        ("email_sent", "2024-01-31T23:59:59.999Z"),
        ("note_added", "2024-02-01T00:00:00Z"),
    ] {
        let draft = json!({ "description": date, "interaction_type": kind, "date": date });
        assert_eq!(note(&world.client, &ada, &draft).await.status, 201);
    }
    for path in [timeline(&ada), ALL.to_owned()] {
        for (query, days) in [
            ("", &["02-01", "01-31", "01-31", "01-01", "12-31"][..]),
            ("date_from=2024-01-01&date_to=2024-01-31", &["01-31", "01-31", "01-01"]),
            ("date_from=2024-01-31", &["02-01", "01-31", "01-31"]),
            ("date_to=2023-12-31", &["12-31"]),
            ("date_from=2024-01-31T12:00:00Z&date_to=2024-01-31T12:00:00Z", &["01-31"]),
            ("date_from=2024-01-31T13:00:00%2B01:00&date_to=2024-01-31T22:00:00Z", &["01-31"]),
            ("date_from=2024-02-02", &[]),
            ("date_from=2024-02-01&date_to=2024-01-01", &[]),
            ("type=note_added", &["02-01", "01-01"]),
            ("interaction_type=note_added&date_to=2024-01-31", &["01-01"]),
            ("type=lead_created", &[]),
        ] {
            let list = world.client.get(&format!("{path}?{query}")).await.unwrap();
            let found: Vec<_> = texts(&list, "description").into_iter().map(|date| date[5..10].to_owned()).collect();
            assert_eq!(found, days, "{path}?{query}");
            assert_eq!(list["total"], days.len(), "{path}?{query}");
            // Counted, not seen, if it is more than one part.
            let part = world.client.get(&format!("{path}?{query}&per_page=1")).await.unwrap();
            assert_eq!((&part["total"], part["next_cursor"].is_string()), (&list["total"], days.len() > 1), "{query}");
        }
        for (query, status, field) in [
            ("date_from=yesterday", 400, "date_from"),
            ("date_to=2024-02-30", 400, "date_to"),
            ("kind=note_added", 400, "kind"),
            ("cursor=nonsense", 400, "cursor"),
            ("type=note", 422, "type"),
            ("interaction_type=", 422, "interaction_type"),
            ("type=note_added&interaction_type=note_added", 422, "interaction_type"),
        ] {
            let answer = world.client.call(Method::GET, &format!("{path}?{query}"), None).await.unwrap();
            let found = (answer.status, answer.body["error"]["details"]["field"].as_str());
            assert_eq!(found, (status, Some(field)), "{path}?{query}");
        }
    }
    let unlisted = world.client.call(Method::GET, &format!("{ALL}?type=message_opened"), None).await.unwrap();
    assert_eq!(unlisted.status, 422, "what is not in the list is not said to be nothing");
}

#[tokio::test]
async fn pages_make_up_the_list_even_where_times_are_equal() {
    let world = World::start().await.unwrap();
    let (ada, bob) =
        (contact(&world, json!({ "first_name": "Ada" })).await, contact(&world, json!({ "first_name": "Bob" })).await);
    let draft = |at: usize| {
        let kind = if at.is_multiple_of(3) { "note_added" } else { "manual_entry" };
        json!({ "description": at.to_string(), "interaction_type": kind, "date": if at < 20 { "2024-01-01T00:00:00Z" } else { "2024-01-02T00:00:00Z" } })
    };
    let drafts: Vec<_> = (0..30).map(draft).collect();
    let calls =
        drafts.iter().enumerate().map(|(at, draft)| note(&world.client, if at % 2 == 0 { &ada } else { &bob }, draft));
    for answer in join_all(calls).await {
        assert_eq!(answer.status, 201, "{}", answer.body);
    }
    for (path, query, count) in [
        (timeline(&ada), "", 15),
        (timeline(&ada), "type=note_added", 5),
        (ALL.to_owned(), "", 30),
        (ALL.to_owned(), "type=note_added", 10),
        (ALL.to_owned(), "date_to=2024-01-01", 20),
    ] {
        let whole = world.client.get(&format!("{path}?per_page=100&{query}")).await.unwrap()["items"].clone();
        let whole = whole.as_array().unwrap();
        let order: Vec<_> = whole.iter().map(|item| (item["occurred_at"].as_str(), item["id"].as_str())).collect();
        assert!(order.len() == count && order.is_sorted_by(|one, next| one > next), "{path}?{query}: {order:?}");
        for size in [1, 4, 7] {
            assert_eq!(
                &walked(&world, &path, &format!("per_page={size}&{query}")).await,
                whole,
                "{path}?{query} by {size}"
            );
        }
        let mut paged = Vec::new();
        for page in 1..=8 {
            let part = world.client.get(&format!("{path}?page={page}&per_page=4&{query}")).await.unwrap();
            assert_eq!((&part["total"], &part["page"]), (&json!(count), &json!(page)));
            paged.extend(part["items"].as_array().unwrap().clone());
        }
        assert_eq!(&paged, whole, "{path}?{query}");
    }
    let last = world.client.get(&format!("{ALL}?skip=29&limit=5")).await.unwrap();
    assert_eq!((last["items"].as_array().unwrap().len(), &last["total"]), (1, &json!(30)));
}

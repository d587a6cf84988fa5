//! Mistyped words.

use serde_json::json;

use super::known::Known;
use super::{CONTACTS, labels, listed, walked};

#[tokio::test]
async fn words_are_taken_to_be_mistyped_only_where_nothing_has_them_as_they_are() {
    let known = Known::make().await;
    for (query, expected) in [
        ("search=turnig", "alan"),
        ("search=TÜRING", "alan"),
        ("search=smiht", "carl john"),
        ("search=smith", "carl john"),
        ("search=alaan+turinng", "alan"),
        ("search=gloobex", "dora emil fred"),
        ("search=corpporatoin", "dora emil fred"),
        ("search=globex corpporatoin", "dora emil fred"),
        ("search=strase", "josef zoe gina"),
        ("search=josef", "josef"),
        ("search=josep", "jose josef"),
        ("search=Петрв", "ivan"),
        // Four letters are too few, and addresses are not guessed.
        ("search=kign", ""),
        ("search=bletchlye.example", ""),
        ("first_name=josep", ""),
        ("company=gloobex", ""),
        // All other conditions hold as they are given.
        ("search=smiht&lifecycle_stage=lead", "carl"),
        ("search=smiht&tags=vip", ""),
    ] {
        let mut found = listed(&known.world.client, &format!("sort=created_at&{query}")).await;
        let mut expected: Vec<&str> = expected.split_whitespace().collect();
        found.sort();
        expected.sort_unstable();
        assert_eq!(found, expected, "{query}");
    }
}

#[tokio::test]
async fn parts_of_a_list_of_the_mistyped_belong_together() {
    let known = Known::make().await;
    let client = &known.world.client;
    let path = format!("{CONTACTS}?search=gloobex&sort=name");
    let list = json!({ "items": walked(client, &path, 1).await });
    assert_eq!(labels(&list), ["dora", "emil", "fred"]);
    for (page, label) in [(1, "dora"), (2, "emil"), (3, "fred")] {
        let list = client.get(&format!("{path}&per_page=1&page={page}")).await.unwrap();
        assert_eq!((labels(&list), &list["total"]), (vec![label.to_owned()], &json!(3)));
    }
    // Somebody comes who has the word as it was typed: the parts to come are still of the list that was begun.
    let first = client.get(&format!("{path}&per_page=1")).await.unwrap();
    client.post(CONTACTS, &json!({ "notes": "new", "first_name": "Zora", "company": "Gloobex" })).await.unwrap();
    let next = format!("{path}&per_page=10&cursor={}", first["next_cursor"].as_str().unwrap());
    assert_eq!(labels(&client.get(&next).await.unwrap()), ["emil", "fred", "new"]);
    assert_eq!(labels(&client.get(&path).await.unwrap()), ["new"]);
}

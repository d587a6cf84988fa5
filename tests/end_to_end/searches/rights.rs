//! Who sees what of lists.

use reqwest::Method;
use serde_json::json;

use super::known::Known;
use super::{CONTACTS, listed, total};

#[tokio::test]
async fn a_stranger_finds_nobody_and_only_itself_later() {
    let known = Known::make().await;
    let stranger = known.world.client.with_key(&known.world.stranger().await.unwrap());
    let (fair, partner) = (&known.fair, &known.partner);
    let queries =
        ["".to_owned(), "search=ada".into(), "tags=vip".into(), format!("group={fair}"), format!("type={partner}")];
    for query in &queries {
        assert_eq!(total(&stranger, query).await, 0, "{query}");
    }
    let cursor = known.world.client.get(&format!("{CONTACTS}?per_page=5")).await.unwrap()["next_cursor"].clone();
    assert_eq!(total(&stranger, &format!("cursor={}", cursor.as_str().unwrap())).await, 0, "behind another's place");
    let draft = json!({ "notes": "theirs", "email": "ada@example.com", "tags": ["vip"] });
    stranger.post(CONTACTS, &draft).await.unwrap();
    for query in ["", "email=ada@example.com", "tags=vip", "search=ada"] {
        assert_eq!(listed(&stranger, query).await, ["theirs"], "{query}");
    }
    assert_eq!(total(&known.world.client, "").await, 30);
    assert_eq!(listed(&known.world.client, "email=ada@example.com").await, ["ada"]);
}

#[tokio::test]
async fn a_user_reads_the_whole_list_and_changes_nothing_that_belongs_to_others() {
    let known = Known::make().await;
    let key = json!({ "name": "a", "role": "user", "user_id": "ada" });
    let key = known.world.client.post("/api/v1/api-keys", &key).await.unwrap();
    let user = known.world.client.with_key(key["key"].as_str().unwrap());
    assert_eq!((total(&user, "").await, total(&user, "owner_id=bob").await), (30, 3));
    let all = known.world.client.get(&format!("{CONTACTS}?sort=name&per_page=100")).await.unwrap();
    assert_eq!(user.get(&format!("{CONTACTS}?sort=name&per_page=100")).await.unwrap(), all);
    let draft = json!({ "name": "mine" });
    let refused = user.call(Method::POST, &format!("{CONTACTS}/searches"), Some(&draft)).await.unwrap();
    assert_eq!(refused.status, 403);
    assert_eq!(user.post(&format!("{CONTACTS}/segments/preview"), &json!({})).await.unwrap()["total"], 28);
}

#[tokio::test]
async fn a_head_tells_what_a_get_would_and_has_no_body() {
    let known = Known::make().await;
    for (path, status) in
        [("", 200), ("/search?search=ada", 200), ("/searches", 200), ("/stats", 200), ("?sort=age", 422)]
    {
        let path = format!("{CONTACTS}{path}");
        let head = known.world.client.call(Method::HEAD, &path, None).await.unwrap();
        let get = known.world.client.call(Method::GET, &path, None).await.unwrap();
        assert_eq!((head.status, get.status), (status, status), "{path}");
        assert_eq!(head.header("content-type"), get.header("content-type"));
        assert!(head.body.is_null() && get.body.is_object());
    }
    assert_eq!(known.world.client.call(Method::PUT, CONTACTS, Some(&json!({}))).await.unwrap().status, 405);
}

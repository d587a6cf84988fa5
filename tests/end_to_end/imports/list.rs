//! The list of imports.

use reqwest::Method;
use serde_json::{Value, json};
use tests::World;

fn ids(list: &Value) -> Vec<String> {
    list["items"].as_array().unwrap().iter().map(|import| import["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn imports_are_listed_the_newest_first_page_by_page_and_by_where_they_stand() {
    let world = World::start().await.unwrap();
    let mut newest = Vec::new();
    for csv in ["email\na@example.com\n", "", "email\nb@example.com\n"] {
        let import = world.import(csv, &json!({})).await.unwrap();
        newest.insert(0, import["id"].as_str().unwrap().to_owned());
    }
    let waiting = world.client.post("/api/v1/contacts/import", &json!({})).await.unwrap();
    newest.insert(0, waiting["id"].as_str().unwrap().to_owned());
    let path = "/api/v1/contacts/imports";
    let all = world.client.get(path).await.unwrap();
    assert_eq!((ids(&all), &all["total"], &all["next_cursor"]), (newest.clone(), &json!(4), &Value::Null));
    assert_eq!(all["items"][1]["rows_done"], 1);

    let first = world.client.get(&format!("{path}?per_page=3")).await.unwrap();
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = world.client.get(&format!("{path}?per_page=3&cursor={cursor}")).await.unwrap();
    assert_eq!([ids(&first), ids(&rest)].concat(), newest);
    assert_eq!((&rest["total"], &rest["page"], &rest["next_cursor"]), (&json!(4), &json!(2), &Value::Null));
    assert_eq!(ids(&world.client.get(&format!("{path}?page=2&per_page=2")).await.unwrap()), newest[2..]);

    for (status, expected) in [
        ("completed", vec![newest[1].clone(), newest[3].clone()]),
        ("failed", vec![newest[2].clone()]),
        ("awaiting_upload", vec![newest[0].clone()]),
        ("cancelled", vec![]),
    ] {
        let list = world.client.get(&format!("{path}?status={status}")).await.unwrap();
        assert_eq!((list["total"].as_u64(), ids(&list)), (Some(expected.len() as u64), expected), "{status}");
    }
    let wrong = world.client.call(Method::GET, &format!("{path}?status=done"), None).await.unwrap();
    assert_eq!((wrong.status, &wrong.body["error"]["details"]["field"]), (422, &json!("status")));
    let stranger = world.client.with_key(&world.stranger().await.unwrap());
    assert_eq!(stranger.get(path).await.unwrap()["total"], 0, "others see nothing of it");
}

//! Writes about many contacts.

use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use super::{CONTACTS, done, made, nobody};
use crate::groups::{group, text};
use crate::searches::{total, world};

const BULK: &str = "/api/v1/contacts/bulk";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_done_to_many_by_their_ids_is_found_of_all_of_them() {
    let world = world().await;
    let client = &world.client;
    let fair = group(&world, "Fair").await;
    let ids = join_all((0..120).map(async |n| made(client, json!({ "first_name": format!("n{n}") })).await)).await;
    assert_eq!(total(client, "").await, 120);
    let bulk = async |ids: &[String], edit: Value| {
        let result = done(client, Method::POST, BULK, json!({ "contact_ids": ids, "edit": edit })).await;
        assert_eq!(result["changed"], json!(ids.len()), "{result}");
    };
    for round in 0..4 {
        let some = &ids[round * 20..round * 20 + 40];
        bulk(some, json!({ "add_tags": [format!("t{round}")], "set_fields": { "company": format!("c{round}") } }))
            .await;
        assert_eq!(total(client, &format!("tags=t{round}&company=c{round}")).await, 40);
        bulk(some, json!({ "add_groups": [fair] })).await;
        assert_eq!(total(client, &format!("group={fair}")).await, 40);
        bulk(some, json!({ "remove_groups": [fair], "remove_tags": [format!("t{round}")] })).await;
        nobody(client, &format!("group={fair}")).await;
        nobody(client, &format!("tags=t{round}")).await;
    }
    let (gone, left) = ids.split_at(70);
    bulk(gone, json!({ "delete": true })).await;
    assert_eq!(total(client, "").await, 50);
    let list = client.get(&format!("{CONTACTS}?per_page=100&sort=created_at")).await.unwrap();
    let mut shown: Vec<String> = list["items"].as_array().unwrap().iter().map(|item| text(&item["id"])).collect();
    shown.sort();
    let mut left = left.to_vec();
    left.sort();
    assert_eq!(shown, left);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_work_in_the_background_did_is_found_when_it_has_settled() {
    let world = world().await;
    let client = &world.client;
    let fair = group(&world, "Fair").await;
    let drafts = (0..90).map(|n| json!({ "first_name": format!("n{n}"), "tags": ["Old"], "groups": [fair] }));
    join_all(drafts.map(|draft| made(client, draft))).await;
    world.settled().await.unwrap();
    let tag = client.get("/api/v1/contacts/tags?search=old").await.unwrap()["items"][0].clone();
    let renamed = json!({ "name": "New" });
    done(client, Method::PUT, &format!("/api/v1/contacts/tags/{}", text(&tag["id"])), renamed).await;
    done(client, Method::DELETE, &format!("/api/v1/contacts/groups/{fair}"), Value::Null).await;
    world.settled().await.unwrap();
    assert_eq!((total(client, "tags=new").await, total(client, "tags=old").await), (90, 0));
    nobody(client, &format!("group={fair}")).await;
    let all = client.get(&format!("{CONTACTS}?per_page=100")).await.unwrap();
    let shown = all["items"].as_array().unwrap();
    assert!(shown.iter().all(|contact| contact["tags"] == json!(["New"]) && contact["groups"] == json!([])));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erased_person_is_found_by_nothing_from_then_on() {
    let world = world().await;
    let client = &world.client;
    for n in 0..10 {
        let email = format!("p{n}@example.com");
        let id = made(client, json!({ "email": email, "first_name": "Ada", "company": format!("Acme {n}") })).await;
        assert_eq!(total(client, &format!("email={email}")).await, 1);
        done(client, Method::POST, &format!("{CONTACTS}/{id}/erase"), json!({})).await;
        for query in [format!("email={email}"), format!("company=acme {n}"), "first_name=ada".to_owned(), String::new()]
        {
            nobody(client, &query).await;
        }
    }
    world.settled().await.unwrap();
    nobody(client, "").await;
}

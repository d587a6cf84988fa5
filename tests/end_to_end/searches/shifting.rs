//! Lists that others write to while somebody goes through them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::future::join_all;
use local::client::Client;
use reqwest::Method;
use serde_json::{Value, json};

use super::{CONTACTS, walked};
use crate::groups::text;

const ORDERS: [&str; 6] = ["name", "-name", "created_at", "-created_at", "last_activity", "-last_activity"];

async fn made(client: &Client, draft: Value) -> String {
    text(&client.post(CONTACTS, &draft).await.unwrap()["id"])
}

/// Contacts that stay, named so that others can come between them; every third was heard of.
async fn staying(client: &Client, count: usize) -> Vec<String> {
    let ids =
        join_all((0..count).map(async |n| made(client, json!({ "first_name": format!("stays {n:03}") })).await)).await;
    for (n, id) in ids.iter().enumerate().step_by(3) {
        let draft = json!({ "description": "x", "date": format!("2024-01-01T00:00:{:02}Z", n % 60) });
        client.post(&format!("{CONTACTS}/{id}/interactions/add"), &draft).await.unwrap();
    }
    ids
}

/// How often each of those that stay was met, and that nobody was met twice.
fn met_once(met: &[Value], staying: &[String], what: &str) {
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    met.iter().for_each(|contact| *times.entry(text(&contact["id"])).or_default() += 1);
    assert!(times.values().all(|count| *count == 1), "{what}: nobody is met twice");
    let missed: Vec<&String> = staying.iter().filter(|id| !times.contains_key(*id)).collect();
    assert!(missed.is_empty(), "{what}: {missed:?} are missed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_met_twice_or_missed_while_others_come_and_go_all_the_time() {
    let world = super::world().await;
    let client = &world.client;
    let staying = staying(client, 40).await;
    let done = AtomicBool::new(false);
    let others = join_all((0..3).map(async |worker| {
        let mut round = 0;
        while !done.load(Ordering::Relaxed) {
            let place = (round * 7 + worker) % 40;
            let id = made(client, json!({ "first_name": format!("stays {place:03} not {worker}") })).await;
            let path = format!("{CONTACTS}/{id}");
            let patch = json!({ "first_name": "aaa" });
            client.call(Method::PATCH, &path, Some(&patch)).await.unwrap();
            client.post(&format!("{path}/interactions/add"), &json!({ "description": "x" })).await.unwrap();
            if round % 4 != 0 {
                assert_eq!(client.call(Method::DELETE, &path, None).await.unwrap().status, 204);
            }
            round += 1;
        }
        round
    }));
    let walks = async {
        for order in ORDERS {
            for size in [3, 11] {
                let met = walked(client, &format!("{CONTACTS}?sort={order}&search=stays"), size).await;
                met_once(&met, &staying, order);
            }
        }
        done.store(true, Ordering::Relaxed);
    };
    let (rounds, ()) = futures::join!(others, walks);
    assert!(rounds.iter().sum::<usize>() > 5, "somebody wrote meanwhile: {rounds:?}");
}

#[tokio::test]
async fn a_part_begins_behind_its_place_whatever_was_written_since() {
    let world = super::world().await;
    let client = &world.client;
    let ids = staying(client, 10).await;
    let page = async |cursor: &Value| {
        let cursor = cursor.as_str().map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        client.get(&format!("{CONTACTS}?sort=name&per_page=4{cursor}")).await.unwrap()
    };
    let names =
        |list: &Value| list["items"].as_array().unwrap().iter().map(|c| text(&c["first_name"])).collect::<Vec<_>>();
    let first = page(&Value::Null).await;
    assert_eq!(names(&first).last().unwrap(), "stays 003");
    // The last one that was shown is gone; one came before it and one behind; the next one went before.
    assert_eq!(client.call(Method::DELETE, &format!("{CONTACTS}/{}", ids[3]), None).await.unwrap().status, 204);
    made(client, json!({ "first_name": "stays 002 b" })).await;
    made(client, json!({ "first_name": "stays 004 b" })).await;
    let moved = format!("{CONTACTS}/{}", ids[5]);
    client.call(Method::PATCH, &moved, Some(&json!({ "first_name": "a" }))).await.unwrap();
    let second = page(&first["next_cursor"]).await;
    assert_eq!(names(&second), ["stays 004", "stays 004 b", "stays 006", "stays 007"]);
    assert_eq!((&second["total"], &second["page"]), (&json!(11), &json!(2)));
    // All that would come behind is gone by the time it is asked for.
    for id in &ids[8..] {
        client.call(Method::DELETE, &format!("{CONTACTS}/{id}"), None).await.unwrap();
    }
    let last = page(&second["next_cursor"]).await;
    assert_eq!((names(&last).len(), &last["total"], &last["next_cursor"]), (0, &json!(9), &Value::Null));
}

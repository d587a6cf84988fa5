//! Whoever has written finds it in the very next search, with nothing in between, while others write as well.

mod many;
mod single;

use futures::future::join_all;
use local::client::Client;
use reqwest::Method;
use serde_json::{Value, json};

use super::{CONTACTS, total};
use crate::groups::text;

/// How many write side by side, and how often each.
const WRITERS: usize = 6;
const ROUNDS: usize = 8;

/// Lets several write side by side, each its rounds one after the other.
async fn side_by_side(write: impl AsyncFn(String)) {
    let writers = (0..WRITERS).map(async |writer| {
        for round in 0..ROUNDS {
            write(format!("w{writer}r{round}")).await;
        }
    });
    join_all(writers).await;
}

async fn made(client: &Client, draft: Value) -> String {
    text(&client.post(CONTACTS, &draft).await.unwrap()["id"])
}

async fn done(client: &Client, method: Method, path: &str, body: Value) -> Value {
    let answer = client.call(method, path, Some(&body).filter(|body| !body.is_null())).await.unwrap();
    assert!((200..300).contains(&answer.status), "{path}: {} {}", answer.status, answer.body);
    answer.body
}

/// The id of the only contact that a query means.
async fn only(client: &Client, query: &str) -> String {
    let list = client.get(&format!("{CONTACTS}?{query}")).await.unwrap();
    assert_eq!(list["total"], json!(1), "{query}");
    text(&list["items"][0]["id"])
}

async fn nobody(client: &Client, query: &str) {
    assert_eq!(total(client, query).await, 0, "{query}");
}

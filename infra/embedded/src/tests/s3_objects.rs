//! Many objects under one prefix: written once, listed by pages, read and deleted while others do the same.

use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::primitives::ByteStream;
use futures::future::{join, join_all, try_join_all};

use super::{BUCKET, config, in_memory};
use crate::Embedded;

/// A client that shows every failure: no retries. The bucket is made.
async fn client(embedded: &Embedded) -> Client {
    let config = aws_sdk_s3::config::Builder::from(&config(embedded.s3_endpoint())).force_path_style(true);
    let client = Client::from_conf(config.retry_config(RetryConfig::disabled()).build());
    client.create_bucket().bucket(BUCKET).send().await.unwrap();
    client
}

async fn put(client: &Client, key: &str, body: Vec<u8>) {
    client.put_object().bucket(BUCKET).key(key).body(ByteStream::from(body)).send().await.unwrap();
}

async fn get(client: &Client, key: &str) -> Vec<u8> {
    let object = client.get_object().bucket(BUCKET).key(key).send().await.unwrap();
    object.body.collect().await.unwrap().to_vec()
}

/// The keys under a prefix, so many to a page; how many pages there were.
async fn list(client: &Client, prefix: &str, page: i32) -> (Vec<String>, usize) {
    let mut pages = client.list_objects_v2().bucket(BUCKET).prefix(prefix).into_paginator().page_size(page).send();
    let (mut keys, mut count) = (Vec::new(), 0);
    while let Some(page) = pages.try_next().await.unwrap() {
        keys.extend(page.contents().iter().map(|object| object.key().unwrap().to_owned()));
        count += 1;
    }
    (keys, count)
}

fn keys(prefix: &str, numbers: std::ops::Range<usize>) -> Vec<String> {
    numbers.map(|number| format!("{prefix}{number:03}")).collect()
}

#[tokio::test]
async fn pages_of_a_prefix_make_up_all_of_it_in_order_and_nothing_else() {
    let embedded = in_memory().await;
    let client = client(&embedded).await;
    let (ours, others) = (keys("index/a/", 0..25), ["index/b/1", "index/a0", "imports/a/1"]);
    let all = ours.iter().map(String::as_str).rev().chain(others);
    join_all(all.map(|key| put(&client, key, key.into()))).await;
    for (page, pages) in [(1000, 1), (25, 1), (10, 3), (1, 25)] {
        assert_eq!(list(&client, "index/a/", page).await, (ours.clone(), pages), "{page} to a page");
    }
    assert_eq!(list(&client, "index/", 1000).await.0.len(), 27);
    assert_eq!(list(&client, "index/c/", 10).await, (Vec::new(), 1));
}

#[tokio::test]
async fn what_was_written_once_stays_until_it_is_deleted() {
    let embedded = in_memory().await;
    let client = client(&embedded).await;
    let once = |body: &'static [u8]| {
        let put = client.put_object().bucket(BUCKET).key("index/a/1").if_none_match("*");
        put.body(ByteStream::from_static(body)).send()
    };
    once(b"first").await.unwrap();
    assert_eq!(once(b"second").await.unwrap_err().code(), Some("PreconditionFailed"));
    assert_eq!(get(&client, "index/a/1").await, b"first");
    let head = client.head_object().bucket(BUCKET).key("index/a/1").send().await.unwrap();
    assert_eq!(head.content_length(), Some(5));
    for _ in 0..2 {
        // What is not there any more can be deleted all the same.
        client.delete_object().bucket(BUCKET).key("index/a/1").send().await.unwrap();
    }
    let missing = client.head_object().bucket(BUCKET).key("index/a/1").send().await.unwrap_err();
    assert!(missing.into_service_error().is_not_found());
    once(b"second").await.unwrap();
    assert_eq!(get(&client, "index/a/1").await, b"second");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn deletions_disturb_no_listing_and_no_other_deletion() {
    let embedded = in_memory().await;
    let client = client(&embedded).await;
    let (stay, go) = (keys("index/stay/", 0..40), keys("index/go/", 0..200));
    join_all(stay.iter().chain(&go).map(|key| put(&client, key, b"x".to_vec()))).await;
    let delete = |key| client.delete_object().bucket(BUCKET).key(key).send();
    let deletions = try_join_all(go.iter().chain(&go).map(delete));
    let listings = async {
        for _ in 0..20 {
            let (found, _) = list(&client, "index/", 1000).await;
            assert!(stay.iter().all(|key| found.contains(key)));
        }
    };
    join(async { deletions.await.unwrap() }, listings).await;
    assert_eq!(list(&client, "index/", 1000).await.0, stay);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_reads_while_an_object_is_replaced_gets_one_of_the_two_whole() {
    let embedded = in_memory().await;
    let client = client(&embedded).await;
    put(&client, "k", vec![0; 50_000]).await;
    let puts = async {
        for round in 1..40u8 {
            put(&client, "k", vec![round; 50_000 + usize::from(round)]).await;
        }
    };
    let gets = async {
        for _ in 0..40 {
            let body = get(&client, "k").await;
            assert_eq!(body.len(), 50_000 + usize::from(body[0]));
            assert!(body.iter().all(|byte| *byte == body[0]));
        }
    };
    join(puts, gets).await;
}

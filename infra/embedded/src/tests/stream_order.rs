//! Every change is seen once and in order, whoever writes, reads and trims at the same time.

use std::collections::HashSet;
use std::path::Path;

use futures::future::join_all;
use serde_json::Value;

use super::{TABLE, create_table, dynamodb, in_memory, on_disk, put};
use crate::{Batch, Embedded, TableStream};

const WRITERS: usize = 4;
const WRITES: usize = 200;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn readers_and_trims_disturb_no_write_in_memory() {
    write_read_and_trim(in_memory().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn readers_and_trims_disturb_no_write_on_disk() {
    let directory = tempfile::tempdir().unwrap();
    write_read_and_trim(on_disk(directory.path()).await).await;
}

async fn write_read_and_trim(embedded: Embedded) {
    let client = dynamodb(&embedded);
    create_table(&client).await;
    let writers = (0..WRITERS).map(|writer| {
        let client = client.clone();
        tokio::spawn(async move {
            for n in 0..WRITES {
                put(&client, &format!("writer-{writer}"), &format!("{n:05}")).await;
            }
        })
    });
    let reader = tokio::spawn(read_and_trim(embedded.stream(TABLE), WRITERS * WRITES));
    // Tables come and go meanwhile: a reader must not stand in the way of a change of schema.
    let tables = tokio::spawn(make_tables(dynamodb(&embedded)));
    for writer in join_all(writers).await {
        writer.unwrap();
    }
    tables.await.unwrap();
    let keys = reader.await.unwrap();
    assert_eq!(keys.iter().collect::<HashSet<_>>().len(), WRITERS * WRITES);
    for writer in 0..WRITERS {
        let own = keys.iter().filter(|(pk, _)| *pk == format!("writer-{writer}"));
        assert!(own.is_sorted(), "the writes of writer {writer} are in order");
    }
    embedded.shutdown().await;
}

/// Reads on from where it trimmed until it has seen so many changes; their keys in the order seen.
async fn read_and_trim(stream: TableStream, expected: usize) -> Vec<(String, String)> {
    let mut keys = Vec::new();
    let mut last: Option<String> = None;
    while keys.len() < expected {
        let Batch { records, last: newest } = stream.read(last.as_deref(), 40).await.unwrap();
        for record in records {
            assert!(last.as_ref() < Some(&record.sequence_number));
            keys.push(key(record.record.get()));
            last = Some(record.sequence_number);
        }
        if let Some(newest) = newest {
            stream.trim(&newest).await.unwrap();
        } else {
            tokio::task::yield_now().await;
        }
    }
    keys
}

async fn make_tables(client: aws_sdk_dynamodb::Client) {
    for _ in 0..10 {
        let described = client.describe_table().table_name(TABLE).send().await.unwrap();
        let table = described.table.unwrap();
        client
            .create_table()
            .table_name("other")
            .billing_mode(aws_sdk_dynamodb::types::BillingMode::PayPerRequest)
            .set_key_schema(table.key_schema)
            .set_attribute_definitions(table.attribute_definitions)
            .send()
            .await
            .unwrap();
        client.delete_table().table_name("other").send().await.unwrap();
    }
}

fn key(record: &str) -> (String, String) {
    let record: Value = serde_json::from_str(record).unwrap();
    let part = |name| record["dynamodb"]["Keys"][name]["S"].as_str().unwrap().to_owned();
    (part("pk"), part("sk"))
}

#[tokio::test]
async fn no_sequence_number_comes_back_after_everything_was_trimmed() {
    let directory = tempfile::tempdir().unwrap();
    let mut highest = String::new();
    for start in 0..3 {
        let embedded = on_disk(directory.path()).await;
        let client = dynamodb(&embedded);
        if start == 0 {
            create_table(&client).await;
        }
        for write in 0..3 {
            put(&client, &start.to_string(), &write.to_string()).await;
            highest = trim_everything(&embedded.stream(TABLE), highest).await;
        }
        assert_eq!(kept(directory.path()), 1, "the newest record stays, to be counted on from");
        embedded.shutdown().await;
    }
}

async fn trim_everything(stream: &TableStream, highest: String) -> String {
    let after = Some(highest).filter(|highest| !highest.is_empty());
    let batch = stream.read(None, 10).await.unwrap();
    let last = batch.last.unwrap();
    assert_eq!(batch.records.len(), 1);
    assert!(after.is_none_or(|after| after < last));
    stream.trim(&last).await.unwrap();
    assert_eq!(stream.read(None, 10).await.unwrap().last, None);
    last
}

fn kept(directory: &Path) -> usize {
    let connection = rusqlite::Connection::open(directory.join("dynamodb.sqlite")).unwrap();
    let count = "SELECT COUNT(*) FROM _stream_records";
    connection.query_row(count, [], |row| row.get(0)).unwrap()
}

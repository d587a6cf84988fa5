//! Every change is seen once and in order, whoever writes and reads at the same time.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::future::join_all;
use serde_json::Value;

use super::{TABLE, create_table, dynamodb, in_memory, kept, on_disk, put, reader};
use crate::{Batch, Embedded, StreamReader};

const WRITERS: usize = 4;
const WRITES: usize = 200;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn readers_disturb_no_write_in_memory() {
    write_and_read(in_memory().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn readers_disturb_no_write_on_disk() {
    let directory = tempfile::tempdir().unwrap();
    write_and_read(on_disk(directory.path()).await).await;
}

async fn write_and_read(embedded: Embedded) {
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
    let readers = embedded.stream_readers(TABLE, &["one", "other"]).await.unwrap();
    let written = Arc::new(AtomicBool::new(false));
    let readers = readers.into_iter().zip([40, 70]);
    let readers = readers.map(|(reader, limit)| tokio::spawn(read_all(reader, limit, Arc::clone(&written))));
    let readers = join_all(readers);
    // Tables come and go meanwhile: a reader must not stand in the way of a change of schema.
    let tables = tokio::spawn(make_tables(dynamodb(&embedded)));
    for writer in join_all(writers).await {
        writer.unwrap();
    }
    tables.await.unwrap();
    written.store(true, Ordering::SeqCst);
    for keys in readers.await {
        let keys = keys.unwrap();
        assert_eq!(keys.len(), WRITERS * WRITES);
        assert_eq!(keys.iter().collect::<HashSet<_>>().len(), WRITERS * WRITES);
        for writer in 0..WRITERS {
            let own = keys.iter().filter(|(pk, _)| *pk == format!("writer-{writer}"));
            assert!(own.is_sorted(), "the writes of writer {writer} are in order");
        }
    }
    embedded.shutdown().await;
}

/// Reads until everything is written and nothing is left; the keys of all changes in the order seen.
async fn read_all(reader: StreamReader, limit: usize, written: Arc<AtomicBool>) -> Vec<(String, String)> {
    let mut keys = Vec::new();
    let mut seen = String::new();
    loop {
        let nothing_comes = written.load(Ordering::SeqCst);
        let Batch { records, last, .. } = reader.read(limit).await.unwrap();
        for record in records {
            assert!(seen < record.sequence_number);
            keys.push(key(record.record.get()));
            seen = record.sequence_number;
        }
        if let Some(last) = last {
            reader.done(&last).await.unwrap();
        } else if nothing_comes {
            return keys;
        } else {
            tokio::task::yield_now().await;
        }
    }
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
        let reader = reader(&embedded).await;
        for write in 0..3 {
            put(&client, &start.to_string(), &write.to_string()).await;
            highest = finish_everything(&reader, highest).await;
        }
        assert_eq!(kept(directory.path()), 1, "the newest record stays, to be counted on from");
        embedded.shutdown().await;
    }
}

async fn finish_everything(reader: &StreamReader, highest: String) -> String {
    let batch = reader.read(10).await.unwrap();
    let last = batch.last.unwrap();
    assert_eq!(batch.records.len(), 1);
    assert!(highest < last);
    reader.done(&last).await.unwrap();
    assert_eq!(reader.read(10).await.unwrap().last, None);
    last
}

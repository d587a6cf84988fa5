//! What a stream's records look like, and the index that keeps writing and reading them cheap.

use rusqlite::Connection;
use serde_json::{Value, json};

use super::{TABLE, create_table, dynamodb, in_memory, on_disk, put, reader, text};
use crate::StreamError;

#[tokio::test]
async fn a_record_is_what_lambda_gets() {
    let embedded = in_memory().await;
    let client = dynamodb(&embedded);
    create_table(&client).await;
    let quoted = "a \"quoted\" \\ naïve 名";
    let put = client.put_item().table_name(TABLE).item("pk", text(quoted)).item("sk", text("1"));
    put.send().await.unwrap();

    let batch = reader(&embedded).await.read(10).await.unwrap();
    let record: Value = serde_json::from_str(batch.records[0].record.get()).unwrap();
    let item = json!({"pk": {"S": quoted}, "sk": {"S": "1"}});
    assert_eq!(record["eventName"], "INSERT");
    assert_eq!(record["eventVersion"], "1.1");
    assert_eq!(record["eventSource"], "aws:dynamodb");
    assert_eq!(record["awsRegion"], "us-east-1");
    assert_eq!(record["eventID"].as_str().unwrap().len(), 32);
    let arn = record["eventSourceARN"].as_str().unwrap();
    assert!(arn.starts_with("arn:aws:dynamodb:us-east-1:000000000000:table/things/stream/"), "{arn}");
    let change = &record["dynamodb"];
    assert_eq!((&change["Keys"], &change["NewImage"]), (&item, &item));
    assert_eq!(change.get("OldImage"), None);
    assert_eq!(change["StreamViewType"], "NEW_AND_OLD_IMAGES");
    assert_eq!(change["SequenceNumber"], json!(batch.records[0].sequence_number));
    assert!(change["ApproximateCreationDateTime"].is_u64() && change["SizeBytes"].is_u64());
    assert_eq!(batch.last.as_ref(), Some(&batch.records[0].sequence_number));
}

#[tokio::test]
async fn an_insert_a_change_and_a_removal_are_told_apart() {
    let embedded = in_memory().await;
    let client = dynamodb(&embedded);
    create_table(&client).await;
    put(&client, "a", "1").await;
    let put = client.put_item().table_name(TABLE).item("pk", text("a")).item("sk", text("1"));
    put.item("filler", text("y".repeat(650))).send().await.unwrap();
    let delete = client.delete_item().table_name(TABLE).key("pk", text("a")).key("sk", text("1"));
    delete.send().await.unwrap();

    let batch = reader(&embedded).await.read(10).await.unwrap();
    let images = batch.records.iter().map(|record| {
        let record: Value = serde_json::from_str(record.record.get()).unwrap();
        let has = |image| record["dynamodb"].get(image).is_some();
        (record["eventName"].as_str().unwrap().to_owned(), has("OldImage"), has("NewImage"))
    });
    let expected = [("INSERT", false, true), ("MODIFY", true, true), ("REMOVE", true, false)];
    assert!(images.eq(expected.map(|(name, old, new)| (name.to_owned(), old, new))));
}

#[tokio::test]
async fn a_write_that_changes_nothing_is_passed_over_and_can_be_done_with() {
    let embedded = in_memory().await;
    let client = dynamodb(&embedded);
    create_table(&client).await;
    for _ in 0..6 {
        put(&client, "a", "1").await;
    }
    let reader = reader(&embedded).await;
    let first = reader.read(3).await.unwrap();
    assert_eq!(first.records.len(), 1);
    reader.done(first.last.as_deref().unwrap()).await.unwrap();
    let second = reader.read(3).await.unwrap();
    assert_eq!((second.records.len(), second.last.is_some()), (0, true));
    reader.done(second.last.as_deref().unwrap()).await.unwrap();
    let third = reader.read(3).await.unwrap();
    assert_eq!((third.records.len(), third.last), (0, None));
}

#[tokio::test]
async fn only_a_stream_has_readers_and_only_sequence_numbers_are_places_in_it() {
    let embedded = in_memory().await;
    create_table(&dynamodb(&embedded)).await;
    let missing = embedded.stream_readers("missing", &["reader"]).await.unwrap_err();
    assert!(matches!(missing, StreamError::NoStream { table } if table == "missing"));
    let reader = reader(&embedded).await;
    for given in ["", "12", "x", "999999999999999999999999999999999999999999"] {
        let error = reader.done(given).await.unwrap_err();
        assert!(matches!(error, StreamError::SequenceNumber { .. }), "{given}");
    }
}

#[tokio::test]
async fn an_index_answers_every_query_on_the_records() {
    let directory = tempfile::tempdir().unwrap();
    let _embedded = on_disk(directory.path()).await;
    let connection = Connection::open(directory.path().join("dynamodb.sqlite")).unwrap();
    // The first two are the engine's own: the next sequence number, and `GetRecords`.
    let engine_next = "SELECT COALESCE(MAX(CAST(sequence_number AS INTEGER)), 0) + 1 \
         FROM _stream_records WHERE table_name = 't'";
    let engine_read = "SELECT event_name, keys_json FROM _stream_records \
         WHERE table_name = 'things' AND shard_id = 's' AND CAST(sequence_number AS INTEGER) > 1 \
         ORDER BY CAST(sequence_number AS INTEGER) ASC LIMIT 9";
    let ours = crate::records::statements();
    for query in [engine_next, engine_read].into_iter().chain(ours.iter().map(String::as_str)) {
        let plan = plan(&connection, query);
        assert!(plan.contains("INDEX _stream_records_in_order"), "{query}: {plan}");
        assert!(!plan.contains("SCAN") && !plan.contains("TEMP B-TREE"), "{query}: {plan}");
    }
}

fn plan(connection: &Connection, query: &str) -> String {
    let mut explain = connection.prepare(&format!("EXPLAIN QUERY PLAN {query}")).unwrap();
    let mut rows = explain.raw_query();
    let mut plan = String::new();
    while let Some(row) = rows.next().unwrap() {
        plan.push_str(&row.get::<_, String>(3).unwrap());
        plan.push('\n');
    }
    plan
}

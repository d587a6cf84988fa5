//! What DynamoDB refuses, what it keeps and what it lets expire.

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TimeToLiveSpecification, TransactWriteItem};

use super::{TABLE, create_table, dynamodb, in_memory, on_disk, put, reader, text};

#[tokio::test]
async fn a_table_and_its_stream_survive_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let first = on_disk(directory.path()).await;
    create_table(&dynamodb(&first)).await;
    put(&dynamodb(&first), "a", "1").await;
    first.shutdown().await;

    let second = on_disk(directory.path()).await;
    let client = dynamodb(&second);
    put(&client, "a", "2").await;
    let found = client.scan().table_name(TABLE).send().await.unwrap();
    assert_eq!(found.count(), 2);
    assert_eq!(reader(&second).await.read(10).await.unwrap().records.len(), 2);
}

#[tokio::test]
async fn data_survives_without_a_shutdown() {
    let directory = tempfile::tempdir().unwrap();
    let first = on_disk(directory.path()).await;
    create_table(&dynamodb(&first)).await;
    put(&dynamodb(&first), "a", "1").await;
    // What a killed process leaves is what the file system has now: a copy of the files.
    let copy = tempfile::tempdir().unwrap();
    for name in ["dynamodb.sqlite", "dynamodb.sqlite-wal"] {
        std::fs::copy(directory.path().join(name), copy.path().join(name)).unwrap();
    }
    let second = on_disk(copy.path()).await;
    assert_eq!(dynamodb(&second).scan().table_name(TABLE).send().await.unwrap().count(), 1);
}

#[tokio::test]
async fn a_failed_condition_is_a_conditional_check_failure() {
    let embedded = in_memory().await;
    let client = dynamodb(&embedded);
    create_table(&client).await;
    put(&client, "a", "1").await;
    let error = client
        .put_item()
        .table_name(TABLE)
        .item("pk", text("a"))
        .item("sk", text("1"))
        .condition_expression("attribute_not_exists(pk)")
        .send()
        .await
        .unwrap_err();
    assert!(error.into_service_error().is_conditional_check_failed_exception());
}

#[tokio::test]
async fn a_cancelled_transaction_names_its_reasons_and_writes_nothing() {
    let embedded = in_memory().await;
    let client = dynamodb(&embedded);
    create_table(&client).await;
    put(&client, "a", "1").await;
    let error = client
        .transact_write_items()
        .transact_items(new_item("b"))
        .transact_items(new_item("a"))
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = error else {
        panic!("{error:?}");
    };
    let codes: Vec<_> = cancelled.cancellation_reasons().iter().map(|r| r.code()).collect();
    assert_eq!(codes, [Some("None"), Some("ConditionalCheckFailed")]);
    assert_eq!(client.scan().table_name(TABLE).send().await.unwrap().count(), 1);
}

fn new_item(pk: &str) -> TransactWriteItem {
    let put = Put::builder()
        .table_name(TABLE)
        .item("pk", text(pk))
        .item("sk", text("1"))
        .condition_expression("attribute_not_exists(pk)");
    TransactWriteItem::builder().put(put.build().unwrap()).build()
}

#[tokio::test]
async fn a_sweep_deletes_what_is_due_and_says_so_in_the_stream() {
    let embedded = in_memory().await;
    let client = dynamodb(&embedded);
    create_table(&client).await;
    let ttl = TimeToLiveSpecification::builder().attribute_name("expires").enabled(true);
    client
        .update_time_to_live()
        .table_name(TABLE)
        .time_to_live_specification(ttl.build().unwrap())
        .send()
        .await
        .unwrap();
    for (pk, expires) in [("due", "1000"), ("later", "99999999999")] {
        let put = client.put_item().table_name(TABLE).item("pk", text(pk)).item("sk", text("1"));
        let expires = AttributeValue::N(expires.to_owned());
        put.item("expires", expires).send().await.unwrap();
    }
    assert_eq!(embedded.sweeper().sweep().unwrap(), 1);
    let batch = reader(&embedded).await.read(10).await.unwrap();
    let last: serde_json::Value = serde_json::from_str(batch.records[2].record.get()).unwrap();
    assert_eq!(last["eventName"], "REMOVE");
    assert_eq!(last["dynamodb"]["Keys"]["pk"]["S"], "due");
    assert_eq!(last["userIdentity"]["principalId"], "dynamodb.amazonaws.com");
}

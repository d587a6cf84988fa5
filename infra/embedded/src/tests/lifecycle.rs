//! Starting twice, and stopping.

use super::{create_table, dynamodb, in_memory, on_disk};
use crate::{Embedded, Options, StartError};

#[tokio::test]
async fn a_data_directory_serves_one_instance_at_a_time() {
    let directory = tempfile::tempdir().unwrap();
    let first = on_disk(directory.path()).await;
    let options = Options { data_dir: Some(directory.path().to_owned()) };
    let second = Embedded::start(options.clone()).await;
    assert!(matches!(second, Err(StartError::InUse { .. })));
    first.shutdown().await;
    assert!(Embedded::start(options).await.is_ok());
}

#[tokio::test]
async fn instances_in_memory_share_nothing() {
    let (first, second) = (in_memory().await, in_memory().await);
    create_table(&dynamodb(&first)).await;
    let tables = dynamodb(&second).list_tables().send().await.unwrap();
    assert!(tables.table_names().is_empty());
}

#[tokio::test]
async fn after_a_shutdown_nobody_answers_and_nothing_is_left() {
    let embedded = in_memory().await;
    let directory = embedded.data.path.clone();
    let client = dynamodb(&embedded);
    create_table(&client).await;
    embedded.shutdown().await;
    assert!(client.list_tables().send().await.is_err());
    assert!(!directory.exists());
}

#[tokio::test]
async fn a_shutdown_moves_the_write_ahead_log_into_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let embedded = on_disk(directory.path()).await;
    create_table(&dynamodb(&embedded)).await;
    embedded.shutdown().await;
    let log = std::fs::metadata(directory.path().join("dynamodb.sqlite-wal"));
    assert!(log.map_or(true, |log| log.len() == 0));
}

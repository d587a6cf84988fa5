//! The real SDKs against the embedded services.

mod direct;
mod dynamodb;
mod lifecycle;
mod s3;
mod s3_objects;
mod s3_presigned;
mod sqs;
mod stream_order;
mod stream_readers;
mod streams;

use std::path::Path;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
    StreamSpecification, StreamViewType,
};

use crate::{ACCESS_KEY_ID, Embedded, Options, REGION, SECRET_ACCESS_KEY, StreamReader};

/// The table of [`create_table`].
const TABLE: &str = "things";
/// The bucket of tests on objects.
const BUCKET: &str = "bucket";

async fn in_memory() -> Embedded {
    Embedded::start(Options::default()).await.unwrap()
}

async fn on_disk(directory: &Path) -> Embedded {
    let data_dir = Some(directory.to_owned());
    Embedded::start(Options { data_dir }).await.unwrap()
}

fn config(endpoint: &str) -> SdkConfig {
    let credentials = Credentials::new(ACCESS_KEY_ID, SECRET_ACCESS_KEY, None, None, "tests");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .endpoint_url(endpoint)
        .build()
}

/// A client that shows every failure: no retries.
fn dynamodb(embedded: &Embedded) -> aws_sdk_dynamodb::Client {
    let config = aws_sdk_dynamodb::config::Builder::from(&config(embedded.dynamodb_endpoint()))
        .retry_config(aws_sdk_dynamodb::config::retry::RetryConfig::disabled());
    aws_sdk_dynamodb::Client::from_conf(config.build())
}

fn sqs(embedded: &Embedded) -> aws_sdk_sqs::Client {
    aws_sdk_sqs::Client::new(&config(embedded.sqs_endpoint()))
}

fn s3(embedded: &Embedded) -> aws_sdk_s3::Client {
    let config = aws_sdk_s3::config::Builder::from(&config(embedded.s3_endpoint()));
    aws_sdk_s3::Client::from_conf(config.force_path_style(true).build())
}

/// [`TABLE`] with keys `pk` and `sk` and a stream of both images.
async fn create_table(client: &aws_sdk_dynamodb::Client) {
    let stream = StreamSpecification::builder().stream_enabled(true).stream_view_type(StreamViewType::NewAndOldImages);
    let mut create = client
        .create_table()
        .table_name(TABLE)
        .billing_mode(BillingMode::PayPerRequest)
        .stream_specification(stream.build().unwrap());
    for (name, kind) in [("pk", KeyType::Hash), ("sk", KeyType::Range)] {
        let key = KeySchemaElement::builder().attribute_name(name).key_type(kind);
        let attribute = AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S);
        create = create.key_schema(key.build().unwrap()).attribute_definitions(attribute.build().unwrap());
    }
    create.send().await.unwrap();
}

/// Puts an item of 700 bytes or so.
async fn put(client: &aws_sdk_dynamodb::Client, pk: &str, sk: &str) {
    client
        .put_item()
        .table_name(TABLE)
        .item("pk", text(pk))
        .item("sk", text(sk))
        .item("filler", text("x".repeat(650)))
        .send()
        .await
        .unwrap();
}

/// The only reader of [`TABLE`].
async fn reader(embedded: &Embedded) -> StreamReader {
    embedded.stream_readers(TABLE, &["reader"]).await.unwrap().remove(0)
}

/// How many stream records there are in the database of a directory, seen or hidden.
fn kept(directory: &Path) -> usize {
    let connection = rusqlite::Connection::open(directory.join("dynamodb.sqlite")).unwrap();
    connection.query_row("SELECT COUNT(*) FROM _stream_records", [], |row| row.get(0)).unwrap()
}

fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

//! DynamoDB and SQS asked without HTTP, beside the same over HTTP.

use serde_json::{Value, json};

use super::{TABLE, create_table, dynamodb, in_memory, kept, on_disk, put, sqs};
use crate::{Answer, Embedded};

async fn over_http(embedded: &Embedded, operation: &str, body: &Value) -> (u16, Value) {
    let credential = "AWS4-HMAC-SHA256 Credential=embedded/20260101/us-east-1/dynamodb/aws4_request";
    let call = reqwest::Client::new().post(embedded.dynamodb_endpoint());
    let call = call.header("x-amz-target", target(operation));
    let call = call.header("content-type", "application/x-amz-json-1.0").header("x-amz-date", "20260101T000000Z");
    let call = call.header("authorization", format!("{credential}, SignedHeaders=host;x-amz-date, Signature=0"));
    let answer = call.body(body.to_string()).send().await.unwrap();
    (answer.status().as_u16(), serde_json::from_str(&answer.text().await.unwrap()).unwrap())
}

fn target(operation: &str) -> String {
    format!("DynamoDB_20120810.{operation}")
}

async fn directly(embedded: &Embedded, operation: &str, body: &Value) -> Option<(u16, Value)> {
    let answer = embedded.direct().ask(&target(operation), body.to_string().as_bytes()).await;
    answer.map(|Answer { status, body }| (status, serde_json::from_str(&body).unwrap()))
}

fn key(pk: &str) -> Value {
    json!({ "pk": { "S": pk }, "sk": { "S": "1" } })
}

fn new(pk: &str) -> Value {
    json!({ "Put": { "TableName": TABLE, "Item": key(pk), "ConditionExpression": "attribute_not_exists(pk)" } })
}

#[tokio::test]
async fn what_is_asked_directly_is_answered_as_over_http() {
    let embedded = in_memory().await;
    let client = dynamodb(&embedded);
    create_table(&client).await;
    put(&client, "a", "1").await;
    let table = |rest: Value| {
        let mut request = json!({ "TableName": TABLE, "ReturnConsumedCapacity": "TOTAL" });
        request.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        request
    };
    let values = json!({ ":pk": { "S": "a" } });
    let each = [
        ("GetItem", table(json!({ "Key": key("a") }))),
        ("GetItem", table(json!({ "Key": key("nobody") }))),
        ("Query", table(json!({ "KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": values }))),
        ("BatchGetItem", json!({ "RequestItems": { TABLE: { "Keys": [key("a"), key("b")] } } })),
        ("PutItem", table(json!({ "Item": key("a"), "ConditionExpression": "attribute_not_exists(pk)" }))),
        ("TransactWriteItems", json!({ "TransactItems": [new("b"), new("a")] })),
        ("DeleteItem", table(json!({ "Key": key("nobody") }))),
    ];
    for (operation, request) in each {
        let expected = over_http(&embedded, operation, &request).await;
        assert_eq!(directly(&embedded, operation, &request).await, Some(expected), "{operation} {request}");
    }
}

#[tokio::test]
async fn what_is_written_directly_is_there_for_all_and_in_the_stream() {
    let folder = tempfile::tempdir().unwrap();
    let embedded = on_disk(folder.path()).await;
    create_table(&dynamodb(&embedded)).await;
    let request = json!({ "TransactItems": [new("a"), new("b")], "ClientRequestToken": "once" });
    assert_eq!(directly(&embedded, "TransactWriteItems", &request).await.unwrap().0, 200);
    let all = dynamodb(&embedded).scan().table_name(TABLE).send().await.unwrap();
    assert_eq!((all.count, kept(folder.path())), (2, 2));
}

#[tokio::test]
async fn mistakes_and_rare_operations_are_left_to_http_and_nothing_is_done() {
    let embedded = in_memory().await;
    create_table(&dynamodb(&embedded)).await;
    for (operation, request) in [
        ("ListTables", json!({})),
        ("NoSuchThing", json!({})),
        ("PutItem", json!({ "TableName": "nowhere", "Item": key("a") })),
        ("PutItem", json!({ "TableName": TABLE, "Item": { "pk": { "S": "a" } } })),
        ("PutItem", json!({ "TableName": 7 })),
    ] {
        assert_eq!(directly(&embedded, operation, &request).await, None, "{operation} {request}");
    }
    assert_eq!(embedded.direct().ask(&target("PutItem"), b"{").await, None);
}

#[tokio::test]
async fn after_a_shutdown_nothing_is_answered() {
    let embedded = in_memory().await;
    create_table(&dynamodb(&embedded)).await;
    let direct = embedded.direct();
    embedded.shutdown().await;
    let request = json!({ "TableName": TABLE, "Key": key("a") }).to_string();
    assert_eq!(direct.ask(&target("GetItem"), request.as_bytes()).await, None);
}

#[tokio::test]
async fn a_queue_is_the_same_one_directly_and_over_http() {
    let embedded = in_memory().await;
    let client = sqs(&embedded);
    let url = client.create_queue().queue_name("q").send().await.unwrap().queue_url.unwrap();
    let send = json!({ "QueueUrl": url, "Entries": [{ "Id": "0", "MessageBody": "hello" }] });
    let sent = embedded.direct().ask("AmazonSQS.SendMessageBatch", send.to_string().as_bytes()).await.unwrap();
    assert_eq!(sent.status, 200);
    let received = client.receive_message().queue_url(&url).send().await.unwrap().messages.unwrap();
    assert_eq!(received[0].body(), Some("hello"));
    let nowhere = json!({ "QueueUrl": format!("{url}s"), "MessageBody": "hello" }).to_string();
    for (target, body) in [("AmazonSQS.SendMessage", nowhere.as_str()), ("AmazonSQS.NoSuchThing", "{}"), ("S3.Put", "")]
    {
        assert_eq!(embedded.direct().ask(target, body.as_bytes()).await, None, "{target}");
    }
}

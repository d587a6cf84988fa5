//! What workers rely on in SQS.

use std::collections::HashMap;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{Message, QueueAttributeName};

use super::{in_memory, sqs};

async fn queue(client: &Client, name: &str, attributes: &[(QueueAttributeName, &str)]) -> String {
    let attributes: HashMap<_, _> =
        attributes.iter().map(|(name, value)| (name.clone(), (*value).to_owned())).collect();
    let create = client.create_queue().queue_name(name).set_attributes(Some(attributes));
    create.send().await.unwrap().queue_url.unwrap()
}

async fn receive(client: &Client, url: &str, wait_seconds: i32) -> Vec<Message> {
    let receive = client.receive_message().queue_url(url).wait_time_seconds(wait_seconds);
    receive.send().await.unwrap().messages.unwrap_or_default()
}

async fn hide(client: &Client, url: &str, message: &Message, seconds: i32) {
    client
        .change_message_visibility()
        .queue_url(url)
        .receipt_handle(message.receipt_handle().unwrap())
        .visibility_timeout(seconds)
        .send()
        .await
        .unwrap();
}

#[tokio::test]
async fn a_queue_url_starts_with_the_endpoint() {
    let embedded = in_memory().await;
    let url = queue(&sqs(&embedded), "q", &[]).await;
    assert_eq!(url, format!("{}/000000000000/q", embedded.sqs_endpoint()));
}

#[tokio::test]
async fn a_received_message_is_hidden_until_it_is_given_back() {
    let embedded = in_memory().await;
    let client = sqs(&embedded);
    let url = queue(&client, "q", &[(QueueAttributeName::VisibilityTimeout, "600")]).await;
    client.send_message().queue_url(&url).message_body("hello").send().await.unwrap();

    let first = receive(&client, &url, 1).await;
    assert_eq!(first[0].body(), Some("hello"));
    assert!(receive(&client, &url, 0).await.is_empty());
    hide(&client, &url, &first[0], 0).await;
    assert_eq!(receive(&client, &url, 1).await.len(), 1);
}

#[tokio::test]
async fn a_message_received_too_often_moves_to_the_dead_letter_queue() {
    let embedded = in_memory().await;
    let client = sqs(&embedded);
    let dead = queue(&client, "dead", &[]).await;
    let policy = r#"{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead","maxReceiveCount":2}"#;
    let url = queue(&client, "q", &[(QueueAttributeName::RedrivePolicy, policy)]).await;
    client.send_message().queue_url(&url).message_body("poison").send().await.unwrap();

    for _ in 0..2 {
        let received = receive(&client, &url, 1).await;
        hide(&client, &url, &received[0], 0).await;
    }
    assert!(receive(&client, &url, 0).await.is_empty());
    assert_eq!(receive(&client, &dead, 1).await[0].body(), Some("poison"));
}

#[tokio::test]
async fn a_delayed_message_comes_later() {
    let embedded = in_memory().await;
    let client = sqs(&embedded);
    let url = queue(&client, "q", &[]).await;
    let send = client.send_message().queue_url(&url).message_body("later").delay_seconds(1);
    send.send().await.unwrap();
    assert!(receive(&client, &url, 0).await.is_empty());
    assert_eq!(receive(&client, &url, 5).await.len(), 1);
}

//! Presigned URLs, used by plain HTTP as a browser would.

use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::presigning::PresigningConfig;
use reqwest::StatusCode;

use super::{BUCKET, in_memory, s3};

async fn presigned_put(client: &Client, key: &str) -> String {
    let expires = PresigningConfig::expires_in(Duration::from_secs(300)).unwrap();
    let put = client.put_object().bucket(BUCKET).key(key);
    put.presigned(expires).await.unwrap().uri().to_owned()
}

async fn presigned_get(client: &Client, key: &str) -> String {
    let expires = PresigningConfig::expires_in(Duration::from_secs(300)).unwrap();
    let get = client.get_object().bucket(BUCKET).key(key);
    get.presigned(expires).await.unwrap().uri().to_owned()
}

#[tokio::test]
async fn an_upload_raises_one_event_with_its_key_and_size() {
    let embedded = in_memory().await;
    let client = s3(&embedded);
    client.create_bucket().bucket(BUCKET).send().await.unwrap();
    let mut created = embedded.objects_created();
    for key in ["plain.csv", "with a space +&.csv", "t1/imports/naïve 名簿.csv"] {
        let url = presigned_put(&client, key).await;
        let put = reqwest::Client::new().put(url).body("name,email\n");
        assert_eq!(put.send().await.unwrap().status(), StatusCode::OK, "{key}");
        let event = created.recv().await.unwrap();
        assert_eq!((event.bucket.as_str(), event.key.as_str(), event.size), (BUCKET, key, 11));
        assert!(created.is_empty());
        let got = reqwest::get(presigned_get(&client, key).await).await.unwrap();
        assert_eq!(got.text().await.unwrap(), "name,email\n");
    }
}

#[tokio::test]
async fn a_url_is_good_for_its_own_key_and_method_only() {
    let embedded = in_memory().await;
    let client = s3(&embedded);
    client.create_bucket().bucket(BUCKET).send().await.unwrap();
    let created = embedded.objects_created();
    let url = presigned_put(&client, "mine.csv").await;
    let http = reqwest::Client::new();
    let bare = url.split_once('?').unwrap().0.to_owned();
    for forged in [url.replace("mine", "theirs"), url.replace("Expires=300", "Expires=900"), bare] {
        let answer = http.put(forged).body("x").send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    }
    let answer = http.get(url).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    assert!(created.is_empty());
}

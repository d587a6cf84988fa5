//! Objects, their events and their conditions.

use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use futures::future::join_all;

use super::{BUCKET, in_memory, on_disk, s3};

async fn put(client: &Client, key: &str, body: &'static str) {
    let body = ByteStream::from_static(body.as_bytes());
    client.put_object().bucket(BUCKET).key(key).body(body).send().await.unwrap();
}

async fn bytes(client: &Client, key: &str, range: Option<&str>) -> Vec<u8> {
    let get = client.get_object().bucket(BUCKET).key(key).set_range(range.map(str::to_owned));
    get.send().await.unwrap().body.collect().await.unwrap().to_vec()
}

#[tokio::test]
async fn a_range_of_an_object_can_be_read() {
    let embedded = in_memory().await;
    let client = s3(&embedded);
    client.create_bucket().bucket(BUCKET).send().await.unwrap();
    put(&client, "folder/file.csv", "0123456789").await;
    assert_eq!(bytes(&client, "folder/file.csv", None).await, b"0123456789");
    for (range, expected) in [("bytes=2-4", "234"), ("bytes=7-", "789"), ("bytes=-2", "89")] {
        assert_eq!(bytes(&client, "folder/file.csv", Some(range)).await, expected.as_bytes());
    }
    let missing = client.get_object().bucket(BUCKET).key("missing").send().await.unwrap_err();
    assert!(missing.into_service_error().is_no_such_key());
}

#[tokio::test]
async fn objects_survive_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let first = on_disk(directory.path()).await;
    s3(&first).create_bucket().bucket(BUCKET).send().await.unwrap();
    put(&s3(&first), "k", "kept").await;
    first.shutdown().await;
    let second = on_disk(directory.path()).await;
    assert_eq!(bytes(&s3(&second), "k", None).await, b"kept");
}

#[tokio::test]
async fn each_subscriber_hears_of_each_put_from_its_start() {
    let embedded = in_memory().await;
    let client = s3(&embedded);
    client.create_bucket().bucket(BUCKET).send().await.unwrap();
    let mut early = embedded.objects_created();
    put(&client, "k", "one").await;
    let mut late = embedded.objects_created();
    put(&client, "k", "three").await;

    let (one, three) = (early.recv().await.unwrap(), early.recv().await.unwrap());
    assert_eq!((one.bucket.as_str(), one.key.as_str(), one.size), (BUCKET, "k", 3));
    assert_eq!(one.etag, "f97c5d29941bfb1b2fdab0874906ab82");
    assert_eq!(three.size, 5);
    assert!(one.sequencer < three.sequencer);
    assert_eq!(late.recv().await.unwrap(), three);
    assert!(early.is_empty() && late.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_of_many_racing_conditional_puts_wins() {
    let embedded = in_memory().await;
    let client = s3(&embedded);
    client.create_bucket().bucket(BUCKET).send().await.unwrap();
    let mut created = embedded.objects_created();
    let puts = (0..8u8).map(|racer| {
        let put = client.put_object().bucket(BUCKET).key("k").if_none_match("*");
        tokio::spawn(put.body(ByteStream::from(vec![racer; 100_000])).send())
    });
    let results: Vec<_> = join_all(puts).await.into_iter().map(Result::unwrap).collect();
    let refused = results.iter().filter_map(|result| result.as_ref().err());
    assert!(refused.clone().all(|error| error.code() == Some("PreconditionFailed")));
    assert_eq!(refused.count(), 7);
    assert_eq!(created.recv().await.unwrap().size, 100_000);
    assert!(created.is_empty());
}

#[tokio::test]
async fn a_multipart_upload_raises_one_event_when_it_is_complete() {
    let embedded = in_memory().await;
    let client = s3(&embedded);
    client.create_bucket().bucket(BUCKET).send().await.unwrap();
    let mut created = embedded.objects_created();
    let create = client.create_multipart_upload().bucket(BUCKET).key("big").send().await.unwrap();
    let id = create.upload_id().unwrap();
    let mut parts = CompletedMultipartUpload::builder();
    for (number, size) in [(1, 5 << 20), (2, 1000)] {
        let upload = client.upload_part().bucket(BUCKET).key("big").upload_id(id).part_number(number);
        let part = upload.body(ByteStream::from(vec![7; size])).send().await.unwrap();
        let part = CompletedPart::builder().part_number(number).set_e_tag(part.e_tag);
        parts = parts.parts(part.build());
    }
    assert!(created.is_empty());
    let complete = client.complete_multipart_upload().bucket(BUCKET).key("big").upload_id(id);
    complete.multipart_upload(parts.build()).send().await.unwrap();
    let event = created.recv().await.unwrap();
    assert_eq!((event.key.as_str(), event.size), ("big", (5 << 20) + 1000));
    assert!(event.etag.ends_with("-2"), "{}", event.etag);
    assert!(created.is_empty());
}

#[tokio::test]
async fn objects_can_be_listed_copied_and_deleted() {
    let embedded = in_memory().await;
    let client = s3(&embedded);
    client.create_bucket().bucket(BUCKET).send().await.unwrap();
    put(&client, "in/1", "x").await;
    let copy = client.copy_object().bucket(BUCKET).key("in/2").copy_source(format!("{BUCKET}/in/1"));
    copy.send().await.unwrap();
    let list = client.list_objects_v2().bucket(BUCKET).prefix("in/").send().await.unwrap();
    let keys: Vec<_> = list.contents().iter().filter_map(|object| object.key()).collect();
    assert_eq!(keys, ["in/1", "in/2"]);
    client.delete_object().bucket(BUCKET).key("in/1").send().await.unwrap();
    assert!(client.head_object().bucket(BUCKET).key("in/1").send().await.is_err());
}

//! Objects that are put into the bucket, to a function; asynchronously, tried again as often as the template says.

use std::time::Duration;

use anyhow::Result;
use aws_sdk_s3::Client;
use embedded::ObjectCreated;
use serde_json::json;
use serde_json::value::{RawValue, to_raw_value};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio_util::sync::CancellationToken;

use crate::invoker::{Activity, Invoker};

/// How long to wait before the next try.
const AGAIN: Duration = Duration::from_millis(500);

/// A bucket as an event source.
pub(crate) struct Objects {
    pub(crate) created: UnboundedReceiver<ObjectCreated>,
    pub(crate) prefix: String,
    pub(crate) retries: u64,
    pub(crate) invoker: Invoker,
    pub(crate) activity: Activity,
}

impl Objects {
    /// Works until told to stop.
    pub(crate) async fn work(mut self, stop: CancellationToken) {
        while let Some(Some(object)) = stop.run_until_cancelled(self.created.recv()).await {
            if !object.key.starts_with(&self.prefix) {
                continue;
            }
            let (invoker, running, retries) = (self.invoker.clone(), self.activity.begin(), self.retries);
            tokio::spawn(async move {
                let _running = running;
                for _ in 0..=retries {
                    let Ok(event) = event(&object) else { return };
                    if invoker.invoke(event).await.is_ok() {
                        return;
                    }
                    tokio::time::sleep(AGAIN).await;
                }
                tracing::error!(function = invoker.name, "an object's event was given up");
            });
        }
    }
}

/// Hands over every object under `prefix` once more.
pub(crate) async fn announce_again(client: &Client, bucket: &str, prefix: &str, invoker: &Invoker) -> Result<()> {
    let mut pages = client.list_objects_v2().bucket(bucket).prefix(prefix).into_paginator().send();
    while let Some(page) = pages.try_next().await? {
        for object in page.contents() {
            let created = ObjectCreated {
                bucket: bucket.to_owned(),
                key: object.key().unwrap_or_default().to_owned(),
                size: object.size().and_then(|size| u64::try_from(size).ok()).unwrap_or_default(),
                etag: object.e_tag().unwrap_or_default().trim_matches('"').to_owned(),
                sequencer: String::new(),
            };
            // What fails here is found by the watch over jobs.
            let _ = invoker.invoke(event(&created)?).await;
        }
    }
    Ok(())
}

/// The event that S3 sends.
fn event(object: &ObjectCreated) -> serde_json::Result<Box<RawValue>> {
    let key: String = url::form_urlencoded::byte_serialize(object.key.as_bytes()).collect();
    // S3 leaves slashes as they are.
    let key = key.replace("%2F", "/");
    to_raw_value(&json!({ "Records": [{
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": embedded::REGION,
        "eventTime": "1970-01-01T00:00:00.000Z",
        "eventName": "ObjectCreated:Put",
        "userIdentity": { "principalId": "LOCAL" },
        "requestParameters": { "sourceIPAddress": "127.0.0.1" },
        "responseElements": {},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "local",
            "bucket": {
                "name": object.bucket,
                "ownerIdentity": { "principalId": "LOCAL" },
                "arn": format!("arn:aws:s3:::{}", object.bucket),
            },
            "object": { "key": key, "size": object.size, "eTag": object.etag, "sequencer": object.sequencer },
        },
    }] }))
}

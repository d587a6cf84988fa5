//! What every end-to-end test begins with: a whole Rollcall of its own, in memory, on free ports.

pub mod log;

use std::collections::HashMap;
use std::time::Duration;

use anyhow::Result;
use aws_sdk_dynamodb::types::AttributeValue;
use chrono::TimeDelta;
use local::client::Client;
use local::demo::people::People;
use local::stack::{Options, Stack};
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// How long anything may take on a busy machine.
pub const LIMIT: Duration = Duration::from_secs(240);

type Item = HashMap<String, AttributeValue>;

/// A running Rollcall and a client with its first tenant's key.
#[derive(Debug)]
pub struct World {
    /// The stack.
    pub stack: Stack,
    /// The client.
    pub client: Client,
}

impl World {
    /// Starts one.
    ///
    /// # Errors
    /// When a service cannot start.
    pub async fn start() -> Result<Self> {
        Self::start_with(Options::in_memory()).await
    }

    /// Starts one that counts the capacity of the table that each function consumes.
    ///
    /// # Errors
    /// When a service cannot start.
    pub async fn start_metered() -> Result<Self> {
        Self::start_with(Options { metered: true, ..Options::in_memory() }).await
    }

    /// Starts one in its own way.
    ///
    /// # Errors
    /// When a service cannot start.
    pub async fn start_with(options: Options) -> Result<Self> {
        let stack = Stack::start(options).await?;
        let client = Client::new(stack.url(), &stack.api_key());
        Ok(Self { stack, client })
    }

    /// Waits until nothing is under way.
    ///
    /// # Errors
    /// When that takes too long.
    pub async fn settled(&self) -> Result<()> {
        self.stack.settled(LIMIT).await
    }

    /// Imports a file and waits until the import has ended. The ended import.
    ///
    /// # Errors
    /// When a request fails or it takes too long.
    pub async fn import(&self, csv: impl Into<String>, options: &Value) -> Result<Value> {
        let id = self.client.import(csv.into(), options).await?;
        self.client.import_ended(&id, LIMIT, |_| {}).await
    }

    /// Makes a campaign of these steps, enrols whom `audience` names, starts it and waits until nothing is under way.
    ///
    /// # Errors
    /// When a request fails or it takes too long.
    pub async fn campaign(&self, steps: &[Value], audience: &Value) -> Result<String> {
        let campaign = self.client.campaign("Test", steps).await?;
        self.client.enroll(&campaign, audience, LIMIT).await?;
        self.client.post(&format!("/api/v1/campaigns/{campaign}/start"), &json!({})).await?;
        self.settled().await?;
        Ok(campaign)
    }

    /// Lets `days` pass, one by one, until the campaign is completed.
    ///
    /// # Errors
    /// When it is not.
    pub async fn completed(&self, campaign: &str, days: usize) -> Result<()> {
        let path = format!("/api/v1/campaigns/{campaign}");
        for _ in 0..=days {
            self.settled().await?;
            if self.client.get(&path).await?["status"] == "completed" {
                return Ok(());
            }
            self.stack.advance(TimeDelta::days(1)).await;
        }
        anyhow::bail!("the campaign is not completed after {days} days: {}", self.client.get(&path).await?)
    }

    /// The key of a second tenant, which may do everything there.
    ///
    /// # Errors
    /// When it cannot be made.
    pub async fn stranger(&self) -> Result<String> {
        let event = RawValue::from_string(r#"{"tenant_name":"stranger"}"#.to_owned())?;
        let given: Value = serde_json::from_str(self.stack.invoke("BootstrapFunction", event).await?.get())?;
        Ok(given["api_key"].as_str().unwrap_or_default().to_owned())
    }

    /// How many items of the first tenant have a sort key that begins so.
    ///
    /// # Errors
    /// When the table is not reached.
    pub async fn items(&self, sort: &str) -> Result<usize> {
        let tenant = self.stack.tenant().to_string();
        let text = |item: &Item, name: &str| item[name].as_s().cloned().unwrap_or_default();
        let all = self.table().await?;
        Ok(all
            .iter()
            .filter(|item| text(item, "PK").split('#').nth(1) == Some(&tenant) && text(item, "SK").starts_with(sort))
            .count())
    }

    /// Everything that is kept of requests with an idempotency key, as text.
    ///
    /// # Errors
    /// When the table is not reached.
    pub async fn attempts(&self) -> Result<String> {
        let all = self.table().await?;
        let kept = all.iter().filter(|item| item["SK"].as_s().is_ok_and(|sort| sort == "ATTEMPT"));
        let shown = |value: &AttributeValue| match value {
            AttributeValue::B(bytes) => String::from_utf8_lossy(bytes.as_ref()).into_owned(),
            other => format!("{other:?}"),
        };
        Ok(kept.flatten().map(|(name, value)| format!("{name} {}\n", shown(value))).collect())
    }

    /// Everything that is kept: the items of the table, in index and attributes, and the files of the bucket; as text.
    ///
    /// # Errors
    /// When table or bucket are not reached.
    pub async fn kept(&self) -> Result<String> {
        let items = self.table().await?;
        let items = items.iter().map(|item| format!("{item:?}\n"));
        Ok(items.chain(self.files().await?.into_iter().map(|(key, text)| format!("{key}: {text}\n"))).collect())
    }

    /// The files of the bucket: their keys, and what they hold.
    ///
    /// # Errors
    /// When the bucket is not reached.
    pub async fn files(&self) -> Result<Vec<(String, String)>> {
        let config = aws_sdk_s3::config::Builder::from(self.stack.aws()).force_path_style(true).build();
        let client = aws_sdk_s3::Client::from_conf(config);
        let mut files = Vec::new();
        for bucket in client.list_buckets().send().await?.buckets() {
            let name = bucket.name().unwrap_or_default();
            for object in client.list_objects_v2().bucket(name).send().await?.contents() {
                let key = object.key().unwrap_or_default();
                let body = client.get_object().bucket(name).key(key).send().await?.body.collect().await?;
                files.push((key.to_owned(), String::from_utf8_lossy(&body.into_bytes()).into_owned()));
            }
        }
        Ok(files)
    }

    async fn table(&self) -> Result<Vec<Item>> {
        let client = aws_sdk_dynamodb::Client::new(self.stack.aws());
        let pages = client.scan().table_name(self.stack.table_name()).into_paginator().items().send();
        Ok(pages.collect::<Result<Vec<Item>, _>>().await?)
    }

    /// The outbox: all messages that the sandbox provider took, and how many different ones.
    ///
    /// # Errors
    /// When it is not reached.
    pub async fn outbox(&self) -> Result<(i64, i64)> {
        let outbox = self.client.get("/_local/outbox?format=json&limit=1").await?;
        Ok((number(&outbox["total"]), number(&outbox["distinct"])))
    }
}

/// The outcomes of an import in the order of the contract: created, updated, merged, skipped, refused.
pub fn outcomes(import: &Value) -> [i64; 5] {
    ["created", "updated", "merged", "skipped", "refused"].map(|part| number(&import[part]))
}

/// What an import of these people that skips duplicates must come to.
pub fn expected(people: &People) -> [i64; 5] {
    [people.created, 0, 0, people.skipped, people.refused].map(u64::cast_signed)
}

/// The number in a JSON value, -1 if there is none.
pub fn number(value: &Value) -> i64 {
    value.as_i64().unwrap_or(-1)
}

/// An e-mail step.
pub fn email(number: u32, days: u32) -> Value {
    json!({ "step_number": number, "message_type": "email", "subject": "Hello {{first_name|there}}",
            "content": "Step {{first_name|there}}", "delay_amount": days, "delay_unit": "days" })
}

/// An SMS step.
pub fn sms(number: u32, days: u32) -> Value {
    json!({ "step_number": number, "message_type": "sms", "content": "Hello {{first_name|there}}",
            "delay_amount": days, "delay_unit": "days" })
}

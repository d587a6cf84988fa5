//! The template's table, bucket and queues, made in the embedded services.

use std::collections::HashMap;

use anyhow::{Context, Result};
use aws_config::SdkConfig;
use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::{Value, json};

use crate::template::{Queue, Table, Template};

/// The names that the template's resources have here: `Name` is what `!Ref` gives, `Name.Attribute` what `!GetAtt`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Resources {
    names: HashMap<String, String>,
}

impl Resources {
    /// Makes what is not there yet.
    pub(crate) async fn make(template: &Template, aws: &SdkConfig) -> Result<Self> {
        let mut resources = Self::default();
        for (name, default) in &template.parameters {
            resources.set(name, default.clone());
        }
        for (name, value) in [("AccountId", embedded::ACCOUNT_ID), ("Region", embedded::REGION), ("Partition", "aws")] {
            resources.set(&format!("AWS::{name}"), value.to_owned());
        }
        let table = template.table.as_ref().context("the template has no table")?;
        resources.make_table(table, aws).await?;
        for queue in template.queues.iter().filter(|queue| queue.redrive.is_none()) {
            resources.make_queue(queue, aws).await?;
        }
        for queue in template.queues.iter().filter(|queue| queue.redrive.is_some()) {
            resources.make_queue(queue, aws).await?;
        }
        Ok(resources)
    }

    /// Gives a name a value.
    pub(crate) fn set(&mut self, name: &str, value: String) {
        self.names.insert(name.to_owned(), value);
    }

    /// The value of a name.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        self.names.get(name).cloned()
    }

    async fn make_table(&mut self, table: &Table, aws: &SdkConfig) -> Result<()> {
        let name = make_table(table, aws).await?;
        self.set(&table.name, name);
        Ok(())
    }

    async fn make_queue(&mut self, queue: &Queue, aws: &SdkConfig) -> Result<()> {
        let client = aws_sdk_sqs::Client::new(aws);
        let timeout = queue.visibility_timeout.to_string();
        let mut call =
            client.create_queue().queue_name(&queue.name).attributes(QueueAttributeName::VisibilityTimeout, timeout);
        if let Some((dead, count)) = &queue.redrive {
            let arn = self.get(&format!("{dead}.Arn")).with_context(|| format!("there is no queue {dead}"))?;
            let policy = json!({ "deadLetterTargetArn": arn, "maxReceiveCount": count });
            call = call.attributes(QueueAttributeName::RedrivePolicy, policy.to_string());
        }
        let made = call.send().await.with_context(|| format!("making the queue {}", queue.name))?;
        self.set(&queue.name, made.queue_url().unwrap_or_default().to_owned());
        let arn = format!("arn:aws:sqs:{}:{}:{}", embedded::REGION, embedded::ACCOUNT_ID, queue.name);
        self.set(&format!("{}.Arn", queue.name), arn);
        Ok(())
    }
}

/// Makes the table, if it is not there yet, and gives its name.
pub(crate) async fn make_table(table: &Table, aws: &SdkConfig) -> Result<String> {
    let client = aws_sdk_dynamodb::Client::new(aws);
    let name = "rollcall".to_owned();
    let there = client.describe_table().table_name(&name).send().await.is_ok();
    if !there {
        create_table(&client, &name, &table.properties).await.context("making the table")?;
    }
    expire_items(&client, &name, &table.properties).await.context("making the table's items expire")?;
    Ok(name)
}

async fn create_table(client: &aws_sdk_dynamodb::Client, name: &str, properties: &Value) -> Result<()> {
    use aws_sdk_dynamodb::types::{
        AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, Projection, ProjectionType,
        ScalarAttributeType, StreamSpecification, StreamViewType,
    };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let schema = |keys: &Value| -> Result<Vec<KeySchemaElement>> {
        let element = |key: &Value| {
            let element = KeySchemaElement::builder().attribute_name(text(&key["AttributeName"]));
            Ok(element.key_type(text(&key["KeyType"]).as_str().into()).build()?)
        };
        list(keys).iter().map(element).collect()
    };
    let mut call = client.create_table().table_name(name).billing_mode(BillingMode::PayPerRequest);
    call = call.set_key_schema(Some(schema(&properties["KeySchema"])?));
    for definition in list(&properties["AttributeDefinitions"]) {
        let kind = ScalarAttributeType::from(text(&definition["AttributeType"]).as_str());
        let built =
            AttributeDefinition::builder().attribute_name(text(&definition["AttributeName"])).attribute_type(kind);
        call = call.attribute_definitions(built.build()?);
    }
    for index in list(&properties["GlobalSecondaryIndexes"]) {
        let projection = ProjectionType::from(text(&index["Projection"]["ProjectionType"]).as_str());
        let built = GlobalSecondaryIndex::builder()
            .index_name(text(&index["IndexName"]))
            .set_key_schema(Some(schema(&index["KeySchema"])?))
            .projection(Projection::builder().projection_type(projection).build());
        call = call.global_secondary_indexes(built.build()?);
    }
    let view = StreamViewType::from(text(&properties["StreamSpecification"]["StreamViewType"]).as_str());
    call =
        call.stream_specification(StreamSpecification::builder().stream_enabled(true).stream_view_type(view).build()?);
    call.send().await?;
    Ok(())
}

/// Apart from making the table, in case the process ended between the two.
async fn expire_items(client: &aws_sdk_dynamodb::Client, name: &str, properties: &Value) -> Result<()> {
    use aws_sdk_dynamodb::types::{TimeToLiveSpecification, TimeToLiveStatus};
    let told = client.describe_time_to_live().table_name(name).send().await?;
    let status = told.time_to_live_description().and_then(|description| description.time_to_live_status());
    if status == Some(&TimeToLiveStatus::Enabled) {
        return Ok(());
    }
    let expiry = properties["TimeToLiveSpecification"]["AttributeName"].as_str().unwrap_or_default();
    let expiry = TimeToLiveSpecification::builder().enabled(true).attribute_name(expiry).build()?;
    client.update_time_to_live().table_name(name).time_to_live_specification(expiry).send().await?;
    Ok(())
}

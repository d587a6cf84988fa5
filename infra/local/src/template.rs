//! `infra/template.yaml`, as far as the local stack runs it. What it does not know is an error, not silence.

mod events;
mod filter;
mod values;

use anyhow::{Context, Result, anyhow, bail, ensure};
use serde_yaml_ng::{Mapping, Value};

pub(crate) use events::Event;
pub(crate) use filter::Filter;
pub(crate) use values::{Resolve, resolved};
use values::{logical, only, text, whole};

/// What is deployed, and so what runs here.
const DEPLOYED: &str = include_str!("../../template.yaml");

/// Types of resources that have no part in running here.
const IGNORED: [&str; 10] = [
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::Logs::LogGroup",
    "AWS::Logs::MetricFilter",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::Subscription",
    "AWS::SNS::Topic",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::SecretsManager::Secret",
];

/// What a function has that is read here, and what has no effect here.
const OF_FUNCTIONS: [&str; 10] = [
    "CodeUri",
    "Timeout",
    "Environment",
    "Events",
    "FunctionUrlConfig",
    "EventInvokeConfig",
    "MemorySize",
    "Policies",
    "Description",
    "Tags",
];
/// What all functions may share: nothing that would have to be read here.
const OF_ALL_FUNCTIONS: [&str; 6] = ["Runtime", "Handler", "Architectures", "LoggingConfig", "MemorySize", "Tags"];
const OF_QUEUES: [&str; 5] =
    ["VisibilityTimeout", "RedrivePolicy", "MessageRetentionPeriod", "SqsManagedSseEnabled", "Tags"];
const OF_APIS: [&str; 5] = ["StageName", "FailOnWarnings", "DefaultRouteSettings", "AccessLogSettings", "Tags"];
/// How often Lambda tries again by itself what came from a bucket.
const RETRIES: u64 = 2;

/// The template.
#[derive(Debug, Clone, Default)]
pub(crate) struct Template {
    pub(crate) table: Option<Table>,
    pub(crate) bucket: Option<String>,
    pub(crate) queues: Vec<Queue>,
    pub(crate) functions: Vec<Function>,
    pub(crate) parameters: Vec<(String, String)>,
}

/// The table: its properties as CloudFormation has them.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) properties: serde_json::Value,
}

/// A queue.
#[derive(Debug, Clone)]
pub(crate) struct Queue {
    pub(crate) name: String,
    pub(crate) visibility_timeout: u64,
    /// The dead-letter queue, and after how many receives a message goes there.
    pub(crate) redrive: Option<(String, u64)>,
}

/// A function.
#[derive(Debug, Clone)]
pub(crate) struct Function {
    pub(crate) name: String,
    /// The crate whose binary it runs.
    pub(crate) package: String,
    /// In seconds.
    pub(crate) timeout: u64,
    pub(crate) environment: Vec<(String, Value)>,
    pub(crate) events: Vec<Event>,
    /// Whether it has a URL of its own.
    pub(crate) has_url: bool,
    /// How often an event that nobody waits for is tried again.
    pub(crate) retries: u64,
}

impl Template {
    /// The one that is deployed, with values for some of its parameters.
    pub(crate) fn deployed(values: &[(String, String)]) -> Result<Self> {
        Self::parse(DEPLOYED, values).context("infra/template.yaml cannot be run locally")
    }

    fn parse(yaml: &str, values: &[(String, String)]) -> Result<Self> {
        let document: Value = serde_yaml_ng::from_str(yaml)?;
        only(&document["Globals"], &["Function"]).context("Globals")?;
        only(&document["Globals"]["Function"], &OF_ALL_FUNCTIONS).context("Globals")?;
        let mut template = Self::default();
        for (name, parameter) in mapping(&document["Parameters"]) {
            let name = key(name)?;
            let default = parameter.get("Default").and_then(values::scalar).unwrap_or_default();
            let value = values.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
            template.parameters.push((name, value.unwrap_or(default)));
        }
        for (name, _) in values {
            ensure!(template.parameter(name).is_some(), "the template has no parameter {name}");
        }
        for (name, resource) in mapping(&document["Resources"]) {
            let name = key(name)?;
            template.resource(&name, resource).with_context(|| format!("the resource {name}"))?;
        }
        Ok(template)
    }

    /// The functions that read the table's change stream.
    pub(crate) fn stream_readers(&self) -> Vec<&str> {
        let reads = |function: &&Function| function.events.iter().any(|event| matches!(event, Event::Stream { .. }));
        self.functions.iter().filter(reads).map(|function| function.name.as_str()).collect()
    }

    /// The value of a parameter.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, default)| default.clone())
    }

    fn resource(&mut self, name: &str, resource: &Value) -> Result<()> {
        let properties = &resource["Properties"];
        let kind = text(&resource["Type"])?;
        if resource.get("Condition").is_some() && !IGNORED.contains(&kind.as_str()) {
            bail!("a condition is not known here")
        }
        match kind.as_str() {
            "AWS::DynamoDB::Table" => {
                let properties = serde_json::to_value(properties)?;
                self.table = Some(Table { name: name.to_owned(), properties });
            }
            "AWS::S3::Bucket" => self.bucket = Some(name.to_owned()),
            "AWS::SQS::Queue" => self.queues.push(queue(name, properties)?),
            "AWS::Serverless::HttpApi" if properties["StageName"] != "$default" => {
                bail!("only the stage $default leaves the paths as they are")
            }
            "AWS::Serverless::HttpApi" => only(properties, &OF_APIS)?,
            "AWS::Serverless::Function" => {
                let parameters = |name: &str| self.parameter(name);
                let function = function(name, properties, &parameters)?;
                self.functions.push(function);
            }
            ignored if IGNORED.contains(&ignored) => {}
            unknown => bail!("the type {unknown} is not known here"),
        }
        Ok(())
    }
}

fn queue(name: &str, properties: &Value) -> Result<Queue> {
    only(properties, &OF_QUEUES)?;
    let redrive = match properties.get("RedrivePolicy") {
        Some(policy) => Some((logical(&policy["deadLetterTargetArn"])?, whole(&policy["maxReceiveCount"])?)),
        None => None,
    };
    let visibility_timeout = properties.get("VisibilityTimeout").map_or(Ok(30), whole)?;
    Ok(Queue { name: name.to_owned(), visibility_timeout, redrive })
}

fn function(name: &str, properties: &Value, parameters: &impl Resolve) -> Result<Function> {
    only(properties, &OF_FUNCTIONS)?;
    let url = properties.get("FunctionUrlConfig");
    if url.is_some_and(|url| url["AuthType"] != "NONE") {
        bail!("a URL with credentials of AWS is not known here")
    }
    let retries = properties["EventInvokeConfig"].get("MaximumRetryAttempts").map_or(Ok(RETRIES), whole)?;
    let code = text(&properties["CodeUri"])?;
    let package = code.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
    let variables = mapping(&properties["Environment"]["Variables"]);
    let environment = variables.map(|(name, value)| Ok((key(name)?, value.clone()))).collect::<Result<_>>()?;
    let events = mapping(&properties["Events"]).map(|(name, event)| {
        let name = key(name)?;
        Event::parse(event, parameters).with_context(|| format!("the event {name}"))
    });
    let events = events.collect::<Result<Vec<_>>>()?;
    let streams = events.iter().filter(|event| matches!(event, Event::Stream { .. })).count();
    ensure!(streams <= 1, "a function with {streams} places in the stream is not known here");
    Ok(Function {
        name: name.to_owned(),
        package,
        timeout: whole(&properties["Timeout"])?,
        environment,
        events,
        has_url: url.is_some(),
        retries,
    })
}

fn mapping(value: &Value) -> impl Iterator<Item = (&Value, &Value)> {
    value.as_mapping().into_iter().flat_map(Mapping::iter)
}

fn key(name: &Value) -> Result<String> {
    name.as_str().map(str::to_owned).ok_or_else(|| anyhow!("a name is not a text"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_that_is_deployed_can_be_run() {
        let template = Template::deployed(&[]).unwrap();
        assert!(template.table.is_some() && template.bucket.is_some());
        for function in &template.functions {
            assert!(crate::functions::named(&function.package).is_some(), "{}", function.package);
            let called = !function.events.is_empty() || function.has_url || function.name == "BootstrapFunction";
            assert!(called, "{} is never called", function.name);
        }
        for queue in template.queues.iter().filter(|queue| queue.redrive.is_some()) {
            let read = |event: &Event| matches!(event, Event::Queue { queue: name, .. } if *name == queue.name);
            let timeout = template.functions.iter().find(|f| f.events.iter().any(read)).unwrap().timeout;
            assert!(queue.visibility_timeout >= 6 * timeout, "{} shows messages too early", queue.name);
        }
    }

    #[test]
    fn what_is_not_known_is_an_error_that_names_it() {
        for (yaml, named) in [
            ("Resources: { X: { Type: AWS::EC2::Instance } }", "AWS::EC2::Instance"),
            (
                "Resources: { F: { Type: AWS::Serverless::Function, Properties: { CodeUri: a/, Timeout: 1, Events: { E: { Type: MQ } } } } }",
                "MQ",
            ),
            (
                "Resources: { F: { Type: AWS::Serverless::Function, Properties: { CodeUri: a/, Timeout: 1, Events: { \
                 A: { Type: DynamoDB, Properties: { FunctionResponseTypes: [ReportBatchItemFailures] } }, \
                 B: { Type: DynamoDB, Properties: { FunctionResponseTypes: [ReportBatchItemFailures] } } } } } }",
                "2 places in the stream",
            ),
            ("Globals: { Function: { Timeout: 3 } }", "Timeout"),
            ("Resources: { Q: { Type: AWS::SQS::Queue, Properties: { FifoQueue: true } } }", "FifoQueue"),
            ("Resources: { Q: { Type: AWS::SQS::Queue, Condition: Never } }", "condition"),
        ] {
            let error = format!("{:#}", Template::parse(yaml, &[]).unwrap_err());
            assert!(error.contains(named), "{error}");
        }
    }
}

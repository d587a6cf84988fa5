//! Event sources of a function.

use anyhow::{Result, bail};
use serde_yaml_ng::Value;

use super::filter::Filter;
use super::values::{Resolve, logical, only, resolved, text, whole};

/// The most messages of a batch: those of one receive.
const MAX_MESSAGES: usize = 10;
/// Properties of a stream's event source; failures, age and windows are AWS's own care.
const OF_STREAMS: [&str; 10] = [
    "Stream",
    "StartingPosition",
    "BatchSize",
    "MaximumBatchingWindowInSeconds",
    "BisectBatchOnFunctionError",
    "ParallelizationFactor",
    "FunctionResponseTypes",
    "MaximumRecordAgeInSeconds",
    "DestinationConfig",
    "FilterCriteria",
];
const OF_QUEUES: [&str; 5] =
    ["Queue", "BatchSize", "MaximumBatchingWindowInSeconds", "FunctionResponseTypes", "ScalingConfig"];

/// What calls a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    /// A route of the HTTP API.
    Http { method: String, path: String },
    /// Messages of a queue.
    Queue {
        queue: String,
        batch: usize,
        /// How many invocations at a time, if the template says a number.
        concurrency: Option<usize>,
    },
    /// Objects that were put into the bucket.
    Objects { prefix: String },
    /// The table's change stream.
    Stream { batch: usize, filter: Filter },
    /// Every minute.
    EveryMinute,
}

impl Event {
    /// `parameters` are the template's, with their defaults.
    pub(super) fn parse(event: &Value, parameters: &impl Resolve) -> Result<Self> {
        let properties = &event["Properties"];
        Ok(match text(&event["Type"])?.as_str() {
            "HttpApi" => Self::http(properties)?,
            "SQS" => {
                only(properties, &OF_QUEUES)?;
                demand_partial_answers(properties)?;
                let concurrency = properties.get("ScalingConfig").and_then(|scaling| scaling.get("MaximumConcurrency"));
                let concurrency =
                    concurrency.map(|number| Ok::<_, anyhow::Error>(resolved(number, parameters)?.parse()?));
                Self::Queue {
                    queue: logical(&properties["Queue"])?,
                    batch: messages(properties)?,
                    concurrency: concurrency.transpose()?,
                }
            }
            "S3" => Self::Objects { prefix: prefix(properties)? },
            "DynamoDB" => {
                only(properties, &OF_STREAMS)?;
                demand_partial_answers(properties)?;
                Self::Stream { batch: size(properties, 100)?, filter: Filter::parse(properties)? }
            }
            "Schedule" if properties["Schedule"] == "rate(1 minute)" => Self::EveryMinute,
            "Schedule" => bail!("only the schedule rate(1 minute) is known here"),
            unknown => bail!("the type {unknown} is not known here"),
        })
    }

    /// Without a path it is the route of everything that has no other.
    fn http(properties: &Value) -> Result<Self> {
        only(properties, &["ApiId", "Method", "Path"])?;
        let (method, path) = match (properties.get("Method"), properties.get("Path")) {
            (Some(method), Some(path)) => (text(method)?, text(path)?),
            (None, None) => ("ANY".to_owned(), "$default".to_owned()),
            _ => bail!("a route has a method and a path, or neither"),
        };
        if path.trim_end_matches("/{proxy+}").contains("+}") {
            bail!("only {{proxy+}} at the end of a path takes several segments here")
        }
        Ok(Self::Http { method, path })
    }
}

fn messages(properties: &Value) -> Result<usize> {
    match size(properties, MAX_MESSAGES)? {
        size if size <= MAX_MESSAGES => Ok(size),
        size => bail!("BatchSize is {size}, and {MAX_MESSAGES} is the most here"),
    }
}

fn size(properties: &Value, default: usize) -> Result<usize> {
    let size = properties.get("BatchSize").map(whole).transpose()?;
    Ok(size.and_then(|size| usize::try_from(size).ok()).unwrap_or(default))
}

/// Handlers answer with what failed; an event source that does not listen would forget it.
fn demand_partial_answers(properties: &Value) -> Result<()> {
    let types = properties["FunctionResponseTypes"].as_sequence();
    if types.is_none_or(|types| !types.contains(&Value::from("ReportBatchItemFailures"))) {
        bail!("FunctionResponseTypes lacks ReportBatchItemFailures")
    }
    Ok(())
}

fn prefix(properties: &Value) -> Result<String> {
    only(properties, &["Bucket", "Events", "Filter"])?;
    if properties["Events"] != "s3:ObjectCreated:*" {
        bail!("only the events s3:ObjectCreated:* are known here")
    }
    let mut prefix = String::new();
    for rule in properties["Filter"]["S3Key"]["Rules"].as_sequence().into_iter().flatten() {
        match text(&rule["Name"])?.as_str() {
            "prefix" => prefix = text(&rule["Value"])?,
            unknown => bail!("the filter rule {unknown} is not known here"),
        }
    }
    Ok(prefix)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(yaml: &str) -> Result<Event> {
        Event::parse(&serde_yaml_ng::from_str(yaml).unwrap(), &|name: &str| (name == "Three").then(|| "3".to_owned()))
    }

    #[test]
    fn event_sources_are_read_with_their_limits() {
        let queue = "{ Type: SQS, Properties: { Queue: !GetAtt Q.Arn, BatchSize: 7, FunctionResponseTypes: [ReportBatchItemFailures], ScalingConfig: { MaximumConcurrency: !Ref Three } } }";
        assert_eq!(event(queue).unwrap(), Event::Queue { queue: "Q".into(), batch: 7, concurrency: Some(3) });
        let objects = "{ Type: S3, Properties: { Events: s3:ObjectCreated:*, Filter: { S3Key: { Rules: [{ Name: prefix, Value: imports/ }] } } } }";
        assert_eq!(event(objects).unwrap(), Event::Objects { prefix: "imports/".into() });
        assert_eq!(event("{ Type: Schedule, Properties: { Schedule: rate(1 minute) } }").unwrap(), Event::EveryMinute);
    }

    #[test]
    fn what_would_run_differently_is_refused() {
        for yaml in [
            "{ Type: SQS, Properties: { Queue: !GetAtt Q.Arn } }",
            "{ Type: Schedule, Properties: { Schedule: rate(5 minutes) } }",
            "{ Type: S3, Properties: { Events: s3:ObjectCreated:*, Filter: { S3Key: { Rules: [{ Name: suffix, Value: x }] } } } }",
            "{ Type: S3, Properties: { Events: s3:ObjectRemoved:* } }",
            "{ Type: SQS, Properties: { Queue: !GetAtt Q.Arn, BatchSize: 11, FunctionResponseTypes: [ReportBatchItemFailures] } }",
            "{ Type: DynamoDB, Properties: { FilterCriteria: {}, FunctionResponseTypes: [ReportBatchItemFailures] } }",
            "{ Type: DynamoDB, Properties: { FilterCriteria: { Filters: [{ Pattern: '{\"eventName\": [\"INSERT\"]}' }] }, FunctionResponseTypes: [ReportBatchItemFailures] } }",
            "{ Type: HttpApi, Properties: { Method: GET, Path: /a, Auth: {} } }",
            "{ Type: HttpApi, Properties: { Method: GET, Path: \"/{rest+}/a\" } }",
            "{ Type: HttpApi, Properties: { Path: /a } }",
        ] {
            assert!(event(yaml).is_err(), "{yaml}");
        }
    }
}

//! What must be true of `infra/template.yaml` and of the sample events beyond what a linter knows.

use std::collections::BTreeSet;
use std::fs;

use serde_yaml_ng::{Mapping, Value};

use super::metadata;
use crate::workspace::{functions, root};

/// The queues whose messages a function works on, and those that only keep what went wrong.
const DEAD_LETTERS: &str = "DeadLetterQueue";

pub(super) fn resources() -> Mapping {
    let text = fs::read_to_string(root().join("infra/template.yaml")).unwrap();
    let template: Value = serde_yaml_ng::from_str(&text).unwrap();
    template["Resources"].as_mapping().unwrap().clone()
}

pub(super) fn of_type(resources: &Mapping, kind: &str) -> Vec<(String, Value)> {
    let wanted = resources.iter().filter(|(_, resource)| resource["Type"] == kind);
    wanted.map(|(name, resource)| (name.as_str().unwrap().to_owned(), resource["Properties"].clone())).collect()
}

/// What a `!Ref`, or the first part of a `!GetAtt`, refers to.
fn referred(value: &Value) -> &str {
    let Value::Tagged(tagged) = value else { return "" };
    tagged.value.as_str().unwrap_or_default().split('.').next().unwrap_or_default()
}

/// What the alarms on `metric` watch.
fn watched(resources: &Mapping, metric: &str) -> BTreeSet<String> {
    let alarms = of_type(resources, "AWS::CloudWatch::Alarm").into_iter();
    let alarms = alarms.filter(|(_, alarm)| alarm["MetricName"] == metric);
    alarms.map(|(_, alarm)| referred(&alarm["Dimensions"][0]["Value"]).to_owned()).collect()
}

fn names(found: &[(String, Value)]) -> BTreeSet<String> {
    found.iter().map(|(name, _)| name.clone()).collect()
}

#[test]
fn every_function_crate_is_deployed_and_nothing_else_is() {
    let deployed = of_type(&resources(), "AWS::Serverless::Function");
    let deployed: BTreeSet<String> = deployed
        .iter()
        .map(|(name, function)| {
            let folder = function["CodeUri"].as_str().unwrap().strip_prefix("../target/lambda/");
            folder.and_then(|folder| folder.strip_suffix('/')).unwrap_or_else(|| panic!("CodeUri of {name}")).to_owned()
        })
        .collect();
    assert_eq!(deployed, functions(&metadata()).into_iter().collect());
}

#[test]
fn a_message_stays_hidden_for_six_times_as_long_as_its_function_may_run() {
    let resources = resources();
    let mut worked_on = BTreeSet::new();
    for (name, function) in of_type(&resources, "AWS::Serverless::Function") {
        for event in function["Events"].as_mapping().into_iter().flat_map(Mapping::values) {
            if event["Type"] != "SQS" {
                continue;
            }
            let queue = referred(&event["Properties"]["Queue"]);
            let hidden = resources[queue]["Properties"]["VisibilityTimeout"].as_u64().unwrap();
            let window = event["Properties"]["MaximumBatchingWindowInSeconds"].as_u64().unwrap_or(0);
            assert!(hidden >= 6 * function["Timeout"].as_u64().unwrap() + window, "{queue} of {name}");
            assert_eq!(event["Properties"]["FunctionResponseTypes"][0], "ReportBatchItemFailures", "{name}");
            worked_on.insert(queue.to_owned());
        }
    }
    let mut queues = names(&of_type(&resources, "AWS::SQS::Queue"));
    queues.retain(|queue| !queue.ends_with(DEAD_LETTERS));
    assert_eq!(worked_on, queues);
}

#[test]
fn every_queue_that_is_worked_on_has_a_dead_letter_queue_of_its_own() {
    let queues = of_type(&resources(), "AWS::SQS::Queue");
    for (name, queue) in queues.iter().filter(|(name, _)| !name.ends_with(DEAD_LETTERS)) {
        let target = referred(&queue["RedrivePolicy"]["deadLetterTargetArn"]);
        assert_eq!(target, name.replace("Queue", DEAD_LETTERS));
    }
}

#[test]
fn every_function_and_every_queue_has_its_alarm_and_its_line_on_the_dashboard() {
    let resources = resources();
    let functions = names(&of_type(&resources, "AWS::Serverless::Function"));
    let queues = names(&of_type(&resources, "AWS::SQS::Queue"));
    let (dead, live): (BTreeSet<_>, BTreeSet<_>) =
        queues.iter().cloned().partition(|name| name.ends_with(DEAD_LETTERS));
    assert_eq!(watched(&resources, "Errors"), functions);
    assert_eq!(watched(&resources, "ApproximateNumberOfMessagesVisible"), dead);
    assert_eq!(watched(&resources, "ApproximateAgeOfOldestMessage"), live);
    let Value::Tagged(body) = &resources["Dashboard"]["Properties"]["DashboardBody"] else { panic!("not a !Sub") };
    let body = body.value.as_str().unwrap();
    assert!(serde_json::from_str::<serde_json::Value>(body).is_ok(), "the dashboard is not JSON");
    for name in
        functions.iter().map(|name| format!("${{{name}}}")).chain(queues.iter().map(|name| format!("${{{name}.")))
    {
        assert!(body.contains(&name), "{name}");
    }
}

#[test]
fn nothing_in_the_bucket_expires_but_files_of_imports_and_exports() {
    let resources = resources();
    let rules = resources["Bucket"]["Properties"]["LifecycleConfiguration"]["Rules"].as_sequence().unwrap();
    let expire = |rule: &&Value| rule.as_mapping().unwrap().keys().any(|key| key.as_str().unwrap().contains("Expir"));
    let prefixes: Vec<_> = rules.iter().filter(expire).map(|rule| rule["Prefix"].as_str()).collect();
    assert_eq!(prefixes, ["imports/", "import-chunks/", "import-errors/", "import-previews/", "exports/"].map(Some));
}

#[test]
fn every_function_has_sample_events_that_are_json() {
    let folders = fs::read_dir(root().join("events")).unwrap().map(|entry| entry.unwrap().path());
    let folders: Vec<_> = folders.filter(|path| path.is_dir()).collect();
    for file in folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap()).map(|entry| entry.unwrap().path()) {
        let event = serde_json::from_str::<serde_json::Value>(&fs::read_to_string(&file).unwrap());
        assert!(event.is_ok(), "{}: {event:?}", file.display());
    }
    let names: BTreeSet<_> =
        folders.iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect();
    assert_eq!(names, functions(&metadata()).into_iter().collect());
}

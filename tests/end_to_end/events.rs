//! The sample events: each is understood by the function whose folder it is in. A new file is a new test.

use std::path::{Path, PathBuf};

use serde_json::Value;
use serde_json::value::RawValue;
use tests::World;

fn samples() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../events");
    let folders = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    let files = folders.flat_map(|folder| std::fs::read_dir(folder).unwrap()).map(|entry| entry.unwrap().path());
    files.filter(|file| file.extension().is_some_and(|kind| kind == "json")).collect()
}

/// The template's function for a sample; of several that share a crate, the one with its kind of event.
fn function(sample: &Path, event: &Value) -> &'static str {
    let folder = sample.parent().and_then(Path::file_name).unwrap().to_str().unwrap();
    match (folder, event["Records"][0]["eventSource"].as_str()) {
        ("accounts", _) if event["tenant_name"].is_string() => "BootstrapFunction",
        ("accounts", _) => "AccountsFunction",
        ("campaigns", _) => "CampaignsFunction",
        ("communications", _) => "CommunicationsFunction",
        ("contacts", Some("aws:sqs")) => "ContactWorkFunction",
        ("contacts", _) => "ContactsFunction",
        ("enrollment", _) => "EnrollmentFunction",
        ("exports", Some("aws:sqs")) => "ExportWorkFunction",
        ("exports", _) => "ExportsFunction",
        ("imports", Some("aws:s3")) => "ImportSplitFunction",
        ("imports", Some("aws:sqs")) => "ImportWorkFunction",
        ("imports", _) => "ImportsFunction",
        ("indexer", Some("aws:sqs")) => "IndexWorkFunction",
        ("indexer", _) => "IndexerFunction",
        ("projector", _) => "ProjectorFunction",
        ("scheduler", _) => "SchedulerFunction",
        ("search", _) => "SearchFunction",
        ("sender", _) => "SenderFunction",
        ("webhooks", _) => "WebhooksFunction",
        (unknown, _) => panic!("no function belongs to the folder {unknown}"),
    }
}

#[tokio::test]
async fn every_sample_event_is_understood_by_its_function() {
    let world = World::start().await.unwrap();
    let samples = samples();
    assert!(samples.len() >= 10, "the samples are found");
    for sample in samples {
        let text = std::fs::read_to_string(&sample).unwrap();
        let event: Value = serde_json::from_str(&text).unwrap();
        let answer = world.stack.invoke(function(&sample, &event), RawValue::from_string(text).unwrap()).await;
        let answer: Value = serde_json::from_str(answer.unwrap().get()).unwrap();
        if let Some(status) = answer["statusCode"].as_u64() {
            assert!(status < 500, "{}: {answer}", sample.display());
        }
    }
}

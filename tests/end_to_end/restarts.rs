//! The whole process is killed and started again: everything goes on and ends with the right figures.
//!
//! The process to be killed is this test binary itself, told by an environment variable to be a server.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use local::client::Client;
use local::demo::people::people;
use local::stack::{Options, Stack};
use serde_json::json;
use tests::{LIMIT, email, expected, number, outcomes, sms};
use tokio::process::{Child, Command};
use url::Url;

/// `data directory|port|webhook port` of the server that this process is to be.
const SERVER: &str = "ROLLCALL_TEST_SERVER";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_that_the_other_tests_kill() {
    let Some(told) = runtime::Environment::of_process().get(SERVER).map(str::to_owned) else { return };
    let parts: Vec<&str> = told.split('|').collect();
    let options = Options {
        data_dir: Some(parts[0].into()),
        port: parts[1].parse().unwrap(),
        webhook_port: parts[2].parse().unwrap(),
        ..Options::in_memory()
    };
    let stack = Stack::start(options).await.unwrap();
    std::fs::write(Path::new(parts[0]).join("api-key"), stack.api_key()).unwrap();
    std::future::pending::<()>().await;
}

struct Server {
    process: Child,
    client: Client,
}

impl Server {
    async fn start(data: &Path, port: u16, webhook_port: u16) -> Result<Self> {
        let told = format!("{}|{port}|{webhook_port}", data.display());
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["--exact", "restarts::the_server_that_the_other_tests_kill", "--nocapture"]);
        command.env(SERVER, told).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        let process = command.spawn()?;
        let url = Url::parse(&format!("http://127.0.0.1:{port}/"))?;
        for _ in 0..600 {
            if let Ok(key) = std::fs::read_to_string(data.join("api-key")) {
                let client = Client::new(&url, &key);
                if client.get("/_local/clock").await.is_ok() {
                    return Ok(Self { process, client });
                }
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        bail!("the server does not start")
    }

    async fn kill(mut self) -> Result<()> {
        // SIGKILL: nothing of it runs any more.
        self.process.kill().await.context("killing the server")
    }

    async fn settled(&self) -> Result<()> {
        self.client.get(&format!("/_local/settled?timeout={}", LIMIT.as_secs())).await.map(drop)
    }
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_9_in_the_middle_of_an_import_and_of_a_campaign_loses_and_doubles_nothing() {
    let data = tempfile::tempdir().unwrap();
    let (port, webhook_port) = (free_port(), free_port());
    let people = people(4_000);

    let server = Server::start(data.path(), port, webhook_port).await.unwrap();
    let id = server.client.import(people.csv.clone(), &json!({})).await.unwrap();
    tokio::time::sleep(Duration::from_millis(800)).await;
    server.kill().await.unwrap();

    let server = Server::start(data.path(), port, webhook_port).await.unwrap();
    let import = server.client.import_ended(&id, LIMIT, |_| {}).await.unwrap();
    assert_eq!(outcomes(&import), expected(&people));
    let campaign = server.client.campaign("Killed", &[email(1, 0), sms(2, 1)]).await.unwrap();
    let path = format!("/api/v1/campaigns/{campaign}");
    server.client.enroll(&campaign, &json!({ "import_id": id }), LIMIT).await.unwrap();
    server.client.post(&format!("{path}/start"), &json!({})).await.unwrap();
    sent_at_least(&server, 300).await.unwrap();
    server.kill().await.unwrap();

    let server = Server::start(data.path(), port, webhook_port).await.unwrap();
    server.settled().await.unwrap();
    let outbox = server.client.get("/_local/outbox?format=json&limit=1").await.unwrap();
    assert!(number(&outbox["total"]) > 3_000, "what was queued goes on at once: {}", outbox["total"]);
    // What the dead process had claimed is looked into once the lease is over.
    for advance in ["5m", "5m", "1d", "5m", "1d", "5m", "1d"] {
        server.client.post("/_local/clock", &json!({ "advance": advance })).await.unwrap();
        server.settled().await.unwrap();
    }
    assert_eq!(server.client.get(&path).await.unwrap()["status"], "completed");
    let outbox = server.client.get("/_local/outbox?format=json&limit=1").await.unwrap();
    assert_eq!(outbox["total"], outbox["distinct"], "no message goes out twice");
    let performance = server.client.get(&format!("{path}/performance")).await.unwrap();
    assert_eq!(number(&performance["total_enrolled"]), people.created.cast_signed());
    assert_eq!(number(&performance["emails_sent"]) + number(&performance["sms_sent"]), number(&outbox["distinct"]));
    let ended: i64 = performance["enrollments"].as_array().unwrap().iter().map(|each| number(&each["count"])).sum();
    assert_eq!(ended, people.created.cast_signed());
    server.kill().await.unwrap();
}

async fn sent_at_least(server: &Server, count: i64) -> Result<()> {
    for _ in 0..1_000 {
        let outbox = server.client.get("/_local/outbox?format=json&limit=1").await?;
        if number(&outbox["total"]) >= count {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    bail!("the campaign does not get going")
}

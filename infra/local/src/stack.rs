//! A whole Rollcall: services, functions, event sources, gateway, sandbox provider.

mod build;
mod event_sources;
mod quiet;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use aws_config::SdkConfig;
use chrono::TimeDelta;
use domain::id::TenantId;
use embedded::{Embedded, StreamReader};
use runtime::Clock;
use serde_json::value::RawValue;
use store::Store;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::credentials::{FirstKey, Kept};
use crate::invoker::{Activity, Invoker};
use crate::pollers;
use crate::resources::Resources;
use crate::sandbox::Sandbox;
pub use crate::tap::{Capacity, Kill, Moment};

/// How long a stop waits for what is under way.
const STOPPING: Duration = Duration::from_secs(30);

/// How a stack runs.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the data lives; in memory if nowhere.
    pub data_dir: Option<PathBuf>,
    /// The port of the API on 127.0.0.1; 0 for any.
    pub port: u16,
    /// The port of the webhook function's URL; 0 for any.
    pub webhook_port: u16,
    /// Whether to count the consumed capacity of the table.
    pub metered: bool,
    /// Values for parameters of the template, in place of their defaults.
    pub parameters: Vec<(String, String)>,
}

impl Options {
    /// In memory, on free ports.
    pub fn in_memory() -> Self {
        Self { data_dir: None, port: 0, webhook_port: 0, metered: false, parameters: Vec::new() }
    }
}

/// A running Rollcall.
#[derive(Debug)]
pub struct Stack {
    embedded: Embedded,
    shared: Arc<Shared>,
    tasks: JoinSet<()>,
    stop: CancellationToken,
    gateway_stop: CancellationToken,
}

/// What the routes of the local stack need as well.
pub(crate) struct Shared {
    pub(crate) clock: Clock,
    data_dir: Option<PathBuf>,
    url: Url,
    webhook_url: Url,
    kept: Mutex<Kept>,
    aws: SdkConfig,
    store: Store,
    sandbox: Sandbox,
    resources: Resources,
    /// The queues whose messages are still to be worked on.
    queues: Vec<String>,
    /// The readers of the change stream, by their functions' names.
    readers: BTreeMap<String, StreamReader>,
    invokers: BTreeMap<String, Invoker>,
    activity: Activity,
    schedule: pollers::Schedule,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("url", &self.url.as_str()).finish_non_exhaustive()
    }
}

impl Stack {
    /// Starts one. Work that a former run on the same data left unfinished is taken up again.
    ///
    /// # Errors
    /// When the template, a port, or the data directory cannot be used.
    pub async fn start(options: Options) -> Result<Self> {
        build::start(options).await
    }

    /// Where the API is.
    pub fn url(&self) -> &Url {
        &self.shared.url
    }

    /// Where the webhook function's URL is.
    pub fn webhook_url(&self) -> &Url {
        &self.shared.webhook_url
    }

    /// The first tenant.
    pub fn tenant(&self) -> TenantId {
        self.first().tenant
    }

    /// The first tenant's key, which may do everything.
    pub fn api_key(&self) -> String {
        self.first().api_key
    }

    /// What signs bearer tokens.
    pub fn deployment_secret(&self) -> String {
        self.kept().deployment_secret
    }

    #[expect(clippy::expect_used, reason = "a stack that runs has made it")]
    fn first(&self) -> FirstKey {
        self.kept().first.expect("the first tenant was made at the start")
    }

    /// What the sandbox provider signs text messages' reports with.
    pub fn twilio_auth_token(&self) -> String {
        self.kept().twilio_auth_token
    }

    fn kept(&self) -> Kept {
        self.shared.kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The clock that everything here follows.
    pub fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// The table, for a look behind the API.
    pub fn store(&self) -> &Store {
        &self.shared.store
    }

    /// The sandbox provider.
    pub fn sandbox(&self) -> &Sandbox {
        &self.shared.sandbox
    }

    /// How to reach the embedded services.
    pub fn aws(&self) -> &SdkConfig {
        &self.shared.aws
    }

    /// What the table is called.
    pub fn table_name(&self) -> String {
        self.shared.resources.get("Table").unwrap_or_default()
    }

    /// The address of a queue of the template.
    pub fn queue_url(&self, name: &str) -> String {
        self.shared.resources.get(name).unwrap_or_default()
    }

    /// The names of the template's functions.
    pub fn functions(&self) -> Vec<String> {
        self.shared.invokers.keys().cloned().collect()
    }

    /// Moves the clock forward. Nothing runs in that moment: invocations that have begun are waited for.
    pub async fn advance(&self, by: TimeDelta) {
        self.shared.advance(by).await;
    }

    /// Waits until nothing is under way or waiting.
    ///
    /// # Errors
    /// When that takes longer than `limit`, with what is left.
    pub async fn settled(&self, limit: Duration) -> Result<()> {
        self.shared.settled(limit).await
    }

    /// What a function has consumed of the table's capacity; needs `metered`.
    ///
    /// # Panics
    /// When the template has no such function; so do the three after this one.
    pub fn capacity(&self, function: &str) -> Capacity {
        self.invoker(function).tap.capacity()
    }

    /// How many calls to the table a function has made.
    pub fn table_calls(&self, function: &str) -> u64 {
        self.invoker(function).tap.calls()
    }

    /// How often a function was called.
    pub fn invocations(&self, function: &str) -> u64 {
        self.invoker(function).invocations()
    }

    /// Hands an event to a function, as `cargo lambda invoke` would. Its answer.
    ///
    /// # Errors
    /// When there is no such function, or it does not understand the event, or fails as a whole.
    pub async fn invoke(&self, function: &str, event: Box<RawValue>) -> Result<Box<RawValue>> {
        let invoker = self.shared.invokers.get(function).with_context(|| format!("there is no function {function}"))?;
        Ok(invoker.invoke(event).await?)
    }

    /// Kills the worker of a function that makes the `calls`th call to the table from now on: no more of its code runs.
    pub fn kill(&self, function: &str, calls: u64, moment: Moment) -> Kill {
        self.invoker(function).tap.kill(calls, moment)
    }

    /// A misspelt name must not pass for a function that does nothing.
    fn invoker(&self, function: &str) -> &Invoker {
        let Some(invoker) = self.shared.invokers.get(function) else {
            panic!("the template has no function {function}")
        };
        invoker
    }

    /// Stops: takes nothing new and finishes what is under way, for half a minute at most.
    ///
    /// # Errors
    /// When the settings cannot be kept.
    pub async fn stop(mut self) -> Result<()> {
        self.stop.cancel();
        let begun = Instant::now();
        while self.shared.activity.running() > 0 && begun.elapsed() < STOPPING {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        self.gateway_stop.cancel();
        let _ = tokio::time::timeout(Duration::from_secs(3), async { while self.tasks.join_next().await.is_some() {} })
            .await;
        self.tasks.abort_all();
        self.shared.save()?;
        self.embedded.shutdown().await;
        Ok(())
    }
}

impl Shared {
    /// Moves the clock forward while nothing runs, and lets the schedule see the new time.
    pub(crate) async fn advance(&self, by: TimeDelta) {
        {
            let _nothing_runs = self.activity.clock.write().await;
            self.clock.set_ahead(self.clock.ahead() + by.max(TimeDelta::zero()));
            // Kept before anything sees it: after a crash the clock must not be behind what it stamped.
            if let Err(error) = self.save() {
                tracing::warn!(error = format!("{error:#}"), "the clock's position could not be kept");
            }
        }
        self.schedule.call_if_due().await;
    }

    fn save(&self) -> Result<()> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.clock_ahead_ms = self.clock.ahead().num_milliseconds();
        kept.save(self.data_dir.as_deref())
    }
}

//! The start of a stack, from the ground up.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use aws_config::SdkConfig;
use axum::Router;
use embedded::{Embedded, StreamReader};
use runtime::{Clock, Environment, Platform};
use serde_json::value::RawValue;
use store::Store;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::{Options, Shared, Stack};
use crate::credentials::Kept;
use crate::gateway::{Gateway, Route, serve};
use crate::invoker::{Activity, Invoker};
use crate::resources::Resources;
use crate::sandbox::{Sandbox, Settings};
use crate::services::Services;
use crate::tap::Tap;
use crate::template::{Event, Function, Template, resolved};
use crate::{functions, local_routes, pollers};

/// How often the recovery of unfinished work is tried.
const RECOVERIES: usize = 5;
/// How often expired items are swept out.
const SWEEP: Duration = Duration::from_secs(30);

pub(super) async fn start(options: Options) -> Result<Stack> {
    let template = Template::deployed(&options.parameters)?;
    let had_data = options.data_dir.as_ref().is_some_and(|folder| folder.exists());
    let embedded = Embedded::start(embedded::Options { data_dir: options.data_dir.clone() }).await?;
    let clock = Clock::system();
    let kept = Kept::load(options.data_dir.as_deref())?;
    clock.set_ahead(kept.clock_ahead());
    let api = listen(options.port).await?;
    let webhooks = listen(options.webhook_port).await?;
    let (url, webhook_url) = (address(&api)?, address(&webhooks)?);

    let services = Services::of(&embedded);
    let aws = services.config(&Tap::new(false));
    let mut resources = Resources::make(&template, &aws).await?;
    let bucket = make_bucket(&aws).await?;
    for (name, value) in local_names(&kept, &url, &webhook_url) {
        resources.set(name, value);
    }
    let sandbox = Sandbox::open(Settings {
        data_dir: options.data_dir.clone(),
        clock: clock.clone(),
        webhooks: webhook_url.clone(),
        public: url.clone(),
        twilio_auth_token: kept.twilio_auth_token.clone(),
        topic_arn: resources.get("SesTopic").unwrap_or_default(),
    })
    .await?;

    let activity = Activity::default();
    let built = Builder { template: &template, resources: &resources, services: &services, clock: &clock, url: &url };
    let invokers = built.invokers(&bucket, options.metered, &activity)?;
    let table = resources.get("Table").context("the template has no table")?;
    let store = Store::new(&aws, &table);
    let readers = stream_readers(&template, &embedded, &table).await?;
    let kept = with_first_key(kept, &invokers, options.data_dir.as_deref()).await?;

    let shared = Arc::new(Shared {
        schedule: pollers::Schedule::new(clock.clone(), scheduled(&template, &invokers)),
        queues: worked_queues(&template),
        readers,
        data_dir: options.data_dir,
        kept: Mutex::new(kept),
        clock,
        url,
        webhook_url,
        aws,
        store,
        sandbox,
        resources,
        invokers,
        activity,
    });
    let mut stack = Stack {
        embedded,
        shared,
        tasks: JoinSet::new(),
        stop: CancellationToken::new(),
        gateway_stop: CancellationToken::new(),
    };
    stack.run(&template, api, webhooks);
    if had_data {
        stack.recover(&template, &bucket).await?;
    }
    Ok(stack)
}

/// What is kept, with the first tenant and its key: made, if there is none, as an operator would make them on AWS. After
/// a crash in between it is the same tenant with another key.
async fn with_first_key(mut kept: Kept, invokers: &BTreeMap<String, Invoker>, data_dir: Option<&Path>) -> Result<Kept> {
    kept.save(data_dir)?;
    if kept.first.is_none() {
        let invoker = invokers.get("BootstrapFunction").context("the template has no BootstrapFunction")?;
        let event = RawValue::from_string(r#"{"tenant_name":"local"}"#.to_owned())?;
        kept.first = Some(serde_json::from_str(invoker.invoke(event).await?.get())?);
        kept.save(data_dir)?;
    }
    Ok(kept)
}

/// The readers of the table's change stream by their functions' names. Each goes on where a former run left it.
async fn stream_readers(
    template: &Template,
    embedded: &Embedded,
    table: &str,
) -> Result<BTreeMap<String, StreamReader>> {
    let names = template.stream_readers();
    let readers = embedded.stream_readers(table, &names).await.context("finding the places in the change stream")?;
    Ok(names.into_iter().map(str::to_owned).zip(readers).collect())
}

/// The functions that are called every minute.
fn scheduled(template: &Template, invokers: &BTreeMap<String, Invoker>) -> Vec<Invoker> {
    let functions = template.functions.iter().filter(|function| function.events.contains(&Event::EveryMinute));
    functions.filter_map(|function| invokers.get(&function.name).cloned()).collect()
}

/// The queues that somebody works on: dead letters just lie there.
fn worked_queues(template: &Template) -> Vec<String> {
    template.queues.iter().filter(|queue| queue.redrive.is_some()).map(|queue| queue.name.clone()).collect()
}

async fn listen(port: u16) -> Result<TcpListener> {
    TcpListener::bind(("127.0.0.1", port)).await.with_context(|| format!("the port {port} of 127.0.0.1 cannot be used"))
}

fn address(listener: &TcpListener) -> Result<Url> {
    Ok(Url::parse(&format!("http://{}/", listener.local_addr()?))?)
}

async fn make_bucket(aws: &SdkConfig) -> Result<String> {
    let config = aws_sdk_s3::config::Builder::from(aws).force_path_style(true).build();
    let (client, name) = (aws_sdk_s3::Client::from_conf(config), "rollcall".to_owned());
    if client.head_bucket().bucket(&name).send().await.is_err() {
        client.create_bucket().bucket(&name).send().await.context("making the bucket")?;
    }
    Ok(name)
}

/// What the template's names stand for where nothing is made here.
fn local_names(kept: &Kept, url: &Url, webhook_url: &Url) -> Vec<(&'static str, String)> {
    vec![
        ("SandboxUrl", format!("{url}_local/sandbox/")),
        ("WebhooksFunctionUrl.FunctionUrl", webhook_url.to_string()),
        ("SesTopic", format!("arn:aws:sns:{}:{}:ses", embedded::REGION, embedded::ACCOUNT_ID)),
        ("TwilioSecret", kept.twilio_auth_token.clone()),
        ("DeploymentSecret", kept.deployment_secret.clone()),
    ]
}

struct Builder<'a> {
    template: &'a Template,
    resources: &'a Resources,
    services: &'a Services,
    clock: &'a Clock,
    url: &'a Url,
}

impl Builder<'_> {
    fn invokers(&self, bucket: &str, metered: bool, activity: &Activity) -> Result<BTreeMap<String, Invoker>> {
        let mut invokers = BTreeMap::new();
        for function in &self.template.functions {
            let tap = Tap::new(metered);
            let platform = Platform {
                aws: self.services.config(&tap),
                clock: self.clock.clone(),
                environment: self.environment(function, bucket)?,
            };
            let start = functions::named(&function.package);
            let start = start.with_context(|| format!("there is no function crate {}", function.package))?;
            let handler = start(&platform).with_context(|| format!("{} cannot start", function.name))?;
            let timeout = Duration::from_secs(function.timeout);
            let invoker = Invoker::new(&function.name, handler, tap, timeout, activity.clone());
            invokers.insert(function.name.clone(), invoker);
        }
        Ok(invokers)
    }

    /// The function's variables as the template has them, but for what is reached in another way here.
    fn environment(&self, function: &Function, bucket: &str) -> Result<Environment> {
        let parameter = |name: &str| match name {
            "Deployment" => Some("local".to_owned()),
            other => self.template.parameter(other),
        };
        let names = |name: &str| self.resources.get(name).or_else(|| parameter(name));
        let mut variables = vec![
            ("BUCKET_PATH_STYLE".to_owned(), "true".to_owned()),
            ("SNS_CERTIFICATE_PREFIX".to_owned(), format!("{}_local/sandbox/", self.url)),
        ];
        for (name, value) in &function.environment {
            let value = match name.as_str() {
                // The template spells it out with the account's number; here there is one bucket.
                "BUCKET_NAME" => bucket.to_owned(),
                // What Secrets Manager would resolve.
                "TWILIO_AUTH_TOKEN" => self.resources.get("TwilioSecret").unwrap_or_default(),
                "DEPLOYMENT_SECRET" => self.resources.get("DeploymentSecret").unwrap_or_default(),
                _ => resolved(value, &names).with_context(|| format!("{name} of {}", function.name))?,
            };
            variables.push((name.clone(), value));
        }
        Ok(variables.into_iter().collect())
    }
}

impl Stack {
    /// Starts everything that runs by itself.
    fn run(&mut self, template: &Template, api: TcpListener, webhooks: TcpListener) {
        for function in &template.functions {
            let Some(invoker) = self.shared.invokers.get(&function.name).cloned() else { continue };
            for event in &function.events {
                self.attach(event, function, &invoker);
            }
        }
        let (shared, stop) = (self.shared.clone(), self.stop.clone());
        self.tasks.spawn(async move { shared.schedule.work(stop).await });
        let (sandbox, stop) = (self.shared.sandbox.clone(), self.stop.clone());
        self.tasks.spawn(async move { sandbox.report(stop).await });
        self.sweep();
        let others = local_routes::routes(self.shared.clone()).merge(self.shared.sandbox.routes());
        self.serve(api, self.routes(template), others);
        let urls = template.functions.iter().filter(|function| function.has_url);
        let invokers = urls.filter_map(|function| self.shared.invokers.get(&function.name).cloned());
        let default = |invoker| Route { method: "ANY".to_owned(), path: "$default".to_owned(), invoker };
        self.serve(webhooks, invokers.map(default).collect(), Router::new());
    }

    fn serve(&mut self, listener: TcpListener, routes: Vec<Route>, others: Router) {
        let router = Gateway::new(routes, self.shared.clock.clone()).router(others);
        let stop = self.gateway_stop.clone();
        self.tasks.spawn(async move {
            if let Err(error) = serve(listener, router, stop).await {
                tracing::error!(error = format!("{error:#}"), "a server ended");
            }
        });
    }

    fn routes(&self, template: &Template) -> Vec<Route> {
        let mut routes = Vec::new();
        for function in &template.functions {
            let Some(invoker) = self.shared.invokers.get(&function.name) else { continue };
            for event in &function.events {
                if let Event::Http { method, path } = event {
                    routes.push(Route { method: method.to_uppercase(), path: path.clone(), invoker: invoker.clone() });
                }
            }
        }
        routes
    }

    /// Expired items go, as DynamoDB's time-to-live would have it.
    fn sweep(&mut self) {
        let (sweeper, stop) = (self.embedded.sweeper(), self.stop.clone());
        self.tasks.spawn(async move {
            while stop.run_until_cancelled(tokio::time::sleep(SWEEP)).await.is_some() {
                let sweeper = sweeper.clone();
                let swept = tokio::task::spawn_blocking(move || sweeper.sweep()).await;
                if let Ok(Err(error)) = swept {
                    tracing::warn!(%error, "expired items could not be swept out");
                }
            }
        });
    }

    /// The queues were in memory: all unfinished work is queued again from the table, and files whose event may have been
    /// lost are announced again.
    async fn recover(&self, template: &Template, bucket: &str) -> Result<()> {
        let event = RawValue::from_string(pollers::RECOVER.to_owned())?;
        let mut tries = 0;
        while !self.shared.schedule.call(&event).await {
            tries += 1;
            ensure!(tries < RECOVERIES, "unfinished work could not be queued again");
        }
        let config = aws_sdk_s3::config::Builder::from(&self.shared.aws).force_path_style(true).build();
        let client = aws_sdk_s3::Client::from_conf(config);
        for function in &template.functions {
            let Some(invoker) = self.shared.invokers.get(&function.name) else { continue };
            for event in &function.events {
                if let Event::Objects { prefix } = event {
                    pollers::announce_again(&client, bucket, prefix, invoker).await?;
                }
            }
        }
        Ok(())
    }
}

//! What the HTTP edge costs a request: credential, limit, envelope and log line around a handler that does nothing.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use axum::Json;
use clap::Parser;
use domain::id::Id;
use edge::{Answer, Body, Edge, Listing, NoFilter, Reader, Routes, Writer};
use local::stack::{Options, Stack};
use runtime::{Environment, Handler, Platform};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use store::Store;

use crate::line;
use crate::process::thread_seconds;

#[derive(Debug, Parser)]
pub(crate) struct Args {
    /// How many requests of each kind.
    #[arg(long, default_value_t = 20_000)]
    requests: u32,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Nothing {
    ok: bool,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Draft {
    name: String,
    #[serde(default)]
    tags: Vec<String>,
}

async fn bare() -> Json<Nothing> {
    Json(Nothing { ok: true })
}

async fn get(_: Reader) -> Answer<Json<Nothing>> {
    Ok(Json(Nothing { ok: true }))
}

async fn list(_: Reader, listing: Listing<NoFilter>) -> Answer<Json<Nothing>> {
    Ok(Json(Nothing { ok: listing.paging.limit > 0 }))
}

async fn post(_: Writer, Body(draft): Body<Draft>) -> Answer<Json<Nothing>> {
    Ok(Json(Nothing { ok: draft.tags.len() + draft.name.len() > 0 }))
}

/// The services run in threads of their own, so that this thread's time is the function's.
pub(crate) fn run(args: &Args) -> Result<()> {
    let services = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let stack = services.block_on(Stack::start(Options::in_memory()))?;
    let sink = tracing_subscriber::fmt().json().flatten_event(true).with_writer(std::io::sink);
    sink.try_init().map_err(|error| anyhow::anyhow!(error))?;
    let function = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    function.block_on(measure(&stack, args))
}

async fn measure(stack: &Stack, args: &Args) -> Result<()> {
    let edge = Edge::new(&platform(stack), Store::new(stack.aws(), &stack.table_name()))?;
    let routes = Routes::new("Bench")
        .get("/api/v1/get", get, "Does nothing")
        .get("/api/v1/list", list, "Does nothing")
        .post("/api/v1/post", post, "Does nothing");
    let bare = Handler::Http(axum::Router::new().route("/api/v1/get", axum::routing::get(bare)));
    let edged = Handler::Http(edge.protect(routes, ()));
    let key = json!({ "x-api-key": stack.api_key() });
    let token = json!({ "authorization": format!("Bearer {}", token(stack)?) });
    let body = json!({ "name": "Ada", "tags": ["a", "b"] }).to_string();
    line("request", "µs of CPU");
    let base = cost(&bare, args, event("GET", "get", "", &key, None)?).await?;
    line("GET without the edge", format!("{base:.1}"));
    for (what, event) in [
        ("GET, API key", event("GET", "get", "", &key, None)?),
        ("GET, bearer token", event("GET", "get", "", &token, None)?),
        ("GET of a list, API key", event("GET", "list", "page=3&per_page=50", &key, None)?),
        ("POST with a body, API key", event("POST", "post", "", &key, Some(&body))?),
    ] {
        line(what, format!("{:.1}", cost(&edged, args, event).await?));
    }
    let edged = cost(&edged, args, event("GET", "get", "", &key, None)?).await?;
    line("the edge itself, on a GET", format!("{:.1}", edged - base));
    Ok(())
}

/// Microseconds of this thread's processor time a request.
async fn cost(handler: &Handler, args: &Args, event: Box<RawValue>) -> Result<f64> {
    for _ in 0..args.requests / 10 {
        let answer: Value = serde_json::from_str(handler.invoke(event.clone()).await?.get())?;
        ensure!(answer["statusCode"] == 200, "{answer}");
    }
    let (before, begun) = (thread_seconds(), Instant::now());
    for _ in 0..args.requests {
        handler.invoke(event.clone()).await?;
    }
    ensure!(begun.elapsed().as_secs_f64() > 0.0, "the clock stands still");
    Ok((thread_seconds() - before) * 1e6 / f64::from(args.requests))
}

fn platform(stack: &Stack) -> Platform {
    let secret = stack.deployment_secret();
    let variables = [
        ("DEPLOYMENT_SECRET", secret.as_str()),
        ("JWT_ISSUER", "rollcall"),
        ("JWT_AUDIENCE", "rollcall"),
        ("TENANT_REQUESTS_PER_MINUTE", "100000000"),
    ];
    let environment: Environment =
        variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Platform { aws: stack.aws().clone(), clock: stack.clock().clone(), environment }
}

fn token(stack: &Stack) -> Result<String> {
    let claims = json!({
        "sub": "ada", "tenant": stack.tenant(), "role": "admin", "iss": "rollcall", "aud": "rollcall",
        "exp": stack.clock().now().timestamp() + 3_600,
    });
    let key = jsonwebtoken::EncodingKey::from_secret(stack.deployment_secret().as_bytes());
    jsonwebtoken::encode(&jsonwebtoken::Header::default(), &claims, &key).context("signing a token")
}

/// A request as API Gateway gives it to a function (payload 2.0).
fn event(method: &str, path: &str, query: &str, headers: &Value, body: Option<&str>) -> Result<Box<RawValue>> {
    let path = format!("/api/v1/{path}");
    let mut all =
        json!({ "host": "api.example.com", "accept": "*/*", "user-agent": "bench", "x-forwarded-proto": "https" });
    for (name, value) in
        headers.as_object().into_iter().flatten().chain([(&"content-type".to_owned(), &json!("application/json"))])
    {
        all[name] = value.clone();
    }
    let id = domain::id::JobId::derived(domain::Timestamp::default(), &[]);
    let event = json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query, "headers": all,
        "requestContext": {
            "accountId": "123456789012", "apiId": "bench", "domainName": "api.example.com", "domainPrefix": "api",
            "http": { "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "bench" },
            "requestId": id, "routeKey": "$default", "stage": "$default",
            "time": "21/Nov/2026:00:00:00 +0000", "timeEpoch": 1_795_219_200_000_i64,
        },
        "body": body, "isBase64Encoded": false,
    });
    Ok(serde_json::value::to_raw_value(&event)?)
}

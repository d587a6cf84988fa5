//! The sandbox over HTTP: the provider's interface, and the outbox for those who look into it.

use axum::Json;
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Path, Query, State};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use domain::Timestamp;
use domain::message::Channel;
use http::header::{ACCEPT, CONTENT_SECURITY_POLICY, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::listing::{Filter, name};
use super::outbox::Entry;
use super::sns::CERTIFICATE_PATH;
use super::{Sandbox, mix, page};

const MAX_BODY_BYTES: usize = 256 * 1024;
/// Escapes can make a text several times longer than it is.
const MAX_REQUEST_BYTES: usize = 16 * MAX_BODY_BYTES;
const MAX_REFERENCE_BYTES: usize = 256;

const DEFAULT_LIMIT: u32 = 100;
const MAX_LIMIT: u32 = 1000;

/// All that the sandbox serves.
pub(super) fn routes(sandbox: Sandbox) -> Router {
    Router::new()
        .route("/_local/sandbox/messages", post(accept))
        .route("/_local/sandbox/messages/{reference}", get(find))
        .route(CERTIFICATE_PATH, get(certificate))
        .route("/_local/outbox", get(outbox))
        .route("/_local/outbox/{id}", get(message))
        .with_state(sandbox)
}

#[derive(Deserialize)]
struct Posted {
    reference: String,
    channel: Channel,
    #[serde(default)]
    sender: Option<String>,
    recipient: String,
    subject: Option<String>,
    body: String,
    #[serde(default)]
    html: Option<String>,
    callback: String,
}

#[derive(Deserialize)]
struct Wanted {
    limit: Option<u32>,
    offset: Option<u64>,
    channel: Option<String>,
    recipient: Option<String>,
    reference: Option<String>,
    format: Option<String>,
}

/// Why there is no answer of the wanted kind.
enum Failure {
    Refused(String),
    NotFound,
    Internal(anyhow::Error),
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Internal(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (status, reason) = match self {
            Self::Refused(reason) => (StatusCode::BAD_REQUEST, reason),
            Self::NotFound => (StatusCode::NOT_FOUND, "there is no such message".to_owned()),
            Self::Internal(error) => {
                tracing::error!(error = format!("{error:#}"), "the sandbox failed");
                // No reason: a client must not take a failure of the sandbox for a refusal.
                return StatusCode::INTERNAL_SERVER_ERROR.into_response();
            }
        };
        (status, Json(json!({ "reason": reason }))).into_response()
    }
}

async fn accept(State(sandbox): State<Sandbox>, body: Body) -> Result<Response, Failure> {
    if sandbox.is_busy() {
        return Ok((StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, "1")]).into_response());
    }
    let too_large = |_| Failure::Refused("the request is too large or broke off".to_owned());
    let posted = read(&to_bytes(body, MAX_REQUEST_BYTES).await.map_err(too_large)?).map_err(Failure::Refused)?;
    let hears = posted.sender.as_deref().is_some_and(|sender| sender.starts_with('+'));
    let plan = mix::reports(posted.channel, &posted.recipient, &posted.body, hears);
    let parts = &sandbox.0;
    let accepted_at = parts.clock.now();
    let entry = Entry {
        reference: posted.reference,
        channel: posted.channel,
        sender: posted.sender,
        recipient: posted.recipient,
        subject: posted.subject,
        body: posted.body,
        html: posted.html,
        callback: posted.callback,
        accepted_at: accepted_at.timestamp_millis(),
    };
    let id = parts.outbox.add(&entry, &plan, parts.reporter.real_now())?;
    Ok((StatusCode::CREATED, Json(json!({ "id": name(id), "accepted_at": accepted_at }))).into_response())
}

fn read(body: &Bytes) -> Result<Posted, String> {
    // Only the place: the parser's own words can repeat an address.
    let malformed = |error: serde_json::Error| format!("the request is not as expected at column {}", error.column());
    let posted: Posted = serde_json::from_slice(body).map_err(malformed)?;
    let callback = Url::parse(&posted.callback).map_err(|error| format!("callback: {error}"))?;
    let refused = match &posted {
        _ if !matches!(callback.scheme(), "http" | "https") => "callback: is not an http address",
        Posted { reference, .. } if reference.is_empty() => "reference: is required",
        Posted { reference, .. } if reference.len() > MAX_REFERENCE_BYTES => "reference: is too long",
        Posted { recipient, .. } if recipient.is_empty() => "recipient: is required",
        Posted { body, .. } if body.len() > MAX_BODY_BYTES => "body: is longer than 256 KiB",
        Posted { html: Some(html), .. } if html.len() > MAX_BODY_BYTES => "html: is longer than 256 KiB",
        Posted { recipient, .. } if recipient == "reject@sandbox.invalid" => "the recipient asks to be refused",
        Posted { channel: Channel::Sms, recipient, .. } if recipient.ends_with("0000") => "the number is not in use",
        _ => return Ok(posted),
    };
    Err(refused.to_owned())
}

async fn find(State(sandbox): State<Sandbox>, Path(reference): Path<String>) -> Result<Response, Failure> {
    let (id, at) = sandbox.0.outbox.first(&reference)?.ok_or(Failure::NotFound)?;
    let accepted_at = Timestamp::from_timestamp_millis(at).unwrap_or_default();
    Ok(Json(json!({ "id": name(id), "accepted_at": accepted_at })).into_response())
}

async fn certificate(State(sandbox): State<Sandbox>) -> Response {
    ([(CONTENT_TYPE, "application/x-pem-file")], sandbox.0.signer.certificate().to_owned()).into_response()
}

async fn outbox(
    State(sandbox): State<Sandbox>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let filter = Filter {
        limit: wanted.limit.unwrap_or(DEFAULT_LIMIT).min(MAX_LIMIT),
        offset: wanted.offset.unwrap_or(0),
        channel: given(wanted.channel),
        recipient: given(wanted.recipient),
        reference: given(wanted.reference),
    };
    let found = sandbox.0.outbox.page(filter.clone()).await?;
    let answer = if wants_html(&headers, wanted.format.as_deref()) {
        html(page::outbox(&found, &filter))
    } else {
        Json(found).into_response()
    };
    Ok(answer)
}

async fn message(
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let found = sandbox.0.outbox.one(&id).await?.ok_or(Failure::NotFound)?;
    let answer = if wants_html(&headers, wanted.format.as_deref()) {
        html(page::message(&found))
    } else {
        Json(found).into_response()
    };
    Ok(answer)
}

fn wants_html(headers: &HeaderMap, format: Option<&str>) -> bool {
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    format != Some("json") && accept.contains("text/html")
}

/// The page holds what was sent to people, escaped; should that ever fail, nothing in it may run or load.
fn html(page: String) -> Response {
    let policy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'";
    ([(CONTENT_SECURITY_POLICY, policy)], Html(page)).into_response()
}

//! Errors: the one place where a failure becomes a status, a code and the contract's envelope.

use axum::response::{IntoResponse, Response};
use domain::{Error, Fault, Timestamp};
use http::{HeaderValue, StatusCode, header};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

/// The most faults that are told of one request.
pub(crate) const MAX_FAULTS: usize = 100;

/// A failure on its way to the caller.
#[derive(Debug, Clone)]
pub struct ApiError {
    status: StatusCode,
    message: String,
    details: Map<String, Value>,
    /// Whether the status is the same in all parts of the API.
    everywhere: bool,
}

impl ApiError {
    /// The same, with one status in all parts of the API.
    pub(crate) fn everywhere(self) -> Self {
        Self { everywhere: true, ..self }
    }

    /// Who asks for a thing that went into another one is led there (RFC 9110 §15.4.2); to change it must be meant.
    fn moved(&self, path: &str) -> Option<Response> {
        let text = |name: &str| self.details.get(name).and_then(Value::as_str);
        let (id, into) = text("id").zip(text("merged_into"))?;
        let named = |part: &str| if part.eq_ignore_ascii_case(id) { into.to_owned() } else { part.to_owned() };
        let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        let path = path.split('/').map(named).collect::<Vec<_>>().join("/");
        let location = query.map_or(path.clone(), |query| format!("{path}?{query}"));
        let body = axum::Json(json!({ "id": id, "merged_into": into }));
        // A merge can be undone: nobody is to remember the way.
        let headers = [(header::LOCATION, location), (header::CACHE_CONTROL, "no-store".to_owned())];
        Some((StatusCode::MOVED_PERMANENTLY, headers, body).into_response())
    }

    /// A failure of the protocol, with the status's own words.
    pub(crate) fn plain(status: StatusCode) -> Self {
        let message = status.canonical_reason().unwrap_or("The request failed").to_owned();
        Self { status, message, details: Map::new(), everywhere: true }
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let status = match &error {
            Error::Malformed(_) => StatusCode::BAD_REQUEST,
            Error::Refused(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Error::NotFound { .. } => StatusCode::NOT_FOUND,
            Error::Conflict { .. } | Error::Moved { .. } => StatusCode::CONFLICT,
            Error::Stale { .. } => StatusCode::PRECONDITION_FAILED,
            Error::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Error::Unauthorized(_) => StatusCode::UNAUTHORIZED,
            Error::Forbidden(_) => StatusCode::FORBIDDEN,
            Error::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Error::Internal { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let message = match &error {
            Error::Internal { .. } => "something went wrong on our side".to_owned(),
            other => other.to_string(),
        };
        if status.is_server_error() {
            tracing::error!(error = error.chain(), "request failed");
        }
        let details = match details(&error) {
            Value::Object(details) => details,
            _ => Map::new(),
        };
        Self { status, message, details, everywhere: false }
    }
}

fn details(error: &Error) -> Value {
    match error {
        Error::Malformed(faults) | Error::Refused(faults) => fault_details(faults),
        Error::Conflict { existing_id: Some(id), .. } => json!({ "existing_id": id }),
        Error::Moved { id, into, .. } => json!({ "id": id, "existing_id": into, "merged_into": into }),
        Error::Stale { version } => json!({ "version": version }),
        Error::TooMany { retry_after } => json!({ "retry_after": retry_after }),
        _ => json!({}),
    }
}

/// The first fault's field and allowed values at the top, as S3 has them, and all faults below.
fn fault_details(faults: &[Fault]) -> Value {
    let mut details = json!({ "errors": faults.iter().take(MAX_FAULTS).collect::<Vec<_>>() });
    if let Some(first) = faults.first() {
        details["field"] = json!(first.field);
        if let Some(allowed) = &first.allowed_values {
            details["allowed_values"] = json!(allowed);
        }
    }
    details
}

impl IntoResponse for ApiError {
    /// The status alone; [`in_envelope`] writes the body, for it knows the request's id.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        let headers = response.headers_mut();
        if self.status == StatusCode::UNAUTHORIZED {
            // RFC 9110 §11.6.1: a 401 says what would be accepted.
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.details.get("retry_after").and_then(Value::as_u64) {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// What every failure looks like (S3).
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Failure")]
pub(crate) struct Envelope<'a> {
    error: EnvelopeError<'a>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "FailureDetails")]
struct EnvelopeError<'a> {
    /// What kind of failure it is.
    code: &'a str,
    /// What a person should know.
    message: &'a str,
    /// Names the `field` and its `allowed_values`, and has every fault in `errors`; or what else is known.
    details: &'a Map<String, Value>,
    /// When.
    timestamp: Timestamp,
    /// The request, as it is called in the logs.
    request_id: &'a str,
}

/// What the envelope of a request's failure tells of the request.
#[derive(Debug, Clone)]
pub(crate) struct Sender {
    pub(crate) request_id: String,
    /// Whether it came to S3's part of the API, where a value that is refused is a bad request. To S4's clients it is
    /// something that cannot be processed.
    pub(crate) is_crm: bool,
    /// The path with its query, if it only asks for something.
    pub(crate) asks_for: Option<String>,
}

/// The answer is as it is to be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Finished;

/// Gives a failure its body; what is not one passes. Failures that the router itself makes are recognised by their status.
pub(crate) fn in_envelope(mut response: Response, sender: &Sender, timestamp: Timestamp) -> Response {
    if response.extensions().get::<Finished>().is_some() {
        return response;
    }
    let error = match response.extensions().get::<ApiError>() {
        Some(error) => error.clone(),
        None if is_of_the_router(response.status()) => ApiError::plain(response.status()),
        None => return response,
    };
    if let Some(there) = sender.asks_for.as_deref().and_then(|path| error.moved(path)) {
        return there;
    }
    if sender.is_crm && !error.everywhere && response.status() == StatusCode::UNPROCESSABLE_ENTITY {
        *response.status_mut() = StatusCode::BAD_REQUEST;
    }
    let body = Envelope {
        error: EnvelopeError {
            code: code(response.status()),
            message: &error.message,
            details: &error.details,
            timestamp,
            request_id: &sender.request_id,
        },
    };
    let (mut parts, _) = response.into_parts();
    parts.extensions.insert(Finished);
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, serde_json::to_vec(&body).unwrap_or_default().into())
}

/// What axum answers by itself: no such route, no such method, a path that is not UTF-8, a body that is too large.
fn is_of_the_router(status: StatusCode) -> bool {
    let own =
        [StatusCode::BAD_REQUEST, StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED, StatusCode::PAYLOAD_TOO_LARGE];
    own.contains(&status)
}

pub(crate) fn code(status: StatusCode) -> &'static str {
    match status {
        StatusCode::BAD_REQUEST => "INVALID_REQUEST",
        StatusCode::UNAUTHORIZED => "UNAUTHORIZED",
        StatusCode::FORBIDDEN => "FORBIDDEN",
        StatusCode::NOT_FOUND => "NOT_FOUND",
        StatusCode::METHOD_NOT_ALLOWED => "METHOD_NOT_ALLOWED",
        StatusCode::CONFLICT => "CONFLICT",
        StatusCode::PRECONDITION_FAILED => "PRECONDITION_FAILED",
        StatusCode::TOO_MANY_REQUESTS => "RATE_LIMIT_EXCEEDED",
        StatusCode::PAYLOAD_TOO_LARGE => "PAYLOAD_TOO_LARGE",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "UNSUPPORTED_MEDIA_TYPE",
        StatusCode::UNPROCESSABLE_ENTITY => "VALIDATION_FAILED",
        StatusCode::SERVICE_UNAVAILABLE => "SERVICE_UNAVAILABLE",
        _ => "INTERNAL_ERROR",
    }
}

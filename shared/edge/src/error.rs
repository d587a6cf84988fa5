//! Errors: the one place where a failure becomes a status, a code and the contract's envelope.

use axum::response::{IntoResponse, Response};
use domain::{Error, Fault, Timestamp};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::{Value, json};

/// A failure on its way to the caller.
#[derive(Debug, Clone)]
pub struct ApiError {
    status: StatusCode,
    message: String,
    details: Value,
}

impl ApiError {
    /// A failure of the protocol, with the status's own words.
    pub(crate) fn plain(status: StatusCode) -> Self {
        let message = status.canonical_reason().unwrap_or("The request failed").to_owned();
        Self { status, message, details: json!({}) }
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let status = match &error {
            Error::Malformed(_) => StatusCode::BAD_REQUEST,
            Error::Refused(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Error::NotFound { .. } => StatusCode::NOT_FOUND,
            Error::Conflict { .. } => StatusCode::CONFLICT,
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
        Self { status, message, details: details(&error) }
    }
}

fn details(error: &Error) -> Value {
    match error {
        Error::Malformed(faults) | Error::Refused(faults) => fault_details(faults),
        Error::Conflict { existing_id: Some(id), .. } => json!({ "existing_id": id }),
        _ => json!({}),
    }
}

/// The first fault's field and allowed values at the top, as S3 has them, and all faults below.
fn fault_details(faults: &[Fault]) -> Value {
    let mut details = json!({ "errors": faults });
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
        response.extensions_mut().insert(self);
        response
    }
}

#[derive(Serialize)]
struct Envelope<'a> {
    error: EnvelopeError<'a>,
}

#[derive(Serialize)]
struct EnvelopeError<'a> {
    code: &'a str,
    message: &'a str,
    details: &'a Value,
    timestamp: Timestamp,
    request_id: &'a str,
}

/// Gives a failure its body; what is not one passes. Failures that the router itself makes are recognised by their
/// empty or plain-text body.
pub(crate) fn in_envelope(response: Response, request_id: &str, timestamp: Timestamp) -> Response {
    let status = response.status();
    let error = match response.extensions().get::<ApiError>() {
        Some(error) => error.clone(),
        None if [StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED].contains(&status) => ApiError::plain(status),
        None => return response,
    };
    let body = Envelope {
        error: EnvelopeError {
            code: code(status),
            message: &error.message,
            details: &error.details,
            timestamp,
            request_id,
        },
    };
    let (mut parts, _) = response.into_parts();
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    parts.headers.remove(header::CONTENT_LENGTH);
    match serde_json::to_vec(&body) {
        Ok(bytes) => Response::from_parts(parts, bytes.into()),
        Err(_) => Response::from_parts(parts, axum::body::Body::empty()),
    }
}

fn code(status: StatusCode) -> &'static str {
    match status {
        StatusCode::BAD_REQUEST => "INVALID_REQUEST",
        StatusCode::UNAUTHORIZED => "UNAUTHORIZED",
        StatusCode::FORBIDDEN => "FORBIDDEN",
        StatusCode::NOT_FOUND => "NOT_FOUND",
        StatusCode::METHOD_NOT_ALLOWED => "METHOD_NOT_ALLOWED",
        StatusCode::CONFLICT => "CONFLICT",
        StatusCode::PAYLOAD_TOO_LARGE => "PAYLOAD_TOO_LARGE",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "UNSUPPORTED_MEDIA_TYPE",
        StatusCode::UNPROCESSABLE_ENTITY => "VALIDATION_FAILED",
        StatusCode::SERVICE_UNAVAILABLE => "SERVICE_UNAVAILABLE",
        _ => "INTERNAL_ERROR",
    }
}

//! Answers: what a handler gives back besides plain JSON.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::describe::{Describe, Description};

/// Where the rest of a list begins that is not JSON.
const NEXT_CURSOR: HeaderName = HeaderName::from_static("x-next-cursor");

/// Something that was made: 201, where it is, and its version as the ETag if it has one.
#[derive(Debug, Clone)]
pub struct Created<T> {
    /// Its path.
    pub location: String,
    /// Its version.
    pub version: Option<u64>,
    /// It.
    pub body: T,
}

/// Something that was there, or was made because it was not: 200, or 201 and where it is.
#[derive(Debug, Clone)]
pub struct FoundOrMade<T> {
    /// Its path, if it was made.
    pub made: Option<String>,
    /// It.
    pub body: T,
}

/// Something that was begun: 202, and where to look how it goes.
#[derive(Debug, Clone)]
pub struct Accepted<T> {
    /// Its path.
    pub location: String,
    /// It.
    pub body: T,
}

/// Something with a version, which becomes the ETag (RFC 9110 §8.8.3).
#[derive(Debug, Clone)]
pub struct Versioned<T>(pub u64, pub T);

/// An answer of things that the request's body names: they may be missing, in the way, or of another version.
#[derive(Debug, Clone)]
pub struct OfNamed<T>(pub T);

/// Done, and there is nothing to tell: 204.
#[derive(Debug, Clone, Copy)]
pub struct NoContent;

/// A CSV file (RFC 4180), or a part of one.
#[derive(Debug, Clone)]
pub struct Csv {
    /// The text.
    pub text: Vec<u8>,
    /// Where the rest begins, if this is not the end.
    pub next_cursor: Option<String>,
}

impl<T: Serialize> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        let mut response = (StatusCode::CREATED, [(header::LOCATION, self.location)], Json(self.body)).into_response();
        if let Some(version) = self.version {
            response.headers_mut().insert(header::ETAG, etag(version));
        }
        response
    }
}

impl<T: Serialize> IntoResponse for FoundOrMade<T> {
    fn into_response(self) -> Response {
        match self.made {
            Some(location) => Created { location, version: None, body: self.body }.into_response(),
            None => Json(self.body).into_response(),
        }
    }
}

impl<T: Serialize> IntoResponse for Accepted<T> {
    fn into_response(self) -> Response {
        (StatusCode::ACCEPTED, [(header::LOCATION, self.location)], Json(self.body)).into_response()
    }
}

impl<T: Serialize> IntoResponse for Versioned<T> {
    fn into_response(self) -> Response {
        ([(header::ETAG, etag(self.0))], Json(self.1)).into_response()
    }
}

impl<T: IntoResponse> IntoResponse for OfNamed<T> {
    fn into_response(self) -> Response {
        self.0.into_response()
    }
}

impl IntoResponse for NoContent {
    fn into_response(self) -> Response {
        StatusCode::NO_CONTENT.into_response()
    }
}

impl IntoResponse for Csv {
    fn into_response(self) -> Response {
        let mut response = ([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], self.text).into_response();
        if let Some(cursor) = self.next_cursor.and_then(|cursor| cursor.parse().ok()) {
            response.headers_mut().insert(NEXT_CURSOR, cursor);
        }
        response
    }
}

pub(crate) fn etag(version: u64) -> HeaderValue {
    // Digits between quotes are always a header's value.
    HeaderValue::from_str(&format!("\"{version}\"")).unwrap_or_else(|_| HeaderValue::from_static("\"0\""))
}

impl<T: JsonSchema> Describe for Created<T> {
    fn describe(description: &mut Description<'_>) {
        description.gives::<T>(StatusCode::CREATED, &["Location"]);
        description.may_fail(&[StatusCode::CONFLICT]);
    }
}

impl<T: JsonSchema> Describe for FoundOrMade<T> {
    fn describe(description: &mut Description<'_>) {
        Created::<T>::describe(description);
        description.gives::<T>(StatusCode::OK, &[]);
    }
}

impl<T: JsonSchema> Describe for Accepted<T> {
    fn describe(description: &mut Description<'_>) {
        description.gives::<T>(StatusCode::ACCEPTED, &["Location"]);
        description.may_fail(&[StatusCode::CONFLICT]);
    }
}

impl<T: JsonSchema> Describe for Versioned<T> {
    fn describe(description: &mut Description<'_>) {
        description.gives::<T>(StatusCode::OK, &["ETag"]);
    }
}

impl<T: Describe> Describe for OfNamed<T> {
    fn describe(description: &mut Description<'_>) {
        T::describe(description);
        description.may_fail(&[StatusCode::NOT_FOUND, StatusCode::CONFLICT, StatusCode::PRECONDITION_FAILED]);
    }
}

impl Describe for NoContent {
    fn describe(description: &mut Description<'_>) {
        description.gives_content(StatusCode::NO_CONTENT, serde_json::Value::Null, &[]);
    }
}

impl Describe for Csv {
    fn describe(description: &mut Description<'_>) {
        let content = json!({ "text/csv": { "schema": { "type": "string" } } });
        description.gives_content(StatusCode::OK, content, &["X-Next-Cursor"]);
    }
}

//! The query string, read into a wire type, with a fault when it cannot be.

use axum::extract::FromRequestParts;
use domain::{Error, Fault, FaultCode};
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::ApiError;

/// The query string of a request.
#[derive(Debug, Clone)]
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let read = axum::extract::Query::try_from_uri(&parts.uri);
        read.map(|axum::extract::Query(value)| Self(value)).map_err(|error| {
            let fault = Fault::new("query", FaultCode::Malformed, error.body_text());
            Error::Malformed(vec![fault]).into()
        })
    }
}

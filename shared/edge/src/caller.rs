//! The caller as a handler's argument: to ask for it is to demand the right.

use axum::extract::FromRequestParts;
use domain::Error;
use domain::access::{Caller, Scope};
use http::request::Parts;

use crate::ApiError;

/// A caller who may read.
#[derive(Debug, Clone)]
pub struct Reader(pub Caller);

/// A caller who may write.
#[derive(Debug, Clone)]
pub struct Writer(pub Caller);

impl<S: Send + Sync> FromRequestParts<S> for Reader {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        allowed(parts, Scope::Read).map(Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Writer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        allowed(parts, Scope::Write).map(Self)
    }
}

fn allowed(parts: &Parts, scope: Scope) -> Result<Caller, ApiError> {
    let caller = parts.extensions.get::<Caller>().ok_or(Error::Unauthorized("no credential came with the request"))?;
    if !caller.may(scope) {
        return Err(Error::Forbidden("the API key has not the scope that this needs").into());
    }
    Ok(caller.clone())
}

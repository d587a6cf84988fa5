//! The caller as a handler's argument: to ask for it is to demand the right.

use axum::extract::FromRequestParts;
use domain::Error;
use domain::access::{Caller, Right};
use http::request::Parts;

use crate::ApiError;
use crate::describe::{Describe, Description};

macro_rules! callers {
    ($($(#[$doc:meta])* $name:ident: $right:ident, $refusal:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub struct $name(pub Caller);

        impl<S: Send + Sync> FromRequestParts<S> for $name {
            type Rejection = ApiError;

            async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
                allowed(parts, Right::$right, $refusal).map(Self)
            }
        }

        impl Describe for $name {
            fn describe(description: &mut Description<'_>) {
                description.demands(Right::$right);
            }
        }
    )+};
}

callers! {
    /// A caller who may read.
    Reader: Read, "the credential does not allow reading (scope crm:read)";
    /// A caller who may write contacts; a `user` only its own, which the handler asks [`Caller::demand_ownership`].
    ContactWriter: WriteOwn, "the credential does not allow writing (scope crm:write)";
    /// A caller who may write whatever the tenant has.
    Writer: Write, "the credential does not allow writing this (scope crm:write, and not the role user)";
    /// A caller who may administer.
    Admin: Administer, "the credential does not allow administration (scope crm:admin, and not the role user)";
}

fn allowed(parts: &Parts, right: Right, refusal: &'static str) -> Result<Caller, ApiError> {
    let caller = parts.extensions.get::<Caller>().ok_or(Error::Unauthorized("no credential came with the request"))?;
    if !caller.may(right) {
        return Err(Error::Forbidden(refusal).into());
    }
    Ok(caller.clone())
}

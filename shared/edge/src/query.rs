//! The query string, read into a wire type, with faults that name the parameter.

use axum::extract::FromRequestParts;
use domain::{Error, Fault, FaultCode, Result};
use http::request::Parts;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::ApiError;
use crate::describe::{Describe, Description};
use crate::structure::{self, FieldForm};

/// The query string of a request.
#[derive(Debug, Clone)]
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + JsonSchema + 'static> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> std::result::Result<Self, ApiError> {
        Ok(Self(read(pairs(parts.uri.query().unwrap_or_default()))?))
    }
}

impl<T: JsonSchema> Describe for Query<T> {
    fn describe(description: &mut Description<'_>) {
        description.takes_query::<T>();
    }
}

/// What can be read from the parameters of a query.
pub trait Parameters: Sized {
    /// Whether there is a parameter of this name.
    fn knows(name: &str) -> bool;

    /// Reads them.
    ///
    /// # Errors
    /// [`Error::Malformed`] with every parameter that is unknown, given twice, or of another type.
    fn read(pairs: Vec<(String, String)>) -> Result<Self>;

    /// Tells the document of them.
    fn describe(description: &mut Description<'_>);
}

impl<T: DeserializeOwned + JsonSchema + 'static> Parameters for T {
    fn knows(name: &str) -> bool {
        structure::fields::<T>().contains_key(name)
    }

    fn read(pairs: Vec<(String, String)>) -> Result<Self> {
        read(pairs)
    }

    fn describe(description: &mut Description<'_>) {
        description.takes_query::<T>();
    }
}

/// The parameters of both.
#[derive(Debug, Clone)]
pub struct Both<A, B>(pub A, pub B);

impl<A: Parameters, B: Parameters> Parameters for Both<A, B> {
    fn knows(name: &str) -> bool {
        A::knows(name) || B::knows(name)
    }

    fn read(pairs: Vec<(String, String)>) -> Result<Self> {
        let (others, ours) = pairs.into_iter().partition(|(name, _)| B::knows(name));
        Ok(Self(A::read(ours)?, B::read(others)?))
    }

    fn describe(description: &mut Description<'_>) {
        A::describe(description);
        B::describe(description);
    }
}

/// The parameters in their order, decoded.
pub(crate) fn pairs(query: &str) -> Vec<(String, String)> {
    url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

/// Reads the parameters into `T`. Those that are lists may be given several times, or once with commas.
///
/// # Errors
/// [`Error::Malformed`] with every parameter that `T` has not, or that was given twice.
pub(crate) fn read<T: DeserializeOwned + JsonSchema + 'static>(pairs: Vec<(String, String)>) -> Result<T> {
    let known = structure::fields::<T>();
    let mut faults = Vec::new();
    let mut values: Vec<(String, String)> = Vec::new();
    for (name, value) in pairs {
        match known.get(&name) {
            None => faults.push(Fault::new(name, FaultCode::Unknown, "is not a parameter of this request")),
            Some(FieldForm::List) => values.extend(value.split(',').map(|part| (name.clone(), part.trim().to_owned()))),
            Some(_) if values.iter().any(|(known, _)| *known == name) => {
                faults.push(Fault::new(name, FaultCode::Malformed, "is given twice"));
            }
            Some(FieldForm::Value) if value.is_empty() => {
                faults.push(Fault::new(name, FaultCode::Malformed, "has no value"));
            }
            Some(_) => values.push((name, value)),
        }
    }
    if !faults.is_empty() {
        return Err(Error::Malformed(faults));
    }
    let encoded = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(values).finish();
    serde_path_to_error::deserialize(serde_html_form::Deserializer::from_bytes(encoded.as_bytes())).map_err(|error| {
        let name = error.path().to_string();
        Error::Malformed(vec![Fault::new(name, FaultCode::Malformed, error.into_inner().to_string())])
    })
}

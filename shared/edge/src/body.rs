//! Bodies: JSON into a wire type, with faults that name the field.

use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use domain::{Error, Fault, FaultCode, Result};
use http::{StatusCode, header};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::ApiError;
use crate::describe::{Describe, Description};
use crate::structure;

/// The body of a request, read as JSON.
#[derive(Debug, Clone)]
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + JsonSchema + 'static> FromRequest<S> for Body<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        if !is_json(&request) {
            return Err(ApiError::plain(StatusCode::UNSUPPORTED_MEDIA_TYPE).into_response());
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|_| {
            // The only way in which collecting a body fails that the caller can mend.
            ApiError::plain(StatusCode::PAYLOAD_TOO_LARGE).into_response()
        })?;
        read(&bytes).map(Self).map_err(|error| ApiError::from(error).into_response())
    }
}

impl<T: JsonSchema> Describe for Body<T> {
    fn describe(description: &mut Description<'_>) {
        description.takes_body::<T>();
    }
}

fn is_json(request: &Request) -> bool {
    let Some(kind) = request.headers().get(header::CONTENT_TYPE) else { return true };
    let kind = kind.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || kind.ends_with("+json")
}

fn read<T: DeserializeOwned + JsonSchema + 'static>(bytes: &[u8]) -> Result<T> {
    let mut value: Value =
        serde_json::from_slice(bytes).map_err(|error| malformed("body", format!("is not valid JSON: {error}")))?;
    structure::check::<T>(&value)?;
    with_whole_numbers(&mut value);
    // What a schema cannot say is left to the type itself, one fault at a time: numbers that do not fit, for one.
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        malformed(if path == "." { "body" } else { &path }, error.into_inner().to_string())
    })
}

/// JSON knows one kind of number: 67.0 is a whole one (JSON Schema, draft 2020-12, core §4.2.3).
fn with_whole_numbers(value: &mut Value) {
    /// Up to here every whole number is one as a float (IEEE 754).
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match value {
        Value::Number(number) if number.is_f64() => {
            let float = number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() < EXACT);
            if let Some(float) = float {
                *value = Value::from(float as i64);
            }
        }
        Value::Array(values) => values.iter_mut().for_each(with_whole_numbers),
        Value::Object(fields) => fields.values_mut().for_each(with_whole_numbers),
        _ => {}
    }
}

fn malformed(field: &str, reason: String) -> Error {
    Error::Malformed(vec![Fault::new(field, FaultCode::Malformed, reason)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its faults are looked at")]
    struct Order {
        name: String,
        #[serde(default)]
        lines: Vec<Line>,
        note: Option<Line>,
    }

    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its faults are looked at")]
    struct Line {
        count: u32,
    }

    fn faults(body: &str) -> Vec<(String, FaultCode)> {
        match read::<Order>(body.as_bytes()) {
            Err(Error::Malformed(faults)) => faults.into_iter().map(|fault| (fault.field, fault.code)).collect(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn a_fault_names_the_field_by_its_path() {
        for (body, path, code) in [
            ("{}", "name", FaultCode::Missing),
            (r#"{"name":1}"#, "name", FaultCode::Malformed),
            (r#"{"name":"x","colour":1}"#, "colour", FaultCode::Unknown),
            (r#"{"name":"x","lines":[{"count":1},{"count":"x"}]}"#, "lines[1].count", FaultCode::Malformed),
            (r#"{"name":"x","lines":[{"count":1,"total":1}]}"#, "lines[0].total", FaultCode::Unknown),
            (r#"{"name":"x","note":{"count":"x"}}"#, "note.count", FaultCode::Malformed),
            (r#"{"name":"x","note":7}"#, "note", FaultCode::Malformed),
            (r#"{"name":"x","lines":[{"count":5000000000}]}"#, "lines[0].count", FaultCode::Malformed),
            (r#"{"name":"#, "body", FaultCode::Malformed),
            (r#"{"name":"x"} trailing"#, "body", FaultCode::Malformed),
            ("[]", "body", FaultCode::Malformed),
            ("", "body", FaultCode::Malformed),
        ] {
            assert_eq!(faults(body), [(path.to_owned(), code)], "{body}");
        }
    }

    #[test]
    fn all_faults_are_reported_at_once() {
        let mut found = faults(r#"{"lines":[{"count":"x"},{}],"colour":1,"note":{"size":1,"count":2}}"#);
        found.sort_by(|one, other| one.0.cmp(&other.0));
        let names: Vec<_> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["colour", "lines[0].count", "lines[1].count", "name", "note.size"]);
        assert!(read::<Order>(br#"{"name":"x","note":null}"#).is_ok());
        assert!(read::<Order>(br#"{"name":"x","note":{"count":67.0}}"#).is_ok());
        assert!(read::<Order>(br#"{"name":"x","note":{"count":67.5}}"#).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_do_harm(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read::<Order>(&bytes);
        }
    }
}

//! Bodies: JSON into a wire type, with faults that name the field.

use axum::extract::{FromRequest, Request};
use axum::response::Response;
use bytes::Bytes;
use domain::{Error, Fault, FaultCode};
use http::{StatusCode, header};
use serde::de::DeserializeOwned;

use crate::ApiError;

/// The body of a request, read as JSON. An empty body reads as `{}`.
#[derive(Debug, Clone)]
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        use axum::response::IntoResponse;
        if !is_json(&request) {
            return Err(ApiError::plain(StatusCode::UNSUPPORTED_MEDIA_TYPE).into_response());
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|_| {
            // The only way in which collecting a body fails that the caller can mend.
            ApiError::plain(StatusCode::PAYLOAD_TOO_LARGE).into_response()
        })?;
        read(if bytes.is_empty() { b"{}" } else { &bytes })
            .map(Self)
            .map_err(|error| ApiError::from(error).into_response())
    }
}

fn is_json(request: &Request) -> bool {
    let Some(kind) = request.headers().get(header::CONTENT_TYPE) else { return true };
    let kind = kind.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || kind.ends_with("+json")
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> domain::Result<T> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| fault(&error))?;
    json.end().map_err(|error| malformed("body", &error))?;
    Ok(value)
}

fn fault(error: &serde_path_to_error::Error<serde_json::Error>) -> Error {
    if !error.inner().is_data() {
        return malformed("body", error.inner());
    }
    let path = error.path().to_string();
    let message = error.inner().to_string();
    let named = |prefix: &str| message.strip_prefix(prefix)?.split('`').next().map(str::to_owned);
    let inside = |name: String| match path.rsplit_once('.') {
        Some((outer, last)) if last == name => format!("{outer}.{name}"),
        _ if path == "." || path == name => name,
        _ => format!("{path}.{name}"),
    };
    let fault = if let Some(name) = named("unknown field `") {
        Fault::new(inside(name), FaultCode::Unknown, "is not a field of this request")
    } else if let Some(name) = named("missing field `") {
        Fault::missing(inside(name))
    } else {
        return malformed(if path == "." { "body" } else { &path }, error.inner());
    };
    Error::Malformed(vec![fault])
}

fn malformed(field: &str, error: &serde_json::Error) -> Error {
    let reason = if error.is_data() { error.to_string() } else { format!("is not valid JSON: {error}") };
    Error::Malformed(vec![Fault::new(field, FaultCode::Malformed, reason)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its faults are looked at")]
    struct Order {
        name: String,
        #[serde(default)]
        lines: Vec<Line>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its faults are looked at")]
    struct Line {
        count: u32,
    }

    fn field(body: &str) -> Option<(String, FaultCode)> {
        match read::<Order>(body.as_bytes()) {
            Err(Error::Malformed(faults)) => faults.into_iter().next().map(|fault| (fault.field, fault.code)),
            _ => None,
        }
    }

    #[test]
    fn a_fault_names_the_field_by_its_path() {
        for (body, path, code) in [
            ("{}", "name", FaultCode::Missing),
            (r#"{"name":1}"#, "name", FaultCode::Malformed),
            (r#"{"name":"x","colour":1}"#, "colour", FaultCode::Unknown),
            (r#"{"name":"x","lines":[{"count":1},{"count":"x"}]}"#, "lines[1].count", FaultCode::Malformed),
            (r#"{"name":"x","lines":[{"total":1}]}"#, "lines[0].total", FaultCode::Unknown),
            (r#"{"name":"#, "body", FaultCode::Malformed),
            (r#"{"name":"x"} trailing"#, "body", FaultCode::Malformed),
        ] {
            assert_eq!(field(body), Some((path.to_owned(), code)), "{body}");
        }
    }
}

//! `If-Match`: a change that is meant for one version of a thing (RFC 9110 §13.1.1).

use axum::extract::FromRequestParts;
use domain::{Error, Fault, FaultCode, Result};
use http::StatusCode;
use http::header;
use http::request::Parts;

use crate::ApiError;
use crate::describe::{Describe, Description};

/// Which versions the caller means; any if the header is missing or `*`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IfMatch(Option<Vec<u64>>);

impl IfMatch {
    /// Whether a thing of this version is meant.
    ///
    /// # Errors
    /// [`Error::Stale`] when it is not.
    pub fn demand(&self, version: u64) -> Result<()> {
        match &self.0 {
            Some(meant) if !meant.contains(&version) => Err(Error::Stale { version }),
            _ => Ok(()),
        }
    }

    /// Whether the caller said which version it means. If not, a change that was overtaken may be tried again.
    pub fn is_given(&self) -> bool {
        self.0.is_some()
    }

    /// Reads the header. Weak tags, and tags that are none of ours, match nothing: the comparison is the strong one.
    fn parse(text: &str) -> Option<Self> {
        if text.trim() == "*" {
            return Some(Self(None));
        }
        let mut meant = Vec::new();
        for tag in text.split(',').map(str::trim) {
            let opaque = tag.strip_prefix("W/").unwrap_or(tag).strip_prefix('"')?.strip_suffix('"')?;
            if opaque.contains('"') {
                return None;
            }
            if let (false, Ok(version)) = (tag.starts_with("W/"), opaque.parse()) {
                meant.push(version);
            }
        }
        Some(Self(Some(meant)))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let values: Vec<_> = parts.headers.get_all(header::IF_MATCH).iter().map(|value| value.to_str()).collect();
        if values.is_empty() {
            return Ok(Self::default());
        }
        let text = values.into_iter().collect::<Result<Vec<_>, _>>().ok().map(|all| all.join(","));
        text.as_deref().and_then(Self::parse).ok_or_else(|| {
            let reason = "must be * or versions in quotes, such as \"3\"";
            Error::Malformed(vec![Fault::new("If-Match", FaultCode::Malformed, reason)]).into()
        })
    }
}

impl Describe for IfMatch {
    fn describe(description: &mut Description<'_>) {
        let schema =
            serde_json::json!({ "type": "string", "pattern": "^(\\*|\"[0-9]{1,15}\")$", "examples": ["\"3\""] });
        description.takes("header", "If-Match", schema, "The ETag of the version that is to be changed");
        description.may_fail(&[StatusCode::BAD_REQUEST, StatusCode::CONFLICT, StatusCode::PRECONDITION_FAILED]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_version_that_is_meant_may_be_changed() {
        for (text, meant) in [
            ("\"3\"", true),
            ("\"2\", \"3\"", true),
            ("*", true),
            ("\"2\"", false),
            ("W/\"3\"", false),
            ("\"abc\"", false),
        ] {
            assert_eq!(IfMatch::parse(text).map(|tag| tag.demand(3).is_ok()), Some(meant), "{text}");
        }
        for text in ["3", "\"3", "", "\"3\"\"", "\"3\","] {
            assert_eq!(IfMatch::parse(text), None, "{text}");
        }
        assert!(IfMatch::default().demand(3).is_ok());
    }
}

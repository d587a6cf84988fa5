//! What can go wrong, in the words of the product. `edge` alone turns it into a status.

use std::error::Error as StdError;
use std::fmt;

use serde::Serialize;

/// The result of everything that can fail for a reason the product knows.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failure that a caller can act on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Well-formed input whose values are refused; every fault is listed.
    #[error("{}", summary(.0))]
    Refused(Vec<Fault>),
    /// Input that cannot be read at all: malformed, of the wrong type, or incomplete.
    #[error("{}", summary(.0))]
    Malformed(Vec<Fault>),
    /// No such thing in this tenant.
    #[error("there is no {what} with the id {id}")]
    NotFound {
        /// The noun, e.g. `contact`.
        what: &'static str,
        /// The id as the caller gave it.
        id: String,
    },
    /// The thing went into another one, whose id leads on.
    #[error("the {what} {id} was merged into {into}")]
    Moved {
        /// The noun, e.g. `contact`.
        what: &'static str,
        /// Its id.
        id: String,
        /// The id of the other one.
        into: String,
    },
    /// The request contradicts the present state.
    #[error("{message}")]
    Conflict {
        /// What contradicts what.
        message: String,
        /// The thing that stands in the way, if there is one.
        existing_id: Option<String>,
    },
    /// The thing has changed since the caller looked at it.
    #[error("it has changed: its version is {version} now")]
    Stale {
        /// The version that it has.
        version: u64,
    },
    /// The caller has made too many requests.
    #[error("Rate limit exceeded. Try again in {retry_after} seconds.")]
    TooMany {
        /// In how many seconds one will be accepted.
        retry_after: u64,
    },
    /// No valid credential came with the request.
    #[error("{0}")]
    Unauthorized(&'static str),
    /// The credential is valid but does not allow this.
    #[error("{0}")]
    Forbidden(&'static str),
    /// A service that we depend on is slow, throttling or down; trying again later is right.
    #[error("{service} is not available at the moment")]
    Unavailable {
        /// Which one.
        service: &'static str,
        /// What it said.
        #[source]
        source: Box<dyn StdError + Send + Sync>,
    },
    /// A defect of ours: trying again will not help.
    #[error("{context}")]
    Internal {
        /// What was being done.
        context: &'static str,
        /// What came back.
        #[source]
        source: Box<dyn StdError + Send + Sync>,
    },
}

impl Error {
    /// A refusal with a single fault.
    pub fn refused(fault: Fault) -> Self {
        Self::Refused(vec![fault])
    }

    /// A conflict with no single thing that stands in the way.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::Conflict { message: message.into(), existing_id: None }
    }

    /// Nothing in this tenant has that id.
    pub fn not_found(what: &'static str, id: impl fmt::Display) -> Self {
        Self::NotFound { what, id: id.to_string() }
    }

    /// A defect of ours, with its cause.
    pub fn internal(context: &'static str, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Internal { context, source: source.into() }
    }

    /// The chain of causes in one line, for a log. Holds no input of the caller's.
    pub fn chain(&self) -> String {
        let mut line = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            line.push_str(": ");
            line.push_str(&error.to_string());
            cause = error.source();
        }
        line
    }
}

fn summary(faults: &[Fault]) -> String {
    match faults {
        [] => "the request is refused".to_owned(),
        [only] => only.to_string(),
        [first, rest @ ..] => format!("{first} (and {} more)", rest.len()),
    }
}

/// What is wrong with a value, in a word that programs can compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultCode {
    /// A required value is missing.
    Missing,
    /// Not the type or form that is expected.
    Malformed,
    /// Not a valid value of its kind (e-mail, phone, time zone).
    Invalid,
    /// Longer, larger or more than allowed.
    TooLong,
    /// Not one of the allowed values.
    NotAllowed,
    /// A field that does not exist.
    Unknown,
}

/// One thing that is wrong with one field (or one column of a row).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The path of the field, e.g. `tags[3]`.
    pub field: String,
    /// The kind of fault.
    pub code: FaultCode,
    /// What a person needs to know to mend it. Never repeats the value.
    pub reason: String,
    /// For an enum: what would have been accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_values: Option<Vec<String>>,
}

impl Fault {
    /// A fault of `field`.
    pub fn new(field: impl Into<String>, code: FaultCode, reason: impl Into<String>) -> Self {
        Self { field: field.into(), code, reason: reason.into(), allowed_values: None }
    }

    /// `field` must be given.
    pub fn missing(field: impl Into<String>) -> Self {
        Self::new(field, FaultCode::Missing, "is required")
    }

    /// `field` holds something else than one of `allowed`.
    pub fn not_allowed(field: impl Into<String>, allowed: &[&str]) -> Self {
        let mut fault = Self::new(field, FaultCode::NotAllowed, format!("must be one of {}", allowed.join(", ")));
        fault.allowed_values = Some(allowed.iter().map(|&value| value.to_owned()).collect());
        fault
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.field, self.reason)
    }
}

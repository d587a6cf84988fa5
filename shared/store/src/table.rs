//! The calls to DynamoDB: typed in and out, their failures sorted. Each asks for the capacity that it consumed, so that
//! whoever watches the wire can add it up.

mod gather;
mod read;
mod sift;
mod write;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use domain::Error;

use gather::Gathering;

pub(crate) use read::{Range, Sort};
pub(crate) use sift::Only;
pub(crate) use write::{Transacted, Written};

/// The table and a client for it. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    client: Client,
    name: String,
    /// How single items are read together; nothing where each is read on its own.
    gathering: Option<Gathering>,
}

impl Table {
    pub(crate) fn new(config: &SdkConfig, name: &str) -> Self {
        Self { client: Client::new(config), name: name.to_owned(), gathering: None }
    }

    /// The same, which reads together what is asked for at the same moment.
    pub(crate) fn gathering(self) -> Self {
        Self { gathering: Some(Gathering::default()), ..self }
    }
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T, C = String> {
    /// What is on it.
    pub items: Vec<T>,
    /// Where the next one begins; nothing at the end.
    pub next: Option<C>,
}

/// Sorts a failed call into "later" and "never".
fn failure<E>(error: SdkError<E>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let ours = match error.as_service_error().and_then(ProvideErrorMetadata::code) {
        Some(code) => ["ValidationException", "ResourceNotFoundException", "AccessDeniedException"].contains(&code),
        None => matches!(error, SdkError::ConstructionFailure(_)),
    };
    if ours {
        Error::internal("calling the table", error)
    } else {
        Error::Unavailable { service: "the table", source: Box::new(error) }
    }
}

fn unbuilt(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::internal("building a request to the table", error)
}

//! SQS, in memory.

use std::fmt;
use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue};
use http_body_util::BodyExt;
use rustack_sqs_core::config::SqsConfig;
use rustack_sqs_core::handler::RustackSqsHandler;
use rustack_sqs_core::provider::RustackSqs;
use rustack_sqs_http::dispatch::SqsHandler;
use rustack_sqs_http::router::resolve_operation;
use rustack_sqs_http::service::{SqsHttpConfig, SqsHttpService};

use crate::direct::Answer;
use crate::server::{self, Servers};
use crate::{ACCOUNT_ID, REGION, StartError};

/// The header that names an operation.
const TARGET: HeaderName = HeaderName::from_static("x-amz-target");

/// The queues of this process.
#[derive(Debug)]
pub(crate) struct Queues {
    endpoint: String,
    provider: Arc<RustackSqs>,
    asked: Asked,
}

/// The queues of this process, asked without HTTP.
#[derive(Clone)]
pub(crate) struct Asked(Arc<RustackSqsHandler>);

impl fmt::Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Asked")
    }
}

impl Asked {
    /// What SQS answers to an operation that goes well. `None`: it does not, and nothing was done.
    pub(crate) async fn ask(&self, target: &str, body: &[u8]) -> Option<Answer> {
        let headers = HeaderMap::from_iter([(TARGET, HeaderValue::from_str(target).ok()?)]);
        let operation = resolve_operation(&headers).ok()?;
        let answer = self.0.handle_operation(operation, body.to_vec().into()).await.ok()?;
        let (status, body) = (answer.status().as_u16(), answer.into_body().collect().await.ok()?);
        Some(Answer { status, body: String::from_utf8(body.to_bytes().into()).ok()? })
    }
}

impl Queues {
    pub(crate) fn start(servers: &mut Servers) -> Result<Self, StartError> {
        let listener = server::listen().map_err(StartError::Listen)?;
        let address = listener.local_addr().map_err(StartError::Listen)?;
        let endpoint = server::endpoint(&listener).map_err(StartError::Listen)?;
        let provider = Arc::new(RustackSqs::new(SqsConfig {
            skip_signature_validation: true,
            default_region: REGION.to_owned(),
            account_id: ACCOUNT_ID.to_owned(),
            host: address.ip().to_string(),
            port: address.port(),
        }));
        let handler = Arc::new(RustackSqsHandler::new(Arc::clone(&provider)));
        let config =
            SqsHttpConfig { skip_signature_validation: true, region: REGION.to_owned(), credential_provider: None };
        servers.serve(listener, SqsHttpService::new(Arc::clone(&handler), config));
        Ok(Self { endpoint, provider, asked: Asked(handler) })
    }

    pub(crate) fn asked(&self) -> Asked {
        self.asked.clone()
    }

    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    pub(crate) async fn shutdown(self) {
        self.provider.shutdown_all().await;
    }
}

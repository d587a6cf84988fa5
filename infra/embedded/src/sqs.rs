//! SQS, in memory.

use std::sync::Arc;

use rustack_sqs_core::config::SqsConfig;
use rustack_sqs_core::handler::RustackSqsHandler;
use rustack_sqs_core::provider::RustackSqs;
use rustack_sqs_http::service::{SqsHttpConfig, SqsHttpService};

use crate::server::{self, Servers};
use crate::{ACCOUNT_ID, REGION, StartError};

/// The queues of this process.
#[derive(Debug)]
pub(crate) struct Queues {
    endpoint: String,
    provider: Arc<RustackSqs>,
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
        servers.serve(listener, SqsHttpService::new(handler, config));
        Ok(Self { endpoint, provider })
    }

    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    pub(crate) async fn shutdown(self) {
        self.provider.shutdown_all().await;
    }
}

//! The way of a request to the embedded services: to the table directly, to all others over HTTP.

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use embedded::{Answer, Direct};

/// The header that names an operation.
pub(crate) const TARGET: &str = "x-amz-target";
/// How every operation of the table begins.
const TABLE: &str = "DynamoDB_20120810.";

/// A connector that knows the shortcut.
#[derive(Debug, Clone)]
pub(crate) struct Shortcut {
    table: Direct,
    network: SharedHttpConnector,
}

impl Shortcut {
    pub(crate) fn new(table: Direct) -> Self {
        let network = SharedHttpConnector::new(aws_smithy_http_client::Connector::builder().build_http());
        Self { table, network }
    }
}

impl HttpConnector for Shortcut {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let operation = request.headers().get(TARGET).and_then(|target| target.strip_prefix(TABLE));
        let Some(operation) = operation.map(str::to_owned) else { return self.network.call(request) };
        let Self { table, network } = self.clone();
        HttpConnectorFuture::new(async move {
            let answer = match request.body().bytes() {
                Some(body) => table.ask(&operation, body).await,
                None => None,
            };
            match answer.and_then(response) {
                Some(response) => Ok(response),
                None => network.call(request).await,
            }
        })
    }
}

fn response(answer: Answer) -> Option<HttpResponse> {
    let mut response = HttpResponse::new(StatusCode::try_from(answer.status).ok()?, SdkBody::from(answer.body));
    response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
    Some(response)
}

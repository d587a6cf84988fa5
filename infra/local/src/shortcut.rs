//! The way of a request to the embedded services: to the table and the queues directly, to the bucket over HTTP.

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use embedded::{Answer, Direct};

/// The header that names an operation.
pub(crate) const TARGET: &str = "x-amz-target";

/// A connector that knows the shortcut.
#[derive(Debug, Clone)]
pub(crate) struct Shortcut {
    services: Direct,
    network: SharedHttpConnector,
}

impl Shortcut {
    pub(crate) fn new(services: Direct) -> Self {
        let network = SharedHttpConnector::new(aws_smithy_http_client::Connector::builder().build_http());
        Self { services, network }
    }
}

impl HttpConnector for Shortcut {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get(TARGET).map(str::to_owned);
        let Some(target) = target else { return self.network.call(request) };
        let Self { services, network } = self.clone();
        HttpConnectorFuture::new(async move {
            let answer = match request.body().bytes() {
                Some(body) => services.ask(&target, body).await,
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

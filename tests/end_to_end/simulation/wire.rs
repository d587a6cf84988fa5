//! The wire between the functions and the rest of the world: each call stops here until the world lets it through.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use channels::{Accepted, Carrier, Outgoing, SendError};
use domain::message::MessageRef;
use futures::future::BoxFuture;
use tokio::sync::oneshot;

use super::servers::Servers;

/// How often the SDK tries a call, and how long it waits after the first time.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(60);

/// What is asked of the world.
#[derive(Debug, Clone)]
pub(super) enum Request {
    /// An operation of the table, and its body.
    Table(String, Vec<u8>),
    /// An operation of the queues, and its body.
    Queue(String, Vec<u8>),
    /// A message for the provider.
    Send(Box<Outgoing>),
    /// Whether the provider has a message.
    Lookup(MessageRef),
}

impl Request {
    /// Whether it is the table's index that is asked.
    pub(super) fn asks_index(&self) -> bool {
        match self {
            Self::Table(operation, body) => operation == "Query" && String::from_utf8_lossy(body).contains("IndexName"),
            _ => false,
        }
    }
}

/// What the world answers.
#[derive(Debug)]
pub(super) enum Reply {
    Http(u16, String),
    /// The connection is gone.
    Broken,
    Sent(Result<Accepted, SendError>),
    Found(Result<Option<Accepted>, SendError>),
}

/// A call that is under way.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) number: u64,
    /// The invocation that made it.
    pub(super) by: u64,
    pub(super) asked_at: i64,
    pub(super) request: Request,
    /// The answer, once there is one.
    pub(super) reply: Option<Reply>,
    heard: oneshot::Sender<Reply>,
}

impl Call {
    /// Lets the caller hear the answer.
    pub(super) fn answer(self) {
        // A caller that is gone hears nothing.
        let _ = self.heard.send(self.reply.unwrap_or(Reply::Broken));
    }
}

/// The wire. Clones are the same one.
#[derive(Debug, Clone)]
pub(super) struct Wire(Arc<Mutex<Inside>>);

/// What the wire knows.
#[derive(Debug)]
pub(super) struct Inside {
    pub(super) servers: Servers,
    pub(super) calls: Vec<Call>,
    /// The invocation that is being polled; nothing while calls go straight through.
    pub(super) polled: Option<u64>,
    numbered: u64,
}

impl Wire {
    pub(super) fn new(servers: Servers) -> Self {
        Self(Arc::new(Mutex::new(Inside { servers, calls: Vec::new(), polled: None, numbered: 0 })))
    }

    pub(super) fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the table out, when everybody else has let go of the wire.
    pub(super) fn into_table(self) -> embedded::Alone {
        let inside = Arc::into_inner(self.0).unwrap().into_inner();
        inside.unwrap_or_else(PoisonError::into_inner).servers.table
    }

    async fn ask(&self, request: Request) -> Reply {
        let heard = {
            let mut inside = self.inside();
            let Some(by) = inside.polled else { return inside.servers.serve(&request, 0, false) };
            let (answered, heard) = oneshot::channel();
            inside.numbered += 1;
            let (number, asked_at) = (inside.numbered, inside.servers.now);
            let call = Call { number, by, asked_at, request, reply: None, heard: answered };
            inside.calls.push(call);
            heard
        };
        heard.await.unwrap_or(Reply::Broken)
    }

    /// A call to AWS, tried again as the SDK does by itself. (Its own tries depend on chance and on other worlds.)
    async fn call(&self, request: Request) -> Result<HttpResponse, ConnectorError> {
        let mut pause = PAUSE;
        for tried in 1.. {
            let last = tried == TRIES;
            match self.ask(request.clone()).await {
                Reply::Http(status, body) if last || !is_passing(status, &body) => return Ok(response(status, body)),
                Reply::Broken if last => {
                    return Err(ConnectorError::io("the connection broke".into()));
                }
                _ => tokio::time::sleep(pause).await,
            }
            pause *= 2;
        }
        Err(ConnectorError::io("the call was not made".into()))
    }
}

/// What the SDK tries again.
fn is_passing(status: u16, body: &str) -> bool {
    let again = ["ThrottlingException", "ProvisionedThroughputExceededException", "RequestThrottled"];
    let named = || serde_json::from_str::<serde_json::Value>(body).unwrap_or_default()["__type"].to_string();
    status >= 500 || (status == 400 && again.iter().any(|name| named().contains(name)))
}

fn response(status: u16, body: String) -> HttpResponse {
    let mut response = HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::from(body));
    response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
    response
}

impl HttpClient for Wire {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default().to_owned();
        let body = request.body().bytes().unwrap_or_default().to_vec();
        let wire = self.clone();
        HttpConnectorFuture::new(async move {
            match target.split_once('.') {
                Some(("DynamoDB_20120810", operation)) => wire.call(Request::Table(operation.to_owned(), body)).await,
                Some(("AmazonSQS", operation)) => wire.call(Request::Queue(operation.to_owned(), body)).await,
                _ => Err(ConnectorError::user("this world has a table and queues only".into())),
            }
        })
    }
}

impl Carrier for Wire {
    fn send(&self, message: Outgoing) -> BoxFuture<'static, Result<Accepted, SendError>> {
        let wire = self.clone();
        Box::pin(async move {
            match wire.ask(Request::Send(Box::new(message))).await {
                Reply::Sent(answer) => answer,
                _ => Err(SendError::Unknown("the connection broke".into())),
            }
        })
    }

    fn lookup(&self, reference: MessageRef) -> BoxFuture<'static, Result<Option<Accepted>, SendError>> {
        let wire = self.clone();
        Box::pin(async move {
            match wire.ask(Request::Lookup(reference)).await {
                Reply::Found(answer) => answer,
                _ => Err(SendError::Unreachable("the connection broke".into())),
            }
        })
    }
}

//! Handlers: what a function does with an event, the same on AWS and in the local stack.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, Service};
use lambda_runtime::{Context, LambdaEvent, service_fn};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

type Answer = Pin<Box<dyn Future<Output = Result<Box<RawValue>, InvokeError>> + Send>>;
type Erased = Arc<dyn Fn(Box<RawValue>) -> Answer + Send + Sync>;

/// What a function does with an event.
#[derive(Clone)]
pub enum Handler {
    /// Answers the requests of API Gateway (HTTP API, payload 2.0) or of a function URL.
    Http(Router),
    /// Works on events of another kind.
    Events(EventHandler),
}

/// A handler of events other than HTTP.
#[derive(Clone)]
pub struct EventHandler(Erased);

/// An invocation failed as a whole.
#[derive(Debug, thiserror::Error)]
pub enum InvokeError {
    /// The event is not of the kind that the handler takes, or its answer cannot be written.
    #[error("the event or the answer is not the JSON that is expected")]
    Json(#[from] serde_json::Error),
    /// The work failed.
    #[error("the event could not be worked on")]
    Failed(#[from] domain::Error),
}

impl Handler {
    /// A handler of events `E` that answers with `A`.
    pub fn events<E, A, F, W>(work: W) -> Self
    where
        E: DeserializeOwned + Send + 'static,
        A: Serialize,
        F: Future<Output = domain::Result<A>> + Send + 'static,
        W: Fn(E) -> F + Send + Sync + 'static,
    {
        let work = Arc::new(work);
        Self::Events(EventHandler(Arc::new(move |event| {
            let work = work.clone();
            Box::pin(async move {
                let answer = work(serde_json::from_str(event.get())?).await?;
                Ok(serde_json::value::to_raw_value(&answer)?)
            })
        })))
    }

    /// Takes events from the Lambda runtime until the environment is taken away.
    ///
    /// # Errors
    /// When the runtime's API fails.
    pub async fn run(self) -> Result<(), lambda_runtime::Error> {
        match self {
            Self::Http(router) => lambda_http::run(router).await,
            Self::Events(EventHandler(work)) => {
                let service = service_fn(move |event: LambdaEvent<Box<RawValue>>| {
                    let answer = work(event.payload);
                    async move { answer.await.inspect_err(log).map_err(lambda_runtime::Error::from) }
                });
                lambda_runtime::run(service).await
            }
        }
    }

    /// Hands one event over, as Lambda would, and gives the answer.
    ///
    /// # Errors
    /// When the invocation as a whole fails.
    pub async fn invoke(&self, event: Box<RawValue>) -> Result<Box<RawValue>, InvokeError> {
        match self {
            Self::Http(router) => {
                let request: LambdaRequest = serde_json::from_str(event.get())?;
                let event = LambdaEvent::new(request, Context::default());
                // The adapter is gone before the answer is waited for: it is not Send.
                let answer = Adapter::from(router.clone()).call(event);
                let Ok(answer) = answer.await;
                Ok(serde_json::value::to_raw_value(&answer)?)
            }
            Self::Events(EventHandler(work)) => work(event).await.inspect_err(log),
        }
    }
}

fn log(error: &InvokeError) {
    match error {
        InvokeError::Failed(error) => tracing::error!(error = error.chain(), "invocation failed"),
        InvokeError::Json(error) => tracing::error!(%error, "invocation failed"),
    }
}

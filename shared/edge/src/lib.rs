//! The HTTP edge: who calls, what came, and how an error looks. The only crate that names a status.
//!
//! A function declares its routes and handlers and hands them to [`Edge::protect`].

mod body;
mod caller;
mod error;
mod query;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use domain::access::{ApiKeySecret, Caller, FindCaller, KeyHash};
use domain::{Result, Timestamp};
use http::{HeaderMap, HeaderName, HeaderValue};

pub use body::Body;
pub use caller::{Reader, Writer};
pub use error::ApiError;
pub use query::Query;

/// The most bytes of a request's body.
const MAX_BODY: usize = 1024 * 1024;
/// The header that carries an API key.
const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
/// The header that names a request.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Finds who holds a key.
type FindCallerFn = dyn Fn(KeyHash) -> Pin<Box<dyn Future<Output = Result<Option<Caller>>> + Send>> + Send + Sync;

/// What a handler answers with.
pub type Answer<T> = std::result::Result<T, ApiError>;

/// What the edge of a function needs to know.
#[derive(Clone)]
pub struct Edge {
    find_caller: Arc<FindCallerFn>,
    now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
}

impl Edge {
    /// `keys` tells who holds a key, `now` the time.
    pub fn new(keys: impl FindCaller + Clone, now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        let find_caller: Arc<FindCallerFn> = Arc::new(move |hash| {
            let keys = keys.clone();
            Box::pin(async move { keys.find_caller(hash).await })
        });
        Self { find_caller, now: Arc::new(now) }
    }

    /// Lets nobody through to `routes` without a valid key, gives every failure the contract's envelope, every answer a
    /// request id, and every request a line in the log.
    pub fn protect(self, routes: Router) -> Router {
        let authenticated = routes.layer(from_fn_with_state(self.clone(), authenticate));
        self.envelope(authenticated)
    }

    /// The same for routes where each caller proves itself in its own way.
    pub fn envelope(self, routes: Router) -> Router {
        routes.layer(DefaultBodyLimit::max(MAX_BODY)).layer(from_fn_with_state(self, envelope))
    }
}

async fn authenticate(
    axum::extract::State(edge): axum::extract::State<Edge>,
    mut request: Request,
    next: Next,
) -> Answer<Response> {
    let secret = request.headers().get(API_KEY).and_then(|value| value.to_str().ok()).map(ApiKeySecret::presented);
    let secret = secret.ok_or(domain::Error::Unauthorized("the header X-API-KEY with an API key is required"))?;
    let caller = (edge.find_caller)(secret.hash()).await?;
    let caller = caller.ok_or(domain::Error::Unauthorized("the API key is not valid"))?;
    let tenant = caller.tenant;
    request.extensions_mut().insert(caller);
    let mut answer = next.run(request).await;
    // For the log line, which is written outside of this layer.
    answer.extensions_mut().insert(tenant);
    Ok(answer)
}

async fn envelope(axum::extract::State(edge): axum::extract::State<Edge>, request: Request, next: Next) -> Response {
    let id = request_id(request.headers());
    let (method, path) = (request.method().clone(), route(&request));
    let begun = (edge.now)();
    let answer = next.run(request).await;
    let now = (edge.now)();
    let mut answer = error::in_envelope(answer, &id, now);
    let tenant = answer.extensions().get::<domain::id::TenantId>().map(ToString::to_string);
    let (status, ms) = (answer.status().as_u16(), (now - begun).num_milliseconds());
    tracing::info!(request_id = id, %method, route = path, status, ms, tenant, "request");
    if let Ok(value) = HeaderValue::from_str(&id) {
        answer.headers_mut().insert(REQUEST_ID, value);
    }
    answer
}

/// The route's pattern: unlike the path it holds no ids.
fn route(request: &Request) -> String {
    let matched = request.extensions().get::<axum::extract::MatchedPath>();
    matched.map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned())
}

/// The caller's name for the request if it is a decent one, else API Gateway's, else a new one.
fn request_id(headers: &HeaderMap) -> String {
    let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok());
    let decent = |id: &&str| !id.is_empty() && id.len() <= 100 && id.bytes().all(|b| b.is_ascii_graphic());
    given.filter(decent).map_or_else(|| uuid::Uuid::now_v7().to_string(), str::to_owned)
}

/// The id in a path.
///
/// # Errors
/// [`domain::Error::NotFound`] for a text that is no id: nothing has it.
pub fn path_id<I: domain::id::Id>(what: &'static str, text: &str) -> Result<I> {
    text.parse().map_err(|_| domain::Error::not_found(what, text))
}

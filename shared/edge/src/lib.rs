//! The HTTP edge: who calls, what came, how often, and how an error looks. The only crate that names a status.
//!
//! A function lists its [`Routes`] and hands them to [`Edge::protect`]; its handlers say by their arguments what they
//! demand ([`Reader`], [`Writer`], [`Body`], [`Listing`], [`IfMatch`] …) and by their answers what they give. From the
//! same types comes the API's document ([`document`]).

mod answer;
mod body;
mod caller;
mod contact;
mod credential;
pub mod cursor;
mod describe;
pub mod document;
mod error;
mod fresh;
mod idempotency;
mod key_set;
mod paging;
mod query;
mod rate_limit;
mod routes;
mod seal;
mod structure;
mod token;
mod version;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use chrono::TimeDelta;
use domain::access::Credentials;
use domain::idempotency::Attempts;
use domain::rate_limit::{PerMinute, Tokens};
use domain::{Error, Result};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use runtime::{Clock, Platform, Secret, StartError};
use tower::ServiceExt;

pub use answer::{Accepted, Created, Csv, FoundOrMade, NoContent, OfNamed, Versioned};
pub use body::Body;
pub use caller::{Admin, ContactWriter, Reader, Writer};
pub use contact::ContactOut;
pub use describe::{Describe, Description, Operation};
pub use error::ApiError;
pub use fresh::Fresh;
pub use paging::{List, Listing, NoFilter, Paging};
pub use query::{Both, Parameters, Query};
pub use routes::Routes;
pub use version::IfMatch;

use credential::Known;
use error::Sender;
use rate_limit::{Admission, Limiter};
use token::TokenRules;

/// The most bytes of a request's body.
const MAX_BODY: usize = 1024 * 1024;
/// The header that names a request.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// How many requests a tenant has in a minute if the deployment says nothing (S4).
const PER_TENANT: PerMinute = 1_000;

/// What a handler answers with.
pub type Answer<T> = std::result::Result<T, ApiError>;

/// Where the edge keeps what it must know of former requests.
pub trait Records: Credentials + Attempts + Tokens + Clone {}

impl<B: Credentials + Attempts + Tokens + Clone> Records for B {}

/// The edge of a function. Cheap to clone.
pub struct Edge<B> {
    records: B,
    clock: Clock,
    secret: Secret,
    known: Arc<Known<B>>,
    limiter: Arc<Limiter<B>>,
}

impl<B> std::fmt::Debug for Edge<B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Edge").finish_non_exhaustive()
    }
}

impl<B: Clone> Clone for Edge<B> {
    fn clone(&self) -> Self {
        let Self { records, clock, secret, known, limiter } = self;
        Self {
            records: records.clone(),
            clock: clock.clone(),
            secret: secret.clone(),
            known: known.clone(),
            limiter: limiter.clone(),
        }
    }
}

impl<B: Records> Edge<B> {
    /// The edge of a function on `platform`.
    ///
    /// # Errors
    /// When a setting is missing or makes no sense.
    pub fn new(platform: &Platform, records: B) -> Result<Self, StartError> {
        let (environment, clock) = (&platform.environment, platform.clock.clone());
        let secret = environment.secret("DEPLOYMENT_SECRET")?;
        let invalid = |reason| StartError::Invalid { name: "JWKS_URL", reason };
        let rules = TokenRules {
            issuer: environment.required("JWT_ISSUER")?.to_owned(),
            audience: environment.required("JWT_AUDIENCE")?.to_owned(),
            secret: Some(secret.clone()),
            key_set_url: environment.get("JWKS_URL").map(key_set::key_set_url).transpose().map_err(invalid)?,
        };
        let per_tenant = match environment.get("TENANT_REQUESTS_PER_MINUTE") {
            Some(_) => environment.parsed("TENANT_REQUESTS_PER_MINUTE")?,
            None => PER_TENANT,
        };
        Ok(Self {
            known: Arc::new(Known::new(records.clone(), token::Tokens::new(rules))),
            limiter: Arc::new(Limiter::new(records.clone(), clock.clone(), per_tenant)),
            records,
            clock,
            secret,
        })
    }

    /// The routes with all that the edge does for them: credentials, rate limits, idempotency, envelopes, a line in the log.
    pub fn protect<S: Clone + Send + Sync + 'static>(self, routes: Routes<S>, state: S) -> Router {
        self.protect_beside(routes, state, Router::new())
    }

    /// The same beside `others`, which need no credential.
    pub fn protect_beside<S: Clone + Send + Sync + 'static>(
        self,
        routes: Routes<S>,
        state: S,
        others: Router,
    ) -> Router {
        let routes = routes.router.with_state(state);
        let once = from_fn_with_state(self.clone(), idempotency::once::<B>);
        let admitted = from_fn_with_state(self.clone(), admit::<B>);
        open(routes.layer(once).layer(admitted).merge(others), self.clock)
    }
}

/// Routes where nobody needs a credential, or each caller proves itself in its own way: envelopes and a line in the log.
pub fn open(routes: Router, clock: Clock) -> Router {
    let routes = routes.fallback(async || StatusCode::NOT_FOUND);
    let routes = routes.layer(DefaultBodyLimit::max(MAX_BODY)).layer(from_fn_with_state(clock, envelope));
    Router::new().fallback(move |request: Request| {
        let routes = routes.clone();
        async move { without_trailing_slash(routes, request).await }
    })
}

/// Proves the caller and counts the request.
async fn admit<B: Records>(State(edge): State<Edge<B>>, mut request: Request, next: Next) -> Answer<Response> {
    let caller = edge.known.caller(request.headers(), edge.clock.now()).await?;
    let tenant = caller.tenant;
    let admission = edge.limiter.admit(&caller, request.method(), &route(&request)).await;
    request.extensions_mut().insert(caller);
    let (mut answer, standing) = match admission {
        Admission::Granted(standing) => (next.run(request).await, standing),
        Admission::Refused(standing) => {
            let wait = (standing.reset - edge.clock.now()).max(TimeDelta::seconds(1));
            let retry_after = wait.num_milliseconds().unsigned_abs().div_ceil(1_000);
            (ApiError::from(Error::TooMany { retry_after }).into_response(), Some(standing))
        }
    };
    if let Some(standing) = standing {
        rate_limit::tell(answer.headers_mut(), &standing);
    }
    // For the log line, which is written outside of this layer.
    answer.extensions_mut().insert(tenant);
    Ok(answer)
}

async fn envelope(State(clock): State<Clock>, mut request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let asks = [Method::GET, Method::HEAD].contains(request.method());
    let asks_for = asks.then(|| request.uri().path_and_query().map_or(path, PathAndQuery::as_str).to_owned());
    let sender = Sender { request_id: request_id(request.headers()), is_crm: path.starts_with("/api/crm/"), asks_for };
    request.extensions_mut().insert(sender.clone());
    let (method, path) = (request.method().clone(), route(&request));
    let begun = clock.now();
    let answer = next.run(request).await;
    let now = clock.now();
    let mut answer = error::in_envelope(answer, &sender, now);
    let tenant = answer.extensions().get::<domain::id::TenantId>().map(ToString::to_string);
    let (status, ms) = (answer.status().as_u16(), (now - begun).num_milliseconds());
    tracing::info!(request_id = sender.request_id, %method, route = path, status, ms, tenant, "request");
    if let Ok(value) = HeaderValue::from_str(&sender.request_id) {
        answer.headers_mut().insert(REQUEST_ID, value);
    }
    answer
}

/// The route's pattern: unlike the path it holds no ids.
fn route(request: &Request) -> String {
    let matched = request.extensions().get::<axum::extract::MatchedPath>();
    matched.map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned())
}

/// The caller's name for the request if it is a decent one, else a new one.
fn request_id(headers: &HeaderMap) -> String {
    let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok());
    let decent = |id: &&str| !id.is_empty() && id.len() <= 100 && id.bytes().all(|b| b.is_ascii_graphic());
    given.filter(decent).map_or_else(|| uuid::Uuid::now_v7().to_string(), str::to_owned)
}

/// A path means the same with a slash at its end. If nothing is found there, the gateway may have brought it to the wrong
/// function, misled by the slash: the caller is sent to the path without it.
async fn without_trailing_slash(routes: Router, mut request: Request) -> Response {
    let path = request.uri().path();
    let stripped = path.trim_end_matches('/');
    if stripped.is_empty() || stripped.len() == path.len() {
        return answered(routes, request).await;
    }
    let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
    let target = format!("/{}{query}", stripped.trim_start_matches('/'));
    if let Ok(target) = target.parse::<PathAndQuery>() {
        *request.uri_mut() = Uri::from(target);
    }
    let mut answer = answered(routes, request).await;
    let lost = target.starts_with("/api/")
        && [StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED].contains(&answer.status());
    match HeaderValue::from_str(&target) {
        Ok(target) if lost => {
            *answer.status_mut() = StatusCode::PERMANENT_REDIRECT;
            answer.headers_mut().insert(header::LOCATION, target);
            answer
        }
        _ => answer,
    }
}

async fn answered(routes: Router, request: Request) -> Response {
    let Ok(answer) = routes.oneshot(request).await;
    answer
}

/// The id in a path.
///
/// # Errors
/// [`domain::Error::NotFound`] for a text that is no id: nothing has it.
pub fn path_id<I: domain::id::Id>(what: &'static str, text: &str) -> Result<I> {
    text.parse().map_err(|_| Error::not_found(what, text))
}

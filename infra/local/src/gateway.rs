//! API Gateway's HTTP API and function URLs: requests become events (payload format 2.0), answers become responses.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Result;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::serve::ListenerExt;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use runtime::Clock;
use serde::Deserialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::invoker::Invoker;

/// API Gateway's limit.
const MAX_BODY: usize = 10 * 1024 * 1024;

/// A route of the template.
#[derive(Clone)]
pub(crate) struct Route {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) invoker: Invoker,
}

/// What answers requests.
#[derive(Clone)]
pub(crate) struct Gateway {
    routes: Arc<[Route]>,
    clock: Clock,
}

/// A handler's answer.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    status_code: u16,
    #[serde(default)]
    headers: HashMap<String, String>,
    #[serde(default)]
    multi_value_headers: HashMap<String, Vec<String>>,
    #[serde(default)]
    cookies: Vec<String>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

impl Gateway {
    /// The routes of an HTTP API. A function URL is one route for everything: `$default`.
    pub(crate) fn new(routes: Vec<Route>, clock: Clock) -> Self {
        Self { routes: routes.into(), clock }
    }

    /// Everything that none of `others` answers.
    pub(crate) fn router(self, others: Router) -> Router {
        Router::new().fallback(answer).with_state(self).merge(others)
    }

    /// The route for a request, and the parameters that its path holds.
    fn find(&self, method: &str, path: &str) -> Option<(&Route, HashMap<String, String>)> {
        let routes = self.routes.iter().map(|route| (route.method.as_str(), route.path.as_str()));
        let (at, parameters) = chosen(routes, method, path)?;
        Some((&self.routes[at], parameters))
    }
}

/// Which of `routes` (method, path) API Gateway chooses, and the parameters that the path holds: a whole path before one
/// with `{proxy+}`, the longer before the shorter, a method before `ANY`; `$default` comes last.
pub(crate) fn chosen<'a>(
    routes: impl Iterator<Item = (&'a str, &'a str)>,
    method: &str,
    path: &str,
) -> Option<(usize, HashMap<String, String>)> {
    let matching = routes.enumerate().filter(|(_, (wanted, _))| [method, "ANY"].contains(wanted));
    let found = matching.filter_map(|(at, (wanted, pattern))| {
        let parameters = parameters(pattern, path)?;
        let whole = !pattern.ends_with("+}") && pattern != "$default";
        let segments = std::cmp::Reverse(pattern.split('/').count());
        Some(((!whole, segments, parameters.len(), wanted == "ANY"), (at, parameters)))
    });
    found.min_by_key(|(rank, _)| *rank).map(|(_, route)| route)
}

/// The parameters, if `path` is of the form of `pattern`.
fn parameters(pattern: &str, path: &str) -> Option<HashMap<String, String>> {
    if pattern == "$default" {
        return Some(HashMap::new());
    }
    let (mut wanted, mut given): (Vec<&str>, Vec<&str>) = (pattern.split('/').collect(), path.split('/').collect());
    let mut parameters = HashMap::new();
    if wanted.last() == Some(&"{proxy+}") {
        let rest = given.split_off(given.len().min(wanted.len() - 1)).join("/");
        if rest.is_empty() {
            return None;
        }
        parameters.insert("proxy".to_owned(), rest);
        wanted.pop();
    }
    if wanted.len() != given.len() {
        return None;
    }
    for (wanted, given) in wanted.iter().zip(given) {
        match wanted.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) if !given.is_empty() => drop(parameters.insert(name.to_owned(), given.to_owned())),
            _ if *wanted == given => {}
            _ => return None,
        }
    }
    Some(parameters)
}

/// Serves until told to stop; requests that have begun are answered.
pub(crate) async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) -> Result<()> {
    let listener = listener.tap_io(|connection| {
        // Small answers must not wait for more to come.
        let _ = connection.set_nodelay(true);
    });
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    Ok(axum::serve(listener, service).with_graceful_shutdown(stop.cancelled_owned()).await?)
}

async fn answer(State(gateway): State<Gateway>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Some((route, parameters)) = gateway.find(parts.method.as_str(), parts.uri.path()) else {
        return message(StatusCode::NOT_FOUND, "Not Found");
    };
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return message(StatusCode::PAYLOAD_TOO_LARGE, "Request Too Long");
    };
    let event = event(&parts, &body, route, parameters, &gateway.clock);
    let Ok(event) = to_raw_value(&event) else { return failed() };
    match route.invoker.invoke(event).await {
        Ok(answer) => response(&answer).unwrap_or_else(|_| failed()),
        Err(_) => failed(),
    }
}

fn failed() -> Response {
    message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
}

/// What API Gateway itself answers.
fn message(status: StatusCode, text: &str) -> Response {
    (status, axum::Json(json!({ "message": text }))).into_response()
}

fn event(
    parts: &http::request::Parts,
    body: &[u8],
    route: &Route,
    parameters: HashMap<String, String>,
    clock: &Clock,
) -> Value {
    let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let now = clock.now();
    let key = if route.path == "$default" { route.path.clone() } else { format!("{} {}", route.method, route.path) };
    let mut headers = joined(&parts.headers);
    headers.insert("x-forwarded-proto".to_owned(), "http".to_owned());
    let query = parts.uri.query().unwrap_or_default();
    let mut event = json!({
        "version": "2.0",
        "routeKey": key,
        "rawPath": parts.uri.path(),
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {
            "accountId": embedded::ACCOUNT_ID,
            "apiId": "local",
            "domainName": host,
            "domainPrefix": host.split('.').next(),
            "http": {
                "method": parts.method.as_str(),
                "path": parts.uri.path(),
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": headers.get("user-agent").cloned().unwrap_or_default(),
            },
            "requestId": clock.fresh::<domain::id::JobId>(),
            "routeKey": key,
            "stage": "$default",
            "time": now.format("%d/%b/%Y:%H:%M:%S +0000").to_string(),
            "timeEpoch": now.timestamp_millis(),
        },
        "isBase64Encoded": false,
    });
    if !query.is_empty() {
        event["queryStringParameters"] = json!(query_parameters(query));
    }
    if !parameters.is_empty() {
        event["pathParameters"] = json!(parameters);
    }
    match std::str::from_utf8(body) {
        Ok("") => {}
        Ok(text) => event["body"] = json!(text),
        Err(_) => {
            event["body"] = json!(STANDARD.encode(body));
            event["isBase64Encoded"] = json!(true);
        }
    }
    event
}

/// Several values of one header or parameter are joined by commas.
fn joined(headers: &HeaderMap) -> HashMap<String, String> {
    let mut joined: HashMap<String, String> = HashMap::new();
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        joined
            .entry(name.as_str().to_owned())
            .and_modify(|all| *all = format!("{all},{value}"))
            .or_insert(value.into_owned());
    }
    joined
}

fn query_parameters(query: &str) -> HashMap<String, String> {
    let mut joined: HashMap<String, String> = HashMap::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        joined.entry(name.into_owned()).and_modify(|all| *all = format!("{all},{value}")).or_insert(value.into_owned());
    }
    joined
}

fn response(answer: &RawValue) -> Result<Response> {
    let answer: Answer = serde_json::from_str(answer.get())?;
    let body = answer.body.unwrap_or_default();
    let body = if answer.is_base64_encoded { STANDARD.decode(body)? } else { body.into_bytes() };
    let mut response = Response::builder().status(answer.status_code).body(Body::from(body))?;
    let single = answer.headers.into_iter().map(|(name, value)| (name, vec![value]));
    let cookies = std::iter::once(("set-cookie".to_owned(), answer.cookies));
    for (name, values) in single.chain(answer.multi_value_headers).chain(cookies) {
        let name: HeaderName = name.parse()?;
        response.headers_mut().remove(&name);
        for value in values {
            response.headers_mut().append(&name, HeaderValue::from_str(&value)?);
        }
    }
    Ok(response)
}

#[cfg(test)]
mod tests;

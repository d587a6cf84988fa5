//! `Idempotency-Key`: a POST that is repeated has its effect once and gives the same answer.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::Next as Handler;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use domain::access::Caller;
use domain::idempotency::{Attempt, Fingerprint, IdempotencyKey, LEASE_SECONDS, NewRequest, Next, Seed};
use domain::{Error, Fault, FaultCode, Result};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use serde::{Deserialize, Serialize};

use crate::error::{Finished, Sender, in_envelope};
use crate::fresh::Fresh;
use crate::seal::Seal;
use crate::{Answer, ApiError, Edge, MAX_BODY, Records};

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// The largest answer that is kept, with room for the rest of an item of 400 KB.
const MAX_KEPT: usize = 350 * 1024;
/// The headers of an answer that are part of it.
const KEPT_HEADERS: [HeaderName; 3] = [header::CONTENT_TYPE, header::LOCATION, header::ETAG];

/// Gives the handler fresh ids, and under a key sees to it that it works once.
pub(crate) async fn once<B: Records>(
    State(edge): State<Edge<B>>,
    mut request: Request,
    handler: Handler,
) -> Answer<Response> {
    let caller = request.extensions().get::<Caller>().cloned();
    let key = if request.method() == Method::POST { key(request.headers())? } else { None };
    let (Some(key), Some(caller)) = (key, caller) else {
        request.extensions_mut().insert(Fresh::new(edge.clock.clone(), None));
        return Ok(handler.run(request).await);
    };
    let (request, fingerprint) = fingerprinted(request, &caller).await?;
    let id = key.attempt_id(caller.tenant, &caller.actor);
    let seal = Arc::new(Seal::new(&edge.secret, &id, &key));
    let new = NewRequest { id, fingerprint, now: edge.clock.now(), seed: Seed::new(edge.clock.random()) };
    match edge.records.take_up(caller.tenant, new).await? {
        Next::Work(attempt) => work(&edge, &caller, attempt, seal, request, handler).await,
        Next::Replay(answer) => match seal.open(&answer) {
            Ok(answer) => replayed(&answer),
            Err(_) => Err(Error::conflict("the answer was sealed with a former secret of the deployment").into()),
        },
        Next::Running => Ok(running()),
        Next::OtherRequest => {
            let reason = "was used for another request within the last 24 hours";
            Err(ApiError::from(Error::refused(Fault::new("Idempotency-Key", FaultCode::NotAllowed, reason)))
                .everywhere())
        }
    }
}

fn key(headers: &HeaderMap) -> Result<Option<IdempotencyKey>> {
    let Some(value) = headers.get(KEY) else { return Ok(None) };
    let key = value.to_str().ok().and_then(|text| text.parse().ok());
    key.map(Some).ok_or_else(|| {
        let reason = domain::idempotency::NotAKey.to_string();
        Error::Malformed(vec![Fault::new("Idempotency-Key", FaultCode::Malformed, reason)])
    })
}

/// The request with its body read, and what it asks for.
async fn fingerprinted(request: Request, caller: &Caller) -> Answer<(Request, Fingerprint)> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, MAX_BODY).await.map_err(|_| ApiError::plain(StatusCode::PAYLOAD_TOO_LARGE))?;
    let path = parts.uri.path_and_query().map_or("", |path| path.as_str());
    let fingerprint = Fingerprint::of(caller, parts.method.as_str(), path, &body);
    Ok((Request::from_parts(parts, Body::from(body)), fingerprint))
}

fn running() -> Response {
    let conflict = Error::conflict("a request with this Idempotency-Key is still being worked on");
    let mut response = ApiError::from(conflict).into_response();
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(LEASE_SECONDS.unsigned_abs()));
    response
}

async fn work<B: Records>(
    edge: &Edge<B>,
    caller: &Caller,
    attempt: Attempt,
    seal: Arc<Seal>,
    mut request: Request,
    handler: Handler,
) -> Answer<Response> {
    let fresh = Fresh::new(edge.clock.clone(), Some((attempt.clone(), seal.clone())));
    request.extensions_mut().insert(fresh);
    let sender = request.extensions().get::<Sender>().cloned();
    let sender = sender.ok_or_else(|| Error::internal("keeping an answer", "the request has no name"))?;
    let (parts, body) = in_envelope(handler.run(request).await, &sender, edge.clock.now()).into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let answer = Response::from_parts(parts, Body::from(body.clone()));
    // What the caller should try again came to nothing: the next one begins anew, with the same ids.
    let kept = if is_final(answer.status()) && body.len() <= MAX_KEPT {
        let sealed = seal.close(&Kept::of(&answer).written(&body)?)?;
        edge.records.answered(caller.tenant, &attempt, sealed).await
    } else {
        edge.records.gave_up(caller.tenant, &attempt).await
    };
    if let Err(error) = kept {
        // The work is done and its answer known; a repetition is worked on again and creates the same things.
        tracing::warn!(error = error.chain(), "an answer could not be kept");
    }
    Ok(answer)
}

/// Failures that say nothing of what was asked for: the same request may succeed the next time.
const PASSING: [StatusCode; 6] = [
    StatusCode::UNAUTHORIZED,
    StatusCode::FORBIDDEN,
    StatusCode::METHOD_NOT_ALLOWED,
    StatusCode::PAYLOAD_TOO_LARGE,
    StatusCode::UNSUPPORTED_MEDIA_TYPE,
    StatusCode::TOO_MANY_REQUESTS,
];

fn is_final(status: StatusCode) -> bool {
    !status.is_server_error() && !PASSING.contains(&status)
}

/// An answer as it is kept: this as JSON, a line feed, the body.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Kept {
    status: u16,
    headers: Vec<(String, String)>,
}

impl Kept {
    fn of(answer: &Response) -> Self {
        let text = |name: &HeaderName| Some((name.to_string(), answer.headers().get(name)?.to_str().ok()?.to_owned()));
        Self { status: answer.status().as_u16(), headers: KEPT_HEADERS.iter().filter_map(text).collect() }
    }

    fn written(&self, body: &[u8]) -> Result<Vec<u8>> {
        let mut bytes = serde_json::to_vec(self).map_err(|error| Error::internal("keeping an answer", error))?;
        bytes.push(b'\n');
        bytes.extend(body);
        Ok(bytes)
    }
}

fn replayed(kept: &[u8]) -> Answer<Response> {
    let unreadable = || Error::internal("replaying an answer", "it is not one");
    let line = kept.iter().position(|byte| *byte == b'\n').ok_or_else(unreadable)?;
    let head: Kept =
        serde_json::from_slice(&kept[..line]).map_err(|error| Error::internal("replaying an answer", error))?;
    let mut response = Response::new(Body::from(Bytes::copy_from_slice(&kept[line + 1..])));
    *response.status_mut() = StatusCode::from_u16(head.status).map_err(|_| unreadable())?;
    for (name, value) in head.headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse()) {
            response.headers_mut().insert(name, value);
        }
    }
    response.extensions_mut().insert(Finished);
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(response)
}

#[cfg(test)]
mod tests;

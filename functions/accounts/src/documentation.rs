//! The browsable documentation of the API: a page with Swagger UI, served from here, and the document it shows.

use std::hash::{DefaultHasher, Hasher};

use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

const PAGE: &[u8] = include_bytes!("documentation/page.html");
const START: &[u8] = include_bytes!("documentation/start.js");
const BUNDLE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/swagger-ui-bundle.js.gz"));
const STYLE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/swagger-ui.css.gz"));
const LICENSE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/LICENSE.gz"));
const OPENAPI: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json"));

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// Nothing is loaded from elsewhere and no script stands in the page. Swagger UI styles its elements one by one.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                      connect-src 'self'; frame-ancestors 'none'; base-uri 'none'";

/// GET /api/v1/docs
pub(crate) async fn page(asked: HeaderMap) -> Response {
    let guards = [(header::CONTENT_SECURITY_POLICY, POLICY), (header::REFERRER_POLICY, "no-referrer")];
    (guards, revalidated(&asked, "text/html; charset=utf-8", PAGE)).into_response()
}

/// GET /api/v1/docs/{file}
pub(crate) async fn asset(Path(file): Path<String>, asked: HeaderMap) -> Response {
    match file.as_str() {
        "start.js" => revalidated(&asked, JAVASCRIPT, START),
        "swagger-ui-bundle.js" => packed(&asked, JAVASCRIPT, BUNDLE),
        "swagger-ui.css" => packed(&asked, "text/css; charset=utf-8", STYLE),
        "license.txt" => packed(&asked, "text/plain; charset=utf-8", LICENSE),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

/// GET /api/v1/openapi.json
pub(crate) async fn openapi(asked: HeaderMap) -> Response {
    revalidated(&asked, "application/json", OPENAPI)
}

/// What may change with each deployment: a browser asks each time whether it has.
fn revalidated(asked: &HeaderMap, content_type: &'static str, bytes: &'static [u8]) -> Response {
    unless_known(asked, "no-cache", content_type, bytes)
}

/// A file of Swagger UI. It goes out gzipped even to a client that does not say it accepts that: every browser does,
/// and nobody else needs it.
fn packed(asked: &HeaderMap, content_type: &'static str, gzip: &'static [u8]) -> Response {
    let answer = unless_known(asked, "public, max-age=86400", content_type, gzip);
    ([(header::CONTENT_ENCODING, "gzip")], answer).into_response()
}

/// The bytes, or 304 for a client that has them already.
fn unless_known(asked: &HeaderMap, caching: &str, content_type: &'static str, bytes: &'static [u8]) -> Response {
    let tag = entity_tag(bytes);
    let always =
        [(header::ETAG, tag.as_str()), (header::CACHE_CONTROL, caching), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")];
    if knows(asked, &tag) {
        return (StatusCode::NOT_MODIFIED, always).into_response();
    }
    (always, [(header::CONTENT_TYPE, content_type)], bytes).into_response()
}

fn knows(asked: &HeaderMap, tag: &str) -> bool {
    let known = asked.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    // A proxy that compresses on its way makes a tag weak.
    known.is_some_and(|tags| tags.split(',').any(|known| known.trim().trim_start_matches("W/") == tag))
}

/// The same in all instances of a build, which is enough: at worst, a new build has a client fetch what it has.
fn entity_tag(bytes: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    format!("\"{:016x}\"", hasher.finish())
}

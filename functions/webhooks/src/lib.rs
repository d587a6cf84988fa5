//! Function URL: what providers report. Each caller proves itself; a bad proof is 403 and changes nothing.

mod purpose;
mod receipt;
mod said;
mod ses;
mod twilio;

use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderMap, Uri, header};
use axum::routing::post;
use channels::sns::Verifier;
use runtime::{Clock, Handler, Platform, StartError};
use store::Store;
use url::Url;

use purpose::Purposes;

#[derive(Clone)]
struct Webhooks {
    store: Store,
    clock: Clock,
    twilio_auth_token: Arc<str>,
    sns: Arc<Verifier>,
    purposes: Arc<Purposes>,
}

/// The function's handler.
///
/// # Errors
/// When a setting is missing or makes no sense.
pub fn handler(platform: &Platform) -> Result<Handler, StartError> {
    let environment = &platform.environment;
    let certificates = match environment.get("SNS_CERTIFICATE_PREFIX") {
        Some(_) => Some(environment.parsed("SNS_CERTIFICATE_PREFIX")?),
        None => None,
    };
    handler_believing(Verifier::new(environment.required("SES_TOPIC_ARN")?, certificates), platform)
}

/// The same with another proof of what comes through SNS.
///
/// # Errors
/// When a setting is missing or makes no sense.
pub fn handler_believing(sns: Verifier, platform: &Platform) -> Result<Handler, StartError> {
    let environment = &platform.environment;
    let clock = platform.clock.clone();
    let webhooks = Webhooks {
        store: Store::new(&platform.aws, environment.required("TABLE_NAME")?),
        clock: clock.clone(),
        twilio_auth_token: environment.required("TWILIO_AUTH_TOKEN")?.into(),
        sns: Arc::new(sns),
        purposes: Arc::default(),
    };
    let routes = Router::new()
        .route("/twilio", post(twilio::receive))
        .route("/twilio/voice/status", post(twilio::receive))
        .route("/ses", post(ses::receive))
        .with_state(webhooks);
    Ok(Handler::Http(edge::open(routes, clock)))
}

/// The address as the caller used it: Twilio's signature covers it.
fn called(headers: &HeaderMap, uri: &Uri) -> Option<Url> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let scheme = text("x-forwarded-proto").unwrap_or("https");
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    Url::parse(&format!("{scheme}://{}{path}", text(header::HOST.as_str())?)).ok()
}

//! Twilio's callbacks: the states of messages and calls, and what people say.

use axum::extract::State;
use axum::http::{HeaderMap, Uri, header};
use axum::response::IntoResponse;
use channels::twilio;
use domain::Error;
use edge::Answer;

use crate::{Webhooks, called, receipt, said};

/// What Twilio expects: TwiML that asks for nothing.
const NOTHING_TO_DO: &str = r#"<?xml version="1.0" encoding="UTF-8"?><Response></Response>"#;

pub(crate) async fn receive(
    State(webhooks): State<Webhooks>,
    uri: Uri,
    headers: HeaderMap,
    body: String,
) -> Answer<impl IntoResponse> {
    let params: Vec<(String, String)> = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    let signature = headers.get("x-twilio-signature").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let url = called(&headers, &uri).ok_or(Error::Forbidden("the address of the call is not known"))?;
    if !twilio::verify(&webhooks.twilio_auth_token, url.as_str(), &params, signature) {
        return Err(Error::Forbidden("the signature is not Twilio's").into());
    }
    let receipt = twilio::parse(&params, webhooks.clock.now());
    if let Some((reference, receipt)) = twilio::reference(&url).zip(receipt) {
        receipt::take(&webhooks, reference, &receipt).await?;
    } else if let Some(said) = twilio::inbound(&params) {
        said::take(&webhooks, &said).await?;
    }
    Ok(([(header::CONTENT_TYPE, "text/xml")], NOTHING_TO_DO))
}

//! SES events, which come through SNS.

use axum::Json;
use axum::extract::State;
use channels::ses;
use channels::sns::{Envelope, EnvelopeKind, ProofError};
use domain::{Error, Fault, FaultCode};
use edge::Answer;
use serde::Serialize;

use crate::{Webhooks, receipt};

#[derive(Debug, Serialize)]
pub(crate) struct Processed {
    status: &'static str,
}

pub(crate) async fn receive(State(webhooks): State<Webhooks>, body: String) -> Answer<Json<Processed>> {
    let envelope: Envelope = serde_json::from_str(&body).map_err(|_| {
        Error::Malformed(vec![Fault::new("body", FaultCode::Malformed, "is not a notification of SNS")])
    })?;
    webhooks.sns.verify(&envelope, webhooks.clock.now()).await.map_err(proof_failed)?;
    match envelope.kind {
        EnvelopeKind::Notification => {
            if let Some((reference, receipt)) = ses::parse(&envelope.message) {
                receipt::take(&webhooks, reference, &receipt).await?;
            }
        }
        EnvelopeKind::SubscriptionConfirmation => webhooks.sns.confirm(&envelope).await.map_err(proof_failed)?,
        EnvelopeKind::UnsubscribeConfirmation => {}
    }
    Ok(Json(Processed { status: "processed" }))
}

fn proof_failed(error: ProofError) -> Error {
    match error.is_transient() {
        true => Error::Unavailable { service: "SNS", source: Box::new(error) },
        false => {
            tracing::warn!(%error, "a notification was refused");
            Error::Forbidden("the notification is not proven to come from our topic")
        }
    }
}

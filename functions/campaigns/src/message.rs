//! The messages of a campaign: the steps of its sequence.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use domain::campaign::{Step, StepDraft};
use edge::{Answer, Body, Reader, Writer};
use serde::Serialize;

use crate::Campaigns;

#[derive(Debug, Serialize)]
pub(crate) struct Messages {
    items: Vec<Step>,
    total: usize,
}

pub(crate) async fn add(
    State(campaigns): State<Campaigns>,
    Writer(caller): Writer,
    Path(id): Path<String>,
    Body(draft): Body<StepDraft>,
) -> Answer<impl IntoResponse> {
    let (store, campaign) = campaigns.load(caller.tenant, &id).await?;
    let step = Step::new(campaigns.clock.fresh(), draft, campaigns.clock.now())?;
    campaign.accepts_step(step.message_type)?;
    store.campaigns().add_step(campaign.id, &step).await?;
    Ok((StatusCode::CREATED, Json(step)))
}

pub(crate) async fn list(
    State(campaigns): State<Campaigns>,
    Reader(caller): Reader,
    Path(id): Path<String>,
) -> Answer<Json<Messages>> {
    let (store, campaign) = campaigns.load(caller.tenant, &id).await?;
    let items = store.campaigns().steps(campaign.id).await?;
    Ok(Json(Messages { total: items.len(), items }))
}

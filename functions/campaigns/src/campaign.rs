//! A campaign: create and show.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use domain::campaign::{Campaign, CampaignDraft};
use edge::{Answer, Body, Reader, Writer};

use crate::Campaigns;

pub(crate) async fn create(
    State(campaigns): State<Campaigns>,
    Writer(caller): Writer,
    Body(draft): Body<CampaignDraft>,
) -> Answer<impl IntoResponse> {
    let campaign = Campaign::draft(campaigns.clock.fresh(), draft, campaigns.clock.now())?;
    campaigns.store.tenant(caller.tenant).campaigns().create(&campaign).await?;
    let location = format!("/api/v1/campaigns/{}", campaign.id);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(campaign)))
}

pub(crate) async fn show(
    State(campaigns): State<Campaigns>,
    Reader(caller): Reader,
    Path(id): Path<String>,
) -> Answer<Json<Campaign>> {
    let (_, campaign) = campaigns.load(caller.tenant, &id).await?;
    Ok(Json(campaign))
}

//! What came of a campaign.

use axum::Json;
use axum::extract::{Path, State};
use domain::performance::{Funnel, Performance};
use edge::{Answer, Reader};

use crate::Campaigns;

pub(crate) async fn performance(
    State(campaigns): State<Campaigns>,
    Reader(caller): Reader,
    Path(id): Path<String>,
) -> Answer<Json<Performance>> {
    let (store, campaign) = campaigns.load(caller.tenant, &id).await?;
    let tally = store.counters().of_campaign(campaign.id).await?;
    Ok(Json(Performance::of(campaign.id, &tally)))
}

pub(crate) async fn funnel(
    State(campaigns): State<Campaigns>,
    Reader(caller): Reader,
    Path(id): Path<String>,
) -> Answer<Json<Funnel>> {
    let (store, campaign) = campaigns.load(caller.tenant, &id).await?;
    Ok(Json(Funnel::of(&store.counters().of_campaign(campaign.id).await?)))
}

//! A campaign: create and show.

use axum::extract::{Path, State};
use domain::campaign::{Campaign, CampaignDraft};
use edge::{Answer, Body, Created, Fresh, Reader, Versioned, Writer};

use crate::Campaigns;

pub(crate) async fn create(
    State(campaigns): State<Campaigns>,
    Writer(caller): Writer,
    fresh: Fresh,
    Body(draft): Body<CampaignDraft>,
) -> Answer<Created<Campaign>> {
    let store = campaigns.store.tenant(caller.tenant).campaigns();
    let id = fresh.id();
    let made = if fresh.is_repeated() { store.get(id).await? } else { None };
    let campaign = match made {
        Some(made) => made,
        None => {
            let campaign = Campaign::draft(id, draft, fresh.now())?;
            store.create(&campaign).await?;
            campaign
        }
    };
    let location = format!("/api/v1/campaigns/{}", campaign.id);
    Ok(Created { location, version: Some(campaign.version), body: campaign })
}

pub(crate) async fn show(
    State(campaigns): State<Campaigns>,
    Reader(caller): Reader,
    Path(id): Path<String>,
) -> Answer<Versioned<Campaign>> {
    let (_, campaign) = campaigns.load(caller.tenant, &id).await?;
    Ok(Versioned(campaign.version, campaign))
}

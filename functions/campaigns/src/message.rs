//! The messages of a campaign: the steps of its sequence.

use axum::Json;
use axum::extract::{Path, State};
use domain::campaign::{Step, StepDraft};
use domain::id::StepId;
use edge::{Answer, Body, Created, Fresh, List, Listing, NoFilter, Reader, Writer};

use crate::Campaigns;

pub(crate) async fn add(
    State(campaigns): State<Campaigns>,
    Writer(caller): Writer,
    Path(id): Path<String>,
    fresh: Fresh,
    Body(draft): Body<StepDraft>,
) -> Answer<Created<Step>> {
    let (store, campaign) = campaigns.load(caller.tenant, &id).await?;
    let id: StepId = fresh.id();
    let made = match fresh.is_repeated() {
        true => store.campaigns().steps(campaign.id).await?.into_iter().find(|step| step.id == id),
        false => None,
    };
    let step = match made {
        Some(made) => made,
        None => {
            let step = Step::new(id, draft, fresh.now())?;
            campaign.accepts_step(step.message_type)?;
            store.campaigns().add_step(campaign.id, &step).await?;
            step
        }
    };
    let location = format!("/api/v1/campaigns/{}/messages", campaign.id);
    Ok(Created { location, version: None, body: step })
}

pub(crate) async fn list(
    State(campaigns): State<Campaigns>,
    Reader(caller): Reader,
    Path(id): Path<String>,
    Listing { paging, .. }: Listing<NoFilter>,
) -> Answer<Json<List<Step>>> {
    let (store, campaign) = campaigns.load(caller.tenant, &id).await?;
    let steps = store.campaigns().steps(campaign.id).await?;
    Ok(Json(paging.part(steps, |step| step.step_number)?))
}

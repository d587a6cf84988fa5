//! The messages of a campaign: the steps of its sequence.

pub(crate) mod preview;

use axum::Json;
use axum::extract::{Path, State};
use domain::campaign::{Campaign, Step, StepDraft, StepPatch};
use domain::id::{StepId, TenantId};
use domain::{Error, Result};
use edge::{
    Answer, Body, Created, Fresh, IfMatch, List, Listing, NoContent, NoFilter, Reader, Versioned, Writer, path_id,
};
use store::{Sequence, TenantStore};

use crate::Campaigns;

/// How often a change is tried again that was overtaken by another one.
const TRIES: u32 = 8;

/// A campaign with its steps as they were read, and one of them.
struct Scene {
    store: TenantStore,
    campaign: Campaign,
    sequence: Sequence,
}

impl Scene {
    async fn load(campaigns: &Campaigns, tenant: TenantId, id: &str) -> Answer<Self> {
        let (store, campaign) = campaigns.load(tenant, id).await?;
        let sequence = store.campaigns().sequence(campaign.id).await?;
        Ok(Self { store, campaign, sequence })
    }

    /// The step that the path names, and the others.
    fn step(&self, id: &str) -> Result<(Step, Vec<Step>)> {
        let id: StepId = path_id("message", id)?;
        let (found, others): (Vec<Step>, _) = self.sequence.steps.iter().cloned().partition(|step| step.id == id);
        let step = found.into_iter().next().ok_or_else(|| Error::not_found("message", id))?;
        Ok((step, others))
    }

    fn created(&self, step: Step) -> Created<Step> {
        let location = format!("/api/v1/campaigns/{}/messages/{}", self.campaign.id, step.id);
        Created { location, version: Some(step.version), body: step }
    }
}

pub(crate) async fn add(
    State(campaigns): State<Campaigns>,
    Writer(caller): Writer,
    Path(id): Path<String>,
    fresh: Fresh,
    Body(draft): Body<StepDraft>,
) -> Answer<Created<Step>> {
    let step_id: StepId = fresh.id();
    for _ in 0..TRIES {
        let scene = Scene::load(&campaigns, caller.tenant, &id).await?;
        // Whoever worked on this request before has added it.
        if let Some(made) = scene.sequence.steps.iter().find(|step| step.id == step_id) {
            return Ok(scene.created(made.clone()));
        }
        scene.campaign.accepts_edits()?;
        let step = Step::new(step_id, draft.clone(), &scene.sequence.steps, fresh.now())?;
        scene.campaign.accepts_step(step.message_type)?;
        if scene.store.campaigns().add_step(&scene.campaign, &scene.sequence, &step).await? {
            return Ok(scene.created(step));
        }
    }
    Err(overtaken().into())
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

pub(crate) async fn show(
    State(campaigns): State<Campaigns>,
    Reader(caller): Reader,
    Path((id, message_id)): Path<(String, String)>,
) -> Answer<Versioned<Step>> {
    let (step, _) = Scene::load(&campaigns, caller.tenant, &id).await?.step(&message_id)?;
    Ok(Versioned(step.version, step))
}

pub(crate) async fn change(
    State(campaigns): State<Campaigns>,
    Writer(caller): Writer,
    Path((id, message_id)): Path<(String, String)>,
    meant: IfMatch,
    Body(patch): Body<StepPatch>,
) -> Answer<Versioned<Step>> {
    for _ in 0..TRIES {
        let scene = Scene::load(&campaigns, caller.tenant, &id).await?;
        let (old, others) = scene.step(&message_id)?;
        meant.demand(old.version)?;
        scene.campaign.accepts_edits()?;
        let new = old.patched(&patch, &others, campaigns.clock.now())?;
        scene.campaign.accepts_step(new.message_type)?;
        if new == old || scene.store.campaigns().change_step(&scene.campaign, &scene.sequence, &old, &new).await? {
            return Ok(Versioned(new.version, new));
        }
    }
    Err(overtaken().into())
}

pub(crate) async fn delete(
    State(campaigns): State<Campaigns>,
    Writer(caller): Writer,
    Path((id, message_id)): Path<(String, String)>,
    meant: IfMatch,
) -> Answer<NoContent> {
    for _ in 0..TRIES {
        let scene = Scene::load(&campaigns, caller.tenant, &id).await?;
        let (step, others) = scene.step(&message_id)?;
        meant.demand(step.version)?;
        scene.campaign.accepts_edits()?;
        step.can_leave(&others)?;
        let now = campaigns.clock.now();
        if scene.store.campaigns().remove_step(&scene.campaign, &scene.sequence, &step, now).await? {
            return Ok(NoContent);
        }
    }
    Err(overtaken().into())
}

fn overtaken() -> Error {
    Error::Unavailable { service: "the table", source: "the campaign's messages keep changing".into() }
}

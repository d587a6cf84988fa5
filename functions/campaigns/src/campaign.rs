//! A campaign: made, shown, changed, put away.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use domain::audit::{Action, AuditEntry};
use domain::campaign::{Campaign, CampaignDraft, CampaignPatch, Move};
use domain::{Error, Result};
use edge::{Answer, Body, Created, Fresh, IfMatch, NoContent, Reader, Versioned, Writer};
use store::{CampaignChange, TenantStore};

use crate::wire::CampaignOut;
use crate::{Campaigns, TRIES, keeps_changing};

pub(crate) async fn create(
    State(campaigns): State<Campaigns>,
    Writer(caller): Writer,
    fresh: Fresh,
    Body(draft): Body<CampaignDraft>,
) -> Answer<Created<CampaignOut>> {
    let store = campaigns.store.tenant(caller.tenant);
    let id = fresh.id();
    let made = if fresh.is_repeated() { store.campaigns().get(id).await? } else { None };
    let campaign = match made {
        Some(made) => made,
        None => {
            let campaign = Campaign::draft(id, draft, fresh.now())?;
            let (at, by, fields) = (fresh.now(), caller.actor, [BTreeMap::new(), campaign.fields()]);
            let entry = AuditEntry::of_thing(fresh.id(), at, by, Action::CampaignCreated, id, fields);
            store.campaigns().create(&campaign, &entry).await?;
            campaign
        }
    };
    let location = format!("/api/v1/campaigns/{}", campaign.id);
    let version = Some(campaign.version);
    Ok(Created { location, version, body: CampaignOut::counted(&store, campaign).await? })
}

pub(crate) async fn show(
    State(campaigns): State<Campaigns>,
    Reader(caller): Reader,
    Path(id): Path<String>,
) -> Answer<Versioned<CampaignOut>> {
    let (store, campaign) = campaigns.load(caller.tenant, &id).await?;
    Ok(Versioned(campaign.version, CampaignOut::counted(&store, campaign).await?))
}

pub(crate) async fn change(
    State(campaigns): State<Campaigns>,
    Writer(caller): Writer,
    Path(id): Path<String>,
    meant: IfMatch,
    Body(patch): Body<CampaignPatch>,
) -> Answer<Versioned<CampaignOut>> {
    for _ in 0..TRIES {
        let (store, old) = campaigns.load(caller.tenant, &id).await?;
        meant.demand(old.version)?;
        let steps = store.campaigns().steps(old.id).await?;
        let now = campaigns.clock.now();
        let new = patch.apply(&old, &steps, now)?;
        if new != old {
            let (entry_id, by, fields) = (campaigns.clock.fresh(), caller.actor.clone(), [old.fields(), new.fields()]);
            let entry = AuditEntry::of_thing(entry_id, now, by, Action::CampaignUpdated, old.id, fields);
            if !kept(&store, CampaignChange { old: &old, new: &new, entry: Some(&entry) }, &meant).await? {
                continue;
            }
        }
        return Ok(Versioned(new.version, CampaignOut::counted(&store, new).await?));
    }
    Err(keeps_changing().into())
}

/// `false`: the campaign has changed since it was read, and which version was meant was not said.
async fn kept(store: &TenantStore, change: CampaignChange<'_>, meant: &IfMatch) -> Result<bool> {
    match store.campaigns().change(change).await {
        Err(Error::Stale { .. }) if !meant.is_given() => Ok(false),
        kept => kept.map(|()| true),
    }
}

pub(crate) async fn archive(
    State(campaigns): State<Campaigns>,
    Writer(caller): Writer,
    Path(id): Path<String>,
    meant: IfMatch,
    fresh: Fresh,
) -> Answer<NoContent> {
    let (caller, now) = (&caller, campaigns.clock.now());
    campaigns.make_move(caller, &id, &fresh, &meant, Move::Archive, |old, _| old.moved(Move::Archive, now)).await?;
    Ok(NoContent)
}

//! The life of a campaign: each move is one transaction with the job that it begins; the enrolment function does that.

use axum::extract::{Path, State};
use domain::access::Caller;
use domain::audit::AuditEntry;
use domain::campaign::{Campaign, Move, Step};
use domain::id::{AuditId, JobId};
use domain::job::{EnrollmentJob, EnrollmentSource};
use domain::time::Minute;
use domain::{Error, Result, Timestamp};
use edge::{Answer, Body, Fresh, IfMatch, Versioned, Writer};
use schemars::JsonSchema;
use serde::Deserialize;
use store::{CampaignChange, TenantStore, WATCH_MINUTES};

use crate::wire::CampaignOut;
use crate::{Campaigns, TRIES, keeps_changing};

/// When a campaign is to begin.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CampaignSchedule", example = serde_json::json!({ "start_date": "2030-02-01T09:00:00Z" }))]
pub(crate) struct ScheduleIn {
    /// In the future, and before `end_date`; the campaign's own `start_date` if nothing is said.
    start_date: Option<Timestamp>,
}

pub(crate) async fn schedule(
    State(campaigns): State<Campaigns>,
    Writer(caller): Writer,
    Path(id): Path<String>,
    fresh: Fresh,
    Body(wanted): Body<ScheduleIn>,
) -> Answer<Versioned<CampaignOut>> {
    let (now, date) = (campaigns.clock.now(), wanted.start_date);
    let scheduled = |old: &Campaign, steps: &[Step]| old.scheduled(date, steps, now);
    campaigns.shown_after(&caller, &id, &fresh, Move::Schedule, scheduled).await
}

pub(crate) async fn start(
    State(campaigns): State<Campaigns>,
    Writer(caller): Writer,
    Path(id): Path<String>,
    fresh: Fresh,
) -> Answer<Versioned<CampaignOut>> {
    let now = campaigns.clock.now();
    campaigns.shown_after(&caller, &id, &fresh, Move::Start, |old, steps| old.started(steps, now)).await
}

pub(crate) async fn pause(
    State(campaigns): State<Campaigns>,
    Writer(caller): Writer,
    Path(id): Path<String>,
    fresh: Fresh,
) -> Answer<Versioned<CampaignOut>> {
    let now = campaigns.clock.now();
    campaigns.shown_after(&caller, &id, &fresh, Move::Pause, |old, _| old.moved(Move::Pause, now)).await
}

pub(crate) async fn resume(
    State(campaigns): State<Campaigns>,
    Writer(caller): Writer,
    Path(id): Path<String>,
    fresh: Fresh,
) -> Answer<Versioned<CampaignOut>> {
    let now = campaigns.clock.now();
    campaigns.shown_after(&caller, &id, &fresh, Move::Resume, |old, _| old.moved(Move::Resume, now)).await
}

pub(crate) async fn cancel(
    State(campaigns): State<Campaigns>,
    Writer(caller): Writer,
    Path(id): Path<String>,
    fresh: Fresh,
) -> Answer<Versioned<CampaignOut>> {
    let now = campaigns.clock.now();
    campaigns.shown_after(&caller, &id, &fresh, Move::Cancel, |old, _| old.moved(Move::Cancel, now)).await
}

/// What one try of a move works with.
struct Moving<'a> {
    store: &'a TenantStore,
    step: Move,
    job: JobId,
    begun: Timestamp,
    change: CampaignChange<'a>,
}

impl Campaigns {
    async fn shown_after(
        &self,
        caller: &Caller,
        id: &str,
        fresh: &Fresh,
        step: Move,
        next: impl Fn(&Campaign, &[Step]) -> Result<Campaign>,
    ) -> Answer<Versioned<CampaignOut>> {
        let campaign = self.make_move(caller, id, fresh, &IfMatch::default(), step, next).await?;
        let store = self.store.tenant(caller.tenant);
        Ok(Versioned(campaign.version, CampaignOut::counted(&store, campaign).await?))
    }

    /// Makes a move, which `next` says what it leads to, and begins the job that follows from it. Unless a version was
    /// meant, it is tried again when somebody else changes the campaign meanwhile.
    pub(crate) async fn make_move(
        &self,
        caller: &Caller,
        id: &str,
        fresh: &Fresh,
        meant: &IfMatch,
        step: Move,
        next: impl Fn(&Campaign, &[Step]) -> Result<Campaign>,
    ) -> Answer<Campaign> {
        let (job, entry_id): (JobId, AuditId) = (fresh.id(), fresh.id());
        for _ in 0..TRIES {
            let (store, old) = self.load(caller.tenant, id).await?;
            if fresh.is_repeated() && self.made_before(&store, job, &old, step).await? {
                return Ok(old);
            }
            meant.demand(old.version)?;
            let new = next(&old, &store.campaigns().steps(old.id).await?)?;
            let (at, by, fields) = (fresh.now(), caller.actor.clone(), [old.fields(), new.fields()]);
            let entry = step.action().map(|action| AuditEntry::of_thing(entry_id, at, by, action, old.id, fields));
            let change = CampaignChange { old: &old, new: &new, entry: entry.as_ref() };
            match self.keep(Moving { store: &store, step, job, begun: at, change }).await {
                Err(Error::Stale { .. }) if !meant.is_given() => {}
                kept => return Ok(kept.map(|()| new)?),
            }
        }
        Err(keeps_changing().into())
    }

    /// Whether the same request made the move before its worker died. The tasks of its job may not have been sent.
    async fn made_before(&self, store: &TenantStore, job: JobId, campaign: &Campaign, step: Move) -> Result<bool> {
        let begun = self.send_again(store, job).await?;
        Ok(begun.is_some() || campaign.status == step.to())
    }

    async fn keep(&self, moving: Moving<'_>) -> Result<()> {
        let Moving { store, step, job, begun, change } = moving;
        let Some(source) = EnrollmentSource::of_move(step, change.old) else {
            return store.campaigns().change(change).await;
        };
        let chunks = source.chunks();
        let job = EnrollmentJob::new(job, change.old.id, source, &chunks, begun);
        let visit = Minute::of(self.clock.now()).plus(WATCH_MINUTES);
        store.enrollment_jobs().create_with(change, &job, &chunks, visit).await?;
        self.send(store, &job, &chunks).await
    }
}

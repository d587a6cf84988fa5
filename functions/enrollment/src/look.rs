//! Campaigns whose time has come: a scheduled one begins, one whose end date has passed ends.

use domain::campaign::{Campaign, CampaignStatus, Move};
use domain::id::{CampaignId, Id, JobId, TenantId};
use domain::job::{EnrollmentChunk, EnrollmentJob, EnrollmentSource};
use domain::time::Minute;
use domain::{Error, Result};
use store::{CampaignChange, TenantStore, WATCH_MINUTES};

use crate::Enrollments;

/// Does what is due. Whoever looks later, or at the same time, does it no second time: the job's id follows from the
/// campaign's version.
pub(crate) async fn at(enrollments: &Enrollments, tenant: TenantId, campaign: CampaignId) -> Result<()> {
    let (store, now) = (enrollments.store.tenant(tenant), enrollments.clock.now());
    let Some(campaign) = store.campaigns().get(campaign).await? else { return Ok(()) };
    if campaign.next_look().is_none_or(|moment| moment > now) {
        return Ok(());
    }
    let done = match campaign.status {
        CampaignStatus::Scheduled => enrollments.start(&store, &campaign).await,
        _ => enrollments.end(&store, &campaign).await,
    };
    match done {
        // Somebody has changed it meanwhile: the next look, if one is still due, sees that.
        Err(Error::Stale { .. }) => Ok(()),
        done => done,
    }
}

impl Enrollments {
    async fn start(&self, store: &TenantStore, campaign: &Campaign) -> Result<()> {
        let (steps, now) = (store.campaigns().steps(campaign.id).await?, self.clock.now());
        let started = match campaign.started(&steps, now) {
            Ok(started) => started,
            Err(error) => {
                tracing::warn!(campaign_id = %campaign.id, error = error.chain(), "a scheduled campaign cannot start");
                return Ok(());
            }
        };
        let change = CampaignChange { old: campaign, new: &started, entry: None };
        let Some(source) = EnrollmentSource::of_move(Move::Start, campaign) else {
            return store.campaigns().change(change).await;
        };
        let (job, chunks) = self.job(campaign, source);
        let visit = Minute::of(now).plus(WATCH_MINUTES);
        store.enrollment_jobs().create_with(change, &job, &chunks, visit).await?;
        self.send_what_is_left(store, &job).await
    }

    async fn end(&self, store: &TenantStore, campaign: &Campaign) -> Result<()> {
        let (job, chunks) = self.job(campaign, EnrollmentSource::End);
        let jobs = store.enrollment_jobs();
        if let Some(job) = jobs.get(job.id).await? {
            return self.send_what_is_left(store, &job).await;
        }
        jobs.create(campaign, &job, &chunks, Minute::of(self.clock.now()).plus(WATCH_MINUTES)).await?;
        self.send_what_is_left(store, &job).await
    }

    fn job(&self, campaign: &Campaign, source: EnrollmentSource) -> (EnrollmentJob, Vec<EnrollmentChunk>) {
        let (chunks, now) = (source.chunks(), self.clock.now());
        let parts = [campaign.id.uuid().into_bytes().to_vec(), campaign.version.to_be_bytes().to_vec()];
        let id = JobId::derived(campaign.created_at, &[&parts[0], &parts[1]]);
        (EnrollmentJob::new(id, campaign.id, source, &chunks, now), chunks)
    }
}

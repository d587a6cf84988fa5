//! A look at one entry of the agenda.

use domain::Result;
use domain::campaign::life_cycle::look_after;
use domain::contact::job::ContactTask;
use domain::enrollment::{Due, Shard};
use domain::export::ExportTask;
use domain::id::{CampaignId, TenantId};
use domain::job::{EnrollmentTask, ImportTask};
use domain::time::Minute;
use store::{AgendaEntry, AgendaItem, WATCH_MINUTES};

use crate::Scheduler;

/// How many tasks are read from the index and sent at a time.
const PAGE: usize = 1_000;
/// Nothing is added to a minute that is this long past: no invocation that could know it lives so long.
const SETTLED_MINUTES: u32 = 15;
/// After how many minutes what was handed to the sender and is still due is handed over again.
const AGAIN_MINUTES: u32 = 60;

impl Scheduler {
    /// `recover`: what was given to the sender directly may be lost as well. It stands under a minute that has not come.
    pub(crate) async fn visit(&self, entry: &AgendaEntry, now: Minute, recover: bool) -> Result<()> {
        let last = if recover { now.plus(Due::MINUTES_AHEAD) } else { now };
        match entry.item {
            AgendaItem::Due { minute, .. } if minute > last => Ok(()),
            AgendaItem::Due { minute, shard } => self.visit_due(entry, minute, shard, now).await,
            AgendaItem::Import { tenant, job } => {
                let Some(found) = self.store.tenant(tenant).imports().get(job).await? else {
                    return self.store.agenda().remove(entry).await;
                };
                let kept = found.file_kept_until().is_some_and(|until| now.start() < until);
                // One that has ended is looked at as well: its file is to go, unless it is still to be had.
                if !kept {
                    self.import_queue.send(&ImportTask { tenant, job, chunk: None }).await?;
                }
                if found.status.is_end() && !kept {
                    return self.store.agenda().remove(entry).await;
                }
                self.store.agenda().postpone(entry, now.plus(WATCH_MINUTES)).await
            }
            AgendaItem::Contacts { tenant, job } => {
                let found = self.store.tenant(tenant).contact_jobs().get(job).await?;
                if found.is_none_or(|job| job.finished_at.is_some()) {
                    return self.store.agenda().remove(entry).await;
                }
                self.contact_queue.send(&ContactTask { tenant, job }).await?;
                self.store.agenda().postpone(entry, now.plus(WATCH_MINUTES)).await
            }
            AgendaItem::Export { tenant, export } => {
                let found = self.store.tenant(tenant).exports().get(export).await?;
                if found.is_none_or(|export| export.has_ended()) {
                    return self.store.agenda().remove(entry).await;
                }
                self.export_queue.send(&ExportTask { tenant, export }).await?;
                self.store.agenda().postpone(entry, now.plus(WATCH_MINUTES)).await
            }
            AgendaItem::Enrollment { tenant, job } => {
                let found = self.store.tenant(tenant).enrollment_jobs().get(job).await?;
                if found.is_none_or(|job| job.is_done()) {
                    return self.store.agenda().remove(entry).await;
                }
                self.enrollment_queue.send(&EnrollmentTask::Job { tenant, job, chunk: None }).await?;
                self.store.agenda().postpone(entry, now.plus(WATCH_MINUTES)).await
            }
            AgendaItem::Campaign { tenant, campaign } => self.visit_campaign(entry, tenant, campaign, now).await,
        }
    }

    /// Has a campaign begin or end whose time has come. The entry stays as long as time is to move the campaign.
    async fn visit_campaign(
        &self,
        entry: &AgendaEntry,
        tenant: TenantId,
        campaign: CampaignId,
        now: Minute,
    ) -> Result<()> {
        let found = self.store.tenant(tenant).campaigns().get(campaign).await?;
        let Some(moment) = found.and_then(|campaign| campaign.next_look()) else {
            return self.store.agenda().remove(entry).await;
        };
        if look_after(moment) > now {
            return self.store.agenda().postpone(entry, look_after(moment)).await;
        }
        self.enrollment_queue.send(&EnrollmentTask::Campaign { tenant, campaign }).await?;
        self.store.agenda().postpone(entry, now.plus(WATCH_MINUTES)).await
    }

    /// Hands what is due to the sender. It stays in the index until the sender has dealt with it, so a task that is lost,
    /// or that found its campaign paused, is handed over again.
    async fn visit_due(&self, entry: &AgendaEntry, minute: Minute, shard: Shard, now: Minute) -> Result<()> {
        let due = self.store.due_enrollments();
        let (mut any, mut after) = (false, None);
        loop {
            let page = due.in_minute(minute, shard, after, PAGE).await?;
            any |= !page.items.is_empty();
            self.send_queue.send_all(&page.items).await?;
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        match minute.until(now) {
            // Whatever else is written to it is looked for when its time has come.
            _ if minute > now => Ok(()),
            past if any => {
                self.store.agenda().postpone(entry, now.plus(AGAIN_MINUTES.min(past.max(SETTLED_MINUTES)))).await
            }
            past if past >= SETTLED_MINUTES => self.store.agenda().remove(entry).await,
            _ => self.store.agenda().postpone(entry, minute.plus(SETTLED_MINUTES)).await,
        }
    }
}

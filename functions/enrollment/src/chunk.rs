//! One chunk of an enrolment job: worked off group by group, and added to the job's sums.

use std::time::Duration;

use domain::campaign::{Campaign, CampaignStatus, Step};
use domain::enrollment::{Enrollment, SendTask};
use domain::job::{EnrollmentChunk, EnrollmentJob, EnrollmentSource};
use domain::sequence::first_due;
use domain::{Error, Result, Timestamp};
use store::{Committed, TenantStore, due_entry};
use tokio::time::Instant;

use crate::Enrollments;
use crate::audience::Audience;

/// How long a worker goes on before it hands the chunk over to the next: well within the function's time-out.
const TURN: Duration = Duration::from_secs(150);

/// Works a chunk off, and sees whose turn it is then.
pub(crate) async fn work(enrollments: &Enrollments, store: TenantStore, job: EnrollmentJob, number: u32) -> Result<()> {
    let begun = Instant::now();
    let worker = Worker { enrollments, store, job };
    let mut audience = Audience::default();
    let mut chunk = worker.chunk(number).await?;
    while !chunk.done {
        if begun.elapsed() > TURN {
            return enrollments.queue.send(&worker.job.task(worker.store.tenant(), Some(number))).await;
        }
        chunk = match worker.step(chunk, &mut audience).await? {
            Next::Chunk(next) => *next,
            Next::Again => worker.chunk(number).await?,
            Next::NotYet => return Ok(()),
        };
    }
    worker.next_turn(&chunk).await
}

pub(crate) struct Worker<'a> {
    pub(crate) enrollments: &'a Enrollments,
    pub(crate) store: TenantStore,
    pub(crate) job: EnrollmentJob,
}

/// The campaign as it is, after all that was committed before.
pub(crate) struct Scene {
    pub(crate) campaign: Campaign,
    pub(crate) steps: Vec<Step>,
    pub(crate) now: Timestamp,
}

/// A group of enrolments that is to be kept, with where the chunk is then.
pub(crate) struct Group {
    pub(crate) after: EnrollmentChunk,
    pub(crate) writes: Vec<Enrollment>,
}

/// How it goes on.
pub(crate) enum Next {
    /// With the chunk as it is now.
    Chunk(Box<EnrollmentChunk>),
    /// Somebody else has changed it, or one of its enrolments: it is to be read again.
    Again,
    /// Other chunks come first.
    NotYet,
}

impl Worker<'_> {
    async fn chunk(&self, number: u32) -> Result<EnrollmentChunk> {
        let chunk = self.store.enrollment_jobs().chunk(self.job.id, number).await?;
        chunk.ok_or_else(|| Error::not_found("chunk of the enrollment job", number))
    }

    async fn step(&self, chunk: EnrollmentChunk, audience: &mut Audience) -> Result<Next> {
        let scene = self.scene().await?;
        match &self.job.source {
            EnrollmentSource::Start | EnrollmentSource::Resume | EnrollmentSource::End => {
                match self.walked(&chunk, &scene).await? {
                    Some(group) => self.commit(&chunk, group).await,
                    None => self.finish(chunk).await,
                }
            }
            EnrollmentSource::Criteria(criteria) if chunk.range.is_none() => self.survey(chunk, criteria).await,
            _ if chunk.again => match self.gone_through_again(&chunk, audience, &scene).await? {
                Some(group) => self.commit(&chunk, group).await,
                None => self.finish(chunk).await,
            },
            _ if self.waits_for_others(&chunk) => Ok(Next::NotYet),
            _ => match self.enrolled(&chunk, audience, &scene).await? {
                Some(group) => self.commit(&chunk, group).await,
                None if needs_second_pass(&chunk, &scene) => {
                    let group = Group { after: chunk.second_pass(), writes: Vec::new() };
                    self.commit(&chunk, group).await
                }
                None => self.finish(chunk).await,
            },
        }
    }

    async fn scene(&self) -> Result<Scene> {
        let campaigns = self.store.campaigns();
        let id = self.job.campaign_id;
        let (campaign, steps) = tokio::join!(campaigns.get(id), campaigns.steps(id));
        let campaign = campaign?.ok_or_else(|| Error::not_found("campaign", id))?;
        Ok(Scene { campaign, steps: steps?, now: self.enrollments.clock.now() })
    }

    async fn finish(&self, chunk: EnrollmentChunk) -> Result<Next> {
        self.store.enrollment_jobs().finish_chunk(self.job.id, &chunk).await?;
        Ok(Next::Chunk(Box::new(EnrollmentChunk { done: true, ..chunk })))
    }

    /// Keeps a group and hands what is due to the sender. What a killed worker did not hand over, the scheduler will.
    async fn commit(&self, before: &EnrollmentChunk, group: Group) -> Result<Next> {
        let now = self.enrollments.clock.now();
        let agenda = self.enrollments.store.agenda();
        for enrollment in &group.writes {
            if let Some(due) = enrollment.due {
                agenda.ensure(due_entry(enrollment.contact_id, due, now)).await?;
            }
        }
        let jobs = self.store.enrollment_jobs();
        if jobs.commit(self.job.id, before, &group.after, &group.writes).await? != Committed::Yes {
            return Ok(Next::Again);
        }
        let due = group.writes.iter().filter(|e| e.due.is_some_and(|due| due.at <= now));
        let (tenant, campaign) = (self.store.tenant(), self.job.campaign_id);
        let tasks: Vec<SendTask> =
            due.map(|e| SendTask { tenant, campaign, contact: e.contact_id, step_done: e.step_done }).collect();
        self.enrollments.send_queue.send_all(&tasks).await?;
        Ok(Next::Chunk(Box::new(group.after)))
    }
}

impl Scene {
    /// What the campaign makes of an enrolment that is there: it ends, or is given a time if it waits for one.
    pub(crate) fn caught_up(&self, enrollment: &Enrollment) -> Option<Enrollment> {
        match self.campaign.has_ended(self.now) {
            true => self.campaign.closed(enrollment, self.now),
            false => self.given_time(enrollment),
        }
    }

    /// The enrolment with a due time, if it waits for one and the campaign is active.
    pub(crate) fn given_time(&self, enrollment: &Enrollment) -> Option<Enrollment> {
        let active = self.campaign.status == CampaignStatus::Active;
        active.then(|| enrollment.given_time(first_due(&self.steps, self.now), self.now)).flatten()
    }
}

/// All that was committed came before the look at the campaign. So whoever starts or ends it later goes through that, but
/// who did so before may have missed some of it.
fn needs_second_pass(chunk: &EnrollmentChunk, scene: &Scene) -> bool {
    let started = scene.campaign.status == CampaignStatus::Active;
    (chunk.unscheduled && started) || (chunk.enrolled > 0 && scene.campaign.has_ended(scene.now))
}

//! One chunk of an enrolment job.

use std::collections::HashMap;

use domain::campaign::{Campaign, CampaignStatus, Step};
use domain::contact::Contact;
use domain::enrollment::{Due, Enrollment, EnrollmentStatus, SendTask, Shard};
use domain::id::{ContactId, TenantId};
use domain::import::{RowOutcome, contact_of_row};
use domain::job::{EnrollmentChunk, EnrollmentJob, EnrollmentSource};
use domain::sequence::first_due;
use domain::{Error, Result};
use store::{Committed, EnrollmentJobs, TenantStore, due_entry};

use crate::Enrollments;

/// Works a chunk off, and adds it to the job's sums.
pub(crate) async fn work(
    enrollments: &Enrollments,
    tenant: TenantId,
    store: TenantStore,
    job: EnrollmentJob,
    number: u32,
) -> Result<()> {
    let worker = Worker { enrollments, tenant, store, job };
    let contacts = worker.contacts(number).await?;
    loop {
        let chunk = worker.store.enrollment_jobs().chunk(worker.job.id, number).await?;
        let chunk = chunk.ok_or_else(|| Error::not_found("chunk of the enrollment job", number))?;
        if chunk.done {
            return Ok(());
        }
        if worker.step(chunk, &contacts).await? {
            return Ok(());
        }
    }
}

struct Worker<'a> {
    enrollments: &'a Enrollments,
    tenant: TenantId,
    store: TenantStore,
    job: EnrollmentJob,
}

/// A group of contacts, and what is to be done with them.
struct Group {
    after: EnrollmentChunk,
    writes: Vec<Enrollment>,
}

impl Worker<'_> {
    /// The contacts of the chunk, where they are known before the walk.
    async fn contacts(&self, number: u32) -> Result<Vec<ContactId>> {
        match self.job.source {
            EnrollmentSource::Start => Ok(Vec::new()),
            EnrollmentSource::Contacts => {
                let chunk = self.store.enrollment_jobs().chunk(self.job.id, number).await?;
                Ok(chunk.map(|chunk| chunk.contacts).unwrap_or_default())
            }
            EnrollmentSource::Import(import) => {
                let imports = self.store.imports();
                let chunk = imports.chunk(import, number).await?;
                let chunk = chunk.ok_or_else(|| Error::not_found("chunk of the import", number))?;
                let reports = imports.chunk_reports(import, number).await?;
                let mut others: HashMap<u64, Option<ContactId>> = HashMap::new();
                for report in reports {
                    let brought = matches!(report.outcome, RowOutcome::Updated | RowOutcome::Merged);
                    others.insert(report.row, report.contact_id.filter(|_| brought));
                }
                let rows = chunk.first_row..chunk.first_row + u64::from(chunk.rows_done);
                let contact = |row| others.remove(&row).unwrap_or_else(|| Some(contact_of_row(import, row)));
                let mut contacts: Vec<ContactId> = rows.filter_map(contact).collect();
                let mut seen = std::collections::HashSet::new();
                contacts.retain(|contact| seen.insert(*contact));
                Ok(contacts)
            }
        }
    }

    /// One group, or the end of the chunk: then `true`.
    async fn step(&self, chunk: EnrollmentChunk, contacts: &[ContactId]) -> Result<bool> {
        let jobs = self.store.enrollment_jobs();
        let campaign = self.store.campaigns().get(self.job.campaign_id).await?;
        let campaign = campaign.ok_or_else(|| Error::not_found("campaign", self.job.campaign_id))?;
        let steps = self.store.campaigns().steps(campaign.id).await?;
        let group = match self.job.source {
            EnrollmentSource::Start => self.started(&chunk, &campaign, &steps).await?,
            _ => self.enrolled(&chunk, contacts, &campaign, &steps).await?,
        };
        let Some(group) = group else {
            if chunk.unscheduled && campaign.status == CampaignStatus::Active {
                self.commit(&chunk, Group { after: chunk.second_pass(), writes: Vec::new() }).await?;
                return Ok(false);
            }
            jobs.finish_chunk(self.job.id, &chunk).await?;
            return Ok(true);
        };
        self.commit(&chunk, group).await?;
        Ok(false)
    }

    /// The next enrolments of the shard that the start has to schedule.
    async fn started(&self, chunk: &EnrollmentChunk, campaign: &Campaign, steps: &[Step]) -> Result<Option<Group>> {
        let number = u8::try_from(chunk.number).ok().and_then(Shard::numbered);
        let shard = number.ok_or_else(|| Error::internal("starting a campaign", "there is no such shard"))?;
        let store = self.store.enrollments();
        let page = store.of_shard(campaign.id, shard, chunk.after, EnrollmentJobs::commit_limit()).await?;
        let Some(last) = page.items.last() else { return Ok(None) };
        let after = EnrollmentChunk { after: Some(last.contact_id), ..chunk.moved(page.items.len()) };
        let writes = page.items.iter().filter_map(|enrollment| self.scheduled(enrollment, steps)).collect();
        Ok(Some(Group { after, writes }))
    }

    /// The next contacts of the list.
    async fn enrolled(
        &self,
        chunk: &EnrollmentChunk,
        contacts: &[ContactId],
        campaign: &Campaign,
        steps: &[Step],
    ) -> Result<Option<Group>> {
        let left = contacts.get(chunk.position as usize..).unwrap_or_default();
        let group = &left[..left.len().min(EnrollmentJobs::commit_limit())];
        if group.is_empty() {
            return Ok(None);
        }
        let people = self.store.contacts().get_many(group).await?;
        let mut enrolled = self.enrolled_already(campaign, group, &people).await?;
        let active = campaign.status == CampaignStatus::Active;
        let now = self.enrollments.clock.now();
        let due = active.then(|| Due::new(first_due(steps, now), now));
        let mut after = chunk.moved(group.len());
        let mut writes = Vec::new();
        for contact in group {
            let person = people.get(contact).map_or(*contact, |person| person.id);
            if let Some(enrollments) = enrolled.get_mut(&person) {
                after.already_enrolled += u64::from(!chunk.rescheduling);
                let waiting = enrollments.drain(..).filter(|_| active);
                writes.extend(waiting.filter_map(|enrollment| self.scheduled(&enrollment, steps)));
            } else if chunk.rescheduling {
                // Counted in the first pass.
            } else if people.contains_key(contact) {
                after.enrolled += 1;
                after.unscheduled |= due.is_none();
                writes.push(Enrollment::new(campaign.id, person, due, now));
                enrolled.insert(person, Vec::new());
            } else {
                after.unknown += 1;
            }
        }
        Ok(Some(Group { after, writes }))
    }

    /// Who of these is enrolled already, be it under an id that was merged into theirs.
    async fn enrolled_already(
        &self,
        campaign: &Campaign,
        group: &[ContactId],
        people: &HashMap<ContactId, Contact>,
    ) -> Result<HashMap<ContactId, Vec<Enrollment>>> {
        let ids = |person: &Contact| std::iter::once(person.id).chain(person.merged_from.clone());
        let mut owners: HashMap<ContactId, ContactId> = group.iter().map(|id| (*id, *id)).collect();
        owners.extend(people.values().flat_map(|person| ids(person).map(|id| (id, person.id))));
        let asked: Vec<ContactId> = owners.keys().copied().collect();
        let mut enrolled: HashMap<ContactId, Vec<Enrollment>> = HashMap::new();
        for enrollment in self.store.enrollments().among(campaign.id, &asked).await? {
            let owner = owners.get(&enrollment.contact_id).copied();
            enrolled.entry(owner.unwrap_or(enrollment.contact_id)).or_default().push(enrollment);
        }
        Ok(enrolled)
    }

    /// The enrolment with its first due time, if it waits for one.
    fn scheduled(&self, enrollment: &Enrollment, steps: &[Step]) -> Option<Enrollment> {
        let waits = enrollment.status == EnrollmentStatus::Pending && enrollment.due.is_none();
        let now = self.enrollments.clock.now();
        waits.then(|| enrollment.put_off(first_due(steps, now), now)).flatten()
    }

    /// Keeps a group and hands what is due to the sender. What a killed worker did not hand over, the scheduler will.
    async fn commit(&self, before: &EnrollmentChunk, group: Group) -> Result<()> {
        let now = self.enrollments.clock.now();
        let agenda = self.enrollments.store.agenda();
        for enrollment in &group.writes {
            if let Some(due) = enrollment.due {
                agenda.ensure(due_entry(enrollment.contact_id, due, now)).await?;
            }
        }
        let jobs = self.store.enrollment_jobs();
        // Overtaken or outdated: the caller looks at the chunk again and decides anew.
        if jobs.commit(self.job.id, before, &group.after, &group.writes).await? == Committed::Yes {
            let due = group.writes.iter().filter(|e| e.due.is_some_and(|due| due.at <= now));
            let (tenant, campaign) = (self.tenant, self.job.campaign_id);
            let tasks: Vec<SendTask> =
                due.map(|e| SendTask { tenant, campaign, contact: e.contact_id, step_done: e.step_done }).collect();
            self.enrollments.send_queue.send_all(&tasks).await?;
        }
        Ok(())
    }
}

//! An enrolment's turn: what the sequence decides is carried out.

use std::collections::HashSet;

use domain::contact::Contact;
use domain::enrollment::{Enrollment, EnrollmentStatus, MERGED, SendTask};
use domain::sequence::{self, Decision, advance, decide, finished};
use domain::{Error, Result, Timestamp};
use store::{TenantStore, due_entry};

use crate::Sender;
use crate::delivery::{Delivered, Delivery};
use crate::plan::Plan;
use crate::siblings::{self, Verdict};

/// How often a turn begins anew because the enrolment changed meanwhile.
const TRIES: usize = 5;

impl Sender {
    pub(crate) async fn work(&self, task: SendTask) -> Result<()> {
        let store = self.store.tenant(task.tenant);
        for _ in 0..TRIES {
            if self.turn(&store, &task).await? {
                return Ok(());
            }
        }
        Err(Error::Unavailable { service: "the table", source: "the enrolment keeps changing".into() })
    }

    /// One try: `false` if the enrolment changed between reading and writing it.
    async fn turn(&self, store: &TenantStore, task: &SendTask) -> Result<bool> {
        let read = store.enrollments();
        let (plan, found) = tokio::join!(
            self.plans.get(store, task.tenant, task.campaign),
            read.with_contact(task.campaign, task.contact)
        );
        let (plan, (enrollment, contact)) = (plan?, found?);
        let (Some(plan), Some(enrollment)) = (plan, enrollment) else { return Ok(true) };
        let suppressed = self.suppressed(store, &plan, &enrollment, contact.as_ref()).await?;
        let now = self.clock.now();
        let unusable = |address: &str| suppressed.contains(address);
        match decide(task, Some(&plan.campaign), &plan.steps, &enrollment, contact.as_ref(), unusable, now) {
            Decision::Stale | Decision::Hold => Ok(true),
            Decision::End(status, reason) => match enrollment.ended(status, Some(reason), now) {
                Some(ended) => self.save(store, task, ended, now).await,
                None => Ok(true),
            },
            Decision::Finish => self.save(store, task, finished(&enrollment, now), now).await,
            Decision::Skip(step) => {
                self.save(store, task, advance(&enrollment, &plan.steps, step, false, now, now), now).await
            }
            Decision::Send(step, address) => {
                let Some(contact) = &contact else { return Ok(true) };
                let enrolled = enrollment.contact_id;
                let delivery = Delivery { sender: self, store, tenant: task.tenant, step, enrolled, contact, address };
                let delivered = match siblings::verdict(store, task.tenant, &enrollment, contact, step, now).await? {
                    Verdict::Goes => delivery.make(&plan.campaign).await?,
                    Verdict::Had => Delivered::Failed,
                    Verdict::Waits(until) => Delivered::Later(until),
                    Verdict::Ends => {
                        return match enrollment.ended(EnrollmentStatus::Excluded, Some(MERGED), now) {
                            Some(ended) => self.save(store, task, ended, now).await,
                            None => Ok(true),
                        };
                    }
                };
                match delivered {
                    Delivered::Sent(at) => {
                        self.save(store, task, advance(&enrollment, &plan.steps, step, true, at, now), now).await
                    }
                    Delivered::Failed => {
                        self.save(store, task, advance(&enrollment, &plan.steps, step, false, now, now), now).await
                    }
                    Delivered::Later(at) => match enrollment.put_off(at, now) {
                        Some(later) => self.save(store, task, later, now).await,
                        None => Ok(true),
                    },
                }
            }
        }
    }

    /// The address of the next step's channel, if it must not be written to.
    async fn suppressed(
        &self,
        store: &TenantStore,
        plan: &Plan,
        enrollment: &Enrollment,
        contact: Option<&Contact>,
    ) -> Result<HashSet<String>> {
        let step = sequence::next_step(&plan.steps, enrollment.step_done);
        let Some((step, contact)) = step.zip(contact) else { return Ok(HashSet::new()) };
        let Some(address) = contact.address(step.message_type) else { return Ok(HashSet::new()) };
        let found = store.suppressions().get(step.message_type, address).await?;
        Ok(found.map(|_| address.to_owned()).into_iter().collect())
    }

    /// Keeps the next revision of the enrolment; its next step is on the agenda before, and on the queue after, if it is
    /// due already.
    async fn save(&self, store: &TenantStore, task: &SendTask, next: Enrollment, now: Timestamp) -> Result<bool> {
        if let Some(due) = next.due {
            self.store.agenda().ensure(due_entry(next.contact_id, due, now)).await?;
        }
        if !store.enrollments().save(&next).await? {
            return Ok(false);
        }
        if next.due.is_some_and(|due| due.at <= now) {
            self.send_queue.send(&SendTask { step_done: next.step_done, ..*task }).await?;
        }
        Ok(true)
    }
}

//! An enrolment's turn: what the sequence decides is carried out.

use domain::Timestamp;
use domain::campaign::Step;
use domain::contact::Contact;
use domain::enrollment::{Enrollment, EnrollmentStatus, MERGED, SendTask};
use domain::message::Message;
use domain::pace::{PacedTask, seconds_until};
use domain::sequence::{self, Decision, Situation, advance, finished};
use domain::time::Minute;
use domain::{Error, Result};
use store::{TenantStore, Turn, due_entry};

use crate::Sender;
use crate::plan::Plan;
use crate::sending::{Outcome, Sending};

/// How often a turn begins anew because the enrolment changed meanwhile.
const TRIES: usize = 5;

/// What a decision follows from that is not read with the enrolment.
#[derive(Default)]
struct Facts {
    suppressed: bool,
    earlier: Vec<Message>,
    opened: Vec<Timestamp>,
}

/// What becomes of an enrolment.
enum Next {
    /// It stays as it is.
    Nothing,
    /// This revision is kept.
    Kept(Enrollment),
    /// This revision is kept, if the campaign is paused.
    Held(Enrollment),
    /// Its task comes again for this slot.
    Back(Timestamp),
}

impl Sender {
    pub(crate) async fn work(&self, task: PacedTask) -> Result<()> {
        let store = self.store.tenant(task.task.tenant);
        for _ in 0..TRIES {
            if self.turn(&store, &task).await? {
                return Ok(());
            }
        }
        Err(Error::Unavailable { service: "the table", source: "the enrolment keeps changing".into() })
    }

    /// One try: `false` if the enrolment changed between reading and writing it.
    async fn turn(&self, store: &TenantStore, paced: &PacedTask) -> Result<bool> {
        let task = &paced.task;
        let Some(plan) = self.plans.get(store, task.campaign, self.clock.now()).await? else { return Ok(true) };
        let step = sequence::next_step(&plan.steps, task.step_done);
        let capped = step.is_some_and(|step| plan.caps.count(step.message_type));
        let mut read = store.turns().read(task.campaign, task.contact, capped).await?;
        let ledger = read.ledger.take();
        let Some(enrollment) = &read.enrollment else { return Ok(true) };
        let situation = situation(task, &plan, &read, enrollment);
        if !situation.is_due(self.clock.now()) {
            return Ok(true);
        }
        let facts = self.facts(store, &situation, step).await?;
        let Facts { suppressed, earlier, opened } = &facts;
        let situation = Situation { suppressed: *suppressed, earlier, opened, ..situation };
        let now = self.clock.now();
        let next = match situation.decide(now) {
            Decision::Send(step, address) => {
                let Some(contact) = &read.contact else { return Ok(true) };
                let (sender, slot, plan, situation) = (self, paced.slot, &*plan, &situation);
                let sending = Sending { sender, store, plan, situation, contact, step, address, slot };
                let outcome = sending.make(ledger, now).await?;
                after_sending(situation, step, outcome, self.clock.now())
            }
            decision => without_sending(&situation, decision, now),
        };
        match next {
            Next::Nothing => Ok(true),
            Next::Kept(next) => self.save(store, task, next, self.clock.now()).await,
            Next::Held(held) => store.turns().hold(&held).await,
            Next::Back(slot) => self.give_back(task, slot).await,
        }
    }

    /// What the next step must know beside the enrolment; nothing if the campaign sends nothing.
    async fn facts(&self, store: &TenantStore, situation: &Situation<'_>, step: Option<&Step>) -> Result<Facts> {
        let Some((step, contact)) = step.zip(situation.contact) else { return Ok(Facts::default()) };
        let (suppressed, earlier, opened) = tokio::try_join!(
            suppressed(store, step, contact),
            earlier(store, situation, step, contact),
            opened(store, situation, contact)
        )?;
        Ok(Facts { suppressed, earlier, opened })
    }

    /// Lets the task come again just before its slot.
    async fn give_back(&self, task: &SendTask, slot: Timestamp) -> Result<bool> {
        let paced = PacedTask { task: *task, slot: Some(slot) };
        self.send_queue.send_later(&paced, seconds_until(slot, self.clock.now())).await?;
        Ok(true)
    }

    /// Keeps the next revision of the enrolment; its next step is on the agenda before, and on the queue after, if it is
    /// due already, or too soon for the scheduler to find it in time.
    async fn save(&self, store: &TenantStore, task: &SendTask, next: Enrollment, now: Timestamp) -> Result<bool> {
        if let Some(due) = next.due {
            self.store.agenda().ensure(due_entry(next.contact_id, due, now)).await?;
        }
        if !store.enrollments().save(&next).await? {
            return Ok(false);
        }
        let task = PacedTask { task: SendTask { step_done: next.step_done, ..*task }, slot: None };
        match next.due {
            Some(due) if due.at <= now => self.send_queue.send(&task).await?,
            // The scheduler finds it late, because so little time is left.
            Some(due) if due.minute > Minute::of(due.at).plus(1) => {
                // Not a moment too early: it would be stale.
                let seconds = (due.at - now).num_seconds() + 1;
                self.send_queue.send_later(&task, u32::try_from(seconds).unwrap_or_default()).await?;
            }
            _ => {}
        }
        Ok(true)
    }
}

fn situation<'a>(task: &'a SendTask, plan: &'a Plan, read: &'a Turn, enrollment: &'a Enrollment) -> Situation<'a> {
    Situation {
        task,
        campaign: &plan.campaign,
        steps: &plan.steps,
        settings: &plan.settings,
        enrollment,
        contact: read.contact.as_ref(),
        preferences: read.preferences.as_ref(),
        suppressed: false,
        earlier: &[],
        opened: &[],
    }
}

/// What follows from a decision but to send.
fn without_sending(situation: &Situation<'_>, decision: Decision<'_>, now: Timestamp) -> Next {
    let Situation { enrollment, steps, .. } = *situation;
    let next = match decision {
        Decision::Stale | Decision::Send(..) => None,
        Decision::Hold => return sequence::held(enrollment, now).map_or(Next::Nothing, Next::Held),
        Decision::End(status, reason) => enrollment.ended(status, Some(reason), now),
        Decision::Finish => Some(finished(enrollment, now)),
        Decision::Skip(step) => Some(advance(enrollment, steps, step, false, situation.zone(), now, now)),
        Decision::PutOff(until, why) => sequence::put_off(enrollment, until, why, now),
    };
    next.map_or(Next::Nothing, Next::Kept)
}

/// What follows after a step was to be sent.
fn after_sending(situation: &Situation<'_>, step: &Step, outcome: Outcome, now: Timestamp) -> Next {
    let Situation { enrollment, steps, .. } = *situation;
    let next = match outcome {
        Outcome::Sent(at) => Some(advance(enrollment, steps, step, true, situation.zone(), at, now.max(at))),
        Outcome::Left => Some(advance(enrollment, steps, step, false, situation.zone(), now, now)),
        Outcome::Later(until, Some(why)) => sequence::put_off(enrollment, until, why, now),
        Outcome::Later(until, None) => enrollment.put_off(until, now),
        Outcome::Merged => enrollment.ended(EnrollmentStatus::Excluded, Some(MERGED), now),
        Outcome::Back(slot) => return Next::Back(slot),
    };
    next.map_or(Next::Nothing, Next::Kept)
}

/// Whether the address of the step's channel must not be written to.
async fn suppressed(store: &TenantStore, step: &Step, contact: &Contact) -> Result<bool> {
    let Some(address) = contact.address(step.message_type) else { return Ok(false) };
    Ok(store.suppressions().get(step.message_type, address).await?.is_some())
}

/// The messages that the step's conditions are about.
async fn earlier(
    store: &TenantStore,
    situation: &Situation<'_>,
    step: &Step,
    contact: &Contact,
) -> Result<Vec<Message>> {
    if step.conditions.is_empty() {
        return Ok(Vec::new());
    }
    let mut ids = vec![contact.id];
    ids.extend(&contact.merged_from);
    if !ids.contains(&situation.enrollment.contact_id) {
        ids.push(situation.enrollment.contact_id);
    }
    store.messages().among(&sequence::earlier_messages(situation.campaign, situation.steps, step, &ids)).await
}

/// When the contact opened earlier messages, if that matters.
async fn opened(store: &TenantStore, situation: &Situation<'_>, contact: &Contact) -> Result<Vec<Timestamp>> {
    if !situation.asks_for_habits() {
        return Ok(Vec::new());
    }
    let ids = std::iter::once(contact.id).chain(contact.merged_from.iter().copied());
    let messages = store.messages().of_contacts(ids).await?;
    Ok(messages.into_iter().filter_map(|message| message.opened_at).collect())
}

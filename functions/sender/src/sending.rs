//! A step that is to be sent now: in its slot, with a place in the contact's day, and to each person once.

use chrono::TimeDelta;
use domain::campaign::{CampaignStatus, Step};
use domain::contact::Contact;
use domain::enrollment::{Enrollment, PutOff};
use domain::id::Id;
use domain::message::Message;
use domain::pace::{SOON, lasts};
use domain::sequence::Situation;
use domain::time::after;
use domain::{Result, Timestamp};
use store::{KeptLedger, TenantStore};

use crate::Sender;
use crate::delivery::{Delivered, Delivery};
use crate::pacing::Pace;
use crate::place::Place;
use crate::plan::Plan;
use crate::siblings::{self, Verdict};

/// What became of a step that was to be sent.
pub(crate) enum Outcome {
    /// The provider took it at this time.
    Sent(Timestamp),
    /// The contact does not get it: on to the next.
    Left,
    /// It comes again at this time, for this reason if there is one to be told.
    Later(Timestamp, Option<PutOff>),
    /// It goes back to the queue until its slot.
    Back(Timestamp),
    /// Another enrolment of the same person goes on.
    Merged,
}

/// A step that is to be sent.
pub(crate) struct Sending<'a> {
    pub(crate) sender: &'a Sender,
    pub(crate) store: &'a TenantStore,
    pub(crate) plan: &'a Plan,
    pub(crate) situation: &'a Situation<'a>,
    pub(crate) contact: &'a Contact,
    pub(crate) step: &'a Step,
    pub(crate) address: &'a str,
    /// The slot that the task came with.
    pub(crate) slot: Option<Timestamp>,
}

impl Sending<'_> {
    /// Sends it, or says why not now. `ledger`: the contact's, as it was read.
    pub(crate) async fn make(&self, ledger: Option<KeptLedger>, now: Timestamp) -> Result<Outcome> {
        let (tenant, enrollment) = (self.store.tenant(), self.situation.enrollment);
        match siblings::verdict(self.store, tenant, enrollment, self.contact, self.step, now).await? {
            Verdict::Goes => {}
            Verdict::Had => return Ok(Outcome::Left),
            Verdict::Waits(until) => return Ok(Outcome::Later(until, None)),
            Verdict::Ends => return Ok(Outcome::Merged),
        }
        if let Some(until) = self.sender.pacing.rests_until((tenant, self.step.message_type)) {
            return Ok(Outcome::Later(self.spread(until), Some(PutOff::Provider)));
        }
        if let Some(outcome) = self.pace(enrollment, now).await? {
            return Ok(outcome);
        }
        match self.place() {
            None => self.deliver().await,
            Some(place) => match place.take(ledger, self.sender.clock.now()).await? {
                Some(day) => {
                    let until = self.situation.on_day(self.step, day);
                    Ok(Outcome::Later(until, Some(PutOff::FrequencyCap)))
                }
                None => {
                    let outcome = self.deliver().await?;
                    if matches!(outcome, Outcome::Left) {
                        place.give_up().await?;
                    }
                    Ok(outcome)
                }
            },
        }
    }

    /// Waits for the slot, if that is soon; else what is to be done instead.
    async fn pace(&self, enrollment: &Enrollment, now: Timestamp) -> Result<Option<Outcome>> {
        let channel = self.step.message_type;
        let Some(rate) = self.plan.rate(channel) else { return Ok(None) };
        let waited = self.slot.is_some() || enrollment.put_off == Some(PutOff::SendRate);
        let slot = match self.slot.filter(|slot| lasts(*slot, now)) {
            Some(slot) => slot,
            None => match self.sender.pacing.pace(self.store, channel, rate, waited).await? {
                Pace::Slot(slot) => slot,
                Pace::Later(until) => return Ok(Some(Outcome::Later(until, Some(PutOff::SendRate)))),
            },
        };
        let wait = slot - self.sender.clock.now();
        if wait > SOON {
            return Ok(Some(Outcome::Back(slot)));
        }
        let Ok(wait) = wait.to_std() else { return Ok(None) };
        tokio::time::sleep(wait).await;
        // Meanwhile the campaign may have been paused: then it is to be looked at anew.
        let campaign = self.sender.plans.get(self.store, self.plan.campaign.id, self.sender.clock.now()).await?;
        let goes_on = campaign.is_some_and(|plan| plan.campaign.status == CampaignStatus::Active);
        Ok((!goes_on).then(|| Outcome::Later(self.sender.clock.now(), None)))
    }

    /// The place that the message needs, if a cap counts it.
    fn place(&self) -> Option<Place<'_>> {
        let (plan, channel) = (self.plan, self.step.message_type);
        let message = Message::id_for(plan.campaign.id, self.situation.enrollment.contact_id, self.step.id);
        let (zone, contact, store) = (self.situation.zone(), self.contact, self.store);
        plan.caps.count(channel).then_some(Place { store, plan, contact, zone, channel, message })
    }

    async fn deliver(&self) -> Result<Outcome> {
        let Self { sender, store, plan, contact, step, address, .. } = *self;
        let enrolled = self.situation.enrollment.contact_id;
        let delivery = Delivery { sender, store, plan, step, enrolled, contact, address };
        Ok(match delivery.make().await? {
            Delivered::Sent(at) => Outcome::Sent(at),
            Delivered::Failed => Outcome::Left,
            Delivered::Unknown(until) => Outcome::Later(until, None),
            Delivered::Later(until) => Outcome::Later(self.spread(until), Some(PutOff::Provider)),
        })
    }

    /// Some time after `until`, as long again as it is until then at most: not all that wait for a provider must come at the
    /// same moment.
    fn spread(&self, until: Timestamp) -> Timestamp {
        let [.., one, other] = self.contact.id.uuid().into_bytes();
        let wait = (until - self.sender.clock.now()).num_milliseconds();
        after(until, TimeDelta::milliseconds(wait * i64::from(u16::from_be_bytes([one, other])) / 65_536))
    }
}

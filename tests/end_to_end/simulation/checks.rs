//! What must hold of every world at its end: section 6 of the design, item by item.

use std::collections::{BTreeMap, BTreeSet};

use domain::enrollment::{Enrollment, EnrollmentStatus};
use domain::message::{Channel, Message, MessageStatus, ReceiptEvent};
use domain::time::after;
use serde_json::Value;

use super::ledger::{Kind, Ledger, entity, kind};
use super::people::{Person, Plan, What};
use super::provider::Sent;
use super::world::World;

/// How far clocks may be apart that tell of one thing.
const SLACK: chrono::TimeDelta = chrono::TimeDelta::milliseconds(3_001);

/// Everything that is wrong.
pub(super) fn faults(world: &World) -> Vec<String> {
    let inside = world.wire.inside();
    let ledger = Ledger::read(&inside.servers.table);
    let checks = Checks { world, ledger, sent: &inside.servers.provider.sent, faults: world.wrong.clone() };
    checks.all()
}

/// The checks of a world, and what they found.
pub(super) struct Checks<'a> {
    pub(super) world: &'a World,
    pub(super) ledger: Ledger,
    pub(super) sent: &'a [Sent],
    pub(super) faults: Vec<String>,
}

impl Checks<'_> {
    fn all(mut self) -> Vec<String> {
        self.nothing_goes_out_twice();
        self.opt_outs_hold();
        self.everybody_ends();
        self.campaigns_complete_at_the_right_time();
        self.nothing_moves_back();
        self.counters_equal_what_they_count();
        self.tenants_are_apart();
        self.messages_are_those_of_the_provider();
        self.delays_are_kept();
        self.nobody_is_left_out();
        self.quiet_hours_are_kept();
        self.caps_are_exact();
        self.pauses_hold();
        self.only_the_paused_wait();
        self.faults
    }

    pub(super) fn fault(&mut self, what: String) {
        self.faults.push(what);
    }

    fn nothing_goes_out_twice(&mut self) {
        let mut seen = BTreeSet::new();
        for sent in self.sent {
            if !seen.insert(sent.reference.to_string()) {
                self.fault(format!("the provider took {} twice", sent.reference.message));
            }
        }
    }

    /// Who had opted out, or was gone, when the sender looked at the contact gets nothing.
    fn opt_outs_hold(&mut self) {
        let outs = [What::OptOut, What::Remove];
        for done in self.world.people.done.iter().filter(|done| done.granted && outs.contains(&done.what)) {
            let to = self.sent.iter().filter(|sent| sent.reference.contact.to_string() == done.about);
            let after = to.filter(|sent| sent.decided.is_none_or(|decided| decided > done.served));
            let told: Vec<String> = after.map(|sent| format!("{:?} reached {}", done.what, sent.reference)).collect();
            self.faults.extend(told);
        }
        for done in self.world.people.done.iter().filter(|done| done.granted) {
            let is_to = |sent: &&Sent| match done.what {
                What::Refuse => sent.address() == done.about,
                What::Prefer => {
                    sent.taken.channel == Channel::Email && sent.reference.contact.to_string() == done.about
                }
                _ => false,
            };
            let after = self.sent.iter().filter(is_to);
            let after = after.filter(|sent| sent.decided.is_none_or(|decided| decided > done.served));
            let told: Vec<String> = after.map(|sent| format!("{:?}, and then came {sent:?}", done.what)).collect();
            self.faults.extend(told);
        }
        let people = self.world.people.tenants.iter().flat_map(|tenant| &tenant.contacts);
        for person in people.filter(|person| person.is_closed()) {
            if self.sent.iter().any(|sent| sent.reference.contact.to_string() == person.id) {
                self.faults.push(format!("{} was written to", person.draft));
            }
        }
    }

    fn messages_are_those_of_the_provider(&mut self) {
        let taken: BTreeSet<String> = self.sent.iter().map(|sent| sent.reference.message.to_string()).collect();
        let removed = self.removed();
        let mut known = BTreeSet::new();
        for (_, message) in &self.ledger.messages {
            let id = message.id.to_string();
            let is_taken = taken.contains(&id);
            let is_settled = ![MessageStatus::Failed, MessageStatus::Pending].contains(&message.status);
            if message.sent_at.is_some() != is_taken && is_settled {
                self.faults.push(format!("the provider took it: {is_taken}, and the message is {message:?}"));
            }
            if message.status == MessageStatus::Pending && !self.was_cut_short(message) {
                self.faults.push(format!("nobody knows what became of {message:?}"));
            }
            known.insert(id);
        }
        for sent in self.sent {
            let gone = removed.contains(&sent.reference.contact.to_string());
            if !gone && !known.contains(&sent.reference.message.to_string()) {
                self.faults.push(format!("the provider took {} of which the table does not know", sent.reference));
            }
        }
    }

    /// Whether the enrolment ended before its sender could ask what became of its message. Nobody asks afterwards.
    fn was_cut_short(&self, message: &Message) -> bool {
        let mut enrollments = self.ledger.enrollments.iter().map(|(_, enrollment)| enrollment);
        let of_it = enrollments.find(|e| e.contact_id == message.contact_id && e.campaign_id == message.campaign_id);
        of_it.is_none_or(|enrollment| enrollment.status != EnrollmentStatus::Completed && enrollment.status.is_end())
    }

    fn removed(&self) -> BTreeSet<String> {
        let done = self.world.people.done.iter().filter(|done| done.granted && done.what == What::Remove);
        done.map(|done| done.about.clone()).collect()
    }

    /// No step is claimed before the delay after the one before it is over.
    fn delays_are_kept(&mut self) {
        let mut claims: BTreeMap<(String, String), Vec<Message>> = BTreeMap::new();
        for (_, message) in &self.ledger.messages {
            let place = (message.campaign_id.to_string(), message.contact_id.to_string());
            claims.entry(place).or_default().push(message.clone());
        }
        let first_claims: BTreeMap<String, Value> = (self.ledger.changes.iter())
            .filter(|change| matches!(kind(&change.pk, &change.sk), Kind::Message(_)) && change.old.is_none())
            .filter_map(|change| Some((change.sk.clone(), change.new.clone()?)))
            .collect();
        let edited: BTreeSet<&str> = self.world.people.about(&[What::Edit]).collect();
        let plans = self.world.people.tenants.iter().flat_map(|tenant| &tenant.campaigns);
        let plans = plans.filter(|plan| !edited.contains(plan.id.as_str()));
        let steps: BTreeMap<&str, &Vec<Value>> = plans.map(|plan| (plan.id.as_str(), &plan.steps)).collect();
        for ((campaign, _), mut messages) in claims {
            let Some(steps) = steps.get(campaign.as_str()) else { continue };
            messages.sort_by_key(|message| message.step_number);
            for pair in messages.windows(2) {
                let claimed: Message = entity(&first_claims[&format!("M#{}", pair[1].id)]);
                let step = steps.iter().find(|step| step["step_number"] == pair[1].step_number).unwrap();
                let Some(noted) = pair[0].sent_at.filter(|_| step["send_time"].is_null()) else { continue };
                // Where a report is the first to tell that it was sent, by Twilio, the report's time is noted.
                let taken = self.sent.iter().filter(|sent| sent.reference.message == pair[0].id);
                let sent_at = taken.map(|sent| sent.taken.at).chain([noted]).min().unwrap_or(noted);
                if claimed.claimed_at < after(sent_at, super::scenario::delay(step) - SLACK) {
                    self.faults.push(format!("{:?} came too soon after {:?}: {step}", claimed, pair[0]));
                }
            }
        }
    }

    /// Whoever is in a campaign that took its course, and whom nothing speaks against, got every step for which there is an
    /// address, but for those with conditions.
    fn nobody_is_left_out(&mut self) {
        let spoken_against = self.spoken_against();
        let disturbed: BTreeSet<&str> =
            self.world.people.about(&[What::End, What::Edit, What::Unenroll, What::Activity]).collect();
        let enrollments: Vec<(String, Enrollment)> = self.ledger.enrollments.clone();
        for tenant in &self.world.people.tenants {
            let plans = tenant.campaigns.iter().filter(|plan| !disturbed.contains(plan.id.as_str()));
            for plan in plans.filter(|plan| plan.takes_its_course()) {
                let of_plan =
                    enrollments.iter().filter(|(_, enrollment)| enrollment.campaign_id.to_string() == plan.id);
                for (_, enrollment) in of_plan {
                    let contact = enrollment.contact_id.to_string();
                    let person = tenant.contacts.iter().find(|person| person.id == contact);
                    if let Some(person) = person.filter(|person| !spoken_against.contains(&person.id)) {
                        self.got_all(plan, person, enrollment);
                    }
                }
            }
        }
    }

    fn got_all(&mut self, plan: &Plan, person: &Person, enrollment: &Enrollment) {
        let numbers = |step: &&Value| u32::try_from(step["step_number"].as_u64().unwrap()).unwrap();
        let expected: BTreeSet<u32> = (plan.steps.iter())
            .filter(|step| person.address(step).is_some() && step["conditions"].as_array().is_none_or(Vec::is_empty))
            .map(|step| numbers(&step))
            .collect();
        let got: BTreeSet<u32> = (self.ledger.messages.iter())
            .filter(|(_, m)| m.contact_id == enrollment.contact_id && m.campaign_id == enrollment.campaign_id)
            .map(|(_, message)| message.step_number)
            .collect();
        let end = if enrollment.sent > 0 { EnrollmentStatus::Completed } else { EnrollmentStatus::Excluded };
        if !got.is_superset(&expected) || enrollment.status != end {
            self.faults.push(format!("{} got {got:?} of {expected:?}: {enrollment:?}", person.draft));
        }
    }

    /// Contacts who must not be written to, or of whom something came back.
    fn spoken_against(&self) -> BTreeSet<String> {
        let people = &self.world.people;
        let closed = people.tenants.iter().flat_map(|tenant| &tenant.contacts).filter(|person| person.is_closed());
        let mut all: BTreeSet<String> = closed.map(|person| person.id.clone()).collect();
        all.extend(people.about(&[What::OptOut, What::Remove, What::Prefer]).map(str::to_owned));
        let bad = [ReceiptEvent::Bounced, ReceiptEvent::Complained, ReceiptEvent::Unsubscribed];
        let came_back = self.sent.iter().filter(|sent| sent.events.iter().any(|event| bad.contains(event)));
        all.extend(came_back.map(|sent| sent.reference.contact.to_string()));
        all
    }
}

//! What must hold of every world at its end: section 6 of the design, item by item.

use std::collections::{BTreeMap, BTreeSet};

use domain::enrollment::EnrollmentStatus;
use domain::message::{Message, MessageStatus, ReceiptEvent};
use domain::time::after;
use serde_json::Value;

use super::ledger::{Kind, Ledger, entity, kind};
use super::people::{Person, What};
use super::provider::Sent;
use super::world::World;

/// How far clocks may be apart that tell of one thing.
const SLACK: chrono::TimeDelta = chrono::TimeDelta::milliseconds(3_001);

/// Everything that is wrong.
pub(super) fn faults(world: &World) -> Vec<String> {
    let inside = world.wire.inside();
    let ledger = Ledger::read(&inside.servers.table);
    let checks = Checks { world, ledger, sent: &inside.servers.provider.sent, faults: Vec::new() };
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
        for done in self.world.people.done.iter().filter(|done| done.granted) {
            let (What::OptOut(contact) | What::Remove(contact)) = &done.what else { continue };
            let to = self.sent.iter().filter(|sent| sent.reference.contact.to_string() == *contact);
            let after = to.filter(|sent| sent.decided.is_none_or(|decided| decided > done.served));
            let told: Vec<String> =
                after.map(|sent| format!("{:?} reached {}", done.what, sent.reference.message)).collect();
            self.faults.extend(told);
        }
        let refused =
            |person: &&Person| person.draft["do_not_contact"] == true || person.draft["opt_in_status"] == "opted_out";
        for person in self.world.people.tenants.iter().flat_map(|tenant| &tenant.contacts).filter(refused) {
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
            if message.sent_at.is_some() != is_taken && message.status != MessageStatus::Failed {
                self.faults.push(format!("the provider took it: {is_taken}, and the message is {message:?}"));
            }
            if message.status == MessageStatus::Pending {
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

    fn removed(&self) -> BTreeSet<String> {
        let done = self.world.people.done.iter().filter(|done| done.granted);
        let removed = done.filter_map(|done| match &done.what {
            What::Remove(contact) => Some(contact.clone()),
            _ => None,
        });
        removed.collect()
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
        let plans = self.world.people.tenants.iter().flat_map(|tenant| &tenant.campaigns);
        let steps: BTreeMap<String, Vec<Value>> = plans.map(|plan| (plan.id.clone(), plan.steps.clone())).collect();
        for ((campaign, _), mut messages) in claims {
            messages.sort_by_key(|message| message.step_number);
            for pair in messages.windows(2) {
                let claimed: Message = entity(&first_claims[&format!("M#{}", pair[1].id)]);
                let step = steps[&campaign].iter().find(|step| step["step_number"] == pair[1].step_number).unwrap();
                let Some(sent_at) = pair[0].sent_at else { continue };
                if claimed.claimed_at < after(sent_at, super::scenario::delay(step) - SLACK) {
                    self.faults.push(format!("{:?} came too soon after {:?}: {step}", claimed, pair[0]));
                }
            }
        }
    }

    /// Whoever was wanted, and whom nothing speaks against, got every step for which there is an address.
    fn nobody_is_left_out(&mut self) {
        let spoken_against = self.spoken_against();
        for tenant in &self.world.people.tenants {
            for plan in &tenant.campaigns {
                for (_, enrollment) in &self.ledger.enrollments {
                    let contact = enrollment.contact_id.to_string();
                    if enrollment.campaign_id.to_string() != plan.id || spoken_against.contains(&contact) {
                        continue;
                    }
                    let person = tenant.contacts.iter().find(|person| person.id == contact).unwrap();
                    let reached = self.ledger.messages.iter().filter(|(_, m)| {
                        m.contact_id == enrollment.contact_id && m.campaign_id == enrollment.campaign_id
                    });
                    let reached: BTreeSet<u32> = reached.map(|(_, message)| message.step_number).collect();
                    let expected: BTreeSet<u32> = (plan.steps.iter())
                        .filter(|step| !person.address(step).is_null())
                        .map(|step| u32::try_from(step["step_number"].as_u64().unwrap()).unwrap())
                        .collect();
                    let end =
                        if enrollment.sent > 0 { EnrollmentStatus::Completed } else { EnrollmentStatus::Excluded };
                    if reached != expected || enrollment.status != end {
                        self.faults.push(format!("{} got {reached:?} of {expected:?}: {enrollment:?}", person.draft));
                    }
                }
            }
        }
    }

    /// Contacts who must not be written to, or of whom something came back.
    fn spoken_against(&self) -> BTreeSet<String> {
        let people = &self.world.people;
        let mut all: BTreeSet<String> = (people.tenants.iter().flat_map(|tenant| &tenant.contacts))
            .filter(|person| person.draft["do_not_contact"] == true || person.draft["opt_in_status"] == "opted_out")
            .map(|person| person.id.clone())
            .collect();
        all.extend(people.done.iter().filter_map(|done| match &done.what {
            What::OptOut(contact) | What::Remove(contact) => Some(contact.clone()),
            _ => None,
        }));
        let bad = [ReceiptEvent::Bounced, ReceiptEvent::Complained];
        let came_back = self.sent.iter().filter(|sent| sent.events.iter().any(|event| bad.contains(event)));
        all.extend(came_back.map(|sent| sent.reference.contact.to_string()));
        all
    }
}

impl Person {
    /// The address for the step's channel, if there is one.
    fn address(&self, step: &Value) -> Value {
        let field = if step["message_type"] == "email" { "email" } else { "phone" };
        self.draft[field].clone()
    }
}

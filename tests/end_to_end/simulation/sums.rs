//! What must hold of enrolments, campaigns, counters and tenants.

use std::collections::{BTreeMap, BTreeSet};

use domain::campaign::CampaignStatus;
use domain::counters::Tally;
use domain::enrollment::Enrollment;
use domain::message::Message;

use super::checks::Checks;
use super::ledger::{Kind, entity, kind};
use super::people::{Tenant, What};

impl Checks<'_> {
    pub(super) fn everybody_ends(&mut self) {
        for ((tenant, id), campaign) in &self.ledger.campaigns {
            let of_it =
                self.ledger.enrollments.iter().filter(|(of, e)| of == tenant && e.campaign_id.to_string() == *id);
            let of_it: Vec<&Enrollment> = of_it.map(|(_, enrollment)| enrollment).collect();
            let faults = &mut self.faults;
            if campaign.audience != of_it.len() as u64 {
                faults.push(format!("{id} has an audience of {} and {} enrolments", campaign.audience, of_it.len()));
            }
            if campaign.enrolling != 0 {
                faults.push(format!("{id} is still enrolling"));
            }
            let open: Vec<_> = of_it.iter().filter(|e| !e.status.is_end()).collect();
            let started =
                self.world.people.done.iter().any(|done| done.granted && done.what == What::Start && done.about == *id);
            let rests = match campaign.status {
                CampaignStatus::Draft | CampaignStatus::Scheduled => !started,
                CampaignStatus::Active => of_it.is_empty(),
                CampaignStatus::Paused => false,
                CampaignStatus::Completed | CampaignStatus::Cancelled | CampaignStatus::Archived => open.is_empty(),
            };
            if !rests {
                faults.push(format!("{id} is {} with {} open enrolments: {open:?}", campaign.status, open.len()));
            }
        }
    }

    pub(super) fn campaigns_complete_at_the_right_time(&mut self) {
        let mut open: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
        let changes = std::mem::take(&mut self.ledger.changes);
        for change in &changes {
            match (kind(&change.pk, &change.sk), &change.new) {
                (Kind::Enrollment(tenant, campaign), Some(new)) => {
                    let open = open.entry((tenant, campaign)).or_default();
                    match entity::<Enrollment>(new).status.is_end() {
                        true => open.remove(&change.sk),
                        false => open.insert(change.sk.clone()),
                    };
                }
                (Kind::Campaign(tenant, campaign), Some(new)) if new["status"] == "completed" => {
                    let left = open.get(&(tenant, campaign.clone())).map_or(0, BTreeSet::len);
                    if left > 0 {
                        self.fault(format!("{campaign} was completed with {left} open enrolments"));
                    }
                }
                _ => {}
            }
        }
        self.ledger.changes = changes;
    }

    pub(super) fn nothing_moves_back(&mut self) {
        let changes = std::mem::take(&mut self.ledger.changes);
        for change in &changes {
            let (Some(old), Some(new)) = (&change.old, &change.new) else { continue };
            match kind(&change.pk, &change.sk) {
                Kind::Enrollment(..) => self.enrollment_moves(&entity(old), &entity(new)),
                Kind::Message(_) => self.message_moves(&entity(old), &entity(new)),
                _ => {}
            }
        }
        self.ledger.changes = changes;
    }

    fn enrollment_moves(&mut self, old: &Enrollment, new: &Enrollment) {
        let back = new.step_done < old.step_done || new.reached < old.reached || new.sent < old.sent;
        let revived = old.status.is_end() && new.status != old.status;
        if back || revived || new.due.is_some() && new.status.is_end() || new.revision <= old.revision {
            self.fault(format!("an enrolment moved back: {old:?} → {new:?}"));
        }
    }

    fn message_moves(&mut self, old: &Message, new: &Message) {
        if new.status < old.status || new.revision <= old.revision {
            self.fault(format!("a message moved back: {old:?} → {new:?}"));
        }
    }

    pub(super) fn counters_equal_what_they_count(&mut self) {
        let mut counted: BTreeMap<(String, String), Tally> = BTreeMap::new();
        for (tenant, enrollment) in &self.ledger.enrollments {
            let tally = counted.entry((tenant.clone(), enrollment.campaign_id.to_string())).or_default();
            tally.count_enrollment(None, Some(enrollment));
        }
        for (tenant, message) in &self.ledger.messages {
            let tally = counted.entry((tenant.clone(), message.campaign_id.to_string())).or_default();
            tally.count_message(None, Some(message));
        }
        let all: BTreeSet<_> = counted.keys().chain(self.ledger.counted.keys()).cloned().collect();
        for place in all {
            let (kept, right) = (shown(self.ledger.counted.get(&place)), shown(counted.get(&place)));
            if kept != right {
                self.fault(format!("the counters of {} are\n  {kept} instead of\n  {right}", place.1));
            }
        }
    }

    /// No item of a tenant names a contact or campaign of another.
    pub(super) fn tenants_are_apart(&mut self) {
        let ids = |tenant: &Tenant| -> Vec<String> {
            let campaigns = tenant.campaigns.iter().map(|campaign| campaign.id.clone());
            tenant.contacts.iter().map(|person| person.id.clone()).chain(campaigns).collect()
        };
        for tenant in &self.world.people.tenants {
            let others = self.world.people.tenants.iter().filter(|other| other.id != tenant.id);
            let foreign: Vec<String> = others.flat_map(|other| [vec![other.id.clone()], ids(other)].concat()).collect();
            let own = self.ledger.items.iter().filter(|item| item.pk.split('#').any(|part| part == tenant.id));
            for item in own {
                let text = format!("{} {} {}", item.pk, item.sk, item.attributes);
                if foreign.iter().any(|id| text.contains(id.as_str())) {
                    self.faults.push(format!("an item of tenant {} is of another too: {text}", tenant.id));
                }
            }
        }
        for sent in self.sent {
            let tenant = self.world.people.tenants.iter().position(|t| t.id == sent.reference.tenant.to_string());
            let contact = sent.reference.contact.to_string();
            let known = tenant.is_some_and(|at| self.world.people.tenants[at].contacts.iter().any(|p| p.id == contact));
            if !known {
                self.faults.push(format!("{} went to a contact of another tenant", sent.reference));
            }
        }
    }
}

fn shown(tally: Option<&Tally>) -> String {
    tally.map(|tally| format!("{:?}", tally.iter().collect::<Vec<_>>())).unwrap_or_default()
}

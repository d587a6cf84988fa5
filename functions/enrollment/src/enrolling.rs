//! The next contacts of a chunk become enrolments.

use std::collections::HashMap;

use domain::Result;
use domain::campaign::{Campaign, CampaignStatus};
use domain::contact::Contact;
use domain::contact::criteria::Criteria;
use domain::enrollment::{Due, Enrollment};
use domain::id::ContactId;
use domain::job::{EnrollmentChunk, EnrollmentSource};
use domain::sequence::first_due;
use store::EnrollmentJobs;

use crate::audience::{Audience, meant};
use crate::chunk::{Group, Scene, Worker};

/// What is known of the contacts of a group.
struct People {
    /// By the id that was asked for.
    contacts: HashMap<ContactId, Contact>,
    /// Their enrolments, be it under an id that was merged into theirs.
    enrolled: HashMap<ContactId, Vec<Enrollment>>,
}

impl Worker<'_> {
    /// The next group of the first pass; nothing at the end, or when the campaign takes nobody any more.
    pub(crate) async fn enrolled(
        &self,
        chunk: &EnrollmentChunk,
        audience: &mut Audience,
        scene: &Scene,
    ) -> Result<Option<Group>> {
        if scene.campaign.has_ended(scene.now) || self.room(chunk) == 0 {
            return Ok(None);
        }
        let ids = audience.next(self, chunk, EnrollmentJobs::commit_limit()).await?;
        if ids.is_empty() {
            return Ok(None);
        }
        let people = self.people(&scene.campaign, &ids).await?;
        let criteria = match &self.job.source {
            EnrollmentSource::Criteria(criteria) => Some(meant(criteria)?),
            _ => None,
        };
        let mut filling = Filling { scene, people, group: Group { after: chunk.clone(), writes: Vec::new() } };
        let mut dealt_with = 0;
        for id in &ids {
            if self.room(&filling.group.after) == 0 || filling.is_full_before(*id) {
                break;
            }
            filling.add(*id, criteria.as_ref());
            dealt_with += 1;
        }
        let Group { after, writes } = filling.group;
        let last = ids.get(dealt_with - 1).copied().filter(|_| chunk.range.is_some());
        let after = EnrollmentChunk { after: last.or(after.after), ..after.moved(dealt_with) };
        Ok(Some(Group { after, writes }))
    }

    /// The next group of the second pass.
    pub(crate) async fn gone_through_again(
        &self,
        chunk: &EnrollmentChunk,
        audience: &mut Audience,
        scene: &Scene,
    ) -> Result<Option<Group>> {
        if let Some(range) = &chunk.range {
            return self.range_again(chunk, range, scene).await;
        }
        let ids = audience.next(self, chunk, EnrollmentJobs::commit_limit()).await?;
        if ids.is_empty() {
            return Ok(None);
        }
        let people = self.people(&scene.campaign, &ids).await?;
        let mut filling = Filling { scene, people, group: Group { after: chunk.clone(), writes: Vec::new() } };
        let dealt_with = ids.iter().take_while(|id| filling.add_again(**id)).count();
        let Group { writes, .. } = filling.group;
        Ok(Some(Group { after: chunk.moved(dealt_with), writes }))
    }

    async fn people(&self, campaign: &Campaign, ids: &[ContactId]) -> Result<People> {
        let contacts = self.store.contacts().get_many(ids).await?;
        let all = |person: &Contact| std::iter::once(person.id).chain(person.merged_from.clone());
        let mut owners: HashMap<ContactId, ContactId> = ids.iter().map(|id| (*id, *id)).collect();
        owners.extend(contacts.values().flat_map(|person| all(person).map(|id| (id, person.id))));
        let asked: Vec<ContactId> = owners.keys().copied().collect();
        let mut enrolled: HashMap<ContactId, Vec<Enrollment>> = HashMap::new();
        for enrollment in self.store.enrollments().among(campaign.id, &asked).await? {
            let owner = owners.get(&enrollment.contact_id).copied();
            enrolled.entry(owner.unwrap_or(enrollment.contact_id)).or_default().push(enrollment);
        }
        Ok(People { contacts, enrolled })
    }
}

/// A group that is being filled.
struct Filling<'a> {
    scene: &'a Scene,
    people: People,
    group: Group,
}

impl Filling<'_> {
    /// Whether what the contact brings does not fit into the group any more. One person may have several enrolments,
    /// after contacts were merged.
    fn is_full_before(&self, id: ContactId) -> bool {
        let brings = self.people.enrolled.get(&self.person(id)).map_or(1, Vec::len);
        let written = self.group.writes.len();
        written > 0 && written + brings > EnrollmentJobs::commit_limit()
    }

    fn person(&self, id: ContactId) -> ContactId {
        self.people.contacts.get(&id).map_or(id, |contact| contact.id)
    }

    /// Deals with a contact in the second pass; `false` if the group is full.
    fn add_again(&mut self, id: ContactId) -> bool {
        if self.is_full_before(id) {
            return false;
        }
        let enrollments = self.people.enrolled.remove(&self.person(id)).unwrap_or_default();
        self.group.writes.extend(enrollments.iter().filter_map(|enrollment| self.scene.caught_up(enrollment)));
        true
    }

    /// Deals with a contact; where criteria said that it is meant, only if it still is.
    fn add(&mut self, id: ContactId, criteria: Option<&Criteria>) {
        let Scene { campaign, steps, now } = self.scene;
        let contact = self.people.contacts.get(&id);
        let is_meant = |criteria: &Criteria| contact.is_some_and(|it| it.id == id && criteria.matches(it));
        if criteria.is_some_and(|criteria| !is_meant(criteria)) {
            return;
        }
        let person = self.person(id);
        let after = &mut self.group.after;
        if let Some(enrollments) = self.people.enrolled.get_mut(&person) {
            after.already_enrolled += 1;
            self.group.writes.extend(enrollments.drain(..).filter_map(|enrollment| self.scene.given_time(&enrollment)));
        } else if contact.is_some() {
            let active = campaign.status == CampaignStatus::Active;
            let due = active.then(|| Due::new(first_due(steps, *now), *now));
            after.enrolled += 1;
            after.unscheduled |= due.is_none();
            self.group.writes.push(Enrollment::new(campaign.id, person, due, *now));
            self.people.enrolled.insert(person, Vec::new());
        } else {
            after.unknown += 1;
        }
    }
}

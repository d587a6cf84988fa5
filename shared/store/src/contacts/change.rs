//! What follows from a change of a contact, as the writes of one transaction: the contact, the guard of its address, its
//! memberships with the groups' counts, the entry of its audit, and a mark for the searches.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::audit::AuditEntry;
use domain::contact::Contact;
use domain::contact::indexed::Indexed;
use domain::email::EmailAddress;
use domain::enrollment::Shard;
use domain::id::{ContactId, GroupId, TenantId};
use domain::{Result, Timestamp};
use serde::Serialize;

use super::Guard;
use crate::item::{Condition, Item, Update, Write};
use crate::keys::Key;
use crate::{audit, marks};

/// The number of the members that a shard of a group has.
pub(crate) const MEMBERS: &str = "members";

/// A change of a contact, and who made it.
#[derive(Debug, Clone, PartialEq)]
pub struct ContactChange {
    /// The contact as it was read.
    pub old: Contact,
    /// The contact one version on.
    pub new: Contact,
    /// What the audit is to tell of it.
    pub entry: AuditEntry,
}

/// What a write of the transaction is about.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Part {
    Contact(ContactId),
    Email(EmailAddress),
    Joined(GroupId),
    Left(GroupId),
    Other,
}

#[derive(Serialize)]
struct Membership {
    contact_id: ContactId,
}

/// Writes that succeed or fail together, and what each is about.
#[derive(Debug, Clone)]
pub(crate) struct Transaction {
    tenant: TenantId,
    writes: Vec<Write>,
    parts: Vec<Part>,
    /// Where the counts of a group's shard stand: an item is written once in a transaction.
    counts: HashMap<Key, usize>,
    /// Groups that do not exist any more: their counts are left alone.
    gone: Vec<GroupId>,
    /// When it leaves marks of what becomes of the contacts, if it does.
    marking: Option<Timestamp>,
}

impl Transaction {
    pub(crate) fn new(tenant: TenantId) -> Self {
        Self::without(tenant, Vec::new())
    }

    pub(crate) fn without(tenant: TenantId, gone: Vec<GroupId>) -> Self {
        Self { tenant, writes: Vec::new(), parts: Vec::new(), counts: HashMap::new(), gone, marking: None }
    }

    /// Leaves marks from here on, if there is a moment.
    pub(crate) fn marking(self, at: Option<Timestamp>) -> Self {
        Self { marking: at, ..self }
    }

    /// The writes, in the order in which they were added.
    pub(crate) fn writes(self) -> Vec<Write> {
        self.writes
    }

    /// What the writes at `at` are about.
    pub(crate) fn parts<'a>(&'a self, at: &'a [usize]) -> impl Iterator<Item = &'a Part> {
        at.iter().filter_map(|&at| self.parts.get(at))
    }

    /// The groups that were to be left and do not exist, if nothing but that was refused.
    pub(crate) fn left_of_gone_groups(&self, at: &[usize]) -> Option<Vec<GroupId>> {
        self.parts(at).map(|part| if let Part::Left(group) = part { Some(*group) } else { None }).collect()
    }

    /// Whether nothing was refused but that groups are joined which do not exist.
    pub(crate) fn joined_gone_groups(&self, at: &[usize]) -> bool {
        self.parts(at).all(|part| matches!(part, Part::Joined(_)))
    }

    /// A new contact.
    pub(crate) fn create(&mut self, contact: &Contact) -> Result<()> {
        self.put(contact, Condition::Absent)?;
        self.claim(contact.profile.email.as_ref(), contact.id)?;
        contact.profile.groups.iter().try_for_each(|&group| self.join(group, contact.id))
    }

    /// The whole item of a contact.
    pub(crate) fn put(&mut self, contact: &Contact, condition: Condition) -> Result<()> {
        let item = Item::new(&Key::contact(self.tenant, contact.id), contact)?;
        self.add(Part::Contact(contact.id), Write::put(item.with(self.said(contact)), condition));
        self.mark(|_| Indexed::contact(contact))
    }

    /// The next version of a contact. Figures that others keep are not touched.
    pub(crate) fn change(&mut self, change: &ContactChange) -> Result<()> {
        let ContactChange { old, new, entry } = change;
        let update = self.next_version(old, new)?.set(self.said(new));
        self.add(Part::Contact(new.id), update.into());
        self.mark(|_| Indexed::contact(new))?;
        self.add_entry(old, entry)?;
        if old.profile.email != new.profile.email {
            self.free(old.profile.email.as_ref(), old.id);
            self.claim(new.profile.email.as_ref(), new.id)?;
        }
        let (before, after) = (&old.profile.groups, &new.profile.groups);
        before.iter().filter(|group| !after.contains(group)).for_each(|&group| self.leave(group, new.id));
        after.iter().filter(|group| !before.contains(group)).try_for_each(|&group| self.join(group, new.id))
    }

    /// The entry of the contact's audit, and the one of its making, which was not written before it had to be.
    pub(crate) fn add_entry(&mut self, old: &Contact, entry: &AuditEntry) -> Result<()> {
        if old.version == 1 {
            let created = AuditEntry::contact_created(old);
            self.add(Part::Other, audit::put_of_contact(self.tenant, old.id, &created)?);
        }
        self.add(Part::Other, audit::put_of_contact(self.tenant, old.id, entry)?);
        Ok(())
    }

    /// The contact after, its figures included, if nothing at all of it has changed since it was read.
    pub(crate) fn exactly(&mut self, old: &Contact, new: &Contact) -> Result<()> {
        let update = self.next_revision(old, new)?.set(self.said(new));
        self.add(Part::Contact(new.id), update.into());
        self.mark(|_| Indexed::contact(new))
    }

    /// The same alone, without a mark.
    pub(crate) fn next_revision(&self, old: &Contact, new: &Contact) -> Result<Update> {
        Ok(self.next_version(old, new)?.when(Condition::number("revision", old.revision)))
    }

    fn next_version(&self, old: &Contact, new: &Contact) -> Result<Update> {
        let key = Key::contact(self.tenant, new.id);
        let (before, after) = (Item::new(&key, old)?.0, Item::new(&key, new)?.0);
        let kept = |name: &str| name == "revision" || after.contains_key(name);
        let removed: Vec<String> = before.keys().filter(|name| !kept(name)).cloned().collect();
        let changed = after.into_iter().filter(|(name, value)| name != "revision" && before.get(name) != Some(value));
        let update = Update::of(key).set(changed).remove(removed).add("revision", 1);
        Ok(update.when(Condition::number("version", old.version)))
    }

    /// What the item of a contact says of its mark; nothing, and so what it said before, if none is left.
    fn said(&self, contact: &Contact) -> Option<(String, AttributeValue)> {
        self.marking.map(|_| marks::attribute(&Indexed::contact(contact)))
    }

    /// The mark of what became of a contact at this moment, if marks are left.
    fn mark(&mut self, state: impl FnOnce(Timestamp) -> Indexed) -> Result<()> {
        if let Some(at) = self.marking {
            self.add(Part::Other, marks::put(self.tenant, state(at), at)?);
        }
        Ok(())
    }

    /// The mark of a contact that is no more, or goes into another one.
    pub(crate) fn mark_gone(&mut self, last: &Contact) -> Result<()> {
        self.mark(|at| Indexed::gone(last.id, last.stamp(), at))
    }

    /// What stands under the id of a contact that goes into another one says of its mark.
    pub(crate) fn said_gone(&self, last: &Contact) -> Option<(String, AttributeValue)> {
        self.marking.map(|at| marks::attribute(&Indexed::gone(last.id, last.stamp(), at)))
    }

    /// Makes an address the contact's.
    pub(crate) fn claim(&mut self, email: Option<&EmailAddress>, contact_id: ContactId) -> Result<()> {
        let Some(email) = email else { return Ok(()) };
        let guard = Item::new(&Key::email_guard(self.tenant, email), &Guard { contact_id })?;
        self.add(Part::Email(email.clone()), Write::put(guard, Condition::Absent));
        Ok(())
    }

    /// Gives an address free that was the contact's.
    pub(crate) fn free(&mut self, email: Option<&EmailAddress>, contact: ContactId) {
        if let Some(email) = email {
            let conditions = vec![Condition::text("contact_id", contact)];
            self.add(Part::Other, Write::Delete { key: Key::email_guard(self.tenant, email), conditions });
        }
    }

    pub(crate) fn join(&mut self, group: GroupId, contact_id: ContactId) -> Result<()> {
        let item = Item::new(&Key::membership(self.tenant, group, contact_id), &Membership { contact_id })?;
        self.add(Part::Other, Write::Put { item, conditions: vec![] });
        self.count(Part::Joined(group), group, contact_id, 1);
        Ok(())
    }

    pub(crate) fn leave(&mut self, group: GroupId, contact: ContactId) {
        let key = Key::membership(self.tenant, group, contact);
        self.add(Part::Other, Write::Delete { key, conditions: vec![] });
        if !self.gone.contains(&group) {
            self.count(Part::Left(group), group, contact, -1);
        }
    }

    /// A group has its counts as long as it exists: who joins one that was deleted is refused here.
    fn count(&mut self, part: Part, group: GroupId, contact: ContactId, by: i64) {
        let key = Key::member_count(self.tenant, group, Shard::of(contact));
        match self.counts.get(&key).and_then(|&at| self.writes.get_mut(at)) {
            Some(Write::Update(counted)) => counted.add.iter_mut().for_each(|(_, sum)| *sum += by),
            _ => {
                self.counts.insert(key.clone(), self.writes.len());
                self.add(part, Update::of(key).add(MEMBERS, by).when(Condition::Present).into());
            }
        }
    }

    pub(crate) fn add(&mut self, part: Part, write: Write) {
        self.parts.push(part);
        self.writes.push(write);
    }
}

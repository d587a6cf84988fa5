//! The removal of a contact, and of what hangs on it.

use domain::audit::AuditEntry;
use domain::contact::Contact;
use domain::contact::job::ContactJob;
use domain::enrollment::{Enrollment, EnrollmentStatus};
use domain::erasure::AddressHash;
use domain::id::{CampaignId, ContactId, GroupId, JobId};
use domain::message::Message;
use domain::{Result, Timestamp};
use futures::stream::{self, StreamExt, TryStreamExt};
use serde::Serialize;

use super::change::Part;
use super::{Contacts, Transaction};
use crate::audit;
use crate::contact_jobs;
use crate::enrollments::next_revision;
use crate::item::{Attributes, Condition, Item, Write, entity};
use crate::keys::{BOOKING, CONTACT, CONTACT_AUDIT, ENROLLED, Key, MESSAGE, contact_partition, erased_partition};
use crate::marks::Marks;
use crate::table::{Range, Sort, Transacted};

/// How many items are cleared away at a time.
const AT_A_TIME: usize = 16;
/// How often an item is tried again that somebody else changed.
const TRIES: usize = 8;

/// A contact that is to go.
#[derive(Debug, Clone)]
pub struct Removal<'a> {
    /// As it was read.
    pub contact: &'a Contact,
    /// The groups that it leaves at once.
    pub leaves: &'a [GroupId],
    /// What the audit is to tell.
    pub entry: &'a AuditEntry,
    /// The job that clears away the rest.
    pub job: &'a ContactJob,
    /// By what the person is recognised, who asked not to be kept.
    pub erased: Option<AddressHash>,
    /// The job by which it goes, one step on, if it goes by one.
    pub by: Option<&'a ContactJob>,
}

#[derive(Serialize)]
struct Erased {
    at: Timestamp,
}

impl Contacts {
    /// Removes a contact. Its address is free from now on; what hangs on it is cleared away by the job.
    ///
    /// # Errors
    /// As [`Contacts::change`].
    pub async fn remove(&self, removal: &Removal<'_>) -> Result<()> {
        let mut gone = Vec::new();
        loop {
            let transaction = self.removal(removal, gone.clone())?;
            match self.table.transact(transaction.clone().writes()).await? {
                Transacted::Yes => return Ok(()),
                Transacted::Refused(at) => match transaction.left_of_gone_groups(&at) {
                    Some(groups) if !groups.is_empty() => gone.extend(groups),
                    _ => return Err(self.refusal(&transaction, &at).await?),
                },
            }
        }
    }

    pub(super) fn removal(&self, removal: &Removal<'_>, gone: Vec<GroupId>) -> Result<Transaction> {
        let Removal { contact, leaves, entry, job, erased, by } = removal;
        let mut transaction = self.transaction(gone, entry.at);
        let conditions = vec![Condition::number("version", contact.version)];
        let key = Key::contact(self.tenant, contact.id);
        transaction.add(Part::Contact(contact.id), Write::Delete { key, conditions });
        transaction.mark_gone(contact)?;
        transaction.free(contact.profile.email.as_ref(), contact.id);
        leaves.iter().for_each(|&group| transaction.leave(group, contact.id));
        if contact.version == 1 {
            let made = AuditEntry::contact_created(contact).masked();
            transaction.add(Part::Other, audit::put_of_contact(self.tenant, contact.id, &made)?);
        }
        transaction.add(Part::Other, audit::put_of_contact(self.tenant, contact.id, entry)?);
        for write in contact_jobs::begin(self.tenant, job)? {
            transaction.add(Part::Other, write);
        }
        if let Some(next) = by {
            transaction.add(Part::Other, contact_jobs::next(self.tenant, next)?);
        }
        if let Some(address) = erased {
            let item = Item::new(&Key::erased(self.tenant, address), &Erased { at: entry.at })?;
            transaction.add(Part::Other, Write::Put { item, conditions: vec![] });
        }
        Ok(transaction)
    }

    /// Notes that the persons with these addresses asked not to be kept.
    pub async fn block(&self, addresses: &[AddressHash], now: Timestamp) -> Result<()> {
        for address in addresses {
            let item = Item::new(&Key::erased(self.tenant, address), &Erased { at: now })?;
            self.put(Write::Put { item, conditions: vec![] }).await?;
        }
        Ok(())
    }

    /// Those of the addresses whose persons asked not to be kept.
    pub async fn erased(&self, addresses: &[AddressHash]) -> Result<Vec<AddressHash>> {
        // Most tenants have erased nobody, and need not ask for each.
        let any = Range::new(erased_partition(self.tenant), Sort::All).limit(1).consistent();
        if self.table.query(&any).await?.0.is_empty() {
            return Ok(Vec::new());
        }
        let keys: Vec<Key> = addresses.iter().map(|address| Key::erased(self.tenant, address)).collect();
        let found: Vec<Key> = self.table.batch_get(&keys).await?.iter().filter_map(Key::of).collect();
        Ok(addresses.iter().zip(keys).filter(|(_, key)| found.contains(key)).map(|(hash, _)| hash.clone()).collect())
    }

    /// Lets a contact that is gone, or went into another one by `merge`, leave a group. Does nothing if it has left, or is
    /// a contact again.
    pub async fn leave(&self, contact: ContactId, group: GroupId, merge: Option<JobId>) -> Result<()> {
        let member = Key::membership(self.tenant, group, contact);
        if self.table.get_attributes(&member).await?.is_none() {
            return Ok(());
        }
        for gone in [vec![], vec![group]] {
            let writes = self.leaving(contact, group, merge, gone);
            let check = merge.map(|_| writes.len() - 1);
            match self.table.transact(writes).await? {
                Transacted::Yes => break,
                // Somebody else took it out, or it is a member for itself again.
                Transacted::Refused(at) if at.iter().any(|at| *at == 0 || Some(*at) == check) => break,
                Transacted::Refused(_) => {}
            }
        }
        Ok(())
    }

    fn leaving(&self, contact: ContactId, group: GroupId, merge: Option<JobId>, gone: Vec<GroupId>) -> Vec<Write> {
        let mut transaction = Transaction::without(self.tenant, gone);
        transaction.leave(group, contact);
        let mut writes = transaction.writes();
        if let Some(Write::Delete { conditions, .. }) = writes.first_mut() {
            conditions.push(Condition::Present);
        }
        writes.extend(merge.map(|merge| {
            let conditions = vec![Condition::text("merge", merge)];
            Write::Check { key: Key::contact(self.tenant, contact), conditions }
        }));
        writes
    }

    /// Clears away what hangs on a contact that is gone. Its messages and enrolments stay what they were in their
    /// campaigns, but tell of nobody; of its audit stays who did something, and when. May be done again; the `last` time
    /// nobody is at work on it any more.
    pub async fn clear(&self, contact: ContactId, last_time: bool, now: Timestamp) -> Result<()> {
        Marks::new(self.table.clone(), self.tenant).forget(contact).await?;
        let mut range = Range::new(contact_partition(self.tenant, contact), Sort::All).consistent();
        loop {
            let (items, more) = self.table.query(&range).await?;
            let last = items.last().and_then(Key::of);
            let cleared = stream::iter(items).map(|item| self.clear_item(contact, item, last_time, now));
            cleared.buffer_unordered(AT_A_TIME).try_collect::<()>().await?;
            match last {
                Some(last) if more => range.sort = Sort::After(last.sk),
                _ => return Ok(()),
            }
        }
    }

    async fn clear_item(&self, contact: ContactId, item: Attributes, last_time: bool, now: Timestamp) -> Result<()> {
        let Some(key) = Key::of(&item) else { return Ok(()) };
        if key.sk.starts_with(CONTACT_AUDIT) {
            let entry: AuditEntry = entity(item)?;
            let masked = entry.clone().masked();
            return if masked == entry {
                Ok(())
            } else {
                self.put(audit::put_of_contact(self.tenant, contact, &masked)?).await
            };
        }
        if key.sk.starts_with(MESSAGE) {
            return self.clear_message(&key, entity(item)?).await;
        }
        if let Some(campaign) = key.sk.strip_prefix(ENROLLED).and_then(|id| id.parse().ok()) {
            // A note without an enrolment may be of one that is just being made.
            if !self.end_enrollment(campaign, contact, now).await? && !last_time {
                return Ok(());
            }
        }
        if let Some(booking) = key.sk.strip_prefix(BOOKING) {
            // Unless it tells of a booking that was reported anew.
            let conditions = vec![Condition::text("contact_id", contact)];
            self.put(Write::Delete { key: Key::booking_guard(self.tenant, booking), conditions }).await?;
        }
        // A contact that is there under this id again was restored from a merge meanwhile.
        if key.sk == CONTACT && !item.contains_key("merged_into") {
            return Ok(());
        }
        self.put(Write::Delete { key, conditions: vec![] }).await
    }

    async fn clear_message(&self, key: &Key, mut message: Message) -> Result<()> {
        for _ in 0..TRIES {
            let Some(anonymous) = message.anonymous() else { return Ok(()) };
            let unchanged = Condition::number("revision", message.revision);
            let put = Write::put(Item::new(key, &anonymous)?, unchanged);
            if self.table.write(put).await? == crate::table::Written::Yes {
                return Ok(());
            }
            match self.table.get(key).await? {
                Some(found) => message = found,
                None => return Ok(()),
            }
        }
        Err(changing("the message"))
    }

    /// Whether there is one.
    async fn end_enrollment(&self, campaign: CampaignId, contact: ContactId, now: Timestamp) -> Result<bool> {
        for _ in 0..TRIES {
            let found: Option<Enrollment> = self.table.get(&Key::enrollment(self.tenant, campaign, contact)).await?;
            let Some(found) = found else { return Ok(false) };
            let ended = found.ended(EnrollmentStatus::Excluded, Some("the contact was deleted"), now);
            let Some(ended) = ended else { return Ok(true) };
            if self.table.write(next_revision(self.tenant, &ended)?).await? == crate::table::Written::Yes {
                return Ok(true);
            }
        }
        Err(changing("the enrolment"))
    }

    async fn put(&self, write: Write) -> Result<()> {
        let _ = self.table.write(write).await?;
        Ok(())
    }
}

fn changing(what: &str) -> domain::Error {
    domain::Error::Unavailable { service: "the table", source: format!("{what} keeps changing").into() }
}

//! What hangs on a contact that went into another one: interactions and bookings are moved, messages and enrolments stay,
//! for their ids follow from the contact, and are marked as the other one's.
//!
//! Each transaction moves some things and notes, with the primary, which: by these notes they find the way back. All of it
//! may be done again.

use domain::contact::Contact;
use domain::enrollment::{Enrollment, EnrollmentStatus, MERGED, goes_on};
use domain::id::{CampaignId, ContactId, JobId};
use domain::message::Message;
use domain::{Error, Result, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Contacts;
use crate::enrollments::next_revision;
use crate::item::{Attributes, Condition, Item, Update, Write, entity};
use crate::keys::{BOOKING, ENROLLED, INTERACTION, Key, MESSAGE, PK, contact_partition, moved_prefix};
use crate::table::{Range, Sort, Transacted, Written};

/// What begins the sort keys of what is moved.
const MOVED: [&str; 2] = [INTERACTION, BOOKING];
/// The most things that one transaction moves: three writes each, beside two conditions and the note.
const AT_ONCE: usize = 30;
/// How many things are read at a time.
const PAGE: usize = 30;
/// How often something is tried again that somebody else changes.
const TRIES: usize = 8;

/// A way from a contact that went into another one to that one, or back.
#[derive(Debug, Clone, Copy)]
pub struct Passage {
    /// The merge.
    pub merge: JobId,
    /// The contact that took the other in.
    pub primary: ContactId,
    /// The other.
    pub duplicate: ContactId,
    /// Until when it can be known what was moved.
    pub noted_until: Timestamp,
}

/// What was moved in one transaction: the sort keys.
#[derive(Serialize, Deserialize)]
struct Note {
    from: ContactId,
    moved: Vec<String>,
}

/// The ends of a move.
#[derive(Clone, Copy)]
struct Ends {
    from: ContactId,
    to: ContactId,
}

impl Contacts {
    /// Moves the interactions and bookings of the duplicate to the primary, as long as it is merged into that.
    pub async fn move_there(&self, passage: &Passage) -> Result<()> {
        let ends = Ends { from: passage.duplicate, to: passage.primary };
        let partition = contact_partition(self.tenant, passage.duplicate);
        for prefix in MOVED {
            let mut refusals = 0;
            loop {
                let range = Range::new(partition.clone(), Sort::Prefix(prefix.to_owned())).consistent().limit(PAGE);
                let (items, _) = self.table.query(&range).await?;
                let writes = self.moving(&items, ends)?;
                if writes.is_empty() {
                    break;
                }
                let mut all =
                    vec![self.is_merged(passage), self.is_there(passage.primary), self.note(passage, &items)?];
                all.extend(writes);
                match self.table.transact(all).await? {
                    Transacted::Yes => refusals = 0,
                    // The merge was undone, or the primary is gone.
                    Transacted::Refused(at) if at.iter().any(|at| *at < 2) => return Ok(()),
                    Transacted::Refused(_) if refusals < TRIES => refusals += 1,
                    Transacted::Refused(_) => return Err(changing("what is to be moved")),
                }
            }
        }
        Ok(())
    }

    /// Moves what the merge moved to `primary` back to where it came from. What came from a contact that was deleted since
    /// is deleted too.
    pub async fn move_back(&self, primary: ContactId, merge: JobId) -> Result<()> {
        let range = Range::new(contact_partition(self.tenant, primary), Sort::Prefix(moved_prefix(merge))).consistent();
        let notes: Vec<Note> = self.table.query_all(range).await?;
        for note in notes {
            for keys in note.moved.chunks(AT_ONCE) {
                self.move_these_back(Ends { from: primary, to: note.from }, keys).await?;
            }
        }
        Ok(())
    }

    async fn move_these_back(&self, ends: Ends, keys: &[String]) -> Result<()> {
        let partition = contact_partition(self.tenant, ends.from);
        let keys: Vec<Key> = keys.iter().map(|sk| Key { pk: partition.clone(), sk: sk.clone() }).collect();
        for _ in 0..TRIES {
            let items = self.table.batch_get(&keys).await?;
            if items.is_empty() {
                return Ok(());
            }
            let mut writes = vec![self.is_there(ends.to)];
            writes.extend(self.moving(&items, ends)?);
            match self.table.transact(writes).await? {
                Transacted::Yes => return Ok(()),
                Transacted::Refused(at) if at.contains(&0) => return self.delete_all(&items).await,
                Transacted::Refused(_) => {}
            }
        }
        Err(changing("what is to be moved back"))
    }

    async fn delete_all(&self, items: &[Attributes]) -> Result<()> {
        for key in items.iter().filter_map(Key::of) {
            if let Some(booking) = key.sk.strip_prefix(BOOKING) {
                self.write_alone(Write::Delete { key: Key::booking_guard(self.tenant, booking), conditions: vec![] })
                    .await?;
            }
            self.write_alone(Write::Delete { key, conditions: vec![] }).await?;
        }
        Ok(())
    }

    /// The writes that move items as they were read.
    fn moving(&self, items: &[Attributes], ends: Ends) -> Result<Vec<Write>> {
        let mut writes = Vec::with_capacity(3 * items.len());
        for item in items {
            let key = Key::of(item).ok_or_else(|| Error::internal("moving an item", "it has no key"))?;
            let mut moved = item.clone();
            let partition = contact_partition(self.tenant, ends.to);
            moved.insert(PK.to_owned(), aws_sdk_dynamodb::types::AttributeValue::S(partition));
            if moved.contains_key("contact_id") {
                moved.insert("contact_id".to_owned(), aws_sdk_dynamodb::types::AttributeValue::S(ends.to.to_string()));
            }
            let mut as_read = vec![Condition::Present];
            as_read.extend(item.get("revision").map(|revision| Condition::Equals("revision", revision.clone())));
            if let Some(booking) = key.sk.strip_prefix(BOOKING) {
                writes.push(self.assign_booking(booking, ends)?);
            }
            writes.push(Write::Put { item: Item(moved), conditions: vec![] });
            writes.push(Write::Delete { key, conditions: as_read });
        }
        Ok(writes)
    }

    fn assign_booking(&self, booking: &str, ends: Ends) -> Result<Write> {
        let to = aws_sdk_dynamodb::types::AttributeValue::S(ends.to.to_string());
        let update = Update::of(Key::booking_guard(self.tenant, booking)).set([("contact_id".to_owned(), to)]);
        Ok(update.when(Condition::text("contact_id", ends.from)).into())
    }

    fn is_merged(&self, passage: &Passage) -> Write {
        let conditions = vec![Condition::text("merge", passage.merge)];
        Write::Check { key: Key::contact(self.tenant, passage.duplicate), conditions }
    }

    /// Whether there is a contact, be it one that went into another one.
    fn is_there(&self, contact: ContactId) -> Write {
        Write::Check { key: Key::contact(self.tenant, contact), conditions: vec![Condition::Present] }
    }

    fn note(&self, passage: &Passage, items: &[Attributes]) -> Result<Write> {
        let moved = items.iter().filter_map(Key::of).map(|key| key.sk).collect();
        let note = Note { from: passage.duplicate, moved };
        let key = Key::merge_moved(self.tenant, passage.primary, passage.merge, Uuid::now_v7());
        Ok(Write::Put { item: Item::new(&key, &note)?.expiring(passage.noted_until), conditions: vec![] })
    }

    /// Marks the messages that are kept under an id as those of the contact that the id leads to.
    pub async fn assign_messages(&self, under: ContactId) -> Result<()> {
        let Some(person) = self.get(under).await?.map(|contact| contact.id) else { return Ok(()) };
        let partition = contact_partition(self.tenant, under);
        let mut range = Range::new(partition, Sort::Prefix(MESSAGE.to_owned())).consistent();
        loop {
            let (items, more) = self.table.query(&range).await?;
            let last = items.last().and_then(Key::of);
            for item in items {
                self.assign_message(entity(item)?, person).await?;
            }
            match last {
                Some(last) if more => range.sort = Sort::PrefixAfter(MESSAGE.to_owned(), last.sk),
                _ => return Ok(()),
            }
        }
    }

    async fn assign_message(&self, mut message: Message, person: ContactId) -> Result<()> {
        let key = Key::message(self.tenant, message.contact_id, message.id);
        for _ in 0..TRIES {
            let Some(next) = message.to_person(person) else { return Ok(()) };
            let put = Write::put(Item::new(&key, &next)?, Condition::number("revision", message.revision));
            if self.table.write(put).await? == Written::Yes {
                return Ok(());
            }
            match self.table.get(&key).await? {
                Some(found) => message = found,
                None => return Ok(()),
            }
        }
        Err(changing("the message"))
    }

    /// Ends those enrolments of the contact that `under` leads to which must not go on beside another one of the same
    /// campaign, as far as `under` was enrolled.
    pub async fn end_rivals(&self, under: ContactId, now: Timestamp) -> Result<()> {
        let Some(contact) = self.get(under).await?.filter(|contact| contact.id != under) else { return Ok(()) };
        let range = Range::new(contact_partition(self.tenant, under), Sort::Prefix(ENROLLED.to_owned())).consistent();
        for item in self.table.query_all::<Enrolled>(range).await? {
            for _ in 0..TRIES {
                if self.end_rivals_in(item.campaign_id, &contact, now).await? {
                    break;
                }
            }
        }
        Ok(())
    }

    /// `false` if one of them has changed meanwhile.
    async fn end_rivals_in(&self, campaign: CampaignId, contact: &Contact, now: Timestamp) -> Result<bool> {
        let ids = std::iter::once(&contact.id).chain(&contact.merged_from);
        let keys: Vec<Key> = ids.map(|&id| Key::enrollment(self.tenant, campaign, id)).collect();
        let items = self.table.batch_get(&keys).await?;
        let enrollments: Vec<Enrollment> = items.into_iter().map(entity).collect::<Result<_>>()?;
        let goes_on = goes_on(contact.id, &enrollments);
        let mut all = true;
        for rival in enrollments.iter().filter(|enrollment| Some(enrollment.contact_id) != goes_on) {
            if let Some(ended) = rival.ended(EnrollmentStatus::Excluded, Some(MERGED), now) {
                all &= self.table.write(next_revision(self.tenant, &ended)?).await? == Written::Yes;
            }
        }
        Ok(all)
    }

    async fn write_alone(&self, write: Write) -> Result<()> {
        let (Written::Yes | Written::Refused) = self.table.write(write).await?;
        Ok(())
    }
}

/// That a contact is, or was, in a campaign.
#[derive(Deserialize)]
struct Enrolled {
    campaign_id: CampaignId,
}

fn changing(what: &str) -> Error {
    Error::Unavailable { service: "the table", source: format!("{what} keeps changing").into() }
}

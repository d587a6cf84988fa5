//! Contacts, and the guards that make an e-mail address unique in its tenant.

mod change;
mod holdings;
mod kept;
mod merging;
mod moves;
mod removal;
#[cfg(test)]
mod tests;
mod walk;

use std::collections::{HashMap, HashSet};

use domain::contact::{Contact, MergedContact};
use domain::email::EmailAddress;
use domain::id::{ContactId, GroupId, TenantId};
use domain::{Error, Result, Timestamp};
use serde::{Deserialize, Serialize};

use crate::audit::Audit;
use crate::item::{Attributes, entity};
use crate::keys::Key;
use crate::table::{Table, Transacted};

pub use change::ContactChange;
pub(crate) use change::{MEMBERS, Transaction};
pub use holdings::{Holding, HoldingPlace};
pub use merging::{GROUPS_AT_ONCE, Merging, Unmerging};
pub use moves::Passage;
pub use removal::Removal;

/// How many merges are followed from an id that was merged away: into one that was merged away, and so on.
const HOPS: usize = 64;

/// Says whose an e-mail address is.
#[derive(Serialize, Deserialize)]
pub(crate) struct Guard {
    pub(crate) contact_id: ContactId,
}

/// What is kept under the id of a contact.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// The contact.
    Contact(Box<Contact>),
    /// That it was merged into another one.
    Merged(MergedContact),
}

/// The contacts of a tenant.
#[derive(Debug, Clone)]
pub struct Contacts {
    pub(crate) table: Table,
    pub(crate) tenant: TenantId,
    /// Whether its writes leave marks.
    marking: bool,
}

impl Contacts {
    /// `marking`: whether its writes leave marks, so that searches find them at once.
    pub(crate) fn new(table: Table, tenant: TenantId, marking: bool) -> Self {
        Self { table, tenant, marking }
    }

    /// A transaction that happens at `now`.
    fn transaction(&self, gone: Vec<GroupId>, now: Timestamp) -> Transaction {
        Transaction::without(self.tenant, gone).marking(self.marking.then_some(now))
    }

    /// What is kept under an id, as it is now.
    pub async fn find(&self, id: ContactId) -> Result<Option<Found>> {
        self.table.get_attributes(&Key::contact(self.tenant, id)).await?.map(found).transpose()
    }

    /// The contact, as it is now; of an id that was merged away the one that it leads to.
    pub async fn get(&self, id: ContactId) -> Result<Option<Contact>> {
        let mut id = id;
        for _ in 0..HOPS {
            match self.find(id).await? {
                Some(Found::Merged(merged)) => id = merged.merged_into,
                Some(Found::Contact(contact)) => return Ok(Some(*contact)),
                None => return Ok(None),
            }
        }
        Ok(None)
    }

    /// What is kept under each of these ids. Unless `now`, perhaps a second old.
    pub async fn find_many(&self, ids: &[ContactId], now: bool) -> Result<HashMap<ContactId, Found>> {
        // The table refuses a batch that names an item twice.
        let ids: HashSet<ContactId> = ids.iter().copied().collect();
        let keys: Vec<Key> = ids.into_iter().map(|id| Key::contact(self.tenant, id)).collect();
        let items = match now {
            true => self.table.batch_get(&keys).await?,
            false => self.table.batch_get_eventually(&keys).await?,
        };
        let items = items.into_iter().map(found);
        let of = |found: Found| match found {
            Found::Contact(contact) => (contact.id, Found::Contact(contact)),
            Found::Merged(merged) => (merged.id, Found::Merged(merged)),
        };
        items.map(|found| found.map(of)).collect()
    }

    /// The contacts among `ids` that exist, as they are now, by the id that was asked for: one that was merged away leads
    /// to the contact that it went into.
    pub async fn get_many(&self, ids: &[ContactId]) -> Result<HashMap<ContactId, Contact>> {
        let mut asked: HashMap<ContactId, Vec<ContactId>> = ids.iter().map(|&id| (id, vec![id])).collect();
        let mut contacts = HashMap::new();
        for _ in 0..HOPS {
            let keys: Vec<Key> = asked.keys().map(|&id| Key::contact(self.tenant, id)).collect();
            let mut further: HashMap<ContactId, Vec<ContactId>> = HashMap::new();
            for item in self.table.batch_get(&keys).await? {
                match found(item)? {
                    Found::Contact(contact) => {
                        let by = asked.remove(&contact.id).unwrap_or_default();
                        contacts.extend(by.into_iter().map(|id| (id, (*contact).clone())));
                    }
                    Found::Merged(merged) => {
                        further
                            .entry(merged.merged_into)
                            .or_default()
                            .extend(asked.remove(&merged.id).unwrap_or_default());
                    }
                }
            }
            if further.is_empty() {
                break;
            }
            asked = further;
        }
        Ok(contacts)
    }

    /// Those of these contacts that are there and were not merged into others. Unless `now`, perhaps as they were a second
    /// ago.
    pub async fn unmerged(&self, ids: &[ContactId], now: bool) -> Result<HashMap<ContactId, Contact>> {
        let keys: Vec<Key> = ids.iter().map(|&id| Key::contact(self.tenant, id)).collect();
        let items = match now {
            true => self.table.batch_get(&keys).await?,
            false => self.table.batch_get_eventually(&keys).await?,
        };
        let mut contacts = HashMap::with_capacity(items.len());
        for item in items {
            if let Found::Contact(contact) = found(item)? {
                contacts.insert(contact.id, *contact);
            }
        }
        Ok(contacts)
    }

    /// Who holds each of these addresses, for those that somebody holds. Unless `now`, perhaps a second old.
    pub async fn by_emails(&self, emails: &[EmailAddress], now: bool) -> Result<HashMap<EmailAddress, ContactId>> {
        let keys: Vec<Key> = emails.iter().map(|email| Key::email_guard(self.tenant, email)).collect();
        let found = match now {
            true => self.table.batch_get(&keys).await?,
            false => self.table.batch_get_eventually(&keys).await?,
        };
        let by_key: HashMap<Key, &EmailAddress> = keys.into_iter().zip(emails).collect();
        let mut holders = HashMap::new();
        for item in found {
            if let Some(email) = Key::of(&item).and_then(|key| by_key.get(&key)) {
                holders.insert((*email).clone(), entity::<Guard>(item)?.contact_id);
            }
        }
        Ok(holders)
    }

    /// Who holds this address, as it is now.
    pub async fn by_email(&self, email: &EmailAddress) -> Result<Option<ContactId>> {
        let guard: Option<Guard> = self.table.get(&Key::email_guard(self.tenant, email)).await?;
        Ok(guard.map(|guard| guard.contact_id))
    }

    /// Who changed the contact, when, and how. What made it is told by the contact itself until it is changed.
    pub fn trail(&self, contact: ContactId) -> Audit {
        Audit::of_contact(self.table.clone(), self.tenant, contact)
    }

    /// Keeps a new contact. One that is there under its id was kept by the same request: it is left as it is.
    ///
    /// # Errors
    /// [`Error::Conflict`] with the holder's id when somebody has the e-mail address; [`Error::NotFound`] when one of its
    /// groups does not exist.
    pub async fn create(&self, contact: &Contact) -> Result<()> {
        let mut transaction = self.transaction(Vec::new(), contact.created_at);
        transaction.create(contact)?;
        match self.table.transact(transaction.clone().writes()).await? {
            Transacted::Yes => Ok(()),
            Transacted::Refused(at) if at.contains(&0) => Ok(()),
            Transacted::Refused(at) => Err(self.refusal(&transaction, &at).await?),
        }
    }

    /// Changes a contact.
    ///
    /// # Errors
    /// [`Error::Stale`] when it has changed since it was read; [`Error::NotFound`] when it is gone, or a group that it was
    /// put into does not exist; [`Error::Conflict`] with the holder's id when somebody has the new e-mail address.
    pub async fn change(&self, change: &ContactChange) -> Result<()> {
        let mut gone = Vec::new();
        loop {
            let mut transaction = self.transaction(gone.clone(), change.new.updated_at);
            transaction.change(change)?;
            match self.table.transact(transaction.clone().writes()).await? {
                Transacted::Yes => return Ok(()),
                Transacted::Refused(at) => match transaction.left_of_gone_groups(&at) {
                    // A group that was deleted counts nobody any more: it is left without.
                    Some(groups) if !groups.is_empty() => gone.extend(groups),
                    _ => return Err(self.refusal(&transaction, &at).await?),
                },
            }
        }
    }

    /// Why the table refused what stands at `at`.
    pub(crate) async fn refusal(&self, transaction: &Transaction, at: &[usize]) -> Result<Error> {
        for part in transaction.parts(at) {
            match part {
                change::Part::Contact(id) => {
                    return Ok(match self.find(*id).await? {
                        Some(Found::Contact(contact)) => Error::Stale { version: contact.version },
                        Some(Found::Merged(merged)) => merged_away(&merged),
                        None => Error::not_found("contact", id),
                    });
                }
                change::Part::Email(email) => {
                    let existing_id = self.by_email(email).await?.map(|id| id.to_string());
                    let message = "a contact with this e-mail address exists".to_owned();
                    return Ok(Error::Conflict { message, existing_id });
                }
                change::Part::Joined(group) | change::Part::Left(group) => return Ok(Error::not_found("group", group)),
                change::Part::Other => {}
            }
        }
        Ok(Error::conflict("the contact was changed by somebody else; look again"))
    }
}

/// A contact that is no more because it went into another one.
pub(crate) fn merged_away(merged: &MergedContact) -> Error {
    let message = "the contact was merged into another one".to_owned();
    Error::Conflict { message, existing_id: Some(merged.merged_into.to_string()) }
}

pub(crate) fn found(item: Attributes) -> Result<Found> {
    Ok(match item.contains_key("merged_into") {
        true => Found::Merged(entity(item)?),
        false => Found::Contact(Box::new(entity(item)?)),
    })
}

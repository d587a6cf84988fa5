//! Messages of campaigns, with what they lead to kept beside them.

use domain::enrollment::Enrollment;
use domain::id::{ContactId, MessageId, TenantId};
use domain::message::{Message, MessageRef};
use domain::{Error, Result};

use crate::item::{Condition, Item, Write, entity};
use crate::keys::{Key, MESSAGE, contact_partition};
use crate::table::{Range, Sort, Table, Written};

/// The messages of a tenant.
#[derive(Debug, Clone)]
pub struct Messages {
    table: Table,
    tenant: TenantId,
}

impl Messages {
    pub(crate) fn new(table: Table, tenant: TenantId) -> Self {
        Self { table, tenant }
    }

    /// The message, as it is now.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the reference is another tenant's, as for a message that does not exist.
    pub async fn get(&self, reference: MessageRef) -> Result<Option<Message>> {
        self.table.get(&self.key(reference)?).await
    }

    /// The message, and the enrolment that it belongs to, as they are now.
    ///
    /// # Errors
    /// As [`Messages::get`].
    pub async fn with_enrollment(&self, reference: MessageRef) -> Result<(Option<Message>, Option<Enrollment>)> {
        let MessageRef { campaign, contact, .. } = reference;
        let message = self.key(reference)?;
        let keys = [message.clone(), Key::enrollment(self.tenant, campaign, contact)];
        let (mut found, mut enrollment) = (None, None);
        for item in self.table.batch_get(&keys).await? {
            match Key::of(&item).as_ref() == Some(&message) {
                true => found = Some(entity(item)?),
                false => enrollment = Some(entity(item)?),
            }
        }
        Ok((found, enrollment))
    }

    /// Those of these messages that exist, as they are now.
    pub async fn among(&self, messages: &[(ContactId, MessageId)]) -> Result<Vec<Message>> {
        let keys: Vec<Key> = messages.iter().map(|&(to, id)| Key::message(self.tenant, to, id)).collect();
        self.table.batch_get(&keys).await?.into_iter().map(entity).collect()
    }

    /// All messages that are kept under these contacts, as they are now.
    pub async fn of_contacts(&self, contacts: impl IntoIterator<Item = ContactId>) -> Result<Vec<Message>> {
        let mut messages = Vec::new();
        for contact in contacts {
            let range = Range::new(contact_partition(self.tenant, contact), Sort::Prefix(MESSAGE.to_owned()));
            messages.extend(self.table.query_all::<Message>(range.consistent()).await?);
        }
        Ok(messages)
    }

    /// Claims the right to send a message: `false` if it was claimed before.
    pub async fn claim(&self, message: &Message) -> Result<bool> {
        Ok(self.table.write(Write::put(self.item(message)?, Condition::Absent)).await? == Written::Yes)
    }

    /// Gives a claim back that the provider did not take up, as if it had never been made. `false`: the message has changed
    /// since, and stays.
    pub async fn give_back(&self, claimed: &Message) -> Result<bool> {
        let key = Key::message(self.tenant, claimed.contact_id, claimed.id);
        let conditions = vec![Condition::number("revision", claimed.revision)];
        Ok(self.table.write(Write::Delete { key, conditions }).await? == Written::Yes)
    }

    /// Keeps the next revision of a message. `false`: it has changed since it was read, and nothing was kept.
    pub async fn save(&self, next: &Message) -> Result<bool> {
        Ok(self.table.write(next_revision(self.tenant, next)?).await? == Written::Yes)
    }

    fn key(&self, reference: MessageRef) -> Result<Key> {
        if reference.tenant != self.tenant {
            return Err(Error::not_found("message", reference.message));
        }
        Ok(Key::message(self.tenant, reference.contact, reference.message))
    }

    fn item(&self, message: &Message) -> Result<Item> {
        item(self.tenant, message)
    }
}

/// The write that replaces the revision of a message before this one.
pub(crate) fn next_revision(tenant: TenantId, next: &Message) -> Result<Write> {
    Ok(Write::put(item(tenant, next)?, Condition::number("revision", next.revision - 1)))
}

fn item(tenant: TenantId, message: &Message) -> Result<Item> {
    Item::new(&Key::message(tenant, message.contact_id, message.id), message)
}

//! Contacts, and the guards that make an e-mail address unique in its tenant.

use std::collections::HashMap;

use domain::contact::Contact;
use domain::email::EmailAddress;
use domain::id::{ContactId, TenantId};
use domain::{Error, Result};
use serde::{Deserialize, Serialize};

use crate::item::{Condition, Item, Write, entity};
use crate::keys::Key;
use crate::table::{Table, Transacted};

/// Says whose an e-mail address is.
#[derive(Serialize, Deserialize)]
struct Guard {
    contact_id: ContactId,
}

/// The contacts of a tenant.
#[derive(Debug, Clone)]
pub struct Contacts {
    table: Table,
    tenant: TenantId,
}

impl Contacts {
    pub(crate) fn new(table: Table, tenant: TenantId) -> Self {
        Self { table, tenant }
    }

    /// The contact, as it is now.
    pub async fn get(&self, id: ContactId) -> Result<Option<Contact>> {
        self.table.get(&Key::contact(self.tenant, id)).await
    }

    /// The contacts among `ids` that exist, as they are now.
    pub async fn get_many(&self, ids: &[ContactId]) -> Result<HashMap<ContactId, Contact>> {
        let keys: Vec<Key> = ids.iter().map(|&id| Key::contact(self.tenant, id)).collect();
        let found = self.table.batch_get(&keys).await?;
        found.into_iter().map(|item| entity::<Contact>(item).map(|contact| (contact.id, contact))).collect()
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

    /// Keeps a new contact. One that is there under its id was kept by the same request: it is left as it is.
    ///
    /// # Errors
    /// [`Error::Conflict`] with the holder's id when somebody has the e-mail address.
    pub async fn create(&self, contact: &Contact) -> Result<()> {
        match self.table.transact(create(self.tenant, contact)?).await? {
            Transacted::Yes => Ok(()),
            Transacted::Refused(at) if at.contains(&0) => Ok(()),
            Transacted::Refused(_) => Err(self.taken(contact).await?),
        }
    }

    async fn taken(&self, contact: &Contact) -> Result<Error> {
        let holder: Option<Guard> = match &contact.profile.email {
            Some(email) => self.table.get(&Key::email_guard(self.tenant, email)).await?,
            None => None,
        };
        let existing_id = holder.map(|guard| guard.contact_id.to_string());
        Ok(Error::Conflict { message: "a contact with this e-mail address exists".to_owned(), existing_id })
    }
}

/// The writes that make a contact: itself, then the guard of its address.
pub(crate) fn create(tenant: TenantId, contact: &Contact) -> Result<Vec<Write>> {
    let mut writes = vec![Write::put(item(tenant, contact)?, Condition::Absent)];
    if let Some(email) = &contact.profile.email {
        let guard = Item::new(&Key::email_guard(tenant, email), &Guard { contact_id: contact.id })?;
        writes.push(Write::put(guard, Condition::Absent));
    }
    Ok(writes)
}

/// The write that replaces a contact whose address stays the same.
pub(crate) fn change(tenant: TenantId, contact: &Contact) -> Result<Write> {
    Ok(Write::put(item(tenant, contact)?, Condition::number("version", contact.version - 1)))
}

fn item(tenant: TenantId, contact: &Contact) -> Result<Item> {
    Item::new(&Key::contact(tenant, contact.id), contact)
}

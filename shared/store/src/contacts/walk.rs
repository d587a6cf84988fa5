//! A walk through all contacts of a tenant, for the rare work that no key leads to.

use domain::contact::Contact;
use domain::contact::job::Place;
use domain::id::ContactId;
use domain::{Error, Result};

use super::{Contacts, Found, found};
use crate::keys::{CONTACT, Key, contact_partitions};

/// Stands between the parts of a key; none of them holds it.
const BETWEEN: char = '\n';

impl Contacts {
    /// A page of the tenant's contacts, as they are now, in an order of the table's own, and from where the walk goes on;
    /// nothing at its end. A page may be empty. Reads the whole table, all tenants' parts of it: at 0.25 RRU per KB this
    /// is for work that is done now and then in the background.
    pub async fn walk(&self, after: Option<&Place>) -> Result<(Vec<Contact>, Option<Place>)> {
        self.walk_part(0, 1, after).await
    }

    /// The same in one of several parts, from 0 on, that can be walked through at the same time.
    pub async fn walk_part(
        &self,
        part: u32,
        parts: u32,
        after: Option<&Place>,
    ) -> Result<(Vec<Contact>, Option<Place>)> {
        let prefix = contact_partitions(self.tenant);
        let after = after.map(key).transpose()?;
        let (items, end) = self.table.scan(&prefix, CONTACT, [part, parts], after.as_ref()).await?;
        let mut contacts = Vec::with_capacity(items.len());
        for item in items {
            if let Found::Contact(contact) = found(item)? {
                contacts.push(*contact);
            }
        }
        Ok((contacts, end.as_ref().map(place)))
    }

    /// Where a walk is that has just met this contact.
    pub fn place_of(&self, contact: ContactId) -> Place {
        place(&Key::contact(self.tenant, contact))
    }
}

fn place(key: &Key) -> Place {
    Place(format!("{}{BETWEEN}{}", key.pk, key.sk))
}

fn key(place: &Place) -> Result<Key> {
    let parts = place.0.split_once(BETWEEN);
    let (pk, sk) = parts.ok_or_else(|| Error::internal("going on with a walk", "its place is no key"))?;
    Ok(Key { pk: pk.to_owned(), sk: sk.to_owned() })
}

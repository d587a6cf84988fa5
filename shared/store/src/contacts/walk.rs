//! A walk through all contacts of a tenant, for the rare work that no key leads to.

use domain::Result;
use domain::contact::Contact;
use serde::{Deserialize, Serialize};

use super::{Contacts, Found, found};
use crate::keys::{CONTACT, Key, contact_partitions};

/// Where a walk has got to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place(pub(crate) Key);

impl Contacts {
    /// A page of the contacts in one of `of` equal parts of the table, as they are now, and from where the walk goes on;
    /// nothing at its end. A page may be empty. Reads the whole table, all tenants' parts of it: at 0.25 RRU per KB this
    /// is for work that is done now and then in the background.
    pub async fn walk(&self, part: u32, of: u32, after: Option<&Place>) -> Result<(Vec<Contact>, Option<Place>)> {
        let prefix = contact_partitions(self.tenant);
        let (items, end) = self.table.scan([part, of], &prefix, CONTACT, after.map(|place| &place.0)).await?;
        let mut contacts = Vec::with_capacity(items.len());
        for item in items {
            if let Found::Contact(contact) = found(item)? {
                contacts.push(*contact);
            }
        }
        Ok((contacts, end.map(Place)))
    }
}

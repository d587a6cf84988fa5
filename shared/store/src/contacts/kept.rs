//! What a contact was merged from, as it was: kept with the contact until the merge cannot be undone any more.

use domain::contact::Contact;
use domain::contact::merge::Kept;
use domain::id::{ContactId, JobId};
use domain::{Error, Result, Timestamp};
use serde::{Deserialize, Serialize};

use super::Contacts;
use crate::item::{Item, Write};
use crate::keys::{Key, MERGE, contact_partition, kept_prefix};
use crate::table::{Range, Sort};

/// After how many bytes of contacts, as JSON, another item begins: the table takes 400 KB.
const PART: usize = 150 * 1024;

/// Some of the contacts, in the order of `before`, `merged`, duplicates.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Part {
    #[serde(default)]
    contacts: Vec<Contact>,
}

impl Contacts {
    /// The contacts that a merge into `primary` was made of, as they were; nothing if that is not kept any more.
    pub async fn kept(&self, primary: ContactId, merge: JobId) -> Result<Option<Kept>> {
        let range = Range::new(contact_partition(self.tenant, primary), Sort::Prefix(kept_prefix(merge))).consistent();
        let parts: Vec<Part> = self.table.query_all(range).await?;
        let mut contacts = parts.into_iter().flat_map(|part| part.contacts);
        let (Some(before), Some(merged)) = (contacts.next(), contacts.next()) else { return Ok(None) };
        Ok(Some(Kept { before, merged, duplicates: contacts.collect() }))
    }

    /// All contacts that are still kept as they were when they went into this one, or took others in.
    pub async fn kept_with(&self, contact: &Contact) -> Result<Vec<Contact>> {
        let mut kept = Vec::new();
        for id in std::iter::once(&contact.id).chain(&contact.merged_from) {
            let partition = contact_partition(self.tenant, *id);
            let range = Range::new(partition, Sort::Prefix(MERGE.to_owned())).consistent();
            let parts: Vec<Part> = self.table.query_all(range).await?;
            kept.extend(parts.into_iter().flat_map(|part| part.contacts));
        }
        Ok(kept)
    }

    /// The merges into a contact of which something is kept.
    pub async fn merges_into(&self, contact: ContactId) -> Result<Vec<JobId>> {
        let range = Range::new(contact_partition(self.tenant, contact), Sort::Prefix(MERGE.to_owned())).consistent();
        let items: Vec<MergeItem> = self.table.query_all(range).await?;
        let mut merges: Vec<JobId> = items.iter().filter_map(MergeItem::merge).collect();
        merges.dedup();
        Ok(merges)
    }

    /// The writes that keep it.
    pub(super) fn kept_items(&self, merge: JobId, kept: &Kept, until: Timestamp) -> Result<Vec<Write>> {
        let Kept { before, merged, duplicates } = kept;
        let mut parts: Vec<(Part, usize)> = vec![Default::default()];
        for contact in [before, merged].into_iter().chain(duplicates) {
            let json = serde_json::to_vec(contact).map_err(|error| Error::internal("keeping a contact", error))?;
            if parts.last().is_some_and(|(_, bytes)| *bytes > PART) {
                parts.push(Default::default());
            }
            if let Some((part, bytes)) = parts.last_mut() {
                part.contacts.push(contact.clone());
                *bytes += json.len();
            }
        }
        let item = |(number, (part, _)): (usize, (Part, usize))| {
            let key = Key::merge_kept(self.tenant, before.id, merge, number);
            Ok(Write::Put { item: Item::new(&key, &part)?.expiring(until), conditions: vec![] })
        };
        parts.into_iter().enumerate().map(item).collect()
    }
}

/// An item of a merge, as far as its key tells of it.
#[derive(Deserialize)]
struct MergeItem {
    #[serde(rename = "SK")]
    sk: String,
}

impl MergeItem {
    fn merge(&self) -> Option<JobId> {
        self.sk.strip_prefix(MERGE)?.split('#').next()?.parse().ok()
    }
}

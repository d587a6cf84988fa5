//! The contacts that a page shows: read from the table, or held in memory as long as the index knows of no later state.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::Result;
use domain::contact::Contact;
use domain::id::{ContactId, TenantId};
use index::Hit;
use lru::LruCache;
use store::{Found, TenantStore};

/// What a contact takes in memory besides its texts, about.
const FIXED: usize = 700;

/// Contacts that were shown last, of all tenants.
#[derive(Clone)]
pub(crate) struct Documents {
    held: Arc<Mutex<Held>>,
}

struct Held {
    contacts: LruCache<(TenantId, ContactId), Contact>,
    bytes: usize,
    most: usize,
}

impl Documents {
    /// Room for so many bytes.
    pub(crate) fn new(most: usize) -> Self {
        Self { held: Arc::new(Mutex::new(Held { contacts: LruCache::unbounded(), bytes: 0, most })) }
    }

    /// The contacts in the order of the hits. Each is at least as late as the index says. One that is gone by now is left
    /// out.
    pub(crate) async fn of(&self, store: &TenantStore, hits: &[Hit]) -> Result<Vec<Contact>> {
        let mut known = self.known(store.tenant(), hits);
        // Half the price, and nearly always as late as it must be; what is not is read again.
        for now in [false, true] {
            let is_missing = |hit: &&Hit| known.get(&hit.id).is_none_or(|contact| contact.stamp() < hit.stamp);
            let missing: Vec<ContactId> = hits.iter().filter(is_missing).map(|hit| hit.id).collect();
            if missing.is_empty() {
                break;
            }
            for (id, found) in store.contacts().find_many(&missing, now).await? {
                if let Found::Contact(contact) = found {
                    known.insert(id, *contact);
                }
            }
        }
        self.hold(store.tenant(), known.values());
        Ok(hits.iter().filter_map(|hit| known.remove(&hit.id)).collect())
    }

    fn known(&self, tenant: TenantId, hits: &[Hit]) -> HashMap<ContactId, Contact> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let known = |hit: &Hit| held.contacts.get(&(tenant, hit.id)).map(|contact| (hit.id, contact.clone()));
        hits.iter().filter_map(known).collect()
    }

    fn hold<'a>(&self, tenant: TenantId, contacts: impl Iterator<Item = &'a Contact>) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        for contact in contacts {
            held.bytes += size(contact);
            if let Some(old) = held.contacts.put((tenant, contact.id), contact.clone()) {
                held.bytes -= size(&old);
            }
        }
        while held.bytes > held.most {
            let Some((_, old)) = held.contacts.pop_lru() else { break };
            held.bytes -= size(&old);
        }
    }
}

fn size(contact: &Contact) -> usize {
    let profile = &contact.profile;
    let texts = [&profile.first_name, &profile.last_name, &profile.company, &profile.department];
    let more = [&profile.job_title, &profile.notes, &profile.lead_source, &profile.timezone];
    let texts: usize = texts.into_iter().chain(more).flatten().map(String::len).sum();
    let tags: usize = profile.tags.iter().map(|tag| tag.len() + 24).sum();
    let custom: usize = profile.custom_fields.iter().map(|(name, value)| name.len() + 64 + weight(value)).sum();
    FIXED + texts + tags + custom + 16 * (profile.groups.len() + profile.types.len())
}

fn weight(value: &serde_json::Value) -> usize {
    match value {
        serde_json::Value::String(text) => text.len(),
        serde_json::Value::Array(values) => values.iter().map(|value| 32 + weight(value)).sum(),
        serde_json::Value::Object(fields) => fields.iter().map(|(name, value)| 64 + name.len() + weight(value)).sum(),
        _ => 0,
    }
}

//! Changes of contacts, one or many at a time, with what the audit tells of them.

use domain::Error;
use domain::access::Actor;
use domain::audit::{Action, AuditEntry};
use domain::contact::{Contact, Profile};
use runtime::Clock;
use store::ContactChange;

/// How often contacts are read again that somebody else changed.
pub(crate) const TRIES: u32 = 8;
/// How many bytes of contacts are changed at once: with the entries of the audit that tell how they were made it must
/// be well below the 4 MB of a transaction.
const MAX_BYTES: usize = 400 * 1024;

/// The change of a contact to another profile, now.
pub(crate) fn changed(clock: &Clock, by: &Actor, old: Contact, profile: Profile) -> ContactChange {
    let now = clock.now();
    let new = old.changed(profile, now);
    let profiles = [Some(&old.profile), Some(&new.profile)];
    let entry = AuditEntry::of_contact(clock.fresh(), now, by.clone(), Action::ContactUpdated, old.id, profiles);
    ContactChange { old, new, entry }
}

/// How many things are taken up at once after so many tries in vain: the fewer, the less likely somebody else has one.
pub(crate) fn fewer(most: usize, tries: u32) -> usize {
    (most >> tries).max(1)
}

/// Room for contacts that are changed at once.
pub(crate) struct Room(usize);

impl Room {
    /// All of it.
    pub(crate) fn new() -> Self {
        Self(MAX_BYTES)
    }

    /// Whether there is room for one more. The first one always fits.
    pub(crate) fn takes(&mut self, contact: &Contact) -> bool {
        let bytes = serde_json::to_vec(contact).map_or(MAX_BYTES, |json| json.len());
        let fits = self.0 == MAX_BYTES || bytes <= self.0;
        self.0 = self.0.saturating_sub(bytes);
        fits
    }
}

/// Nobody can say when the contacts will hold still.
pub(crate) fn changing() -> Error {
    Error::Unavailable { service: "the table", source: "the contacts keep changing".into() }
}

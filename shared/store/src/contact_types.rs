//! Types of contacts, among what a tenant names.

use domain::contact_type::{ContactType, MOST};
use domain::id::ContactTypeId;
use domain::naming::Name;

use crate::named::NamedThing;

impl NamedThing for ContactType {
    type Id = ContactTypeId;
    const WHAT: &'static str = "contact type";
    const PARTITION: &'static str = "TYPES";
    const PREFIX: &'static str = "TYPE#";
    const MOST: u32 = MOST;

    fn id(&self) -> ContactTypeId {
        self.id
    }

    fn name(&self) -> &Name {
        &self.profile.name
    }

    fn version(&self) -> u64 {
        self.version
    }
}

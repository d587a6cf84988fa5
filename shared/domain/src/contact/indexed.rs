//! What the contact index is told: a contact as it is from some change on, or that it is gone.

use serde::{Deserialize, Serialize};

use super::{Contact, Profile};
use crate::Timestamp;
use crate::id::ContactId;

/// Tells which of two states of a contact is the later one. Versions and revisions never go back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Stamp {
    /// Counts what people change.
    pub version: u64,
    /// Counts every change.
    pub revision: u64,
}

/// A state of a contact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Indexed {
    /// It is this.
    Contact(Box<Contact>),
    /// It is no more, or it went into another contact.
    Gone {
        /// The id that it had.
        id: ContactId,
        /// Later than every state before.
        stamp: Stamp,
        /// When that was learnt.
        at: Timestamp,
    },
}

impl Indexed {
    /// The contact without what the index does not know.
    pub fn contact(contact: &Contact) -> Self {
        Self::Contact(Box::new(contact.for_index()))
    }

    /// That a contact is gone which was last in this state.
    pub fn gone(id: ContactId, last: Stamp, at: Timestamp) -> Self {
        let stamp = Stamp { version: last.version + 1, revision: last.revision + 1 };
        Self::Gone { id, stamp, at }
    }

    /// Whose state it is.
    pub fn id(&self) -> ContactId {
        match self {
            Self::Contact(contact) => contact.id,
            Self::Gone { id, .. } => *id,
        }
    }

    /// Its place among the states of that contact.
    pub fn stamp(&self) -> Stamp {
        match self {
            Self::Contact(contact) => contact.stamp(),
            Self::Gone { stamp, .. } => *stamp,
        }
    }
}

impl Contact {
    /// The place of this state among the contact's.
    pub fn stamp(&self) -> Stamp {
        Stamp { version: self.version, revision: self.revision }
    }

    /// The contact without what nobody searches by.
    fn for_index(&self) -> Self {
        let profile = Profile {
            department: None,
            job_title: None,
            notes: None,
            custom_fields: std::collections::BTreeMap::new(),
            timezone: None,
            ..self.profile.clone()
        };
        Self { profile, merged_from: Vec::new(), ..self.clone() }
    }
}

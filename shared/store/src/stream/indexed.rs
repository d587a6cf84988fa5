//! What a record of the change stream means for the contact index: the state of a contact from then on, and the mark that is
//! not needed any more when the index has it.

use domain::contact::Contact;
use domain::contact::indexed::{Indexed, Stamp};
use domain::id::{ContactId, TenantId};
use domain::{Result, Timestamp};
use serde::Deserialize;

use super::{Images, Record, image};
use crate::keys::Kind;
use crate::marks::MarkName;

/// What the index is to be told.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexChange {
    /// Whose contact it is.
    pub tenant: TenantId,
    /// What became of it.
    pub state: Indexed,
    /// The mark that may go when the manifest has the state. Perhaps it is not there: work in the background leaves none
    /// of what it removes.
    pub mark: Option<MarkName>,
}

impl Record {
    /// What it means for the index; nothing if it is of no contact, or changes nothing that is searched by. `now`: from when
    /// on it is known that a contact is gone.
    ///
    /// # Errors
    /// [`domain::Error::Internal`] when an image is not of the shape that its key promises.
    pub fn indexed(&self, now: Timestamp) -> Result<Option<IndexChange>> {
        let Some(Kind::Contact(tenant)) = self.kind() else { return Ok(None) };
        let Images { old, new, .. } = &self.images;
        let (old, new) = (Held::of(old)?, Held::of(new)?);
        let mark = mark(&old, &new, now);
        let changes = mark.is_some() || searched(&old) != searched(&new);
        let state = state(&old, &new, now).filter(|_| changes);
        Ok(state.map(|state| IndexChange { tenant, state, mark }))
    }
}

/// What an image holds.
enum Held {
    Nothing,
    Contact(Box<Contact>, Option<String>),
    /// What is left of a contact that went into another one.
    Stub(Stub, Option<String>),
}

#[derive(Deserialize)]
struct Stub {
    id: ContactId,
    version: u64,
}

/// What an image says beside what it holds.
#[derive(Deserialize)]
struct Said {
    mark: Option<String>,
}

impl Held {
    fn of(item: &Option<serde_dynamo::Item>) -> Result<Self> {
        let is_merged = item.as_ref().is_some_and(|item| item.contains_key("merged_into"));
        let mark = image::<Said>(item)?.and_then(|said| said.mark);
        Ok(match is_merged {
            true => image::<Stub>(item)?.map_or(Self::Nothing, |stub| Self::Stub(*stub, mark)),
            false => image::<Contact>(item)?.map_or(Self::Nothing, |contact| Self::Contact(contact, mark)),
        })
    }

    fn mark(&self) -> Option<MarkName> {
        match self {
            Self::Contact(contact, Some(said)) => Some(MarkName::said(contact.id, said)),
            Self::Stub(stub, Some(said)) => Some(MarkName::said(stub.id, said)),
            _ => None,
        }
    }
}

fn state(old: &Held, new: &Held, now: Timestamp) -> Option<Indexed> {
    match (old, new) {
        (_, Held::Contact(contact, _)) => Some(Indexed::contact(contact)),
        (Held::Contact(last, _), _) => Some(Indexed::gone(last.id, last.stamp(), now)),
        (_, Held::Stub(stub, _)) => {
            let stamp = Stamp { version: stub.version, revision: 0 };
            Some(Indexed::Gone { id: stub.id, stamp, at: now })
        }
        (_, Held::Nothing) => None,
    }
}

/// The mark that came with the change. An item says of its last mark until another one comes.
fn mark(old: &Held, new: &Held, now: Timestamp) -> Option<MarkName> {
    match (old, new) {
        (Held::Contact(last, _), Held::Nothing) => Some(MarkName::of(&Indexed::gone(last.id, last.stamp(), now))),
        _ => new.mark().filter(|mark| old.mark().as_ref() != Some(mark)),
    }
}

/// The contact as far as the index knows it, but for how often it changed.
fn searched(held: &Held) -> Option<Indexed> {
    match held {
        Held::Contact(contact, _) => Some(Indexed::contact(&Contact { revision: 0, ..(**contact).clone() })),
        _ => None,
    }
}

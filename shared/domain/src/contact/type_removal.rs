//! Removals of types: the type goes at once, and is taken out of the contacts one after the other.

use serde::{Deserialize, Serialize};

use super::job::Place;
use super::purge::SETTLED;
use crate::Timestamp;
use crate::id::ContactTypeId;
use crate::time::after;

/// The taking of a type out of all contacts. Who found it there just before it was removed may give it to a contact a
/// while later: so all contacts are looked through twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypeRemoval {
    /// The type.
    pub contact_type: ContactTypeId,
    /// Where the walk through the contacts has got to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// From when on nobody gives it to a contact any more: then all are looked through a second and last time.
    pub settled_at: Timestamp,
    /// Whether all were looked through once.
    pub again: bool,
}

impl TypeRemoval {
    /// Of a type that is about to be removed.
    pub fn of(contact_type: ContactTypeId, now: Timestamp) -> Self {
        Self { contact_type, place: None, settled_at: after(now, SETTLED), again: false }
    }

    /// Whether there is nothing to be done now.
    pub fn waits(&self, now: Timestamp) -> bool {
        self.again && now < self.settled_at
    }

    /// The work after a page of the contacts that ended at `place`; nothing if that was the end of the last walk.
    pub fn moved(&self, place: Option<Place>) -> Option<Self> {
        let ended = place.is_none();
        let again = self.again || ended;
        (!(ended && self.again)).then(|| Self { place, again, ..self.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;

    #[test]
    fn all_contacts_are_looked_through_twice_the_second_time_when_nobody_is_at_work_any_more() {
        let now = Timestamp::default();
        let begun = TypeRemoval::of(ContactTypeId::derived(now, &[]), now);
        assert!(!begun.waits(now));
        let under_way = begun.moved(Some(Place("x".into()))).unwrap();
        assert_eq!((under_way.place.clone(), under_way.again), (Some(Place("x".into())), false));
        let once = under_way.moved(None).unwrap();
        assert!(once.waits(now) && !once.waits(after(now, SETTLED)));
        assert_eq!(once.moved(Some(Place("y".into()))).unwrap().moved(None), None);
        assert_eq!(once.moved(None), None);
    }
}

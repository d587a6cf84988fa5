//! Each distinct value of a field once, as a number: a contact is then a handful of numbers.

use std::hash::{BuildHasher, RandomState};
use std::num::NonZeroU32;

use hashbrown::HashTable;

/// What a value is of. Custom fields follow behind the constants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Field(pub(super) u16);

impl Field {
    /// First and last names together: they are swapped often.
    pub(super) const NAME: Self = Self(0);
    pub(super) const PHONE: Self = Self(1);
    pub(super) const INBOX: Self = Self(2);
    pub(super) const LOCAL_PART: Self = Self(3);
    pub(super) const COMPANY: Self = Self(4);
    const BUILT_IN: u16 = 5;

    /// The custom field with this number; the numbers end before those of fields do.
    pub(super) fn custom(number: usize) -> Option<Self> {
        u16::try_from(number).ok()?.checked_add(Self::BUILT_IN).map(Self)
    }

    /// Which custom field it is.
    pub(super) fn number(self) -> Option<usize> {
        self.0.checked_sub(Self::BUILT_IN).map(usize::from)
    }
}

/// A value of a field: equal ones are equal text in the same field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ValueId(NonZeroU32);

impl ValueId {
    /// Its place, from 0.
    pub(super) fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// All values there are.
#[derive(Debug, Default)]
pub(super) struct Values {
    text: String,
    entries: Vec<Entry>,
    places: HashTable<ValueId>,
    hasher: RandomState,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    end: u32,
    field: Field,
}

impl Values {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The value's text.
    pub(super) fn text(&self, id: ValueId) -> &str {
        text(&self.text, &self.entries, id)
    }

    /// The value's field.
    pub(super) fn field(&self, id: ValueId) -> Field {
        self.entries[id.index()].field
    }

    /// The value with this text; none for an empty one, nor for a new one when four gigabytes are full.
    pub(super) fn intern(&mut self, field: Field, value: &str) -> Option<ValueId> {
        if value.is_empty() {
            return None;
        }
        let hash = self.hasher.hash_one((field, value));
        let known = |id: &ValueId| self.field(*id) == field && self.text(*id) == value;
        self.places.find(hash, known).copied().or_else(|| self.push(hash, field, value))
    }

    fn push(&mut self, hash: u64, field: Field, value: &str) -> Option<ValueId> {
        let end = u32::try_from(self.text.len() + value.len()).ok()?;
        let id = ValueId(NonZeroU32::new(u32::try_from(self.entries.len() + 1).ok()?)?);
        self.text.push_str(value);
        self.entries.push(Entry { end, field });
        let Self { text: all, entries, places, hasher } = self;
        places.insert_unique(hash, id, |id| hasher.hash_one((entries[id.index()].field, text(all, entries, *id))));
        Some(id)
    }
}

fn text<'a>(all: &'a str, entries: &[Entry], id: ValueId) -> &'a str {
    let start = id.index().checked_sub(1).map_or(0, |before| entries[before].end);
    &all[start as usize..entries[id.index()].end as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_kept_once_a_field() {
        let mut values = Values::default();
        let smith = values.intern(Field::NAME, "smith");
        assert_eq!(values.intern(Field::NAME, "smith"), smith);
        assert_ne!(values.intern(Field::COMPANY, "smith"), smith);
        assert_eq!(values.intern(Field::NAME, ""), None);
        assert_eq!(values.len(), 2);
        assert_eq!(smith.map(|id| values.text(id)), Some("smith"));
    }
}

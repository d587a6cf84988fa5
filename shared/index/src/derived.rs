//! What follows from a segment's columns: computed when it is first needed, and kept beside them.

use std::sync::OnceLock;

use domain::contact::order::SortField;

use crate::lists::Lists;
use crate::order::names::NameRanks;
use crate::order::rows::Permutation;
use crate::query::vocabulary::Vocabulary;

/// What was computed of a segment so far.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Derived {
    /// The words of the columns of the same names.
    pub(crate) first_names: Lazy<Vocabulary>,
    pub(crate) last_names: Lazy<Vocabulary>,
    pub(crate) companies: Lazy<Vocabulary>,
    pub(crate) names: Lazy<NameRanks>,
    /// The tags of each row.
    pub(crate) tags: Lazy<Lists>,
    /// One for each of [`SortField::ALL`].
    orders: [Lazy<Permutation>; 4],
}

impl Derived {
    /// All rows in the order of a field.
    pub(crate) fn order(&self, by: SortField) -> &Lazy<Permutation> {
        &self.orders[by as usize]
    }

    /// Bytes of memory that what was computed so far takes.
    pub(crate) fn size(&self) -> usize {
        let vocabularies = [&self.first_names, &self.last_names, &self.companies];
        vocabularies.iter().map(|words| words.size(Vocabulary::size)).sum::<usize>()
            + self.orders.iter().map(|order| order.size(Permutation::size)).sum::<usize>()
            + self.names.size(NameRanks::size)
            + self.tags.size(Lists::size)
    }
}

/// Computed when it is first needed. Whether it was makes no difference: all are equal, and a clone computes it anew.
#[derive(Debug)]
pub(crate) struct Lazy<T>(OnceLock<T>);

impl<T> Lazy<T> {
    /// What was computed, now or before.
    pub(crate) fn get(&self, compute: impl FnOnce() -> T) -> &T {
        self.0.get_or_init(compute)
    }

    fn size(&self, size: impl Fn(&T) -> usize) -> usize {
        self.0.get().map_or(0, size)
    }
}

impl<T> Default for Lazy<T> {
    fn default() -> Self {
        Self(OnceLock::new())
    }
}

impl<T> Clone for Lazy<T> {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl<T> PartialEq for Lazy<T> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

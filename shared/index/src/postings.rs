//! Postings: for each of the values of which a row may have several, the rows that have it.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use foldhash::fast::RandomState;
use roaring::RoaringBitmap;

/// The distinct values, sorted, each with its rows. None is without rows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Postings<K> {
    pub(crate) keys: Vec<K>,
    pub(crate) rows: Vec<RoaringBitmap>,
}

impl<K: Ord> Postings<K> {
    /// The rows that have the value.
    pub(crate) fn find<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&RoaringBitmap>
    where
        K: std::borrow::Borrow<Q>,
    {
        let at = self.keys.binary_search_by(|known| known.borrow().cmp(key)).ok()?;
        self.rows.get(at)
    }
}

/// The rows of a value that comes several times are united.
impl<K: Ord> FromIterator<(K, RoaringBitmap)> for Postings<K> {
    fn from_iter<I: IntoIterator<Item = (K, RoaringBitmap)>>(postings: I) -> Self {
        let mut sorted: BTreeMap<K, RoaringBitmap> = BTreeMap::new();
        for (key, rows) in postings {
            *sorted.entry(key).or_default() |= rows;
        }
        let (keys, rows) = sorted.into_iter().unzip();
        Self { keys, rows }
    }
}

/// Gathers postings.
#[derive(Debug)]
pub(crate) struct PostingsBuilder<K> {
    known: HashMap<K, usize, RandomState>,
    rows: Vec<RoaringBitmap>,
}

impl<K> Default for PostingsBuilder<K> {
    fn default() -> Self {
        Self { known: HashMap::default(), rows: Vec::new() }
    }
}

impl<K: Hash + Eq> PostingsBuilder<K> {
    /// That a row has the value. Rows come in order.
    pub(crate) fn push(&mut self, key: K, row: u32) {
        let at = *self.known.entry(key).or_insert_with(|| {
            self.rows.push(RoaringBitmap::new());
            self.rows.len() - 1
        });
        // It is refused only where the row is there already.
        let _ = self.rows[at].try_push(row);
    }

    /// The postings of the values in this form.
    pub(crate) fn build<V: Ord>(mut self, form: impl Fn(K) -> V) -> Postings<V> {
        self.known.into_iter().map(|(key, at)| (form(key), std::mem::take(&mut self.rows[at]))).collect()
    }
}

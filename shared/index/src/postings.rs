//! Postings: for each of the values of which a row may have several, the rows that have it.

use std::collections::BTreeMap;

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

impl<K: Ord> FromIterator<(K, RoaringBitmap)> for Postings<K> {
    fn from_iter<I: IntoIterator<Item = (K, RoaringBitmap)>>(postings: I) -> Self {
        let sorted: BTreeMap<K, RoaringBitmap> = postings.into_iter().collect();
        let (keys, rows) = sorted.into_iter().unzip();
        Self { keys, rows }
    }
}

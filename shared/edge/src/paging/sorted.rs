//! Parts of lists that are at hand in a known order.

use domain::Result;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{List, Paging};

impl Paging {
    /// The part of a whole list that is at hand in the order of `key`. It goes on behind a key even if that went away.
    pub fn sorted_part<T, K: Serialize + DeserializeOwned + Ord>(
        &self,
        all: Vec<T>,
        key: impl Fn(&T) -> K,
    ) -> Result<List<T>> {
        let total = all.len() as u64;
        let after: Option<K> = self.after()?;
        let skip = after.map_or(self.offset, |after| all.partition_point(|thing| key(thing) <= after));
        let mut rest = all.into_iter().skip(skip);
        let items: Vec<T> = rest.by_ref().take(self.limit).collect();
        let next = rest.next().and(items.last()).map(&key);
        Ok(self.list(items, total, next))
    }
}

impl<T> List<T> {
    /// The same part with `items` in place of its own.
    pub fn with<U>(&self, items: Vec<U>) -> List<U> {
        let next_cursor = self.next_cursor.clone();
        List { items, total: self.total, page: self.page, per_page: self.per_page, next_cursor }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(limit: usize, cursor: Option<String>, all: &[i32]) -> List<i32> {
        Paging { offset: 0, limit, cursor }.sorted_part(all.to_vec(), |n| *n).unwrap()
    }

    #[test]
    fn a_list_goes_on_behind_what_went_away() {
        let first = part(2, None, &[1, 3, 5, 7]);
        assert_eq!((&first.items[..], first.total), (&[1, 3][..], 4));
        let second = part(2, first.next_cursor.clone(), &[1, 4, 5, 7]);
        assert_eq!((&second.items[..], second.page), (&[4, 5][..], 2));
        let last = part(2, first.next_cursor, &[1]);
        assert_eq!((last.items.len(), last.next_cursor), (0, None));
    }

    #[test]
    fn a_page_begins_where_its_number_says() {
        let page = Paging { offset: 2, limit: 2, cursor: None }.sorted_part(vec![1, 3, 5], |n| *n).unwrap();
        assert_eq!((page.items, page.page), (vec![5], 2));
    }
}

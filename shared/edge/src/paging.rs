//! Paging: one extractor for all the forms in which clients ask for a part of a list.

mod sorted;

use axum::extract::FromRequestParts;
use domain::{Error, Fault, FaultCode, Result};
use http::StatusCode;
use http::request::Parts;
use schemars::JsonSchema;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::ApiError;
use crate::cursor;
use crate::describe::{Describe, Description};
use crate::query::{self, Parameters};

/// The names that belong to paging.
const NAMES: [&str; 7] = ["page", "per_page", "page_size", "skip", "offset", "limit", "cursor"];
/// The last page that can be asked for: what lies behind it can be reached with a cursor.
const MAX_OFFSET: u64 = 100_000_000;

/// Which part of a list is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paging {
    /// How many things come before it.
    pub offset: usize,
    /// How many it has at most.
    pub limit: usize,
    /// Where it begins, if not at `offset`.
    cursor: Option<String>,
}

/// The parameters of a list: its filter, and which part of it is wanted. Unless said otherwise a part has 25, at most 100.
#[derive(Debug, Clone)]
pub struct Listing<T, const DEFAULT: usize = 25, const MAX: usize = 100> {
    /// The filter.
    pub filter: T,
    /// The part.
    pub paging: Paging,
}

/// A list without a filter.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoFilter {}

/// A part of a list.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "{T}List")]
pub struct List<T> {
    /// The things.
    pub items: Vec<T>,
    /// How many there are in all.
    pub total: u64,
    /// Which part this is, from 1.
    pub page: u64,
    /// How many a part has.
    pub per_page: u64,
    /// Where the next part begins; null at the end.
    pub next_cursor: Option<String>,
}

impl Paging {
    /// Where the part begins, as a former answer said it.
    ///
    /// # Errors
    /// [`Error::Malformed`] when the cursor is none of ours.
    pub fn after<C: DeserializeOwned>(&self) -> Result<Option<C>> {
        let cursor = self.cursor.as_deref().map(read_cursor::<C>).transpose()?;
        Ok(cursor.map(|cursor| cursor.after))
    }

    /// Which part this is, from 1.
    fn page(&self) -> u64 {
        let cursor = self.cursor.as_deref().and_then(|text| read_cursor::<IgnoredAny>(text).ok());
        cursor.map_or((self.offset / self.limit + 1) as u64, |cursor| cursor.page)
    }

    /// A part of a list.
    pub fn list<T>(&self, items: Vec<T>, total: u64, next: Option<impl Serialize>) -> List<T> {
        let page = self.page();
        let next_cursor = next.and_then(|after| cursor::write(&Cursor { page: page.saturating_add(1), after }));
        List { items, total, page, per_page: self.limit as u64, next_cursor }
    }

    /// The part of a whole list that is at hand; `key` tells its things apart.
    pub fn part<T, K: Serialize + DeserializeOwned + PartialEq>(
        &self,
        all: Vec<T>,
        key: impl Fn(&T) -> K,
    ) -> Result<List<T>> {
        let total = all.len() as u64;
        let after: Option<K> = self.after()?;
        let found = after.as_ref().and_then(|after| all.iter().position(|thing| key(thing) == *after));
        let skip = if after.is_some() { found.map_or(all.len(), |at| at + 1) } else { self.offset };
        let mut rest = all.into_iter().skip(skip);
        let items: Vec<T> = rest.by_ref().take(self.limit).collect();
        let next = rest.next().and(items.last()).map(&key);
        Ok(self.list(items, total, next))
    }
}

/// Where a part begins. Callers get it as a text that means nothing to them.
#[derive(Serialize, Deserialize)]
struct Cursor<C> {
    page: u64,
    after: C,
}

fn read_cursor<C: DeserializeOwned>(text: &str) -> Result<Cursor<C>> {
    cursor::read(text).ok_or_else(|| {
        Error::Malformed(vec![Fault::new("cursor", FaultCode::Malformed, "is not a cursor of this list")])
    })
}

/// Takes the parameters of paging out of `pairs`.
fn take_paging(pairs: &mut Vec<(String, String)>, default: usize, max: usize) -> Result<Paging> {
    let mut faults = Vec::new();
    let mut given = Vec::new();
    pairs.retain(|(name, value)| {
        let known = NAMES.into_iter().find(|known| known == name);
        given.extend(known.map(|name| (name, value.clone())));
        known.is_none()
    });
    let mut value = |name: &str| {
        let mut values = given.iter().filter(|(known, _)| *known == name).map(|(_, value)| value.clone());
        let first = values.next();
        if values.next().is_some() {
            faults.push(Fault::new(name, FaultCode::Malformed, "is given twice"));
        }
        first
    };
    let [page, per_page, page_size, skip, offset, limit, cursor] = NAMES.map(&mut value);
    let mut number = |name: &str, text: Option<String>, least: u64, most: u64| {
        let number = text?.parse::<u64>().ok().filter(|number| (least..=most).contains(number));
        if number.is_none() {
            let reason = format!("must be a whole number from {least} to {most}");
            faults.push(Fault::new(name, FaultCode::Malformed, reason));
        }
        number
    };
    let most = max as u64;
    let sizes = [
        number("per_page", per_page, 1, most),
        number("page_size", page_size, 1, most),
        number("limit", limit, 1, most),
    ];
    let size = sizes.into_iter().flatten().next().unwrap_or(default as u64);
    let page = number("page", page, 1, MAX_OFFSET / most);
    let starts = [number("skip", skip, 0, MAX_OFFSET), number("offset", offset, 0, MAX_OFFSET)];
    faults.extend(contradictions(&given));
    if !faults.is_empty() {
        return Err(Error::Malformed(faults));
    }
    let offset = page.map(|page| (page - 1) * size).or(starts.into_iter().flatten().next()).unwrap_or(0);
    Ok(Paging { offset: offset as usize, limit: size as usize, cursor })
}

/// Two names of one thing, or two beginnings.
fn contradictions(given: &[(&'static str, String)]) -> Option<Fault> {
    for names in [&["per_page", "page_size", "limit"][..], &["cursor", "page", "skip", "offset"]] {
        let mut both = given.iter().map(|(name, _)| *name).filter(|name| names.contains(name));
        if let (Some(first), Some(second)) = (both.next(), both.next()) {
            return Some(Fault::new(second, FaultCode::NotAllowed, format!("cannot be given together with {first}")));
        }
    }
    None
}

impl<S, T, const DEFAULT: usize, const MAX: usize> FromRequestParts<S> for Listing<T, DEFAULT, MAX>
where
    S: Send + Sync,
    T: Parameters,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> std::result::Result<Self, ApiError> {
        let mut pairs = query::pairs(parts.uri.query().unwrap_or_default());
        let paging = take_paging(&mut pairs, DEFAULT, MAX)?;
        Ok(Self { filter: T::read(pairs)?, paging })
    }
}

impl<T: Parameters, const DEFAULT: usize, const MAX: usize> Describe for Listing<T, DEFAULT, MAX> {
    fn describe(description: &mut Description<'_>) {
        T::describe(description);
        let whole = |least: u64, most: u64| json!({ "type": "integer", "minimum": least, "maximum": most });
        let size = whole(1, MAX as u64);
        let start = whole(0, MAX_OFFSET);
        let mut sized = size.clone();
        sized["default"] = json!(DEFAULT);
        description.takes("query", "page", whole(1, MAX_OFFSET / MAX as u64), "Which part, from 1");
        description.takes("query", "per_page", sized, "How many a part has");
        description.takes("query", "page_size", size.clone(), "The same as per_page");
        description.takes("query", "skip", start.clone(), "In place of page: how many to leave out");
        description.takes("query", "offset", start, "The same as skip");
        description.takes("query", "limit", size, "The same as per_page");
        let cursor = json!({ "type": "string", "minLength": 1 });
        description.takes("query", "cursor", cursor, "In place of page: the next_cursor of the part before");
        description.may_fail(&[StatusCode::BAD_REQUEST]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use proptest::prelude::*;

    fn paging(query: &str) -> Result<Paging> {
        take_paging(&mut query::pairs(query), 25, 100)
    }

    #[test]
    fn all_forms_mean_the_same() {
        for (query, offset, limit) in [
            ("", 0, 25),
            ("page=3&per_page=10", 20, 10),
            ("page=3&page_size=10", 20, 10),
            ("skip=20&limit=10", 20, 10),
            ("offset=20&limit=10", 20, 10),
            ("page=2", 25, 25),
        ] {
            let found = paging(query).ok().map(|paging| (paging.offset, paging.limit));
            assert_eq!(found, Some((offset, limit)), "{query}");
        }
    }

    #[test]
    fn what_is_out_of_range_or_contradicts_itself_is_named() {
        for (query, field) in [
            ("page=0", "page"),
            ("per_page=101", "per_page"),
            ("limit=0", "limit"),
            ("skip=-1", "skip"),
            ("offset=x", "offset"),
            ("page=1&page=2", "page"),
            ("page=1&skip=0", "skip"),
            ("per_page=1&limit=1", "limit"),
            ("cursor=abc&page=2", "page"),
        ] {
            let Err(Error::Malformed(faults)) = paging(query) else { panic!("{query}") };
            assert_eq!(faults[0].field, field, "{query}");
        }
    }

    #[test]
    fn parts_of_a_list_make_up_the_list() {
        let (mut seen, mut query) = (Vec::new(), "per_page=10".to_owned());
        loop {
            let part = paging(&query).and_then(|paging| paging.part((0..35).collect(), |n: &i32| *n));
            let Ok(part) = part else { panic!("{query}") };
            assert_eq!((part.total, part.per_page, part.page), (35, 10, seen.len() as u64 / 10 + 1));
            seen.extend(part.items);
            let Some(cursor) = part.next_cursor else { break };
            query = format!("per_page=10&cursor={cursor}");
        }
        assert_eq!(seen, (0..35).collect::<Vec<_>>());
    }

    proptest! {
        #[test]
        fn no_query_and_no_cursor_does_harm(query in ".{0,60}", cursor in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = paging(&query);
            let _ = query::read::<NoFilter>(query::pairs(&query));
            let text = String::from_utf8_lossy(&cursor).into_owned();
            let encoded = URL_SAFE_NO_PAD.encode(&cursor);
            for cursor in [text, encoded] {
                let paging = Paging { offset: 0, limit: 10, cursor: Some(cursor) };
                let _ = paging.part(vec![1_u64, 2, 3], |n| *n);
            }
        }

        #[test]
        fn known_parameters_are_found_among_any_others(page in 1_u64..1000, other in "[a-z]{8,12}") {
            let mut pairs = query::pairs(&format!("{other}=1&page={page}"));
            let paging = take_paging(&mut pairs, 25, 100);
            prop_assert_eq!(paging.map(|paging| paging.offset).ok(), Some((page as usize - 1) * 25));
            prop_assert!(query::read::<NoFilter>(pairs).is_err());
        }
    }
}

//! Reading: single items, batches, and ranges of a partition.

use std::time::Duration;

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, ReturnConsumedCapacity, Select};
use domain::Result;
use serde::de::DeserializeOwned;

use super::gather::FEW;
use super::{Table, failure, unbuilt};
use crate::item::{Attributes, entity};
use crate::keys::{INDEX, INDEX_PK, INDEX_SK, Key, PK, SK};

/// The most keys of one BatchGetItem.
pub(super) const BATCH: usize = 100;

/// What to look for in one partition.
#[derive(Debug, Clone)]
pub(crate) struct Range {
    pub(crate) index: bool,
    pub(crate) pk: String,
    pub(crate) sort: Sort,
    pub(crate) limit: Option<i32>,
    pub(crate) consistent: bool,
    pub(crate) descending: bool,
    pub(crate) keys_only: bool,
}

/// The sort keys of a range.
#[derive(Debug, Clone)]
pub(crate) enum Sort {
    All,
    Prefix(String),
    UpTo(String),
    /// Those before this key.
    Before(String),
    /// Those with the prefix that come after this key.
    PrefixAfter(String, String),
    After(String),
    /// Those from the first of these keys to the second, with both of them.
    Between(String, String),
}

impl Range {
    pub(crate) fn new(pk: String, sort: Sort) -> Self {
        Self { index: false, pk, sort, limit: None, consistent: false, descending: false, keys_only: false }
    }

    pub(crate) fn in_index(pk: String, sort: Sort) -> Self {
        Self { index: true, ..Self::new(pk, sort) }
    }

    /// As it is now; the index cannot be asked so.
    pub(crate) fn consistent(self) -> Self {
        Self { consistent: true, ..self }
    }

    /// The last key first.
    pub(crate) fn descending(self) -> Self {
        Self { descending: true, ..self }
    }

    /// Of the items only their keys. It costs as much as all of them.
    pub(crate) fn keys_only(self) -> Self {
        Self { keys_only: true, ..self }
    }

    pub(crate) fn limit(self, limit: usize) -> Self {
        Self { limit: i32::try_from(limit).ok(), ..self }
    }
}

impl Table {
    /// The entity under `key`, as it is now.
    pub(crate) async fn get<T: DeserializeOwned>(&self, key: &Key) -> Result<Option<T>> {
        self.get_attributes(key).await?.map(entity).transpose()
    }

    /// The attributes under `key`, as they are now; for items whose attributes have no fixed names.
    pub(crate) async fn get_attributes(&self, key: &Key) -> Result<Option<Attributes>> {
        match &self.gathering {
            Some(gathering) => Ok(self.gathered(gathering, std::slice::from_ref(key)).await?.pop()),
            None => self.get_one(key).await,
        }
    }

    pub(super) async fn get_one(&self, key: &Key) -> Result<Option<Attributes>> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.name)
            .set_key(Some(key.attributes()))
            .consistent_read(true)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(failure)?;
        Ok(answer.item)
    }

    /// The items under `keys` that exist, in any order; perhaps a second old, at half the price.
    pub(crate) async fn batch_get_eventually(&self, keys: &[Key]) -> Result<Vec<Attributes>> {
        self.batch_get_items(keys, false).await
    }

    /// The items under `keys` that exist, in any order, as they are now.
    pub(crate) async fn batch_get(&self, keys: &[Key]) -> Result<Vec<Attributes>> {
        match &self.gathering {
            Some(gathering) if (1..=FEW).contains(&keys.len()) => self.gathered(gathering, keys).await,
            _ => self.batch_get_items(keys, true).await,
        }
    }

    pub(super) async fn batch_get_items(&self, keys: &[Key], consistent: bool) -> Result<Vec<Attributes>> {
        let mut found = Vec::with_capacity(keys.len());
        for keys in keys.chunks(BATCH) {
            let mut left: Vec<Attributes> = keys.iter().map(Key::attributes).collect();
            let mut pause = Duration::from_millis(20);
            while !left.is_empty() {
                let wanted = KeysAndAttributes::builder().set_keys(Some(left)).consistent_read(consistent);
                let wanted = wanted.build().map_err(unbuilt)?;
                let answer = self
                    .client
                    .batch_get_item()
                    .request_items(&self.name, wanted)
                    .return_consumed_capacity(ReturnConsumedCapacity::Total)
                    .send()
                    .await
                    .map_err(failure)?;
                found.extend(answer.responses.into_iter().flatten().flat_map(|(_, items)| items));
                left = answer.unprocessed_keys.into_iter().flatten().flat_map(|(_, keys)| keys.keys).collect();
                if !left.is_empty() {
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(Duration::from_secs(1));
                }
            }
        }
        Ok(found)
    }

    /// One page of a range, in the order of the sort key. In the index the items hold their keys only.
    pub(crate) async fn query(&self, range: &Range) -> Result<(Vec<Attributes>, bool)> {
        let answer = self.asking(range).send().await.map_err(failure)?;
        let more = answer.last_evaluated_key.is_some_and(|key| !key.is_empty());
        Ok((answer.items.unwrap_or_default(), more))
    }

    /// Everything in a range of the table; for ranges that are known to be small.
    pub(crate) async fn query_all<T: DeserializeOwned>(&self, mut range: Range) -> Result<Vec<T>> {
        let mut entities = Vec::new();
        loop {
            let (items, more) = self.query(&range).await?;
            let last = items.last().and_then(Key::of);
            entities.extend(items.into_iter().map(entity).collect::<Result<Vec<T>>>()?);
            match last {
                Some(last) if more => {
                    range.sort = match range.sort {
                        Sort::Prefix(prefix) | Sort::PrefixAfter(prefix, _) => Sort::PrefixAfter(prefix, last.sk),
                        _ => Sort::After(last.sk),
                    }
                }
                _ => return Ok(entities),
            }
        }
    }

    /// How many items a range holds. Costs as much as reading them.
    pub(crate) async fn count(&self, range: &Range) -> Result<u64> {
        let mut sum = 0;
        let mut start = None;
        loop {
            let call = self.asking(range).select(Select::Count).set_exclusive_start_key(start);
            let answer = call.send().await.map_err(failure)?;
            sum += u64::try_from(answer.count).unwrap_or(0);
            start = answer.last_evaluated_key.filter(|key| !key.is_empty());
            if start.is_none() {
                return Ok(sum);
            }
        }
    }

    /// One page of the whole table, for what no key leads to: the items whose partition begins with `prefix` and whose
    /// sort key is `sk`, and where the page ended. Several can go through as many parts of it, each through its own.
    /// Costs as much as reading all that is on the page.
    pub(crate) async fn scan(
        &self,
        prefix: &str,
        sk: &str,
        [part, parts]: [u32; 2],
        after: Option<&Key>,
    ) -> Result<(Vec<Attributes>, Option<Key>)> {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let answer = self
            .client
            .scan()
            .table_name(&self.name)
            .filter_expression(format!("begins_with({PK}, :prefix) AND {SK} = :sk"))
            .expression_attribute_values(":prefix", text(prefix))
            .expression_attribute_values(":sk", text(sk))
            .set_segment(i32::try_from(part).ok())
            .set_total_segments(i32::try_from(parts).ok())
            .set_exclusive_start_key(after.map(Key::attributes))
            .consistent_read(true)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(failure)?;
        let end = answer.last_evaluated_key.as_ref().and_then(Key::of);
        Ok((answer.items.unwrap_or_default(), end))
    }

    pub(super) fn asking(&self, range: &Range) -> QueryFluentBuilder {
        let (pk, sk) = if range.index { (INDEX_PK, INDEX_SK) } else { (PK, SK) };
        let (condition, values) = key_condition(pk, sk, range);
        let call = self.client.query().table_name(&self.name).set_index_name(range.index.then(|| INDEX.to_owned()));
        call.key_condition_expression(condition)
            .set_expression_attribute_values(Some(values))
            .consistent_read(range.consistent)
            .scan_index_forward(!range.descending)
            .set_limit(range.limit)
            .set_projection_expression(range.keys_only.then(|| format!("{PK}, {SK}")))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
    }
}

fn key_condition(pk: &str, sk: &str, range: &Range) -> (String, Attributes) {
    let (suffix, values) = match &range.sort {
        Sort::All => (String::new(), vec![]),
        Sort::Prefix(prefix) => (format!(" AND begins_with({sk}, :a)"), vec![(":a", prefix.clone())]),
        Sort::UpTo(last) => (format!(" AND {sk} <= :a"), vec![(":a", last.clone())]),
        Sort::Before(last) => (format!(" AND {sk} < :a"), vec![(":a", last.clone())]),
        Sort::Between(first, last) => {
            (format!(" AND {sk} BETWEEN :a AND :b"), vec![(":a", first.clone()), (":b", last.clone())])
        }
        Sort::After(first) => (format!(" AND {sk} > :a"), vec![(":a", first.clone())]),
        // BETWEEN includes its ends: `first` and a space is the least key after `first`, `~` sorts behind every key.
        Sort::PrefixAfter(prefix, first) => {
            (format!(" AND {sk} BETWEEN :a AND :b"), vec![(":a", format!("{first} ")), (":b", format!("{prefix}~"))])
        }
    };
    let mut attributes = Attributes::from([(":pk".to_owned(), AttributeValue::S(range.pk.clone()))]);
    attributes.extend(values.into_iter().map(|(name, value)| (name.to_owned(), AttributeValue::S(value))));
    (format!("{pk} = :pk{suffix}"), attributes)
}

//! The calls to DynamoDB: typed in and out, their failures sorted. Each asks for the capacity that it consumed, so that
//! whoever watches the wire can add it up.

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, Delete, KeysAndAttributes, Put, ReturnConsumedCapacity, ReturnValue, Select,
    TransactWriteItem, Update,
};
use domain::{Error, Result};
use serde::de::DeserializeOwned;
use std::time::Duration;

use crate::item::{Attributes, Expressions, Item, Write, entity};
use crate::keys::{INDEX, INDEX_PK, INDEX_SK, Key, PK, SK};

/// The most keys of one BatchGetItem.
const BATCH: usize = 100;
/// How often a transaction is tried again that collided with another.
const COLLISIONS: u32 = 12;

/// The table and a client for it. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    client: Client,
    name: String,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T, C = String> {
    /// What is on it.
    pub items: Vec<T>,
    /// Where the next one begins; nothing at the end.
    pub next: Option<C>,
}

/// Whether a conditional write happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Written {
    Yes,
    /// Its condition did not hold.
    Refused,
}

/// Whether a transaction happened.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub(crate) enum Transacted {
    Yes,
    /// The conditions of the writes at these positions did not hold; nothing was written.
    Refused(Vec<usize>),
}

/// What to look for in one partition.
#[derive(Debug, Clone)]
pub(crate) struct Range {
    pub(crate) index: bool,
    pub(crate) pk: String,
    pub(crate) sort: Sort,
    pub(crate) limit: Option<i32>,
    pub(crate) consistent: bool,
    pub(crate) descending: bool,
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
}

impl Range {
    pub(crate) fn new(pk: String, sort: Sort) -> Self {
        Self { index: false, pk, sort, limit: None, consistent: false, descending: false }
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

    pub(crate) fn limit(self, limit: usize) -> Self {
        Self { limit: i32::try_from(limit).ok(), ..self }
    }
}

impl Table {
    pub(crate) fn new(config: &SdkConfig, name: &str) -> Self {
        Self { client: Client::new(config), name: name.to_owned() }
    }

    /// The entity under `key`, as it is now.
    pub(crate) async fn get<T: DeserializeOwned>(&self, key: &Key) -> Result<Option<T>> {
        self.get_attributes(key).await?.map(entity).transpose()
    }

    /// The attributes under `key`, as they are now; for items whose attributes have no fixed names.
    pub(crate) async fn get_attributes(&self, key: &Key) -> Result<Option<Attributes>> {
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
        self.batch_get_items(keys, true).await
    }

    async fn batch_get_items(&self, keys: &[Key], consistent: bool) -> Result<Vec<Attributes>> {
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
        let (pk, sk) = if range.index { (INDEX_PK, INDEX_SK) } else { (PK, SK) };
        let (condition, values) = key_condition(pk, sk, range);
        let answer = self
            .client
            .query()
            .table_name(&self.name)
            .set_index_name(range.index.then(|| INDEX.to_owned()))
            .key_condition_expression(condition)
            .set_expression_attribute_values(Some(values))
            .consistent_read(range.consistent)
            .scan_index_forward(!range.descending)
            .set_limit(range.limit)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(failure)?;
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

    /// How many items a range holds. Costs as much as reading them; perhaps a second old.
    pub(crate) async fn count(&self, range: &Range) -> Result<u64> {
        let (condition, values) = key_condition(PK, SK, range);
        let mut sum = 0;
        let mut start = None;
        loop {
            let answer = self
                .client
                .query()
                .table_name(&self.name)
                .select(Select::Count)
                .key_condition_expression(&condition)
                .set_expression_attribute_values(Some(values.clone()))
                .set_exclusive_start_key(start)
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .await
                .map_err(failure)?;
            sum += u64::try_from(answer.count).unwrap_or(0);
            start = answer.last_evaluated_key.filter(|key| !key.is_empty());
            if start.is_none() {
                return Ok(sum);
            }
        }
    }

    /// Adds to numbers of an item, made with `set` if it is not there, and gives what they are then.
    pub(crate) async fn add<const N: usize>(
        &self,
        key: &Key,
        by: [(&str, i64); N],
        set: (String, AttributeValue),
    ) -> Result<[i64; N]> {
        let mut e = Expressions::default();
        let update = e.update(vec![set], by.map(|(name, by)| (name.to_owned(), by)).to_vec());
        let answer = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(key.attributes()))
            .update_expression(update)
            .set_expression_attribute_names(e.names())
            .set_expression_attribute_values(e.values())
            .return_values(ReturnValue::UpdatedNew)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(failure)?;
        let attributes = answer.attributes.unwrap_or_default();
        let number = |name| attributes.get(name)?.as_n().ok()?.parse().ok();
        let told = || Error::internal("adding to a number of the table", "it was not told what it is now");
        let mut sums = [0; N];
        for (sum, (name, _)) in sums.iter_mut().zip(by) {
            *sum = number(name).ok_or_else(told)?;
        }
        Ok(sums)
    }

    /// A write on its own.
    pub(crate) async fn write(&self, write: Write) -> Result<Written> {
        let sent = match write {
            Write::Put { item, conditions } => {
                let mut e = Expressions::default();
                let condition = e.conditions(conditions);
                let call = self.client.put_item().table_name(&self.name).set_item(Some(item.0));
                let call = call.set_condition_expression(condition).set_expression_attribute_names(e.names());
                let call = call.set_expression_attribute_values(e.values());
                let call = call.return_consumed_capacity(ReturnConsumedCapacity::Total);
                call.send().await.map(drop).map_err(sorted)
            }
            Write::Update { key, set, add, conditions } => {
                let mut e = Expressions::default();
                let (update, condition) = (e.update(set, add), e.conditions(conditions));
                let call = self.client.update_item().table_name(&self.name).set_key(Some(key.attributes()));
                let call = call.update_expression(update).set_condition_expression(condition);
                let call = call.set_expression_attribute_names(e.names()).set_expression_attribute_values(e.values());
                let call = call.return_consumed_capacity(ReturnConsumedCapacity::Total);
                call.send().await.map(drop).map_err(sorted)
            }
            Write::Delete { key } => {
                let call = self.client.delete_item().table_name(&self.name).set_key(Some(key.attributes()));
                let call = call.return_consumed_capacity(ReturnConsumedCapacity::Total);
                call.send().await.map(drop).map_err(sorted)
            }
        };
        match sent {
            Ok(()) => Ok(Written::Yes),
            Err(Failure::Refused) => Ok(Written::Refused),
            Err(Failure::Other(error)) => Err(error),
        }
    }

    /// All of the writes, or none. Collisions with other transactions are waited out.
    pub(crate) async fn transact(&self, writes: Vec<Write>) -> Result<Transacted> {
        let writes: Vec<TransactWriteItem> =
            writes.into_iter().map(|write| self.in_transaction(write)).collect::<Result<_>>()?;
        let mut pause = Duration::from_millis(5);
        for _ in 0..COLLISIONS {
            let answer = self
                .client
                .transact_write_items()
                .set_transact_items(Some(writes.clone()))
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .await;
            match answer {
                Ok(_) => return Ok(Transacted::Yes),
                Err(error) => match cancelled(&error) {
                    None => return Err(failure(error)),
                    Some(refused) if !refused.is_empty() => return Ok(Transacted::Refused(refused)),
                    Some(_) => tokio::time::sleep(pause).await,
                },
            }
            pause = (pause * 2).min(Duration::from_millis(500));
        }
        Err(Error::Unavailable { service: "the table", source: "a transaction kept colliding with others".into() })
    }

    fn in_transaction(&self, write: Write) -> Result<TransactWriteItem> {
        let built = TransactWriteItem::builder();
        let mut e = Expressions::default();
        let table = Some(self.name.clone());
        Ok(match write {
            Write::Put { item: Item(attributes), conditions } => {
                let put = Put::builder().set_table_name(table).set_item(Some(attributes));
                let put = put.set_condition_expression(e.conditions(conditions));
                let put = put.set_expression_attribute_names(e.names()).set_expression_attribute_values(e.values());
                built.put(put.build().map_err(unbuilt)?)
            }
            Write::Update { key, set, add, conditions } => {
                let update = Update::builder().set_table_name(table).set_key(Some(key.attributes()));
                let update = update.update_expression(e.update(set, add));
                let update = update.set_condition_expression(e.conditions(conditions));
                let update =
                    update.set_expression_attribute_names(e.names()).set_expression_attribute_values(e.values());
                built.update(update.build().map_err(unbuilt)?)
            }
            Write::Delete { key } => {
                let delete = Delete::builder().set_table_name(table).set_key(Some(key.attributes()));
                built.delete(delete.build().map_err(unbuilt)?)
            }
        }
        .build())
    }
}

fn key_condition(pk: &str, sk: &str, range: &Range) -> (String, Attributes) {
    let (suffix, values) = match &range.sort {
        Sort::All => (String::new(), vec![]),
        Sort::Prefix(prefix) => (format!(" AND begins_with({sk}, :a)"), vec![(":a", prefix.clone())]),
        Sort::UpTo(last) => (format!(" AND {sk} <= :a"), vec![(":a", last.clone())]),
        Sort::Before(last) => (format!(" AND {sk} < :a"), vec![(":a", last.clone())]),
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

enum Failure {
    Refused,
    Other(Error),
}

fn sorted<E>(error: SdkError<E>) -> Failure
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    match error.as_service_error().and_then(ProvideErrorMetadata::code) {
        Some("ConditionalCheckFailedException") => Failure::Refused,
        _ => Failure::Other(failure(error)),
    }
}

/// The positions whose conditions did not hold; empty if the transaction collided with another and may be tried again;
/// nothing if the failure is of another kind.
fn cancelled(error: &SdkError<TransactWriteItemsError>) -> Option<Vec<usize>> {
    let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error() else {
        let in_progress = error.as_service_error().is_some_and(|e| e.is_transaction_in_progress_exception());
        return in_progress.then(Vec::new);
    };
    let coded = |wanted: &str| -> Vec<usize> {
        let has = |reason: &CancellationReason| reason.code.as_deref() == Some(wanted);
        cancelled.cancellation_reasons().iter().enumerate().filter(|(_, r)| has(r)).map(|(at, _)| at).collect()
    };
    let refused = coded("ConditionalCheckFailed");
    let again = ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"];
    (!refused.is_empty() || again.iter().any(|code| !coded(code).is_empty())).then_some(refused)
}

/// Sorts a failed call into "later" and "never".
fn failure<E>(error: SdkError<E>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let ours = match error.as_service_error().and_then(ProvideErrorMetadata::code) {
        Some(code) => ["ValidationException", "ResourceNotFoundException", "AccessDeniedException"].contains(&code),
        None => matches!(error, SdkError::ConstructionFailure(_)),
    };
    if ours {
        Error::internal("calling the table", error)
    } else {
        Error::Unavailable { service: "the table", source: Box::new(error) }
    }
}

fn unbuilt(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::internal("building a request to the table", error)
}

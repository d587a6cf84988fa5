//! Writing: alone or in transactions, under conditions.

use std::time::Duration;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, ConditionCheck, Delete, DeleteRequest, Put, PutRequest, ReturnConsumedCapacity,
    ReturnValue, TransactWriteItem, Update, WriteRequest,
};
use domain::{Error, Result};
use uuid::Uuid;

use super::{Table, failure, unbuilt};
use crate::item::{Expressions, Item, Update as Change, Write};
use crate::keys::Key;

/// The most items of one BatchWriteItem.
const BATCH: usize = 25;
/// How often a transaction is tried again that collided with another.
const COLLISIONS: u32 = 12;

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

impl Table {
    /// Adds to numbers of an item, made with `set` if it is not there, and gives what they are then.
    pub(crate) async fn add<const N: usize>(
        &self,
        key: &Key,
        by: [(&str, i64); N],
        set: (String, AttributeValue),
    ) -> Result<[i64; N]> {
        let mut e = Expressions::default();
        let update = e.update(vec![set], by.map(|(name, by)| (name.to_owned(), by)).to_vec(), vec![]);
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
            Write::Update(Change { key, set, add, remove, conditions }) => {
                let mut e = Expressions::default();
                let (update, condition) = (e.update(set, add, remove), e.conditions(conditions));
                let call = self.client.update_item().table_name(&self.name).set_key(Some(key.attributes()));
                let call = call.update_expression(update).set_condition_expression(condition);
                let call = call.set_expression_attribute_names(e.names()).set_expression_attribute_values(e.values());
                let call = call.return_consumed_capacity(ReturnConsumedCapacity::Total);
                call.send().await.map(drop).map_err(sorted)
            }
            Write::Delete { key, conditions } => {
                let mut e = Expressions::default();
                let condition = e.conditions(conditions);
                let call = self.client.delete_item().table_name(&self.name).set_key(Some(key.attributes()));
                let call = call.set_condition_expression(condition).set_expression_attribute_names(e.names());
                let call = call.set_expression_attribute_values(e.values());
                let call = call.return_consumed_capacity(ReturnConsumedCapacity::Total);
                call.send().await.map(drop).map_err(sorted)
            }
            Write::Check { .. } => {
                Err(Failure::Other(Error::internal("writing to the table", "a check stands in transactions only")))
            }
        };
        match sent {
            Ok(()) => Ok(Written::Yes),
            Err(Failure::Refused) => Ok(Written::Refused),
            Err(Failure::Other(error)) => Err(error),
        }
    }

    /// Puts items that may be put again without harm, each on its own. When it fails, some may be there.
    pub(crate) async fn put_all(&self, items: Vec<Item>) -> Result<()> {
        for items in items.chunks(BATCH) {
            let request = |item: &Item| {
                let put = PutRequest::builder().set_item(Some(item.0.clone())).build().map_err(unbuilt)?;
                Ok::<_, Error>(WriteRequest::builder().put_request(put).build())
            };
            self.write_batch(items.iter().map(request).collect::<Result<_>>()?).await?;
        }
        Ok(())
    }

    /// Removes items, each on its own. When it fails, some may be gone.
    pub(crate) async fn delete_all(&self, keys: Vec<Key>) -> Result<()> {
        for keys in keys.chunks(BATCH) {
            let request = |key: &Key| {
                let delete = DeleteRequest::builder().set_key(Some(key.attributes())).build().map_err(unbuilt)?;
                Ok::<_, Error>(WriteRequest::builder().delete_request(delete).build())
            };
            self.write_batch(keys.iter().map(request).collect::<Result<_>>()?).await?;
        }
        Ok(())
    }

    async fn write_batch(&self, mut left: Vec<WriteRequest>) -> Result<()> {
        let mut pause = Duration::from_millis(20);
        while !left.is_empty() {
            let call = self.client.batch_write_item().request_items(&self.name, left);
            let call = call.return_consumed_capacity(ReturnConsumedCapacity::Total);
            let answer = call.send().await.map_err(failure)?;
            left = answer.unprocessed_items.into_iter().flatten().flat_map(|(_, items)| items).collect();
            if !left.is_empty() {
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(Duration::from_secs(1));
            }
        }
        Ok(())
    }

    /// All of the writes, or none. Collisions with other transactions are waited out.
    pub(crate) async fn transact(&self, writes: Vec<Write>) -> Result<Transacted> {
        let writes: Vec<TransactWriteItem> =
            writes.into_iter().map(|write| self.in_transaction(write)).collect::<Result<_>>()?;
        // One name for all tries: if an earlier one went through after all, a later one is told so, not refused by it.
        let token = Uuid::now_v7().to_string();
        let mut pause = Duration::from_millis(5);
        for _ in 0..COLLISIONS {
            let answer = self
                .client
                .transact_write_items()
                .set_transact_items(Some(writes.clone()))
                .client_request_token(&token)
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
            Write::Update(Change { key, set, add, remove, conditions }) => {
                let update = Update::builder().set_table_name(table).set_key(Some(key.attributes()));
                let update = update.update_expression(e.update(set, add, remove));
                let update = update.set_condition_expression(e.conditions(conditions));
                let update =
                    update.set_expression_attribute_names(e.names()).set_expression_attribute_values(e.values());
                built.update(update.build().map_err(unbuilt)?)
            }
            Write::Delete { key, conditions } => {
                let delete = Delete::builder().set_table_name(table).set_key(Some(key.attributes()));
                let delete = delete.set_condition_expression(e.conditions(conditions));
                let delete =
                    delete.set_expression_attribute_names(e.names()).set_expression_attribute_values(e.values());
                built.delete(delete.build().map_err(unbuilt)?)
            }
            Write::Check { key, conditions } => {
                let check = ConditionCheck::builder().set_table_name(table).set_key(Some(key.attributes()));
                let check = check.set_condition_expression(e.conditions(conditions));
                let check = check.set_expression_attribute_names(e.names()).set_expression_attribute_values(e.values());
                built.condition_check(check.build().map_err(unbuilt)?)
            }
        }
        .build())
    }
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

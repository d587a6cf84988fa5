//! Reading ranges of which only some items are wanted: the table sorts the others out, or the caller does by their keys.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Select};
use domain::Result;

use super::{Range, Table, failure};
use crate::item::Attributes;

/// What an attribute of the wanted items holds.
pub(crate) type Only = Option<(&'static str, String)>;

impl Table {
    /// One page of the wanted items of a range after `start`, and where the next one starts. Costs as much as reading the
    /// others too.
    pub(crate) async fn sift(
        &self,
        range: &Range,
        only: &Only,
        start: Option<Attributes>,
    ) -> Result<(Vec<Attributes>, Option<Attributes>)> {
        let call = sifting(self.asking(range), only).set_exclusive_start_key(start);
        let answer = call.send().await.map_err(failure)?;
        Ok((answer.items.unwrap_or_default(), answer.last_evaluated_key.filter(|key| !key.is_empty())))
    }

    /// How many of the wanted items a range holds; counting ends soon after `enough`. Costs as much as reading them.
    pub(crate) async fn count_sifted(&self, range: &Range, only: &Only, enough: u64) -> Result<u64> {
        let (mut sum, mut start) = (0, None);
        loop {
            let call = sifting(self.asking(range), only).select(Select::Count).set_exclusive_start_key(start);
            let answer = call.send().await.map_err(failure)?;
            sum += u64::try_from(answer.count).unwrap_or(0);
            start = answer.last_evaluated_key.filter(|key| !key.is_empty());
            if start.is_none() || sum >= enough {
                return Ok(sum);
            }
        }
    }
}

fn sifting(call: QueryFluentBuilder, only: &Only) -> QueryFluentBuilder {
    let Some((name, value)) = only else { return call };
    let call = call.filter_expression("#only = :only").expression_attribute_names("#only", *name);
    call.expression_attribute_values(":only", AttributeValue::S(value.clone()))
}

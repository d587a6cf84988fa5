//! The filter of a stream's event source: which items' changes a function gets.

use anyhow::{Result, bail};
use serde_json::{Value as Json, json};
use serde_yaml_ng::Value;

use super::values::{only, text};

/// What an item's keys must be. Without a filter, anything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    /// What the partition key begins with.
    prefix: String,
    /// What the sort key is, one of these; anything if there are none.
    words: Vec<String>,
}

impl Filter {
    /// An event source's `FilterCriteria`, if it has any. Two forms are known here: a beginning of the partition key, and
    /// that with words that the sort key may be.
    pub(super) fn parse(properties: &Value) -> Result<Self> {
        let Some(criteria) = properties.get("FilterCriteria") else { return Ok(Self::default()) };
        only(criteria, &["Filters"])?;
        let filters = criteria["Filters"].as_sequence().map(Vec::as_slice).unwrap_or_default();
        let [filter] = filters else { bail!("one filter is known here, not {}", filters.len()) };
        let pattern: Json = serde_json::from_str(&text(&filter["Pattern"])?)?;
        let keys = &pattern["dynamodb"]["Keys"];
        let prefix = keys["PK"]["S"][0]["prefix"].as_str().unwrap_or_default().to_owned();
        let words = keys["SK"]["S"].as_array().into_iter().flatten().filter_map(Json::as_str);
        let filter = Self { prefix, words: words.map(str::to_owned).collect() };
        if pattern != filter.pattern() {
            bail!("the filter {pattern} is not known here")
        }
        Ok(filter)
    }

    /// The pattern that says just this.
    fn pattern(&self) -> Json {
        let mut keys = json!({ "PK": { "S": [{ "prefix": self.prefix }] } });
        if !self.words.is_empty() {
            keys["SK"] = json!({ "S": self.words });
        }
        json!({ "dynamodb": { "Keys": keys } })
    }

    /// Whether changes of the item with these keys come through.
    pub(crate) fn passes(&self, partition: &str, sort: &str) -> bool {
        partition.starts_with(&self.prefix) && (self.words.is_empty() || self.words.iter().any(|word| word == sort))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(pattern: &str) -> Result<Filter> {
        let pattern = Value::from(pattern);
        let mut properties: Value =
            serde_yaml_ng::from_str("{ FilterCriteria: { Filters: [{ Pattern: x }] } }").unwrap();
        properties["FilterCriteria"]["Filters"][0]["Pattern"] = pattern;
        Filter::parse(&properties)
    }

    #[test]
    fn a_beginning_of_the_partition_key_lets_every_sort_key_through() {
        let filter = filter(r#"{"dynamodb": {"Keys": {"PK": {"S": [{"prefix": "T#"}]}}}}"#).unwrap();
        assert!(filter.passes("T#1", "CONTACT") && filter.passes("T#", "I#7"));
        assert!(!filter.passes("RATE#T#1", "CONTACT") && !filter.passes("", ""));
    }

    #[test]
    fn words_for_the_sort_key_let_nothing_else_through() {
        let keys = r#"{"PK": {"S": [{"prefix": "T#"}]}, "SK": {"S": ["CONTACT", "STUB"]}}"#;
        let filter = filter(&format!(r#"{{"dynamodb": {{"Keys": {keys}}}}}"#)).unwrap();
        assert!(filter.passes("T#1", "CONTACT") && filter.passes("T#1", "STUB"));
        for (partition, sort) in [("T#1", "CONTACTS"), ("T#1", "CONTAC"), ("T#1", ""), ("X#1", "CONTACT")] {
            assert!(!filter.passes(partition, sort), "{partition} {sort}");
        }
    }

    #[test]
    fn without_a_filter_everything_comes_through() {
        let filter = Filter::parse(&serde_yaml_ng::from_str("{ BatchSize: 7 }").unwrap()).unwrap();
        assert!(filter.passes("anything", "at all"));
    }

    #[test]
    fn what_a_filter_says_beyond_the_two_forms_is_refused() {
        for pattern in [
            "{}",
            r#"{"eventName": ["INSERT"]}"#,
            r#"{"dynamodb": {"Keys": {"SK": {"S": ["CONTACT"]}}}}"#,
            r#"{"dynamodb": {"Keys": {"PK": {"S": ["T#"]}}}}"#,
            r#"{"dynamodb": {"Keys": {"PK": {"S": [{"prefix": "T#"}, {"prefix": "U#"}]}}}}"#,
            r#"{"dynamodb": {"Keys": {"PK": {"S": [{"prefix": "T#"}]}, "SK": {"S": []}}}}"#,
            r#"{"dynamodb": {"Keys": {"PK": {"S": [{"prefix": "T#"}]}, "SK": {"S": [{"prefix": "C"}]}}}}"#,
            r#"{"dynamodb": {"Keys": {"PK": {"S": [{"prefix": "T#"}]}, "SK": {"S": ["CONTACT", {"prefix": "C"}]}}}}"#,
            r#"{"dynamodb": {"Keys": {"PK": {"S": [{"prefix": "T#"}]}}}, "eventName": ["INSERT"]}"#,
            "not JSON",
        ] {
            assert!(filter(pattern).is_err(), "{pattern}");
        }
    }
}

//! The table's change stream, as Lambda hands it to the projector.

use embedded::Alone;
use serde_json::Value;
use serde_json::value::RawValue;

use super::functions::TABLE;

/// How far the projector is.
#[derive(Debug, Default)]
pub(super) struct Stream {
    /// The sequence number of the last change that is behind it.
    pub(super) behind: Option<String>,
    /// Not before this time it is called again.
    pub(super) again: i64,
    /// How many changes it was given the last time, if they are to be given to it again: then all of them, or more.
    pub(super) given: usize,
}

/// Some changes.
pub(super) struct Batch {
    /// Those that the projector is called for.
    pub(super) records: Vec<Box<RawValue>>,
    /// The sequence number of the last one, of those too that it is not called for.
    pub(super) last: Option<String>,
    /// How many there are, with those that it is not called for.
    pub(super) count: usize,
}

/// Up to so many changes after that with the sequence number `behind`.
pub(super) fn read(table: &Alone, behind: Option<&str>, most: usize) -> Batch {
    let mut batch = Batch { records: Vec::new(), last: None, count: 0 };
    for record in table.changes(TABLE, behind, most).unwrap() {
        let told: Value = serde_json::from_str(record.get()).unwrap();
        let change = &told["dynamodb"];
        batch.count += 1;
        batch.last = change["SequenceNumber"].as_str().map(str::to_owned);
        // As the template filters; and AWS does not record a write that changes nothing.
        let is_of_tenant = change["Keys"]["PK"]["S"].as_str().unwrap().starts_with("T#");
        if is_of_tenant && change["OldImage"] != change["NewImage"] {
            batch.records.push(record);
        }
    }
    batch
}

/// Every change there ever was, oldest first.
pub(super) fn all(table: &Alone) -> Vec<Value> {
    let (mut all, mut behind) = (Vec::new(), None);
    loop {
        let records = table.changes(TABLE, behind.as_deref(), 1_000).unwrap();
        if records.is_empty() {
            return all;
        }
        for record in records {
            let told: Value = serde_json::from_str(record.get()).unwrap();
            behind = told["dynamodb"]["SequenceNumber"].as_str().map(str::to_owned);
            all.push(told["dynamodb"].clone());
        }
    }
}

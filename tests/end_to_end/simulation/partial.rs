//! What the table may answer that is right and yet not all: batches of which something is left over, pages that end
//! early, and an index that does not know yet what was written a moment ago.

use domain::Timestamp;
use embedded::{Alone, Answer};
use serde_json::{Value, json};

use super::functions::TABLE;
use super::scenario::moment_of;
use super::stream;

/// For how many milliseconds the index may not know of a change, the difference of clocks included.
const BEHIND: i64 = 3_000;

/// How many items make a long page.
const LONG: u64 = 2;

/// An answer that may leave something out.
pub(super) fn ask(table: &Alone, operation: &str, body: &[u8], now: i64) -> Answer {
    let request: Value = serde_json::from_slice(body).unwrap();
    match operation {
        "BatchGetItem" => halved(table, operation, request, "UnprocessedKeys"),
        "BatchWriteItem" => halved(table, operation, request, "UnprocessedItems"),
        "Query" if !request["IndexName"].is_null() => outdated(table, table.ask(operation, body), now),
        "Query" => table.ask(operation, short(request).to_string().as_bytes()),
        _ => table.ask(operation, body),
    }
}

/// Does the first half of a batch.
fn halved(table: &Alone, operation: &str, mut request: Value, left_over: &str) -> Answer {
    let mut rest = request["RequestItems"].clone();
    for (done, left) in [(&mut request["RequestItems"], true), (&mut rest, false)] {
        let of_table = &mut done[TABLE];
        let list = if of_table.is_array() { of_table } else { &mut of_table["Keys"] };
        let list = list.as_array_mut().unwrap();
        let half = list.len().div_ceil(2);
        let second = list.split_off(half);
        if !left {
            *list = second;
        }
    }
    let is_empty = |value: &Value| value.as_array().is_none_or(Vec::is_empty);
    let nothing = is_empty(&rest[TABLE]) && is_empty(&rest[TABLE]["Keys"]);
    let answer = table.ask(operation, request.to_string().as_bytes());
    if answer.status != 200 || nothing {
        return answer;
    }
    let mut told: Value = serde_json::from_str(&answer.body).unwrap();
    told[left_over] = rest;
    Answer { status: 200, body: told.to_string() }
}

/// Ends a page early, as one does that has grown too long.
fn short(mut request: Value) -> Value {
    let most = request["Limit"].as_u64().unwrap_or(LONG);
    request["Limit"] = json!(most.min(LONG));
    request
}

/// Leaves out what has just come into the index.
fn outdated(table: &Alone, answer: Answer, now: i64) -> Answer {
    let mut told: Value = serde_json::from_str(&answer.body).unwrap();
    let is_old = |item: &Value| came_at(table, item).is_none_or(|at| at.timestamp_millis() + BEHIND < now);
    if let Some(items) = told["Items"].as_array_mut() {
        items.retain(is_old);
    }
    Answer { status: answer.status, body: told.to_string() }
}

/// When an item came to its place in the index: what changes about it there later does not take it out for a while.
fn came_at(table: &Alone, item: &Value) -> Option<Timestamp> {
    let is_there = |image: &Value| item.as_object().unwrap().iter().all(|(name, value)| image[name] == *value);
    let is_of_it = |change: &Value| change["Keys"]["PK"] == item["PK"] && change["Keys"]["SK"] == item["SK"];
    let changes = stream::all(table);
    let since =
        changes.iter().rev().filter(|change| is_of_it(change)).take_while(|change| is_there(&change["NewImage"]));
    moment_of(&since.last()?["NewImage"]["updated_at"]["S"])
}

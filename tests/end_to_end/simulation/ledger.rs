//! What the table holds at the end, and every change on the way there, in the words of the domain.

use std::collections::BTreeMap;

use domain::campaign::Campaign;
use domain::counters::{Counter, Tally};
use domain::enrollment::Enrollment;
use domain::message::Message;
use embedded::Alone;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::functions::TABLE;
use super::stream;

/// An item or a change of one.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) pk: String,
    pub(super) sk: String,
    pub(super) attributes: Value,
}

/// A change: before and after.
#[derive(Debug, Clone)]
pub(super) struct Change {
    pub(super) pk: String,
    pub(super) sk: String,
    pub(super) old: Option<Value>,
    pub(super) new: Option<Value>,
}

/// What is known at the end.
pub(super) struct Ledger {
    pub(super) items: Vec<Item>,
    pub(super) changes: Vec<Change>,
    /// By tenant and campaign.
    pub(super) campaigns: BTreeMap<(String, String), Campaign>,
    pub(super) counted: BTreeMap<(String, String), Tally>,
    pub(super) enrollments: Vec<(String, Enrollment)>,
    pub(super) messages: Vec<(String, Message)>,
}

/// What the keys tell of an item: of which tenant and campaign it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Campaign(String, String),
    Counters(String, String),
    Enrollment(String, String),
    Message(String),
    Other,
}

pub(super) fn kind(pk: &str, sk: &str) -> Kind {
    let parts: Vec<&str> = pk.split('#').collect();
    match parts[..] {
        ["T", tenant, "K", campaign] if sk == "CAMPAIGN" => Kind::Campaign(tenant.to_owned(), campaign.to_owned()),
        ["T", tenant, "K", campaign, "STATS"] => Kind::Counters(tenant.to_owned(), campaign.to_owned()),
        ["T", tenant, "K", campaign, "E", _] => Kind::Enrollment(tenant.to_owned(), campaign.to_owned()),
        ["T", tenant, "C", _] if sk.starts_with("M#") => Kind::Message(tenant.to_owned()),
        _ => Kind::Other,
    }
}

impl Ledger {
    pub(super) fn read(table: &Alone) -> Self {
        let items = scanned(table);
        let mut ledger = Self {
            changes: stream::all(table).iter().map(change).collect(),
            campaigns: BTreeMap::new(),
            counted: BTreeMap::new(),
            enrollments: Vec::new(),
            messages: Vec::new(),
            items: Vec::new(),
        };
        for item in &items {
            match kind(&item.pk, &item.sk) {
                Kind::Campaign(tenant, campaign) => {
                    ledger.campaigns.insert((tenant, campaign), entity(&item.attributes));
                }
                Kind::Counters(tenant, campaign) => {
                    ledger.counted.insert((tenant, campaign), tally(&item.attributes));
                }
                Kind::Enrollment(tenant, _) => ledger.enrollments.push((tenant, entity(&item.attributes))),
                Kind::Message(tenant) => ledger.messages.push((tenant, entity(&item.attributes))),
                Kind::Other => {}
            }
        }
        Self { items, ..ledger }
    }
}

/// The entity that the attributes hold.
pub(super) fn entity<T: DeserializeOwned>(attributes: &Value) -> T {
    serde_json::from_value(attributes.clone()).unwrap_or_else(|error| panic!("{error}: {attributes}"))
}

fn tally(attributes: &Value) -> Tally {
    let figures = attributes.as_object().unwrap().iter();
    figures.filter_map(|(name, value)| Some((Counter::named(name)?, value.as_i64()?))).collect()
}

fn scanned(table: &Alone) -> Vec<Item> {
    let (mut items, mut start) = (Vec::new(), Value::Null);
    loop {
        let mut request = json!({ "TableName": TABLE, "ConsistentRead": true });
        if !start.is_null() {
            request["ExclusiveStartKey"] = start;
        }
        let answer = table.ask("Scan", request.to_string().as_bytes());
        assert_eq!(answer.status, 200, "{}", answer.body);
        let mut page: Value = serde_json::from_str(&answer.body).unwrap();
        items.extend(page["Items"].as_array().unwrap().iter().map(item));
        start = page["LastEvaluatedKey"].take();
        if start.is_null() {
            return items;
        }
    }
}

fn item(image: &Value) -> Item {
    let attributes = plain_map(image);
    let text = |name: &str| attributes[name].as_str().unwrap().to_owned();
    Item { pk: text("PK"), sk: text("SK"), attributes }
}

fn change(record: &Value) -> Change {
    let text = |name: &str| record["Keys"][name]["S"].as_str().unwrap().to_owned();
    let image = |name: &str| record.get(name).filter(|image| !image.is_null()).map(plain_map);
    Change { pk: text("PK"), sk: text("SK"), old: image("OldImage"), new: image("NewImage") }
}

fn plain_map(map: &Value) -> Value {
    let plain: Map<String, Value> =
        map.as_object().unwrap().iter().map(|(name, value)| (name.clone(), plain(value))).collect();
    Value::Object(plain)
}

/// A value as DynamoDB writes it, as JSON.
fn plain(value: &Value) -> Value {
    let (kind, inner) = value.as_object().unwrap().iter().next().unwrap();
    match kind.as_str() {
        "N" => serde_json::from_str(inner.as_str().unwrap()).unwrap(),
        "NULL" => Value::Null,
        "M" => plain_map(inner),
        "L" => inner.as_array().unwrap().iter().map(plain).collect(),
        _ => inner.clone(),
    }
}

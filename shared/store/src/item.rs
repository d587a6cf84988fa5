//! Items: an entity's attributes, its key, and the writes that are made of them.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{Error, Result, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::keys::{INDEX_PK, INDEX_SK, IndexKey, Key, PK, SK};

/// The attributes of an item.
pub(crate) type Attributes = HashMap<String, AttributeValue>;

/// The attribute that DynamoDB's time-to-live looks at, in seconds since the epoch.
const EXPIRES: &str = "expires";

/// An item to be written whole.
#[derive(Debug, Clone)]
pub(crate) struct Item(pub(crate) Attributes);

impl Item {
    /// `entity` under `key`.
    pub(crate) fn new(key: &Key, entity: &impl Serialize) -> Result<Self> {
        let attributes: HashMap<String, AttributeValue> =
            serde_dynamo::to_item(entity).map_err(|error| Error::internal("making an item of an entity", error))?;
        let mut item = Self(attributes);
        item.0.extend(key.attributes());
        Ok(item)
    }

    /// Gives it one more attribute.
    pub(crate) fn with(mut self, attribute: Option<(String, AttributeValue)>) -> Self {
        self.0.extend(attribute);
        self
    }

    /// Shows it in the index as well.
    pub(crate) fn indexed(mut self, key: Option<IndexKey>) -> Self {
        if let Some(key) = key {
            self.0.insert(INDEX_PK.to_owned(), AttributeValue::S(key.pk));
            self.0.insert(INDEX_SK.to_owned(), AttributeValue::S(key.sk));
        }
        self
    }

    /// Lets it vanish some time after `at`.
    pub(crate) fn expiring(mut self, at: Timestamp) -> Self {
        self.0.extend([Self::expiry(at)]);
        self
    }

    /// The attribute that lets an item vanish some time after `at`.
    pub(crate) fn expiry(at: Timestamp) -> (String, AttributeValue) {
        (EXPIRES.to_owned(), AttributeValue::N(at.timestamp().to_string()))
    }
}

impl Key {
    pub(crate) fn attributes(&self) -> Attributes {
        HashMap::from([
            (PK.to_owned(), AttributeValue::S(self.pk.clone())),
            (SK.to_owned(), AttributeValue::S(self.sk.clone())),
        ])
    }

    /// The key among an item's attributes.
    pub(crate) fn of(attributes: &Attributes) -> Option<Self> {
        let text = |name| attributes.get(name).and_then(|value| value.as_s().ok()).cloned();
        Some(Self { pk: text(PK)?, sk: text(SK)? })
    }
}

/// The entity that the attributes hold.
pub(crate) fn entity<T: DeserializeOwned>(attributes: Attributes) -> Result<T> {
    // What serde says may quote the item, and so a person; the type is enough to go and look.
    serde_dynamo::from_item(attributes).map_err(|_| {
        Error::internal("reading an item of the table", format!("it is no {}", std::any::type_name::<T>()))
    })
}

/// A moment as an attribute.
pub(crate) fn moment(at: Timestamp) -> Result<AttributeValue> {
    serde_dynamo::to_attribute_value(at).map_err(|error| Error::internal("storing a moment", error))
}

/// What must be true of the present item for a write to happen.
#[derive(Debug, Clone)]
pub(crate) enum Condition {
    /// There is none.
    Absent,
    /// There is one.
    Present,
    /// It has not this attribute.
    Lacks(&'static str),
    /// It has this attribute.
    Holds(&'static str),
    /// This attribute has this value.
    Equals(&'static str, AttributeValue),
    /// This attribute is less than this value, or it has none.
    Below(&'static str, AttributeValue),
}

impl Condition {
    /// The attribute holds this number.
    pub(crate) fn number(name: &'static str, value: impl ToString) -> Self {
        Self::Equals(name, AttributeValue::N(value.to_string()))
    }

    /// The attribute holds this text.
    pub(crate) fn text(name: &'static str, value: impl ToString) -> Self {
        Self::Equals(name, AttributeValue::S(value.to_string()))
    }
}

/// One write of a transaction, or on its own.
#[derive(Debug, Clone)]
pub(crate) enum Write {
    /// Replaces the item.
    Put { item: Item, conditions: Vec<Condition> },
    /// Changes some attributes.
    Update(Update),
    /// Removes the item.
    Delete { key: Key, conditions: Vec<Condition> },
    /// Changes nothing, but must hold for the rest of the transaction to happen.
    Check { key: Key, conditions: Vec<Condition> },
}

/// A change of some attributes of an item.
#[derive(Debug, Clone)]
pub(crate) struct Update {
    pub(crate) key: Key,
    pub(crate) set: Vec<(String, AttributeValue)>,
    pub(crate) add: Vec<(String, i64)>,
    pub(crate) remove: Vec<String>,
    pub(crate) conditions: Vec<Condition>,
}

impl Update {
    /// None yet, of the item under `key`.
    pub(crate) fn of(key: Key) -> Self {
        Self { key, set: vec![], add: vec![], remove: vec![], conditions: vec![] }
    }

    /// Sets attributes.
    pub(crate) fn set(mut self, attributes: impl IntoIterator<Item = (String, AttributeValue)>) -> Self {
        self.set.extend(attributes);
        self
    }

    /// Adds to a number.
    pub(crate) fn add(mut self, name: impl Into<String>, by: i64) -> Self {
        self.add.push((name.into(), by));
        self
    }

    /// Removes attributes.
    pub(crate) fn remove(mut self, names: impl IntoIterator<Item = String>) -> Self {
        self.remove.extend(names);
        self
    }

    /// Demands something of the present item.
    pub(crate) fn when(mut self, condition: Condition) -> Self {
        self.conditions.push(condition);
        self
    }
}

impl From<Update> for Write {
    fn from(update: Update) -> Self {
        Self::Update(update)
    }
}

impl Write {
    pub(crate) fn put(item: Item, condition: Condition) -> Self {
        Self::Put { item, conditions: vec![condition] }
    }
}

/// The expressions of a write, with every name and value as a placeholder.
#[derive(Debug, Default)]
pub(crate) struct Expressions {
    pub(crate) names: HashMap<String, String>,
    pub(crate) values: HashMap<String, AttributeValue>,
}

impl Expressions {
    /// The condition expression; nothing if there are no conditions.
    pub(crate) fn conditions(&mut self, conditions: Vec<Condition>) -> Option<String> {
        let parts: Vec<String> = conditions
            .into_iter()
            .map(|condition| match condition {
                Condition::Absent => format!("attribute_not_exists({PK})"),
                Condition::Present => format!("attribute_exists({PK})"),
                Condition::Lacks(name) => format!("attribute_not_exists({})", self.name(name)),
                Condition::Holds(name) => format!("attribute_exists({})", self.name(name)),
                Condition::Equals(name, value) => format!("{} = {}", self.name(name), self.value(value)),
                Condition::Below(name, value) => {
                    let (name, value) = (self.name(name), self.value(value));
                    format!("(attribute_not_exists({name}) OR {name} < {value})")
                }
            })
            .collect();
        (!parts.is_empty()).then(|| parts.join(" AND "))
    }

    /// The update expression.
    pub(crate) fn update(
        &mut self,
        set: Vec<(String, AttributeValue)>,
        add: Vec<(String, i64)>,
        remove: Vec<String>,
    ) -> String {
        let set: Vec<_> =
            set.into_iter().map(|(name, value)| format!("{} = {}", self.name(&name), self.value(value))).collect();
        let add: Vec<_> = add
            .into_iter()
            .map(|(name, amount)| format!("{} {}", self.name(&name), self.value(AttributeValue::N(amount.to_string()))))
            .collect();
        let remove: Vec<_> = remove.iter().map(|name| self.name(name)).collect();
        let clause = |word: &str, parts: Vec<String>| {
            if parts.is_empty() { String::new() } else { format!("{word} {} ", parts.join(", ")) }
        };
        let clauses = [clause("SET", set), clause("ADD", add), clause("REMOVE", remove)];
        clauses.concat().trim_end().to_owned()
    }

    fn name(&mut self, name: &str) -> String {
        let placeholder = format!("#n{}", self.names.len());
        self.names.insert(placeholder.clone(), name.to_owned());
        placeholder
    }

    fn value(&mut self, value: AttributeValue) -> String {
        let placeholder = format!(":v{}", self.values.len());
        self.values.insert(placeholder.clone(), value);
        placeholder
    }

    pub(crate) fn names(&self) -> Option<HashMap<String, String>> {
        (!self.names.is_empty()).then(|| self.names.clone())
    }

    pub(crate) fn values(&self) -> Option<HashMap<String, AttributeValue>> {
        (!self.values.is_empty()).then(|| self.values.clone())
    }
}

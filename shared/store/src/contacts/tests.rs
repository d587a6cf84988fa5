//! What is written of contacts, on a table that is as simple as can be.

mod limits;
mod marks;

use std::collections::HashMap;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_dynamodb::types::AttributeValue;
use domain::Timestamp;
use domain::access::Actor;
use domain::audit::{Action, AuditEntry};
use domain::contact::job::{ContactJob, Work};
use domain::contact::{Contact, Profile};
use domain::email::EmailAddress;
use domain::id::{AuditId, ContactId, Id, JobId, TenantId};

use super::Contacts;
use crate::item::{Attributes, Condition, Item, Update, Write};
use crate::keys::Key;
use crate::table::Table;

fn now() -> Timestamp {
    chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

fn tenant() -> TenantId {
    TenantId::derived(now(), &[])
}

fn contacts(marking: bool) -> Contacts {
    let config = SdkConfig::builder().behavior_version(BehaviorVersion::latest()).build();
    Contacts::new(Table::new(&config, "table"), tenant(), marking)
}

fn contact(number: u8) -> Contact {
    let email = EmailAddress::parse(&format!("{number}@example.com")).ok();
    let profile = Profile { first_name: Some("Ada".to_owned()), email, ..Profile::default() };
    Contact::new(ContactId::derived(now(), &[&[number]]), profile, Actor::Operator, now())
}

fn entry(contact: &Contact) -> AuditEntry {
    let action = Action::ContactUpdated;
    AuditEntry::of_contact(AuditId::derived(now(), &[]), now(), Actor::Operator, action, contact.id, [None, None])
}

fn job(number: usize, work: Work) -> ContactJob {
    ContactJob::new(JobId::derived(now(), &[&number.to_be_bytes()]), work, Actor::Operator, now())
}

/// A change of an item: before and after.
type Change = (Key, Option<Attributes>, Option<Attributes>);

/// Items, and how they changed.
#[derive(Default)]
struct Model {
    items: HashMap<Key, Attributes>,
    changes: Vec<Change>,
}

impl Model {
    /// All of the writes, or none.
    fn transact(&mut self, writes: Vec<Write>) -> bool {
        let all = writes.iter().all(|write| self.permits(write));
        if all {
            writes.into_iter().for_each(|write| self.write(write));
        }
        all
    }

    fn permits(&self, write: &Write) -> bool {
        let (key, conditions) = match write {
            Write::Put { item, conditions } => (Key::of(&item.0).unwrap(), conditions),
            Write::Update(update) => (update.key.clone(), &update.conditions),
            Write::Delete { key, conditions } | Write::Check { key, conditions } => (key.clone(), conditions),
        };
        let item = self.items.get(&key);
        let value = |name: &str| item.and_then(|item| item.get(name));
        conditions.iter().all(|condition| match condition {
            Condition::Absent => item.is_none(),
            Condition::Present => item.is_some(),
            Condition::Lacks(name) => value(name).is_none(),
            Condition::Holds(name) => value(name).is_some(),
            Condition::Equals(name, wanted) => value(name) == Some(wanted),
            Condition::Below(name, most) => {
                value(name).is_none_or(|value| value.as_s().unwrap() < most.as_s().unwrap())
            }
        })
    }

    fn write(&mut self, write: Write) {
        let (key, after) = match write {
            Write::Put { item: Item(item), .. } => (Key::of(&item).unwrap(), Some(item)),
            Write::Update(update) => (update.key.clone(), Some(self.updated(update))),
            Write::Delete { key, .. } => (key, None),
            Write::Check { .. } => return,
        };
        let before = self.items.remove(&key);
        self.items.extend(after.clone().map(|after| (key.clone(), after)));
        self.changes.push((key, before, after));
    }

    fn updated(&self, update: Update) -> Attributes {
        let mut item = self.items.get(&update.key).cloned().unwrap_or_else(|| update.key.attributes());
        let number = |value: &AttributeValue| value.as_n().unwrap().parse::<i64>().unwrap();
        for (name, by) in update.add {
            let sum = item.get(&name).map_or(0, number) + by;
            item.insert(name, AttributeValue::N(sum.to_string()));
        }
        update.remove.iter().for_each(|name| drop(item.remove(name)));
        item.extend(update.set);
        item
    }
}

//! The contacts as the comparison sees them: numbers of values.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::text;
use super::values::{Field, ValueId, Values};
use crate::contact::Contact;
use crate::id::ContactId;

/// What is compared of a contact.
#[derive(Debug, Clone, Copy)]
pub(super) struct Person {
    pub(super) id: ContactId,
    pub(super) first_name: Option<ValueId>,
    pub(super) last_name: Option<ValueId>,
    pub(super) phone: Option<ValueId>,
    pub(super) inbox: Option<ValueId>,
    pub(super) local_part: Option<ValueId>,
    pub(super) company: Option<ValueId>,
    custom_start: u32,
    custom_count: u16,
}

impl Person {
    /// First and last name.
    pub(super) fn names(&self) -> [Option<ValueId>; 2] {
        [self.first_name, self.last_name]
    }
}

/// All contacts and their values.
#[derive(Debug, Default)]
pub(super) struct People {
    pub(super) all: Vec<Person>,
    pub(super) values: Values,
    custom: Vec<ValueId>,
    field_numbers: HashMap<String, usize>,
}

/// By which name people stand beside each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    LastName,
    FirstName,
}

impl People {
    /// Takes in a contact.
    pub(super) fn add(&mut self, contact: &Contact) {
        let custom_start = u32::try_from(self.custom.len()).unwrap_or(u32::MAX);
        self.add_custom(contact);
        let custom_count = u16::try_from(self.custom.len() - custom_start as usize).unwrap_or(u16::MAX);
        let profile = &contact.profile;
        let mut value = |field, value: Option<String>| value.and_then(|text| self.values.intern(field, &text));
        self.all.push(Person {
            id: contact.id,
            first_name: value(Field::NAME, profile.first_name.as_deref().map(text::folded)),
            last_name: value(Field::NAME, profile.last_name.as_deref().map(text::folded)),
            phone: value(Field::PHONE, profile.phone.as_ref().map(|phone| phone.e164.clone())),
            inbox: value(Field::INBOX, profile.email.as_ref().map(text::inbox)),
            local_part: value(Field::LOCAL_PART, profile.email.as_ref().map(text::local_part)),
            company: value(Field::COMPANY, profile.company.as_deref().map(text::company)),
            custom_start,
            custom_count,
        });
    }

    fn add_custom(&mut self, contact: &Contact) {
        for (name, value) in &contact.profile.custom_fields {
            let Some(text) = text::custom(value) else { continue };
            let id = Field::custom(self.number(name)).and_then(|field| self.values.intern(field, &text));
            self.custom.extend(id);
        }
    }

    fn number(&mut self, field: &str) -> usize {
        let next = self.field_numbers.len();
        self.field_numbers
            .get(field)
            .copied()
            .unwrap_or_else(|| *self.field_numbers.entry(field.to_owned()).or_insert(next))
    }

    /// How many custom fields there are.
    pub(super) fn custom_fields(&self) -> usize {
        self.field_numbers.len()
    }

    /// The values of the person's custom fields, in the order of the fields' names.
    pub(super) fn custom(&self, person: &Person) -> &[ValueId] {
        let start = person.custom_start as usize;
        &self.custom[start..start + usize::from(person.custom_count)]
    }

    /// Each value of the person once.
    pub(super) fn values_of<'a>(&'a self, person: &'a Person) -> impl Iterator<Item = ValueId> + 'a {
        let last_name = person.last_name.filter(|_| person.last_name != person.first_name);
        [person.first_name, last_name, person.phone, person.inbox, person.local_part, person.company]
            .into_iter()
            .flatten()
            .chain(self.custom(person).iter().copied())
    }

    /// Whether the person has this value.
    pub(super) fn has(&self, person: &Person, value: ValueId) -> bool {
        self.values_of(person).any(|each| each == value)
    }

    /// Puts people with like names beside each other. What was added first plays no part.
    pub(super) fn sort(&mut self, order: Order) {
        let values = &self.values;
        self.all.sort_unstable_by(|one, other| names(values, one, other, order).then(one.id.cmp(&other.id)));
    }
}

fn names(values: &Values, one: &Person, other: &Person, order: Order) -> Ordering {
    let text = |name: Option<ValueId>| name.map(|id| values.text(id));
    let first = || text(one.first_name).cmp(&text(other.first_name));
    let last = || text(one.last_name).cmp(&text(other.last_name));
    match order {
        Order::LastName => last().then_with(first),
        Order::FirstName => first().then_with(last),
    }
}

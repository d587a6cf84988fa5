//! Marks, and what the change stream makes of them: whatever happens to contacts, searches tell what was written at once,
//! and in the end no mark is left, and the index knows what the table does.

use std::collections::BTreeMap;

use domain::contact::indexed::Indexed;
use domain::contact::merge::work::Merge;
use domain::contact::merge::{Kept, merged, restored, unmerged};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::contacts::{ContactChange, Found, Merging, Removal, Transaction, Unmerging, found};
use crate::interactions::touch;
use crate::keys::{PK, SK, marks_partition};
use crate::marks::MarkName;
use crate::stream::{IndexChange, Record};

/// Something that happens to the contact with this number.
#[derive(Debug, Clone)]
enum Event {
    Touched,
    Made,
    Changed,
    Counted,
    Removed,
    /// Two others go into it.
    Merged,
    Unmerged,
}

/// How it happens.
#[derive(Debug, Clone)]
struct Step {
    event: Event,
    number: u8,
    marking: bool,
    /// Whether somebody touches the contacts after they were read, and before they are written.
    crossed: bool,
}

/// First there are three contacts; then anything happens.
fn steps() -> impl Strategy<Value = Vec<Step>> {
    use Event::*;
    let event = prop_oneof![
        3 => Just(Touched), 3 => Just(Changed), 2 => Just(Counted), 1 => Just(Removed), 3 => Just(Merged), 3 => Just(Unmerged),
    ];
    let how = (prop::bool::weighted(0.7), prop::bool::weighted(0.3));
    let step = |event, number, (marking, crossed)| Step { event, number, marking, crossed };
    let made = [how, how, how];
    let made =
        made.prop_map(move |how| (0..).zip(how).map(|(number, how)| step(Made, number, how)).collect::<Vec<_>>());
    let more = (event, 0..3_u8, how).prop_map(move |(event, number, how)| step(event, number, how));
    (made, prop::collection::vec(more, 1..40)).prop_map(|(made, more)| [made, more].concat())
}

/// Contacts, and who looks at them.
#[derive(Default)]
struct World {
    table: Model,
    /// A merge that can be undone, and the number of its primary.
    merge: Option<(Kept, ContactJob, u8)>,
    second: i64,
    index: Index,
    /// Every mark that ever was, by name.
    marks: BTreeMap<String, Indexed>,
}

#[derive(Default, Clone)]
struct Index {
    states: BTreeMap<ContactId, Indexed>,
}

impl Index {
    fn take(&mut self, state: Indexed) {
        let known = self.states.get(&state.id()).map(Indexed::stamp);
        if known < Some(state.stamp()) {
            self.states.insert(state.id(), state);
        }
    }
}

impl World {
    fn read(&self, number: u8) -> Option<Contact> {
        let item = self.table.items.get(&Key::contact(tenant(), contact(number).id))?;
        match found(item.clone()).unwrap() {
            Found::Contact(contact) => Some(*contact),
            Found::Merged(_) => None,
        }
    }

    fn at(&self) -> Timestamp {
        now() + chrono::TimeDelta::seconds(self.second)
    }

    fn touch(&mut self, number: u8) -> bool {
        let update = touch(Key::contact(tenant(), contact(number).id), self.at());
        self.table.transact(vec![update.into()])
    }

    /// Whether it happened.
    fn step(&mut self, step: &Step) -> bool {
        self.second += 1;
        let Some(transaction) = self.transaction(step) else { return false };
        if step.crossed {
            (0..3).for_each(|number| {
                self.touch(number);
            });
        }
        let happened = self.table.transact(transaction.writes());
        match step.event {
            Event::Unmerged if happened => self.merge = None,
            Event::Merged if !happened => self.merge = None,
            _ => {}
        }
        happened
    }

    fn transaction(&mut self, step: &Step) -> Option<Transaction> {
        let (at, contacts) = (self.at(), contacts(step.marking));
        let mut transaction = contacts.transaction(Vec::new(), at);
        let number = match (&step.event, &self.merge) {
            (Event::Made, _) => {
                transaction.create(&contact(step.number)).unwrap();
                return Some(transaction);
            }
            (Event::Unmerged, Some((_, _, primary))) => *primary,
            _ => step.number,
        };
        let old = self.read(number)?;
        match step.event {
            Event::Made => {}
            Event::Touched => {
                self.touch(step.number);
            }
            Event::Changed => {
                let company = Some(format!("Company {}", self.second));
                let new = old.changed(Profile { company, ..old.profile.clone() }, at);
                let entry = entry(&old);
                transaction.change(&ContactChange { old, new, entry }).unwrap();
            }
            Event::Counted => {
                let mut new = Contact { revision: old.revision + 1, ..old.clone() };
                new.figures.total_bookings += 1;
                transaction.exactly(&old, &new).unwrap();
            }
            Event::Removed => {
                let job = job(0, Work::Duplicates);
                let (entry, contact) = (&entry(&old), &old);
                let removal = Removal { contact, leaves: &[], entry, job: &job, erased: None, by: None };
                self.table.items.remove(&Key::contact_job(tenant(), job.id));
                transaction = contacts.removal(&removal, Vec::new()).unwrap();
            }
            Event::Merged => return self.merged(&contacts, old, number),
            Event::Unmerged => return self.unmerged(&contacts, &old),
        }
        Some(transaction)
    }

    fn merged(&mut self, contacts: &Contacts, before: Contact, number: u8) -> Option<Transaction> {
        if self.merge.is_some() {
            return None;
        }
        let others = [(number + 1) % 3, (number + 2) % 3];
        let duplicates = others.iter().map(|other| self.read(*other)).collect::<Option<Vec<Contact>>>()?;
        let merged = merged(&before, &duplicates, self.at()).unwrap();
        let kept = Kept { before, merged, duplicates };
        let job = job(self.second as usize, Work::Merge(Merge::of(&kept, Vec::new(), false)));
        let (entry, entries) = (&entry(&kept.before), &[entry(&kept.before), entry(&kept.before)]);
        let (kept_until, seen) = (now(), &kept.merged);
        let merging = Merging { kept: &kept, seen, entry, entries, job: &job, leaving: false, kept_until };
        let transaction = contacts.merging(&merging, Vec::new()).unwrap();
        self.merge = Some((kept, job, number));
        Some(transaction)
    }

    fn unmerged(&self, contacts: &Contacts, primary: &Contact) -> Option<Transaction> {
        let (kept, job, _) = self.merge.as_ref()?;
        let unmerged = &unmerged(primary, kept, self.at()).unwrap();
        let restored: Vec<Contact> = kept.duplicates.iter().map(|contact| restored(contact, self.at())).collect();
        let (entry, entries) = (&entry(primary), &[entry(primary), entry(primary)]);
        let job = &job.moved(job.work.clone());
        let unmerging = Unmerging { primary, unmerged, restored: &restored, entry, entries, job };
        Some(contacts.unmerging(&unmerging, Vec::new()).unwrap())
    }

    /// What has changed since the last look: what the stream says of it, and the marks that were left.
    fn look(&mut self) -> Vec<IndexChange> {
        let changes = std::mem::take(&mut self.table.changes);
        for (key, _, after) in &changes {
            if key.pk == marks_partition(tenant()) {
                let after = after.clone().unwrap();
                assert!(after.contains_key("expires"));
                let state = serde_dynamo::from_attribute_value(after["state"].clone()).unwrap();
                assert_eq!(self.marks.insert(key.sk.clone(), state), None, "{} was left before", key.sk);
            }
        }
        let records = changes.into_iter().map(record);
        records.filter_map(|record| record.indexed(self.at()).unwrap()).collect()
    }
}

fn record((key, old, new): Change) -> Record {
    let image = |item: Option<Attributes>| {
        let values = item.map(|item| item.into_iter().map(|(name, of)| (name, of.into())).collect());
        values.map(|values: HashMap<String, serde_dynamo::AttributeValue>| serde_dynamo::Item::from(values))
    };
    let keys = json!({ PK: { "S": key.pk }, SK: { "S": key.sk } });
    let mut images = json!({ "SequenceNumber": "1", "Keys": keys });
    for (name, item) in [("OldImage", image(old)), ("NewImage", image(new))] {
        if let (Some(item), Value::Object(images)) = (item, &mut images) {
            images.insert(name.to_owned(), serde_json::to_value(item).unwrap());
        }
    }
    serde_json::from_value(json!({ "dynamodb": images })).unwrap()
}

/// What searches care for: not how often something changed.
fn substance(state: Option<&Indexed>) -> Option<Contact> {
    match state {
        Some(Indexed::Contact(contact)) => Some(Contact { revision: 0, ..(**contact).clone() }),
        _ => None,
    }
}

/// The same as people wrote it: somebody may touch a contact meanwhile.
fn written(state: Option<&Indexed>) -> Option<Contact> {
    let mut contact = substance(state)?;
    contact.figures.last_interaction_at = None;
    Some(contact)
}

fn truth(world: &World, number: u8) -> Option<Indexed> {
    world.read(number).map(|contact| Indexed::contact(&contact))
}

proptest! {
    #[test]
    fn what_was_written_is_found_at_once_and_every_mark_is_named_by_one_record(steps in steps()) {
        let mut world = World::default();
        let mut named: Vec<MarkName> = Vec::new();
        for step in &steps {
            let before = world.index.clone();
            let happened = world.step(step);
            let changes = world.look();
            let mut seen = before.clone();
            world.marks.values().cloned().for_each(|state| seen.take(state));
            for number in 0..3 {
                let (id, now) = (contact(number).id, truth(&world, number));
                // The index has not taken up anything of this step.
                if happened && step.marking {
                    prop_assert_eq!(written(seen.states.get(&id)), written(now.as_ref()), "{:?}", step);
                }
            }
            for change in changes {
                let known = world.index.states.get(&change.state.id()).map(Indexed::stamp);
                prop_assert!(known < Some(change.state.stamp()), "{:?} is not later than {:?}", change, known);
                named.extend(change.mark);
                world.index.take(change.state);
            }
            let mut over = world.index.clone();
            world.marks.values().cloned().for_each(|state| over.take(state));
            for number in 0..3 {
                let (id, now) = (contact(number).id, truth(&world, number));
                prop_assert_eq!(substance(world.index.states.get(&id)), substance(now.as_ref()), "{:?}", step);
                prop_assert_eq!(substance(over.states.get(&id)), substance(now.as_ref()), "a mark hides {:?}", step);
            }
        }
        let names: Vec<String> = named.iter().map(ToString::to_string).collect();
        for mark in world.marks.keys() {
            prop_assert_eq!(names.iter().filter(|name| *name == mark).count(), 1, "{} is named", mark);
        }
        prop_assert_eq!(names.len(), names.iter().collect::<std::collections::BTreeSet<_>>().len());
    }
}

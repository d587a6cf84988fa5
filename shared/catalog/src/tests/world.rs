//! A table and a bucket in memory that fail now and then, before or after they have done what was asked.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use bytes::Bytes;
use chrono::TimeDelta;
use domain::access::Actor;
use domain::contact::indexed::Indexed;
use domain::contact::manifest::Manifest;
use domain::contact::upkeep::IndexWork;
use domain::contact::{Contact, Profile};
use domain::id::{ContactId, Id, SegmentId, TenantId};
use domain::{Error, Result, Timestamp};

use crate::shelf::Shelf;

pub(super) struct World {
    tenant: TenantId,
    /// Of a hundred calls so many fail.
    faults: AtomicU64,
    inside: Mutex<Inside>,
}

#[derive(Default)]
struct Inside {
    random: u64,
    now: Timestamp,
    contacts: BTreeMap<ContactId, Contact>,
    /// What the change stream tells.
    stream: Vec<Indexed>,
    /// Marks, by the change that each is of.
    marks: BTreeMap<usize, Indexed>,
    manifest: Manifest,
    shown_once: Option<Manifest>,
    files: BTreeMap<SegmentId, (Bytes, Timestamp)>,
    asked: Vec<IndexWork>,
    made: u64,
}

impl Inside {
    /// Xorshift: the same numbers for the same seed.
    fn random(&mut self, below: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % below
    }
}

impl World {
    pub(super) fn new(seed: u64, faults: u64) -> Self {
        let tenant = TenantId::derived(Timestamp::default(), &[&seed.to_be_bytes()]);
        let now = "2026-01-01T00:00:00Z".parse().unwrap();
        let random = (seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Self { tenant, faults: AtomicU64::new(faults), inside: Mutex::new(Inside { random, now, ..Inside::default() }) }
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap()
    }

    pub(super) fn random(&self, below: u64) -> u64 {
        self.inside().random(below)
    }

    /// Somebody creates, changes, deletes or restores a contact, and leaves a mark.
    pub(super) fn write(&self) {
        let mut inside = self.inside();
        let (number, name) = (inside.random(60), inside.random(5));
        let id = ContactId::derived(Timestamp::default(), &[&number.to_be_bytes()]);
        let profile = Profile { first_name: Some(format!("name {name}")), ..Profile::default() };
        let (now, last) = (inside.now, inside.stream.iter().rev().find(|state| state.id() == id).map(Indexed::stamp));
        let is_there = inside.contacts.contains_key(&id);
        if is_there && inside.random(4) == 0 {
            inside.contacts.remove(&id);
            inside.tell(Indexed::gone(id, last.unwrap(), now));
            return;
        }
        let mut contact = Contact::new(id, profile, Actor::Operator, now);
        if let Some(last) = last {
            // Figures change without a version.
            contact.version = last.version + u64::from(!is_there || inside.random(3) > 0);
            contact.revision = last.revision + 1;
        }
        inside.contacts.insert(id, contact.clone());
        inside.tell(Indexed::contact(&contact));
    }

    pub(super) fn delete_all(&self) {
        let mut inside = self.inside();
        let now = inside.now;
        for (id, contact) in std::mem::take(&mut inside.contacts) {
            inside.tell(Indexed::gone(id, contact.stamp(), now));
        }
    }

    /// What the stream tells from a change on, and how far that goes.
    pub(super) fn stream(&self, from: usize, most: usize) -> Vec<Indexed> {
        self.inside().stream.iter().skip(from).take(most).cloned().collect()
    }

    pub(super) fn unindexed(&self) -> Vec<Indexed> {
        self.inside().stream.clone()
    }

    /// Marks of these changes go.
    pub(super) async fn unmark(&self, changes: Vec<usize>) -> Result<()> {
        self.call(|inside| changes.iter().for_each(|at| drop(inside.marks.remove(at)))).await
    }

    pub(super) fn forget_marks(&self) {
        self.inside().marks.clear();
    }

    pub(super) fn mark_count(&self) -> usize {
        self.inside().marks.len()
    }

    pub(super) fn ids(&self) -> Vec<ContactId> {
        self.inside().contacts.keys().copied().collect()
    }

    pub(super) fn named(&self, name: &str) -> u64 {
        let named = |contact: &&Contact| contact.profile.first_name.as_deref() == Some(name);
        self.inside().contacts.values().filter(named).count() as u64
    }

    pub(super) fn asked(&self) -> Vec<IndexWork> {
        std::mem::take(&mut self.inside().asked)
    }

    pub(super) fn file_count(&self) -> usize {
        self.inside().files.len()
    }

    /// From now on nothing fails any more.
    pub(super) fn calm(&self) {
        self.faults.store(0, Ordering::Relaxed);
    }

    pub(super) fn pass_hours(&self, hours: i64) {
        self.inside().now += TimeDelta::hours(hours);
    }

    /// The manifest that the next who asks is shown, as if the newer one had come just behind it.
    pub(super) fn show_once(&self, manifest: Manifest) {
        self.inside().shown_once = Some(manifest);
    }

    pub(super) fn truncate(&self) {
        self.damage(|bytes| bytes.slice(..bytes.len() / 2));
    }

    pub(super) fn flip(&self) {
        self.damage(|bytes| {
            let mut flipped = bytes.to_vec();
            let middle = flipped.len() / 2;
            flipped[middle] ^= 1;
            flipped.into()
        });
    }

    pub(super) fn lose(&self) {
        self.inside().files.clear();
    }

    fn damage(&self, change: impl Fn(&Bytes) -> Bytes) {
        self.inside().files.values_mut().for_each(|(bytes, _)| *bytes = change(bytes));
    }

    /// The files of the other one, under the names of this one's.
    pub(super) fn swap_files(&self, other: &Self) {
        let theirs: Vec<_> = other.inside().files.values().cloned().collect();
        self.inside().files.values_mut().zip(theirs).for_each(|(file, other)| *file = other);
    }

    /// Does something, lets others go on, and fails now and then: before it is done, or after.
    async fn call<T>(&self, work: impl FnOnce(&mut Inside) -> T) -> Result<T> {
        for _ in 0..self.random(4) {
            tokio::task::yield_now().await;
        }
        self.inside().now += TimeDelta::seconds(1);
        let failure = || Error::Unavailable { service: "the world", source: "injected".into() };
        if self.random(100) < self.faults.load(Ordering::Relaxed) {
            return Err(failure());
        }
        let done = work(&mut self.inside());
        if self.random(100) < self.faults.load(Ordering::Relaxed) {
            return Err(failure());
        }
        Ok(done)
    }
}

impl Inside {
    fn tell(&mut self, state: Indexed) {
        self.marks.insert(self.stream.len(), state.clone());
        self.stream.push(state);
    }
}

impl Shelf for World {
    fn tenant(&self) -> TenantId {
        self.tenant
    }

    fn now(&self) -> Timestamp {
        self.inside().now
    }

    async fn pause(&self, _: Duration) {
        tokio::task::yield_now().await;
    }

    fn fresh(&self) -> SegmentId {
        let mut inside = self.inside();
        inside.made += 1;
        SegmentId::derived(inside.now, &[&inside.made.to_be_bytes()])
    }

    async fn manifest(&self) -> Result<Manifest> {
        self.call(|inside| inside.shown_once.take().unwrap_or_else(|| inside.manifest.clone())).await
    }

    async fn replace(&self, old: &Manifest, new: &Manifest) -> Result<bool> {
        let replaced = |inside: &mut Inside| {
            let is_first = inside.manifest.generation == old.generation;
            if is_first {
                inside.manifest = new.clone();
            }
            is_first
        };
        self.call(replaced).await
    }

    async fn file(&self, id: SegmentId) -> Result<Option<Bytes>> {
        self.call(|inside| inside.files.get(&id).map(|(bytes, _)| bytes.clone())).await
    }

    async fn keep(&self, id: SegmentId, bytes: Vec<u8>) -> Result<()> {
        self.call(|inside| drop(inside.files.insert(id, (bytes.into(), inside.now)))).await
    }

    async fn files(&self) -> Result<Vec<(SegmentId, Timestamp)>> {
        self.call(|inside| inside.files.iter().map(|(id, (_, at))| (*id, *at)).collect()).await
    }

    async fn remove(&self, id: SegmentId) -> Result<()> {
        self.call(|inside| drop(inside.files.remove(&id))).await
    }

    async fn contacts(&self, mut take: impl FnMut(Vec<Contact>) + Send) -> Result<()> {
        let mut after = None;
        loop {
            let page = |inside: &mut Inside| {
                let behind = inside.contacts.iter().filter(|(id, _)| after.is_none_or(|after| **id > after));
                behind.take(7).map(|(_, contact)| contact.clone()).collect::<Vec<_>>()
            };
            let page = self.call(page).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.id);
            take(page);
        }
    }

    async fn marks(&self) -> Result<Vec<Indexed>> {
        self.call(|inside| inside.marks.values().cloned().collect()).await
    }

    async fn ask(&self, work: IndexWork) -> Result<()> {
        self.call(|inside| inside.asked.push(work)).await
    }
}

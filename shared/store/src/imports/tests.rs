//! What is written of imports.

use std::collections::HashSet;

use aws_config::{BehaviorVersion, SdkConfig};
use domain::Timestamp;
use domain::access::Actor;
use domain::audit::{Action, AuditEntry};
use domain::contact::{Contact, Profile};
use domain::email::EmailAddress;
use domain::enrollment::Shard;
use domain::id::{AuditId, ContactId, GroupId, Id, JobId, TenantId};
use domain::import::{DuplicatePolicy, Outcomes};
use domain::job::{ImportChunk, ImportJob, ImportOptions};
use domain::phone::Country;

use super::{Commit, Imports, RowWrite};
use crate::contacts::ContactChange;
use crate::imports::ChunkReport;
use crate::item::Write;
use crate::keys::{INDEX_SK, Key, MEMBER_COUNT};
use crate::table::Table;

fn now() -> Timestamp {
    chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

fn imports() -> Imports {
    let config = SdkConfig::builder().behavior_version(BehaviorVersion::latest()).build();
    Imports::new(Table::new(&config, "table"), TenantId::derived(now(), &[]))
}

fn job(duplicates: DuplicatePolicy, group: Option<GroupId>) -> ImportJob {
    let options = ImportOptions { duplicates, group, ..ImportOptions::of(Country::DEFAULT) };
    ImportJob::new(JobId::derived(now(), &[]), "key".to_owned(), options, None, now())
}

fn chunk(rows_done: u32, done: bool) -> ImportChunk {
    ImportChunk { number: 0, first_row: 1, rows: 1_000, rows_done, outcomes: Outcomes::default(), done }
}

/// A row's contact, as it is written with the most writes.
fn row(number: usize, job: &ImportJob) -> RowWrite {
    let email = EmailAddress::parse(&format!("p{number}@example.com")).ok();
    let id = ContactId::derived(now(), &[&number.to_be_bytes()]);
    let old = Profile { email, ..Profile::default() };
    let new =
        Profile { first_name: Some("Ada".to_owned()), groups: job.options.group.into_iter().collect(), ..old.clone() };
    if job.options.duplicates == DuplicatePolicy::Skip {
        return RowWrite::Create(Box::new(Contact::new(id, new, Actor::Import(job.id), now())));
    }
    let old = Contact::new(id, old, Actor::Operator, now());
    let (entry, by) = (AuditId::derived(now(), &[]), Actor::Import(job.id));
    let entry = AuditEntry::of_contact(entry, now(), by, Action::ContactUpdated, id, [None, None]);
    RowWrite::Change(Box::new(ContactChange { new: old.changed(new, now()), old, entry }))
}

fn commit(job: &ImportJob, rows: usize) -> Commit {
    let writes = (0..rows).map(|number| row(number, job)).collect();
    Commit { before: chunk(0, false), after: chunk(1, false), writes, report: ChunkReport::default() }
}

#[test]
fn the_most_rows_of_a_commit_fit_into_a_transaction_and_one_more_might_not() {
    let group = GroupId::derived(now(), &[]);
    for duplicates in DuplicatePolicy::ALL {
        for group in [None, Some(group)] {
            let job = job(*duplicates, group);
            let writes = |rows| imports().rows(&commit(&job, rows)).unwrap().writes().len() + 2;
            let most = Commit::max_rows(&job);
            assert!(writes(most) <= 100, "{duplicates} {group:?}: {most}");
            assert!(writes(most + 1) > 100 - Shard::COUNT, "{duplicates} {group:?}: {most}");
        }
    }
}

#[test]
fn a_group_is_counted_once_for_each_shard() {
    let job = job(DuplicatePolicy::Skip, Some(GroupId::derived(now(), &[])));
    let rows = Commit::max_rows(&job);
    let writes = imports().rows(&commit(&job, rows)).unwrap().writes();
    let counts: Vec<(&Key, i64)> = writes
        .iter()
        .filter_map(|write| match write {
            Write::Update(update) if update.key.sk.starts_with(MEMBER_COUNT) => Some((&update.key, update.add[0].1)),
            _ => None,
        })
        .collect();
    let shards: HashSet<&Key> = counts.iter().map(|(key, _)| *key).collect();
    assert_eq!(shards.len(), counts.len(), "no item is written twice in a transaction");
    assert_eq!(counts.iter().map(|(_, by)| by).sum::<i64>(), rows as i64);
}

#[test]
fn the_index_shows_a_chunk_from_its_first_rows_until_it_is_done() {
    let imports = imports();
    let shown = |chunk: &ImportChunk| {
        let item = imports.chunk_item(JobId::derived(now(), &[]), chunk).unwrap();
        item.0.contains_key(INDEX_SK)
    };
    assert_eq!(
        [chunk(0, false), chunk(1, false), chunk(1_000, false), chunk(500, true)].map(|chunk| shown(&chunk)),
        [false, true, true, false]
    );
}

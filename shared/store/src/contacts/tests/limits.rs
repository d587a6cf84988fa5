//! That the largest transactions are such as the table takes.

use domain::contact::merge::work::Merge;
use domain::contact::merge::{Kept, MAX_DUPLICATES, merged, restored};
use domain::id::GroupId;

use super::*;
use crate::contacts::{GROUPS_AT_ONCE, Merging, Removal, Unmerging};

const MOST: usize = 100;
/// The most items that keep what was before a merge.
const KEPT: usize = 5;

fn groups(from: usize, count: usize) -> Vec<GroupId> {
    (from..from + count).map(|number| GroupId::derived(now(), &[&number.to_be_bytes()])).collect()
}

fn merge(joins: usize, leaves: usize) -> Kept {
    let mut duplicates: Vec<Contact> = (1..=MAX_DUPLICATES).map(|number| contact(number as u8)).collect();
    duplicates[0].profile.groups = groups(0, joins);
    duplicates[1].profile.groups = groups(100, leaves);
    let merged = merged(&contact(0), &duplicates, now()).unwrap();
    Kept { before: contact(0), merged, duplicates }
}

/// The writes of a merge in which each contact was never changed before and has an address.
fn merge_writes(kept: &Kept, joins: usize, leaving: bool) -> usize {
    let entries = vec![entry(&kept.before); kept.duplicates.len()];
    let seen_groups = groups(0, joins);
    let seen =
        Contact { profile: Profile { groups: seen_groups, ..kept.merged.profile.clone() }, ..kept.merged.clone() };
    let job = job(1, Work::Merge(Merge::of(kept, Vec::new(), !leaving)));
    let (entry, kept_until) = (&entry(&kept.before), now());
    let merging = Merging { kept, seen: &seen, entry, entries: &entries, job: &job, leaving, kept_until };
    let writes = contacts(true).merging(&merging, Vec::new()).unwrap().writes().len();
    writes + KEPT - contacts(true).kept_items(job.id, kept, now()).unwrap().len()
}

#[test]
fn the_largest_merge_fits_into_a_transaction_and_so_do_the_groups_that_there_is_room_for() {
    assert!(merge_writes(&merge(GROUPS_AT_ONCE, 0), GROUPS_AT_ONCE, false) <= MOST);
    let mut both = [0, 0];
    for (joins, leaves) in (0..=GROUPS_AT_ONCE).flat_map(|joins| (0..20).map(move |leaves| (joins, leaves))) {
        let kept = merge(joins, leaves);
        let has_room = Merging::has_room(&kept, joins);
        both[usize::from(has_room)] += 1;
        assert!(!has_room || merge_writes(&kept, joins, true) <= MOST, "{joins} joined, {leaves} left");
    }
    assert!(both.iter().all(|count| *count > 0), "{both:?}");
}

#[test]
fn the_largest_undoing_of_a_merge_fits_into_a_transaction() {
    let kept = merge(0, 0);
    let mut primary = kept.merged.clone();
    primary.profile.groups = groups(0, GROUPS_AT_ONCE);
    let mut unmerged = primary.changed(Profile { groups: Vec::new(), ..primary.profile.clone() }, now());
    unmerged.profile.email = None;
    let mut restored: Vec<Contact> = kept.duplicates.iter().map(|contact| restored(contact, now())).collect();
    restored[0].profile.groups = groups(50, GROUPS_AT_ONCE);
    let entries = vec![entry(&primary); restored.len()];
    let job = job(1, Work::Merge(Merge::of(&kept, Vec::new(), false)));
    let (primary, unmerged, restored) = (&primary, &unmerged, &restored[..]);
    let unmerging = Unmerging { primary, unmerged, restored, entry: &entry(primary), entries: &entries, job: &job };
    let writes = contacts(true).unmerging(&unmerging, Vec::new()).unwrap().writes().len();
    assert!(writes <= MOST, "{writes}");
}

#[test]
fn the_largest_removal_fits_into_a_transaction() {
    let (gone, purge) = (contact(0), job(1, Work::Duplicates));
    let leaves = groups(0, 40);
    let erased = Some(domain::erasure::AddressHash::of(tenant(), "ada@example.com"));
    let by = Some(&purge);
    let removal = Removal { contact: &gone, leaves: &leaves, entry: &entry(&gone), job: &purge, erased, by };
    assert!(contacts(true).removal(&removal, Vec::new()).unwrap().writes().len() <= MOST);
}

//! Merging: several contacts that are one person become one, and can become several again.
//!
//! The rules are pure. What becomes of a field depends on the contacts alone, never on the order in which they were named.

mod back;
#[cfg(test)]
mod tests;
pub mod work;

use chrono::TimeDelta;
use serde::Serialize;
use serde_json::{Value, json};

pub use back::{restored, unmerged};

use super::draft::MAX_NOTES;
use super::{Contact, Figures, OptInStatus, Profile};
use crate::access::Actor;
use crate::audit::{Action, AuditEntry, FieldChange};
use crate::booking::BookingStatistics;
use crate::id::AuditId;
use crate::{Error, Fault, FaultCode, Result, Timestamp};

/// The most contacts that are merged into another one at once.
pub const MAX_DUPLICATES: usize = 10;
/// For how long a merge can be undone.
pub const UNDONE_WITHIN: TimeDelta = TimeDelta::days(30);
/// The most bytes of a contact that came of a merge, and of what the audit tells of it: the table takes 400 KB, and a later
/// change is told with what was before and after it.
const MAX_BYTES: usize = 160 * 1024;
/// What stands between the notes of several contacts.
const BETWEEN_NOTES: &str = "\n\n";

/// What a merge made of which contacts: what is needed to undo it.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// The contact that took the others in, as it was before.
    pub before: Contact,
    /// The same, after.
    pub merged: Contact,
    /// The others, as they were.
    pub duplicates: Vec<Contact>,
}

/// The duplicates in the order in which they fill what others lack: the one that changed last comes first.
pub fn ranked(duplicates: &[Contact]) -> Vec<&Contact> {
    let mut ranked: Vec<&Contact> = duplicates.iter().collect();
    ranked.sort_by_key(|contact| (std::cmp::Reverse(contact.updated_at), contact.id));
    ranked
}

/// The next version of `primary`, with the duplicates in it. What it has stays; what it lacks the duplicates fill, in the
/// order of [`ranked`]; lists, notes and custom fields are united, bookings are added up, and who refuses to be written
/// to does so whatever the others say. The number of tags and the like may be larger than a draft's.
///
/// # Errors
/// [`Error::Refused`] when the notes together, or the contact, are larger than can be kept: nothing is cut off.
pub fn merged(primary: &Contact, duplicates: &[Contact], now: Timestamp) -> Result<Contact> {
    let others = ranked(duplicates);
    let profiles: Vec<&Profile> = others.iter().map(|contact| &contact.profile).collect();
    let gone = others.iter().flat_map(|contact| std::iter::once(&contact.id).chain(&contact.merged_from));
    let contact = Contact {
        merged_from: primary.merged_from.iter().chain(gone).copied().collect(),
        figures: figures(primary, duplicates),
        ..primary.changed(profile(&primary.profile, &profiles)?, now)
    };
    demand_room(&contact)?;
    Ok(contact)
}

fn profile(primary: &Profile, others: &[&Profile]) -> Result<Profile> {
    let filled = others.iter().fold(primary.clone(), |profile, next| profile.merged_with(next));
    let (notes, opt_in_status) = (notes(primary, others)?, opt_in(primary, others));
    Ok(Profile { notes, opt_in_status, is_active: is_active(primary, others), ..filled })
}

fn all<'a>(primary: &'a Profile, others: &'a [&'a Profile]) -> impl Iterator<Item = &'a Profile> {
    std::iter::once(primary).chain(others.iter().copied())
}

/// All notes, each once, those of the primary first.
fn notes(primary: &Profile, others: &[&Profile]) -> Result<Option<String>> {
    let mut distinct: Vec<&str> = Vec::new();
    for notes in all(primary, others).filter_map(|profile| profile.notes.as_deref()) {
        if !distinct.contains(&notes) {
            distinct.push(notes);
        }
    }
    let notes = distinct.join(BETWEEN_NOTES);
    if notes.chars().count() > MAX_NOTES {
        let reason = format!("are longer than {MAX_NOTES} characters together: shorten them before the merge");
        return Err(Error::refused(Fault::new("notes", FaultCode::TooLong, reason)));
    }
    Ok(Some(notes).filter(|notes| !notes.is_empty()))
}

/// A refusal wins; else what the first says of whom something is known.
fn opt_in(primary: &Profile, others: &[&Profile]) -> Option<OptInStatus> {
    if all(primary, others).any(|profile| profile.opt_in() == OptInStatus::OptedOut) {
        return Some(OptInStatus::OptedOut);
    }
    let known = all(primary, others).map(Profile::opt_in).find(|status| *status != OptInStatus::Unknown);
    known.or(primary.opt_in_status)
}

fn is_active(primary: &Profile, others: &[&Profile]) -> Option<bool> {
    let any = all(primary, others).any(Profile::is_active);
    if any == primary.is_active() { primary.is_active } else { Some(any) }
}

fn figures(primary: &Contact, duplicates: &[Contact]) -> Figures {
    let all = || std::iter::once(primary).chain(duplicates).map(|contact| &contact.figures);
    Figures {
        total_bookings: all().map(|figures| figures.total_bookings).sum(),
        last_booking_date: all().filter_map(|figures| figures.last_booking_date).max(),
        last_interaction_at: all().filter_map(|figures| figures.last_interaction_at).max(),
        score: all().filter_map(|figures| figures.score).reduce(f64::max),
        lead_stage: all().find_map(|figures| figures.lead_stage),
        deal_value: all().find_map(|figures| figures.deal_value),
        told_bookings: all().filter_map(|figures| figures.told_bookings).reduce(BookingStatistics::plus),
    }
}

/// What the audit of the primary is to tell: what became of its fields, who went into it, and what of those is in no field
/// of it any more.
///
/// # Errors
/// [`Error::Refused`] when that is more than can be kept.
pub fn entry(id: AuditId, by: Actor, kept: &Kept) -> Result<AuditEntry> {
    let Kept { before, merged, duplicates } = kept;
    let profiles = [Some(&before.profile), Some(&merged.profile)];
    let told = AuditEntry::of_contact(id, merged.updated_at, by, Action::ContactMerged, before.id, profiles);
    let field = |name: &str, old: Value, new: Value| FieldChange { field: name.to_owned(), old, new };
    let mut changes = told.changes;
    changes.push(field("merged_from", json!(before.merged_from), json!(merged.merged_from)));
    changes.extend(ranked(duplicates).into_iter().flat_map(|duplicate| left_out(&merged.profile, duplicate)));
    let entry = AuditEntry { changes, ..told };
    if bytes(&entry) > MAX_BYTES {
        return Err(too_much(duplicates.len()));
    }
    Ok(entry)
}

/// What the audit of one that went into another is to tell.
pub fn entry_of_duplicate(id: AuditId, by: Actor, duplicate: &Contact, merged: &Contact) -> AuditEntry {
    let told = AuditEntry::of_contact(id, merged.updated_at, by, Action::ContactMerged, duplicate.id, [None, None]);
    let into = FieldChange { field: "merged_into".to_owned(), old: Value::Null, new: json!(merged.id) };
    AuditEntry { changes: vec![into], ..told }
}

/// What a duplicate had, and the merged contact has not. Lists are united, and notes are all kept.
fn left_out(merged: &Profile, duplicate: &Contact) -> Vec<FieldChange> {
    let taken = merged.fields();
    let united = |name: &str| ["types", "tags", "groups", "notes"].contains(&name);
    let fields = duplicate.profile.fields().into_iter();
    let lost = fields.filter(|(name, value)| !united(name) && taken.get(name) != Some(value));
    let of = |name: String| format!("{name} of {}", duplicate.id);
    lost.map(|(name, old)| FieldChange { field: of(name), old, new: Value::Null }).collect()
}

fn demand_room(contact: &Contact) -> Result<()> {
    if bytes(contact) > MAX_BYTES { Err(too_much(contact.merged_from.len())) } else { Ok(()) }
}

fn too_much(count: usize) -> Error {
    let reason = format!("hold more than {} KiB together ({count} contacts)", MAX_BYTES / 1024);
    Error::refused(Fault::new("duplicate_ids", FaultCode::TooLong, reason))
}

fn bytes(value: &impl Serialize) -> usize {
    serde_json::to_vec(value).map_or(usize::MAX, |bytes| bytes.len())
}

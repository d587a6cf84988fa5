//! The way back: what a merge did to the primary is taken from it, what was done since stays; the others are what they were.

use super::super::{Contact, Figures, Profile};
use super::Kept;
use crate::booking::BookingStatistics;
use crate::{Error, Result, Timestamp};

/// The next version of the primary, without what the merge gave it. `now` is as it is now. A value that is still the one
/// that the merge made becomes what it was; one that was changed since stays. Of lists and custom fields that goes which
/// came with the merge, one by one.
///
/// # Errors
/// [`Error::Conflict`] when nothing would be left that tells who is meant.
pub fn unmerged(now: &Contact, kept: &Kept, at: Timestamp) -> Result<Contact> {
    let Kept { before, merged, .. } = kept;
    let mut profile = profile(&now.profile, &merged.profile, &before.profile);
    if !profile.has_identity() {
        // What identified it was taken away since, because what came with the merge did so as well.
        profile.first_name.clone_from(&before.profile.first_name);
        profile.last_name.clone_from(&before.profile.last_name);
        profile.phone.clone_from(&before.profile.phone);
    }
    if !profile.has_identity() {
        return Err(Error::conflict("nothing would tell any more who the contact is: give it a name first"));
    }
    let gained = |id: &_| merged.merged_from.contains(id) && !before.merged_from.contains(id);
    Ok(Contact {
        figures: figures(&now.figures, &merged.figures, &before.figures),
        merged_from: now.merged_from.iter().filter(|id| !gained(*id)).copied().collect(),
        ..now.changed(profile, at)
    })
}

/// A duplicate as it was, two versions on: one was the id's that led to the primary.
pub fn restored(duplicate: &Contact, at: Timestamp) -> Contact {
    let (version, revision) = (duplicate.version + 2, duplicate.revision + 2);
    Contact { version, revision, updated_at: at, ..duplicate.clone() }
}

fn profile(now: &Profile, merged: &Profile, before: &Profile) -> Profile {
    macro_rules! back {
        ($($field:ident),+ $(,)?) => {
            Profile {
                $($field: back(&now.$field, &merged.$field, &before.$field),)+
                types: without(&now.types, &merged.types, &before.types, PartialEq::eq),
                tags: without(&now.tags, &merged.tags, &before.tags, |a, b| a.to_lowercase() == b.to_lowercase()),
                groups: without(&now.groups, &merged.groups, &before.groups, PartialEq::eq),
                custom_fields: {
                    let came = |name: &String| !before.custom_fields.contains_key(name);
                    let same = |name: &String, value| merged.custom_fields.get(name) == Some(value);
                    let fields = now.custom_fields.iter().filter(|(name, value)| !(came(name) && same(name, value)));
                    fields.map(|(name, value)| (name.clone(), value.clone())).collect()
                },
            }
        };
    }
    back!(
        first_name,
        last_name,
        email,
        phone,
        company,
        department,
        job_title,
        notes,
        lifecycle_stage,
        lead_source,
        opt_in_status,
        do_not_contact,
        timezone,
        owner_id,
        is_active,
    )
}

fn figures(now: &Figures, merged: &Figures, before: &Figures) -> Figures {
    let came = merged.total_bookings.saturating_sub(before.total_bookings);
    Figures {
        total_bookings: now.total_bookings.saturating_sub(came),
        last_booking_date: back(&now.last_booking_date, &merged.last_booking_date, &before.last_booking_date),
        last_interaction_at: back(&now.last_interaction_at, &merged.last_interaction_at, &before.last_interaction_at),
        score: back(&now.score, &merged.score, &before.score),
        lead_stage: back(&now.lead_stage, &merged.lead_stage, &before.lead_stage),
        deal_value: back(&now.deal_value, &merged.deal_value, &before.deal_value),
        told_bookings: told(now.told_bookings, merged.told_bookings, before.told_bookings),
    }
}

/// The same of what an import told; others may have come in a later merge.
fn told(
    now: Option<BookingStatistics>,
    merged: Option<BookingStatistics>,
    before: Option<BookingStatistics>,
) -> Option<BookingStatistics> {
    let [now, merged, before] = [now, merged, before].map(Option::unwrap_or_default);
    let came = merged.total_bookings.saturating_sub(before.total_bookings);
    let left = BookingStatistics {
        total_bookings: now.total_bookings.saturating_sub(came),
        last_booking_date: back(&now.last_booking_date, &merged.last_booking_date, &before.last_booking_date),
    };
    Some(left).filter(|left| *left != BookingStatistics::default())
}

fn back<T: PartialEq + Clone>(now: &T, merged: &T, before: &T) -> T {
    if now == merged { before.clone() } else { now.clone() }
}

fn without<T: Clone>(now: &[T], merged: &[T], before: &[T], same: impl Fn(&T, &T) -> bool) -> Vec<T> {
    let among = |all: &[T], one: &T| all.iter().any(|other| same(other, one));
    now.iter().filter(|one| among(before, one) || !among(merged, one)).cloned().collect()
}

//! Duplicates: what a row does to the contact that it tells of.

use super::{DuplicatePolicy, RowOutcome};
use crate::contact::{OptInStatus, Profile};

impl DuplicatePolicy {
    /// Whether a row can change the contact that is there. One that is skipped does so only if it tells that the person
    /// is not to be written to.
    pub fn may_change(self, row: &Profile) -> bool {
        self != Self::Skip || row.opt_in() == OptInStatus::OptedOut || row.do_not_contact
    }

    /// What becomes of the contact that a row tells of, and what is known of it then. That the person is not to be written
    /// to is taken from any row, and by none taken back; a contact that is to be skipped is changed in nothing else, and
    /// counts as updated then.
    pub fn applied(self, contact: &Profile, row: &Profile) -> (RowOutcome, Profile) {
        match self {
            Self::Update => (RowOutcome::Updated, contact.updated_by(row)),
            Self::Merge => (RowOutcome::Merged, contact.merged_with(row)),
            Self::Skip => {
                let after = refusing_like(contact, row);
                let outcome = if after == *contact { RowOutcome::Skipped } else { RowOutcome::Updated };
                (outcome, after)
            }
        }
    }
}

/// The contact with the refusals of the row.
fn refusing_like(contact: &Profile, row: &Profile) -> Profile {
    let opted_out = row.opt_in_status.filter(|status| *status == OptInStatus::OptedOut);
    Profile {
        opt_in_status: opted_out.or(contact.opt_in_status),
        do_not_contact: contact.do_not_contact || row.do_not_contact,
        ..contact.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [DuplicatePolicy; 3] = [DuplicatePolicy::Skip, DuplicatePolicy::Update, DuplicatePolicy::Merge];

    fn profile(status: Option<OptInStatus>, do_not_contact: bool) -> Profile {
        Profile { opt_in_status: status, do_not_contact, ..Profile::default() }
    }

    #[test]
    fn a_refusal_wins_under_every_policy_on_either_side() {
        let statuses = [None, Some(OptInStatus::OptedIn), Some(OptInStatus::Pending), Some(OptInStatus::OptedOut)];
        for policy in ALL {
            for (before, told) in statuses.iter().flat_map(|before| statuses.iter().map(move |told| (*before, *told))) {
                let refused = [before, told].contains(&Some(OptInStatus::OptedOut));
                let (_, after) = policy.applied(&profile(before, false), &profile(told, false));
                assert_eq!(after.opt_in() == OptInStatus::OptedOut, refused, "{policy}: {before:?}, {told:?}");
            }
            let (_, after) = policy.applied(&profile(None, false), &profile(None, true));
            assert!(after.do_not_contact && policy.applied(&after, &profile(None, false)).1.do_not_contact);
        }
    }

    #[test]
    fn what_is_skipped_changes_in_nothing_but_a_refusal() {
        let ada = Profile { first_name: Some("Ada".into()), ..profile(Some(OptInStatus::OptedIn), false) };
        let row = Profile { first_name: Some("Augusta".into()), ..profile(Some(OptInStatus::OptedIn), false) };
        assert_eq!(DuplicatePolicy::Skip.applied(&ada, &row), (RowOutcome::Skipped, ada.clone()));
        assert!(!DuplicatePolicy::Skip.may_change(&row) && DuplicatePolicy::Merge.may_change(&row));
        let out = Profile { opt_in_status: Some(OptInStatus::OptedOut), ..row };
        assert!(DuplicatePolicy::Skip.may_change(&out));
        let (outcome, after) = DuplicatePolicy::Skip.applied(&ada, &out);
        assert_eq!((outcome, after.first_name.as_deref()), (RowOutcome::Updated, Some("Ada")));
        assert_eq!(DuplicatePolicy::Skip.applied(&after, &out), (RowOutcome::Skipped, after.clone()));
    }
}

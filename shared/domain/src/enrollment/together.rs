//! Several enrolments of one person in one campaign, after contacts were merged: only one of them goes on, so that no step
//! reaches the person twice.

use super::{Enrollment, EnrollmentStatus};
use crate::id::ContactId;

/// Why the others end.
pub const MERGED: &str = "merged into a contact that is enrolled";

/// Under which contact the enrolment goes on: the person's own, else the one that began first. Whoever asks gets the same
/// answer, however far they are. One that ended without a message stands in nobody's way.
pub fn goes_on(person: ContactId, enrollments: &[Enrollment]) -> Option<ContactId> {
    let standing = enrollments.iter().filter(|enrollment| enrollment.status != EnrollmentStatus::Excluded);
    let first = standing.min_by_key(|one| (one.contact_id != person, one.enrolled_at, one.contact_id));
    first.map(|enrollment| enrollment.contact_id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;
    use crate::id::{CampaignId, Id};

    fn id(number: u8) -> ContactId {
        ContactId::derived(Timestamp::default(), &[&[number]])
    }

    fn enrolled(number: u8, second: i64) -> Enrollment {
        let at = chrono::DateTime::from_timestamp(second, 0).unwrap_or_default();
        Enrollment::new(CampaignId::derived(at, &[]), id(number), None, at)
    }

    #[test]
    fn the_persons_own_enrolment_goes_on_else_the_first() {
        let excluded = |one: Enrollment| one.ended(EnrollmentStatus::Excluded, None, one.enrolled_at).unwrap();
        let bounced = |one: Enrollment| one.ended(EnrollmentStatus::Bounced, None, one.enrolled_at).unwrap();
        for (enrollments, expected) in [
            (vec![enrolled(1, 1), enrolled(0, 9)], Some(id(0))),
            (vec![enrolled(1, 2), enrolled(2, 1)], Some(id(2))),
            (vec![enrolled(1, 2), bounced(enrolled(2, 1))], Some(id(2))),
            (vec![excluded(enrolled(0, 1)), enrolled(1, 2)], Some(id(1))),
            (vec![excluded(enrolled(1, 1))], None),
            (vec![], None),
        ] {
            let mut reversed = enrollments.clone();
            reversed.reverse();
            assert_eq!((goes_on(id(0), &enrollments), goes_on(id(0), &reversed)), (expected, expected));
        }
    }
}

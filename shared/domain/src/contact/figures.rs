//! What a contact did, in figures that change by themselves.

use serde::{Deserialize, Serialize};

use super::LifecycleStage;
use crate::Timestamp;
use crate::booking::BookingStatistics;
use crate::money::Money;

/// What a contact did, in figures that change by themselves: they have no part in its version.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Figures {
    /// How many bookings it has that were not cancelled.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub total_bookings: u64,
    /// The latest of these bookings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_booking_date: Option<Timestamp>,
    /// When it last did something, or something was noted of it.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "crate::time::serialize_sortable")]
    pub last_interaction_at: Option<Timestamp>,
    /// How promising it is as a lead, from 0 to 100; nothing until it was scored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// Where it stands as a lead; nothing if it is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead_stage: Option<LifecycleStage>,
    /// What its lead is worth, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deal_value: Option<Money>,
    /// What an import told of bookings that nobody reported: they are in the figures, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_bookings: Option<BookingStatistics>,
}

impl Figures {
    /// Those of a contact of which an import tells these bookings.
    pub fn told(bookings: BookingStatistics) -> Self {
        let told_bookings = Some(bookings).filter(|told| *told != BookingStatistics::default());
        Self { told_bookings, ..Self::default() }.counting(BookingStatistics::default())
    }

    /// With those bookings that were reported.
    #[must_use]
    pub fn counting(self, reported: BookingStatistics) -> Self {
        let told = self.told_bookings.unwrap_or_default();
        let BookingStatistics { total_bookings, last_booking_date } = reported.plus(told);
        Self { total_bookings, last_booking_date, ..self }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bookings_that_an_import_tells_of_count_beside_those_that_are_reported() {
        let day = |day: i64| chrono::DateTime::from_timestamp(1_700_000_000 + day * 86_400, 0);
        let bookings = |total_bookings, at| BookingStatistics { total_bookings, last_booking_date: day(at) };
        let told = Figures::told(bookings(7, 3));
        assert_eq!((told.total_bookings, told.last_booking_date), (7, day(3)));
        let later = told.counting(bookings(2, 9));
        assert_eq!((later.total_bookings, later.last_booking_date), (9, day(9)));
        let cancelled = later.counting(BookingStatistics::default());
        assert_eq!((cancelled.total_bookings, cancelled.last_booking_date), (7, day(3)));
        assert_eq!(Figures::told(BookingStatistics::default()), Figures::default());
    }
}

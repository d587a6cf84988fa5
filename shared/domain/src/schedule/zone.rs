//! Time zones and the days in them.

use std::fmt;

use chrono::{DateTime, Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use super::clock::{DAY, local, minute_of, when_shows};
use crate::Timestamp;

/// A time zone of the IANA database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Zone(chrono_tz::Tz);

impl Zone {
    /// The zone in which nothing leaps.
    pub const UTC: Self = Self(chrono_tz::Tz::UTC);

    /// The first of these that is there and is a zone, or UTC: nobody is without a zone.
    pub fn first_of<'a>(names: impl IntoIterator<Item = Option<&'a str>>) -> Self {
        names.into_iter().flatten().find_map(|name| name.trim().parse().ok()).map_or(Self::UTC, Self)
    }

    /// The day there.
    pub fn day(self, moment: Timestamp) -> LocalDay {
        let days = local(self.0, minute_of(moment)).div_euclid(DAY);
        LocalDay(i32::try_from(days).unwrap_or(i32::MAX))
    }

    /// The first moment of `day`; where the clock leaps over the whole day, of the next one.
    pub fn start_of(self, day: LocalDay) -> Timestamp {
        when_shows(self.0, i64::from(day.0) * DAY)
    }

    pub(super) fn tz(self) -> chrono_tz::Tz {
        self.0
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}

/// A day of the calendar, as days since 1 January 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LocalDay(i32);

impl LocalDay {
    /// The day with this number; 0 is 1 January 1970.
    pub fn numbered(number: i32) -> Self {
        Self(number)
    }

    /// Its number.
    pub fn number(self) -> i32 {
        self.0
    }

    /// `count` days later; earlier if it is negative.
    pub fn plus(self, count: i32) -> Self {
        Self(self.0.saturating_add(count))
    }
}

impl fmt::Display for LocalDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = DateTime::UNIX_EPOCH.num_days_from_ce().checked_add(self.0);
        date.and_then(NaiveDate::from_num_days_from_ce_opt).unwrap_or_default().fmt(f)
    }
}

//! Moments and minutes.

use std::fmt;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// A moment in UTC; milliseconds are kept, finer parts are not.
pub type Timestamp = DateTime<Utc>;

/// A minute since the epoch: the grain at which work falls due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Minute(u32);

impl Minute {
    /// The minute that holds `moment`. Moments before 1970 fall into minute 0.
    pub fn of(moment: Timestamp) -> Self {
        Self(u32::try_from(moment.timestamp().div_euclid(60)).unwrap_or(0))
    }

    /// `count` minutes later.
    pub fn plus(self, count: u32) -> Self {
        Self(self.0.saturating_add(count))
    }

    /// Its first moment.
    pub fn start(self) -> Timestamp {
        DateTime::from_timestamp(i64::from(self.0) * 60, 0).unwrap_or_default()
    }

    /// How many minutes `self` lies before `later`; 0 if it does not.
    pub fn until(self, later: Self) -> u32 {
        later.0.saturating_sub(self.0)
    }
}

impl fmt::Display for Minute {
    /// Ten digits, so that text sorts as the minutes do.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:010}", self.0)
    }
}

impl std::str::FromStr for Minute {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// The name of an IANA time zone, as the database spells it.
///
/// # Errors
/// When there is no such zone, with what a person should know.
pub fn zone_name(text: &str) -> Result<String, String> {
    text.parse::<chrono_tz::Tz>()
        .map(|zone| zone.name().to_owned())
        .map_err(|_| "is not an IANA time zone such as Europe/Berlin".to_owned())
}

/// `moment` without what is finer than a millisecond, as it is stored and sent.
pub fn to_millis(moment: Timestamp) -> Timestamp {
    DateTime::from_timestamp_millis(moment.timestamp_millis()).unwrap_or(moment)
}

/// `moment` + `delta`, or the last moment there is.
pub fn after(moment: Timestamp, delta: TimeDelta) -> Timestamp {
    moment.checked_add_signed(delta).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// The text is neither a moment nor a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is neither a moment, such as 2026-01-31T12:00:00Z, nor a day, such as 2026-01-31")]
pub struct NotATime;

/// The moment that a filter begins with: the one that is told (RFC 3339), or the beginning of the day (UTC).
///
/// # Errors
/// When the text is neither.
pub fn start_of(text: &str) -> Result<Timestamp, NotATime> {
    moment_or_day(text, NaiveTime::MIN)
}

/// The moment that a filter ends with: the one that is told, or the last millisecond of the day.
///
/// # Errors
/// When the text is neither.
pub fn end_of(text: &str) -> Result<Timestamp, NotATime> {
    moment_or_day(text, NaiveTime::from_hms_milli_opt(23, 59, 59, 999).unwrap_or(NaiveTime::MIN))
}

fn moment_or_day(text: &str, time: NaiveTime) -> Result<Timestamp, NotATime> {
    match text.trim().parse::<NaiveDate>() {
        Ok(day) => Ok(day.and_time(time).and_utc()),
        Err(_) => text.trim().parse().map_err(|_| NotATime),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_sort_as_text_like_as_numbers() {
        let early = Minute::of(DateTime::from_timestamp(59, 0).unwrap_or_default());
        let late = Minute::of(DateTime::from_timestamp(4_000_000_000, 0).unwrap_or_default());
        assert!(early < late && early.to_string() < late.to_string());
        assert_eq!(late.to_string().parse(), Ok(late));
        assert_eq!(early.until(late), 66_666_666);
        assert_eq!(late.until(early), 0);
    }
}

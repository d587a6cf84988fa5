//! Moments and minutes.

mod filter;

use std::fmt;

use chrono::{DateTime, SecondsFormat, TimeDelta, TimeZone, Utc};
use serde::{Deserialize, Serialize, Serializer};

pub use filter::{NotATime, TimeFilter};

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

/// `moment` as text that sorts among others as the moments do: all have the same length. What lies outside of the years 0
/// to 9999 is taken for their beginning or end.
pub fn sortable(moment: Timestamp) -> String {
    let first = Utc.with_ymd_and_hms(0, 1, 1, 0, 0, 0).single().unwrap_or(moment);
    let last = Utc.with_ymd_and_hms(9999, 12, 31, 23, 59, 59).single().unwrap_or(moment);
    moment.clamp(first, last).to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// For serde: a moment in the form in which it can be compared where it is stored.
pub(crate) fn serialize_sortable<S: Serializer>(moment: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    moment.map(sortable).serialize(serializer)
}

/// `moment` + `delta`, or the last moment there is.
pub fn after(moment: Timestamp, delta: TimeDelta) -> Timestamp {
    moment.checked_add_signed(delta).unwrap_or(DateTime::<Utc>::MAX_UTC)
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

    #[test]
    fn moments_sort_as_text_like_as_moments() {
        let moments =
            [-99_999_999_999_999, -1, 0, 1, 999, 1_000, 1_790_000_000_120, 1_790_000_000_123, 253_402_300_800_000];
        let texts = moments.map(|millis| sortable(DateTime::from_timestamp_millis(millis).unwrap_or_default()));
        assert!(texts.is_sorted() && texts.iter().all(|text| text.len() == 24), "{texts:?}");
        assert_eq!(texts[2], "1970-01-01T00:00:00.000Z");
    }
}

//! What a clock shows in a zone: found without stepping through every minute.
//!
//! Minutes are counted since the epoch, in UTC and on the wall alike; what the wall shows is UTC plus an offset. Offsets
//! have been whole minutes since 1972. As long as the offset stays, both run together, so everything is found by
//! arithmetic within a stretch of one offset, and stretches are walked one after the other.

use chrono::{DateTime, Offset, TimeDelta, TimeZone};
use chrono_tz::Tz;

use crate::Timestamp;

/// Minutes in a day.
pub(super) const DAY: i64 = 24 * 60;
/// No stretch is longer, so that walking a day takes five of them. No zone changes twice within so short a time.
const LONGEST: i64 = 6 * 60;
/// How far is walked: a day, another one that a clock may leap over, and some more.
const FAR: i64 = 4 * DAY;
/// No offset is as large as this.
const OFFSET: i64 = 26 * 60;

/// Minutes of UTC `[start, end)` in which the offset is the same.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stretch {
    pub(super) start: i64,
    end: i64,
    offset: i64,
}

impl Stretch {
    fn from(tz: Tz, start: i64) -> Self {
        let offset = offset(tz, start);
        let (mut same, mut end) = (start, start + LONGEST);
        while offset != self::offset(tz, end - 1) && same + 1 < end {
            let middle = (same + end) / 2;
            if self::offset(tz, middle) == offset { same = middle } else { end = middle }
        }
        Self { start, end, offset }
    }

    /// The first minute in it at which the wall shows one of the minutes `[from, until)` of a day; `from` is the later one
    /// where they run over midnight.
    pub(super) fn first_within(&self, from: i64, until: i64) -> Option<i64> {
        let shown = (self.start + self.offset).rem_euclid(DAY);
        let since_from = (shown - from).rem_euclid(DAY);
        let wait = if since_from < (until - from).rem_euclid(DAY) { 0 } else { DAY - since_from };
        self.holding(self.start + wait)
    }

    /// The first minute in it at which the wall shows `shown`, date and all, or more.
    fn first_showing(&self, shown: i64) -> Option<i64> {
        self.holding((shown - self.offset).max(self.start))
    }

    fn holding(&self, minute: i64) -> Option<i64> {
        (minute < self.end).then_some(minute)
    }

    /// Whether the clock leapt over the minute `of_day` when this stretch began.
    pub(super) fn leapt_over(&self, tz: Tz, of_day: i64) -> bool {
        let leap = self.offset - offset(tz, self.start - 1);
        let back = (self.start + self.offset - 1 - of_day).rem_euclid(DAY);
        back < leap
    }
}

/// The stretches from `minute` on, as far as it makes sense to walk.
pub(super) fn stretches(tz: Tz, minute: i64) -> impl Iterator<Item = Stretch> {
    let next = move |last: &Stretch| (last.end < minute + FAR).then(|| Stretch::from(tz, last.end));
    std::iter::successors(Some(Stretch::from(tz, minute)), next)
}

/// The first moment at which the wall shows the minute `shown` or a later one.
pub(super) fn when_shows(tz: Tz, shown: i64) -> Timestamp {
    let found = stretches(tz, shown - OFFSET).find_map(|stretch| stretch.first_showing(shown));
    start_of(found.unwrap_or(shown))
}

/// The minute that the wall shows in the minute `minute` of UTC.
pub(super) fn local(tz: Tz, minute: i64) -> i64 {
    minute + offset(tz, minute)
}

/// The minute of UTC that holds `moment`.
pub(super) fn minute_of(moment: Timestamp) -> i64 {
    moment.timestamp().div_euclid(60)
}

/// The first moment of a minute of UTC.
pub(super) fn start_of(minute: i64) -> Timestamp {
    DateTime::UNIX_EPOCH.checked_add_signed(TimeDelta::minutes(minute)).unwrap_or(DateTime::<chrono::Utc>::MAX_UTC)
}

fn offset(tz: Tz, minute: i64) -> i64 {
    let seconds = tz.offset_from_utc_datetime(&start_of(minute).naive_utc()).fix().local_minus_utc();
    i64::from(seconds).div_euclid(60)
}

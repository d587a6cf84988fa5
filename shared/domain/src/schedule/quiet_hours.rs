//! Quiet hours: what would be sent in them waits for their end.

use super::Zone;
use super::clock::{minute_of, start_of, stretches};
use crate::Timestamp;
use crate::settings::TimeOfDay;

/// The hours of the day in which nobody is written to: from `start` on, until just before `end`; over midnight if `end`
/// comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuietHours {
    start: TimeOfDay,
    end: TimeOfDay,
}

impl QuietHours {
    /// The hours from `start` to `end`. Hours that end as they begin are none: were the whole day quiet, nothing could ever
    /// be sent. Nor are there any where one of the two is not said.
    pub fn between(start: Option<TimeOfDay>, end: Option<TimeOfDay>) -> Option<Self> {
        let (start, end) = start.zip(end)?;
        (start != end).then_some(Self { start, end })
    }

    /// When what would be sent at `moment` can be: then if it is not quiet in `zone`, else at the first moment when it is
    /// not.
    pub fn put_off(&self, moment: Timestamp, zone: Zone) -> Timestamp {
        let (start, end) = (i64::from(self.start.minutes()), i64::from(self.end.minutes()));
        let minute = minute_of(moment);
        let loud = stretches(zone.tz(), minute).find_map(|stretch| stretch.first_within(end, start));
        loud.filter(|loud| *loud > minute).map_or(moment, start_of)
    }

    /// Whether it is quiet at the minute `of_day`.
    pub(super) fn hold(&self, of_day: i64) -> bool {
        let (start, end) = (i64::from(self.start.minutes()), i64::from(self.end.minutes()));
        if start < end { (start..end).contains(&of_day) } else { of_day >= start || of_day < end }
    }
}

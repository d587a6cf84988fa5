//! The hour of the day at which somebody reads: what is sent then is read.

use std::cmp::Reverse;

use super::clock::{DAY, local, minute_of, start_of, stretches};
use super::{QuietHours, Zone};
use crate::Timestamp;

/// An hour of the day, from 0 to 23.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hour(u8);

impl Hour {
    /// How many minutes it has.
    const LENGTH: i64 = 60;

    /// The hour with this number, if there is one.
    pub fn numbered(number: u8) -> Option<Self> {
        (number < 24).then_some(Self(number))
    }

    /// Its number.
    pub fn number(self) -> u8 {
        self.0
    }

    fn of(moment: Timestamp, zone: Zone) -> Self {
        let hour = local(zone.tz(), minute_of(moment)).rem_euclid(DAY) / Self::LENGTH;
        Self(u8::try_from(hour).unwrap_or(0))
    }

    fn start(self) -> i64 {
        i64::from(self.0) * Self::LENGTH
    }
}

/// The hour in `zone` that most of these moments fall into; of several, the one that was last. Nothing if there are none.
pub fn best_hour(opened: impl IntoIterator<Item = Timestamp>, zone: Zone) -> Option<Hour> {
    let mut hours = [(0_u32, Timestamp::MIN_UTC); 24];
    for moment in opened {
        let (count, last) = &mut hours[usize::from(Hour::of(moment, zone).0)];
        *count += 1;
        *last = (*last).max(moment);
    }
    let hours = (0_u8..).zip(hours).filter(|(_, (count, _))| *count > 0);
    hours.max_by_key(|(hour, often)| (*often, Reverse(*hour))).map(|(hour, _)| Hour(hour))
}

/// The first moment, `moment` or later, of `hour` in `zone` that is not quiet. Nothing if all of the hour is quiet.
pub fn next_in_hour(moment: Timestamp, zone: Zone, hour: Hour, quiet: Option<QuietHours>) -> Option<Timestamp> {
    let minute = minute_of(moment);
    let loud = loud_parts(hour, quiet);
    let earliest = |&(from, until): &(i64, i64)| {
        stretches(zone.tz(), minute).find_map(|stretch| stretch.first_within(from, until))
    };
    let found = loud.iter().filter_map(earliest).min()?;
    Some(if found > minute { start_of(found) } else { moment })
}

/// The minutes of the day in `hour` that are not quiet, as ranges.
fn loud_parts(hour: Hour, quiet: Option<QuietHours>) -> Vec<(i64, i64)> {
    let loud = |minute: &i64| !quiet.is_some_and(|quiet| quiet.hold(*minute));
    let mut parts: Vec<(i64, i64)> = Vec::new();
    for minute in (hour.start()..hour.start() + Hour::LENGTH).filter(loud) {
        match parts.last_mut() {
            Some((_, until)) if *until == minute => *until += 1,
            _ => parts.push((minute, minute + 1)),
        }
    }
    parts
}

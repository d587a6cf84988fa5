//! Send times: a step may wait for a time of day.

use chrono::TimeDelta;

use super::Zone;
use super::clock::{DAY, local, minute_of, start_of, stretches, when_shows};
use crate::Timestamp;
use crate::settings::TimeOfDay;
use crate::time::after;

/// The first moment, `moment` or later, at which it is `time` in `zone`. Where clocks leap over that time, it is the first
/// moment after the leap; where they show it twice, both are.
pub fn next_time_of_day(moment: Timestamp, zone: Zone, time: TimeOfDay) -> Timestamp {
    let (minute, of_day) = (minute_of(moment), i64::from(time.minutes()));
    let found = stretches(zone.tz(), minute).find_map(|stretch| match stretch.leapt_over(zone.tz(), of_day) {
        true => Some(stretch.start),
        false => stretch.first_within(of_day, of_day + 1),
    });
    found.filter(|found| *found > minute).map_or(moment, start_of)
}

/// When something is due that follows `delay` after `moment`, at `time` in `zone`: the first such time from then on. Whole
/// days are those of the calendar there, so that what goes daily at nine still does when the clocks change.
pub fn timed(moment: Timestamp, delay: TimeDelta, zone: Zone, time: TimeOfDay) -> Timestamp {
    let days = delay.num_days();
    let rest = delay - TimeDelta::days(days);
    next_time_of_day(after(days_later(moment, days, zone), rest), zone, time)
}

fn days_later(moment: Timestamp, days: i64, zone: Zone) -> Timestamp {
    if days == 0 {
        return moment;
    }
    let minute = minute_of(moment);
    let within = moment - start_of(minute);
    after(when_shows(zone.tz(), local(zone.tz(), minute).saturating_add(days.saturating_mul(DAY))), within)
}

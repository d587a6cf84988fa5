//! The schedule against a clock that is looked at every minute.

use chrono::{Offset, TimeDelta, TimeZone};
use chrono_tz::{TZ_VARIANTS, Tz};
use proptest::prelude::*;

use super::*;
use crate::Timestamp;
use crate::settings::TimeOfDay;

const DAY: i64 = 1_440;
/// How far the naive clock is watched.
const WATCHED: i64 = 3 * DAY;

/// What a clock shows in each of some minutes, as somebody wrote it down who looked every minute.
struct Watch {
    zone: Zone,
    start: i64,
    /// One minute before the start first.
    shown: Vec<i64>,
}

impl Watch {
    fn new(tz: Tz, start: i64, minutes: i64) -> Self {
        let shown = (start - 1..start + minutes).map(|minute| minute + offset(tz, minute)).collect();
        Self { zone: zone(tz), start, shown }
    }

    /// The first moment, `moment` or later, of a minute that `fits`, which is told what was shown before it and in it.
    fn first(&self, moment: Timestamp, fits: impl Fn(i64, i64) -> bool) -> Option<Timestamp> {
        let from = moment.timestamp().div_euclid(60);
        let skipped = usize::try_from(from - self.start).unwrap();
        let pairs = self.shown.windows(2).skip(skipped);
        let minute = (from..).zip(pairs).find(|(_, pair)| fits(pair[0], pair[1]))?.0;
        Some(if minute == from { moment } else { start_of(minute) })
    }

    fn loud(&self, moment: Timestamp, start: TimeOfDay, end: TimeOfDay) -> Option<Timestamp> {
        self.first(moment, |_, shown| !is_quiet(shown, start, end))
    }

    fn at(&self, moment: Timestamp, time: TimeOfDay) -> Option<Timestamp> {
        let time = i64::from(time.minutes());
        let leapt = |before: i64, shown: i64| (before + 1..shown).any(|skipped| skipped.rem_euclid(DAY) == time);
        self.first(moment, |before, shown| shown.rem_euclid(DAY) == time || leapt(before, shown))
    }

    fn in_hour(&self, moment: Timestamp, hour: u8, start: TimeOfDay, end: TimeOfDay) -> Option<Timestamp> {
        let within = |shown: i64| shown.rem_euclid(DAY) / 60 == i64::from(hour);
        self.first(moment, |_, shown| within(shown) && !is_quiet(shown, start, end))
    }

    fn day(&self, day: LocalDay) -> Option<Timestamp> {
        self.first(start_of(self.start), |_, shown| shown >= i64::from(day.number()) * DAY)
    }

    /// Everything that can be asked at `moment`.
    fn agrees(&self, moment: Timestamp, start: TimeOfDay, end: TimeOfDay) {
        let said = format!("{} at {moment:?}, {start} to {end}", self.zone);
        let quiet = QuietHours::between(Some(start), Some(end));
        let loud = quiet.map_or(moment, |quiet| quiet.put_off(moment, self.zone));
        assert_eq!(Some(loud), self.loud(moment, start, end), "first loud moment in {said}");
        for time in [start, end] {
            let found = next_time_of_day(moment, self.zone, time);
            assert_eq!(Some(found), self.at(moment, time), "next {time} in {said}");
        }
        let hour = u8::try_from(end.minutes() / 60).unwrap();
        let found = next_in_hour(moment, self.zone, Hour::numbered(hour).unwrap(), quiet);
        assert_eq!(found, self.in_hour(moment, hour, start, end), "hour {hour} in {said}");
        let tomorrow = self.zone.day(moment).plus(1);
        assert_eq!(Some(self.zone.start_of(tomorrow)), self.day(tomorrow), "{tomorrow} in {said}");
    }
}

fn is_quiet(shown: i64, start: TimeOfDay, end: TimeOfDay) -> bool {
    let (start, end) = (i64::from(start.minutes()), i64::from(end.minutes()));
    let length = (end - start).rem_euclid(DAY);
    (shown - start).rem_euclid(DAY) < length
}

fn offset(tz: Tz, minute: i64) -> i64 {
    let seconds = tz.offset_from_utc_datetime(&start_of(minute).naive_utc()).fix().local_minus_utc();
    assert_eq!(seconds % 60, 0, "offsets are whole minutes");
    i64::from(seconds / 60)
}

fn zone(tz: Tz) -> Zone {
    Zone::first_of([Some(tz.name())])
}

fn start_of(minute: i64) -> Timestamp {
    chrono::DateTime::from_timestamp(minute * 60, 0).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap_or_else(|_| panic!("{text}"))
}

fn time(text: &str) -> TimeOfDay {
    text.parse().unwrap()
}

fn time_at(minute: i64) -> TimeOfDay {
    let minute = minute.rem_euclid(DAY);
    time(&format!("{:02}:{:02}", minute / 60, minute % 60))
}

/// The minutes of 2024 to 2027 in which the offset changes, found by looking every two hours and then every minute.
fn changes(tz: Tz) -> Vec<i64> {
    let (start, end) = (at("2024-01-01T00:00:00Z"), at("2028-01-01T00:00:00Z"));
    let (start, end) = (start.timestamp() / 60, end.timestamp() / 60);
    let mut changes = Vec::new();
    let mut before = offset(tz, start);
    for look in (start + 120..=end).step_by(120) {
        let now = offset(tz, look);
        if now != before {
            changes.extend((look - 119..=look).find(|minute| offset(tz, *minute) == now));
        }
        before = now;
    }
    changes
}

#[test]
fn around_every_change_of_every_zone_the_arithmetic_agrees_with_a_clock_that_is_looked_at() {
    let mut tested = 0;
    for tz in TZ_VARIANTS {
        for change in changes(tz) {
            let (before, after) = (change - 1 + offset(tz, change - 1), change + offset(tz, change));
            let watch = Watch::new(tz, change - DAY - 90, WATCHED);
            let ends = [before - 29, before + 1, (before + after) / 2, after, after + 45];
            for minutes in [-DAY - 30, -61, -1, 0, 1, 59] {
                let moment = start_of(change + minutes) + TimeDelta::milliseconds(30_500);
                // Two of them at a time, others at each moment and change.
                for (end, length) in ends.into_iter().zip([45, 600, 1, 20, 1_439]).cycle().skip(tested % 5).take(2) {
                    watch.agrees(moment, time_at(end - length), time_at(end));
                }
                tested += 1;
            }
        }
    }
    assert!(tested > 6_000, "{tested} moments");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]
    #[test]
    fn at_any_moment_in_any_zone_the_arithmetic_agrees_with_a_clock_that_is_looked_at(
        zone in 0..TZ_VARIANTS.len(),
        second in 1_704_067_200_i64..1_830_297_600,
        start in 0..DAY,
        length in 0..DAY,
    ) {
        let watch = Watch::new(TZ_VARIANTS[zone], second / 60, WATCHED);
        let moment = chrono::DateTime::from_timestamp(second, 0).unwrap();
        watch.agrees(moment, time_at(start), time_at(start + length));
    }

    #[test]
    fn days_later_it_is_the_same_time_or_just_after_a_leap(
        variant in 0..TZ_VARIANTS.len(),
        second in 1_704_067_200_i64..1_830_297_600,
        days in 1..40_i64,
    ) {
        let (tz, moment) = (TZ_VARIANTS[variant], chrono::DateTime::from_timestamp(second, 0).unwrap());
        let shown = |minute: i64| minute + offset(tz, minute);
        let wanted = shown(second.div_euclid(60)) + days * DAY;
        let found = timed(moment, TimeDelta::days(days), zone(tz), time_at(wanted));
        let minute = found.timestamp() / 60;
        prop_assert!(shown(minute) == wanted || shown(minute - 1) < wanted && wanted < shown(minute), "{} {}", tz, found);
        prop_assert!((found - moment - TimeDelta::days(days)).abs() <= TimeDelta::hours(27));
    }
}

#[test]
fn what_falls_into_quiet_hours_waits_for_their_end() {
    let table = [
        // Over midnight, and at both ends.
        ("Europe/Berlin", "22:00", "08:00", "2026-01-15T20:59:59Z", "2026-01-15T20:59:59Z"),
        ("Europe/Berlin", "22:00", "08:00", "2026-01-15T21:00:00Z", "2026-01-16T07:00:00Z"),
        ("Europe/Berlin", "22:00", "08:00", "2026-01-16T06:59:59.999Z", "2026-01-16T07:00:00Z"),
        ("Europe/Berlin", "22:00", "08:00", "2026-01-16T07:00:00Z", "2026-01-16T07:00:00Z"),
        // The night in which clocks leap ahead is an hour shorter, the one in which they fall back longer.
        ("Europe/Berlin", "22:00", "08:00", "2026-03-28T21:00:00Z", "2026-03-29T06:00:00Z"),
        ("Europe/Berlin", "22:00", "08:00", "2026-10-24T20:00:00Z", "2026-10-25T07:00:00Z"),
        // The end is leapt over; the end comes twice, and counts the first time.
        ("America/New_York", "22:00", "02:30", "2026-03-08T04:00:00Z", "2026-03-08T07:00:00Z"),
        ("America/New_York", "22:00", "01:30", "2026-11-01T04:00:00Z", "2026-11-01T05:30:00Z"),
        ("America/New_York", "22:00", "01:30", "2026-11-01T06:10:00Z", "2026-11-01T06:30:00Z"),
        // Fourteen hours ahead of UTC, and half an hour of summer time.
        ("Pacific/Kiritimati", "21:00", "09:00", "2026-06-01T08:00:00Z", "2026-06-01T19:00:00Z"),
        ("Australia/Lord_Howe", "22:00", "08:00", "2026-04-04T14:00:00Z", "2026-04-04T21:30:00Z"),
        // By day.
        ("Asia/Kolkata", "12:00", "13:30", "2026-06-01T06:30:00Z", "2026-06-01T08:00:00Z"),
        // None: the day would have no other hours.
        ("Asia/Kolkata", "12:00", "12:00", "2026-06-01T06:30:00Z", "2026-06-01T06:30:00Z"),
    ];
    for (zone, start, end, moment, expected) in table {
        let quiet = QuietHours::between(Some(time(start)), Some(time(end)));
        let sent = quiet.map_or(at(moment), |quiet| quiet.put_off(at(moment), Zone::first_of([Some(zone)])));
        assert_eq!(sent, at(expected), "{moment} in {zone}, quiet from {start} to {end}");
    }
    assert_eq!(QuietHours::between(Some(time("22:00")), None), None);
}

#[test]
fn nobody_is_without_a_zone() {
    let (berlin, kolkata) = (Zone::first_of([Some("Europe/Berlin")]), Zone::first_of([Some("Asia/Kolkata")]));
    for (names, expected) in [
        ([Some("Europe/Berlin"), Some("Asia/Kolkata")], berlin),
        ([Some("Mars/Olympus"), Some("Asia/Kolkata")], kolkata),
        ([Some(""), Some("Asia/Kolkata")], kolkata),
        ([None, Some("Asia/Kolkata")], kolkata),
        ([None, Some("Nowhere")], Zone::UTC),
    ] {
        assert_eq!(Zone::first_of(names), expected, "{names:?}");
    }
}

#[test]
fn a_send_time_counts_days_by_the_calendar_and_a_minute_as_one() {
    let berlin = Zone::first_of([Some("Europe/Berlin")]);
    let due = |sent: &str, delay| timed(at(sent), delay, berlin, time("09:00"));
    // Sent a little late, and the night before clocks leap ahead: the next is due at nine the day after.
    assert_eq!(due("2026-03-28T08:00:41Z", TimeDelta::days(1)), at("2026-03-29T07:00:41Z"));
    assert_eq!(due("2026-10-24T07:00:00Z", TimeDelta::days(1)), at("2026-10-25T08:00:00Z"));
    assert_eq!(due("2026-06-01T12:00:00Z", TimeDelta::days(7)), at("2026-06-09T07:00:00Z"));
    assert_eq!(due("2026-06-01T12:00:00Z", TimeDelta::hours(2)), at("2026-06-02T07:00:00Z"));
    assert_eq!(due("2026-06-01T06:30:00Z", TimeDelta::zero()), at("2026-06-01T07:00:00Z"));
}

#[test]
fn a_clock_that_leaps_over_a_day_leaves_no_time_out() {
    // Samoa went from 29 to 31 December 2011.
    let apia = Zone::first_of([Some("Pacific/Apia")]);
    let leap = at("2011-12-30T10:00:00Z");
    assert_eq!(next_time_of_day(at("2011-12-30T09:00:00Z"), apia, time("12:00")), leap);
    assert_eq!(apia.day(leap), apia.day(at("2011-12-30T09:59:00Z")).plus(2));
    assert_eq!(apia.start_of(apia.day(leap).plus(-1)), leap, "the 30th begins when the 31st does");
    assert_eq!(apia.day(leap).to_string(), "2011-12-31");
}

#[test]
fn the_best_hour_is_the_most_frequent_one_and_of_several_the_latest() {
    let kolkata = Zone::first_of([Some("Asia/Kolkata")]);
    let hour = |opened: &[&str]| best_hour(opened.iter().map(|text| at(text)), kolkata).map(Hour::number);
    assert_eq!(hour(&[]), None);
    assert_eq!(hour(&["2026-01-01T03:31:00Z", "2026-02-01T04:29:00Z", "2026-03-01T14:00:00Z"]), Some(9));
    assert_eq!(hour(&["2026-01-01T03:31:00Z", "2026-03-01T14:00:00Z"]), Some(19));
    assert_eq!(hour(&["2026-03-01T14:00:00Z", "2026-01-01T03:31:00Z"]), Some(19));
}

#[test]
fn the_best_hour_is_now_or_its_next_loud_minute_or_never() {
    let berlin = Zone::first_of([Some("Europe/Berlin")]);
    let next = |moment: &str, hour, start: &str, end: &str| {
        let quiet = QuietHours::between(Some(time(start)), Some(time(end)));
        next_in_hour(at(moment), berlin, Hour::numbered(hour).unwrap(), quiet)
    };
    assert_eq!(next("2026-01-15T07:20:11Z", 8, "22:00", "06:00"), Some(at("2026-01-15T07:20:11Z")));
    assert_eq!(next("2026-01-15T08:00:00Z", 8, "22:00", "06:00"), Some(at("2026-01-16T07:00:00Z")));
    assert_eq!(next("2026-01-15T07:00:00Z", 8, "22:00", "08:30"), Some(at("2026-01-15T07:30:00Z")));
    assert_eq!(next("2026-01-15T07:15:00Z", 8, "08:10", "08:50"), Some(at("2026-01-15T07:50:00Z")));
    assert_eq!(next("2026-01-15T07:15:00Z", 8, "08:00", "09:00"), None);
    // On this day there are no minutes of the third hour.
    assert_eq!(next("2026-03-29T00:30:00Z", 2, "12:00", "13:00"), Some(at("2026-03-30T00:00:00Z")));
}

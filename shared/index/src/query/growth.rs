//! Growth: when the contacts that are meant came to be, month by month.

use std::collections::BTreeMap;
use std::ops::Range;

use chrono::{DateTime, Datelike, Months, NaiveDate};
use domain::contact::criteria::Criteria;

use crate::snapshot::Snapshot;

impl Snapshot {
    /// How many of the contacts that are meant came to be in each month of UTC, by year and month from 1; months without
    /// any are left out.
    pub fn growth(&self, criteria: &Criteria) -> BTreeMap<(i32, u32), u64> {
        let mut growth = Growth::default();
        for found in &self.find(criteria) {
            found.rows.each_of(&found.segment.created, |at| growth.add(at));
        }
        growth.months.into_iter().map(|month| (month.name, month.count)).collect()
    }
}

/// Months that were met, in order.
#[derive(Default)]
struct Growth {
    months: Vec<Month>,
    /// The last one that was met: the next is often the same.
    last: usize,
}

struct Month {
    /// The year, and the month in it.
    name: (i32, u32),
    /// In milliseconds since the epoch.
    moments: Range<i64>,
    count: u64,
}

impl Growth {
    fn add(&mut self, at: i64) {
        let holds = |month: &Month| month.moments.contains(&at);
        if !self.months.get(self.last).is_some_and(holds) {
            self.last = self.months.partition_point(|month| month.moments.end <= at);
            if !self.months.get(self.last).is_some_and(holds) {
                self.months.insert(self.last, Month::of(at));
            }
        }
        self.months[self.last].count += 1;
    }
}

impl Month {
    fn of(at: i64) -> Self {
        let day = DateTime::from_timestamp_millis(at).unwrap_or_default().date_naive();
        let first = day.with_day(1).unwrap_or(day);
        let start = |first: NaiveDate| first.and_time(Default::default()).and_utc().timestamp_millis();
        let end = first.checked_add_months(Months::new(1)).map_or(i64::MAX, start);
        // What is no moment for chrono is taken for the epoch's month, but must lie in the range.
        Self { name: (day.year(), day.month()), moments: start(first).min(at)..end.max(at.saturating_add(1)), count: 0 }
    }
}

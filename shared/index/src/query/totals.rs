//! Totals: the contacts that are meant, in figures.

use chrono::TimeDelta;
use domain::Timestamp;
use domain::contact::criteria::Criteria;
use domain::contact::{LifecycleStage, OptInStatus};

use super::Found;
use crate::bits::Bits;
use crate::segment::NEVER;
use crate::snapshot::Snapshot;

/// Contacts in figures.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Totals {
    /// How many there are.
    pub contacts: u64,
    /// With how many the tenant still deals.
    pub active: u64,
    /// How many are never to be written to.
    pub do_not_contact: u64,
    /// How many are in each stage of the life cycle, in the order of [`LifecycleStage::ALL`]; some are in none.
    pub lifecycle_stages: [u64; LifecycleStage::ALL.len()],
    /// How many agreed to be written to, or did not, in the order of [`OptInStatus::ALL`].
    pub opt_in: [u64; OptInStatus::ALL.len()],
    /// Their bookings.
    pub bookings: Bookings,
    /// When something was last heard of them.
    pub heard_of: HeardOf,
    /// How many were scored.
    pub scored: u64,
    /// The sum of their scores.
    pub scores: f64,
}

/// Bookings that were not cancelled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bookings {
    /// How many there are.
    pub total: u64,
    /// How many contacts have any.
    pub contacts: u64,
    /// How many contacts have so many of them: none, 1, 2, 3 to 5, 6 to 10, more.
    pub by_number: [u64; 6],
}

/// How many contacts did something, or had something noted, when. Each contact counts once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HeardOf {
    /// In the last 7 times 24 hours, or at a time to come.
    pub last_7_days: u64,
    /// Before that, in the last 30 days.
    pub last_30_days: u64,
    /// Before that, in the last 90 days.
    pub last_90_days: u64,
    /// Before that.
    pub earlier: u64,
    /// Never.
    pub never: u64,
}

impl Snapshot {
    /// The contacts that are meant, in figures.
    pub fn totals(&self, criteria: &Criteria, now: Timestamp) -> Totals {
        let mut totals = Totals::default();
        for found in &self.find(criteria) {
            totals.add(found);
            totals.bookings.add(found);
            totals.heard_of.add(found, now);
        }
        totals
    }
}

impl Totals {
    fn add(&mut self, found: &Found<'_>) {
        let segment = found.segment;
        self.contacts += found.rows.count() as u64;
        self.active += found.rows.common(&segment.active);
        self.do_not_contact += found.rows.common(&segment.do_not_contact);
        let stages: [u64; LifecycleStage::ALL.len() + 1] = histogram(&found.rows, &segment.lifecycle_stages);
        self.lifecycle_stages.iter_mut().zip(&stages[1..]).for_each(|(sum, count)| *sum += count);
        let statuses: [u64; OptInStatus::ALL.len()] = histogram(&found.rows, &segment.opt_in);
        self.opt_in.iter_mut().zip(&statuses).for_each(|(sum, count)| *sum += count);
        found.rows.each_of(&segment.scores, |score| {
            if !score.is_nan() {
                self.scored += 1;
                self.scores += score;
            }
        });
    }
}

/// How many of the rows have each number; greater ones are passed over.
fn histogram<const N: usize>(rows: &Bits, column: &[u8]) -> [u64; N] {
    let mut counts = [0; N];
    rows.each_of(column, |number| {
        if let Some(count) = counts.get_mut(usize::from(number)) {
            *count += 1;
        }
    });
    counts
}

impl Bookings {
    fn add(&mut self, found: &Found<'_>) {
        found.rows.each_of(&found.segment.bookings, |bookings| {
            let class = match bookings {
                0 => 0,
                1 => 1,
                2 => 2,
                3..=5 => 3,
                6..=10 => 4,
                11.. => 5,
            };
            self.by_number[class] += 1;
            self.contacts += u64::from(bookings > 0);
            self.total += u64::from(bookings);
        });
    }
}

impl HeardOf {
    fn add(&mut self, found: &Found<'_>, now: Timestamp) {
        let [week, month, quarter] =
            [7, 30, 90].map(|days| now.timestamp_millis() - TimeDelta::days(days).num_milliseconds());
        found.rows.each_of(&found.segment.last_activity, |at| {
            let count = match at {
                at if at >= week => &mut self.last_7_days,
                at if at >= month => &mut self.last_30_days,
                at if at >= quarter => &mut self.last_90_days,
                NEVER => &mut self.never,
                _ => &mut self.earlier,
            };
            *count += 1;
        });
    }
}

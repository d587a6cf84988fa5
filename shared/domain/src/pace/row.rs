//! The row of slots that all instances share, and the line behind it.

use chrono::TimeDelta;

use super::Rate;
use crate::Timestamp;
use crate::time::after;

/// How far ahead slots are taken by who comes first, and by who has waited in line. The latter is what a queue can delay.
const AHEAD: TimeDelta = TimeDelta::minutes(2);
const AHEAD_FROM_LINE: TimeDelta = TimeDelta::minutes(14);
/// When no slot was taken for so long, nobody waits any more: the line begins anew.
const IDLE: TimeDelta = TimeDelta::seconds(30);

/// How far the slots of one tenant and channel are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The next slot, unless it has passed: then it is now.
    pub next: Timestamp,
    /// The next place in the line, unless it lies among the slots.
    pub line: Timestamp,
}

/// Slots or places that were taken: the first of them, and how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// The first one.
    pub first: Timestamp,
    /// How many, each an interval after the one before.
    pub count: u32,
}

impl Row {
    /// A row of which nothing is taken.
    pub const NEW: Self = Self { next: Timestamp::UNIX_EPOCH, line: Timestamp::UNIX_EPOCH };

    /// The row after `count` slots were taken at `now`, and the slots; nothing if they are all taken as far ahead as one may
    /// ask. `waited`: whether this is for somebody who was in line.
    pub fn take(self, now: Timestamp, rate: Rate, count: u32, waited: bool) -> Option<(Self, Taken)> {
        if self.next > Self::horizon(now, waited) {
            return None;
        }
        let first = self.next.max(now);
        let line = if self.is_idle(now) { now } else { self.line };
        Some((Self { next: after(first, rate.time_of(count)), line }, Taken { first, count }))
    }

    /// The row after `count` places in the line were taken at `now`, and the places.
    pub fn line_up(self, now: Timestamp, rate: Rate, count: u32) -> (Self, Taken) {
        let first = self.line.max(Self::horizon(now, false));
        (Self { line: after(first, rate.time_of(count)), ..self }, Taken { first, count })
    }

    /// Whether so much time has passed since the last slot that nobody can be waiting.
    pub fn is_idle(self, now: Timestamp) -> bool {
        after(self.next, IDLE) < now
    }

    /// Up to when slots are taken.
    pub fn horizon(now: Timestamp, waited: bool) -> Timestamp {
        after(now, if waited { AHEAD_FROM_LINE } else { AHEAD })
    }
}

//! What one instance knows of a row, and the slots and places that it holds.

use chrono::TimeDelta;

use super::row::{Row, Taken};
use super::{Rate, lasts};
use crate::Timestamp;
use crate::time::after;

/// The most places that are taken at once.
const PLACES: u32 = 50;
/// Who has a place comes so much earlier, for what is due is found once a minute: the row never runs out while many wait.
const EARLY: TimeDelta = TimeDelta::seconds(90);
/// Who was in line and finds no slot even so comes again after this time.
const AGAIN: TimeDelta = TimeDelta::minutes(10);

/// Slots, or places, of which some are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Held {
    next: Timestamp,
    left: u32,
    /// How many to take when they are gone: twice as many as last time if those were all used in time, else one.
    more: u32,
}

impl Held {
    const NONE: Self = Self { next: Timestamp::UNIX_EPOCH, left: 0, more: 1 };

    fn takes(&mut self, taken: Taken, most: u32) {
        *self = Self { next: taken.first, left: taken.count, more: taken.count.saturating_mul(2).clamp(1, most) };
    }

    /// Drops those that do not last until now.
    fn drop_passed(&mut self, rate: Rate, lasts: impl Fn(Timestamp) -> bool) {
        while self.left > 0 && !lasts(self.next) {
            self.spend(rate);
            self.more = 1;
        }
    }

    fn spend(&mut self, rate: Rate) -> Timestamp {
        let first = self.next;
        (self.left, self.next) = (self.left.saturating_sub(1), after(first, rate.interval()));
        first
    }
}

/// What one instance knows of the row of one tenant and channel.
#[derive(Debug, Clone)]
pub struct Window {
    rate: Rate,
    slots: Held,
    places: Held,
    /// Up to when the slots were taken when the row was last asked, if it had none to give.
    full_to: Timestamp,
}

/// What to do with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It goes out in this slot.
    Slot(Timestamp),
    /// It comes again at this time.
    Later(Timestamp),
    /// Take so many slots from the row first, then ask again.
    Take(u32),
    /// Take so many places in the line first, then ask again.
    LineUp(u32),
}

impl Window {
    /// Nothing known yet.
    pub fn new(rate: Rate) -> Self {
        Self { rate, slots: Held::NONE, places: Held::NONE, full_to: Timestamp::UNIX_EPOCH }
    }

    /// The rate of its row.
    pub fn rate(&self) -> Rate {
        self.rate
    }

    /// What to do at `now` with a message that has no slot. `waited`: whether it was in line.
    pub fn next(&mut self, now: Timestamp, waited: bool) -> Step {
        self.slots.drop_passed(self.rate, |slot| lasts(slot, now));
        self.places.drop_passed(self.rate, |place| place > now);
        if self.slots.left > 0 {
            Step::Slot(self.slots.spend(self.rate))
        } else if self.full_to <= Row::horizon(now, waited) {
            Step::Take(self.slots.more)
        } else if waited {
            Step::Later(after(now, AGAIN))
        } else if self.places.left > 0 {
            Step::Later(after(self.places.spend(self.rate), -EARLY))
        } else {
            Step::LineUp(self.places.more)
        }
    }

    /// Notes slots that were taken.
    pub fn taken(&mut self, slots: Taken) {
        self.slots.takes(slots, self.rate.of_a_second());
    }

    /// Notes that the row had no slots to give: they are taken up to `next`.
    pub fn full(&mut self, next: Timestamp) {
        self.full_to = next;
    }

    /// Notes places that were taken.
    pub fn lined_up(&mut self, places: Taken) {
        self.places.takes(places, PLACES);
    }
}

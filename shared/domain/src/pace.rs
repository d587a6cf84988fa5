//! Send rates: so many messages a second, evenly, however many instances send and however many messages wait.
//!
//! Each tenant and channel has one row of slots, an interval of the rate apart, of which the instances take some at a time.
//! A message goes out in its slot:
//!
//! - one within two seconds is waited for;
//! - one within some minutes is told to the queue, which brings the message back then;
//! - when the next minutes' slots are all taken, a message gets a place in the line behind them. A place is no slot, only
//!   the time at which there should be one: what waits may be cancelled, and its slots must not be lost with it. Who has
//!   waited in line may take slots further ahead than who comes first, and so need not line up again.
//!
//! A slot lasts for a second, and no more slots than those of a second are taken at once. So in any second no more messages
//! go out than the rate allows in two, and while nothing falters, as many as it allows in one.

mod row;
#[cfg(test)]
mod tests;
mod window;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::enrollment::SendTask;
use crate::time::after;

pub use row::{Row, Taken};
pub use window::{Step, Window};

/// For how long after its moment a slot can be used.
const LASTS: TimeDelta = TimeDelta::seconds(1);
/// A slot within this time is waited for.
pub const SOON: TimeDelta = TimeDelta::seconds(2);

/// How fast messages go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    interval: TimeDelta,
}

impl Rate {
    /// So many messages a second, or the nearest rate below it; at least one in about a day.
    pub fn per_second(rate: f64) -> Self {
        let micros = (1_000_000.0 / rate).ceil().clamp(1.0, 1e11);
        Self { interval: TimeDelta::microseconds(micros as i64) }
    }

    /// The time from one message to the next.
    pub fn interval(self) -> TimeDelta {
        self.interval
    }

    /// The time that `count` messages take.
    pub fn time_of(self, count: u32) -> TimeDelta {
        self.interval * i32::try_from(count).unwrap_or(i32::MAX)
    }

    /// How many messages go out in a second; at least one.
    fn of_a_second(self) -> u32 {
        let micros = self.interval.num_microseconds().unwrap_or(i64::MAX).max(1);
        u32::try_from(1_000_000 / micros).unwrap_or(1).max(1)
    }
}

/// Whether the slot `slot` can still be used.
pub fn lasts(slot: Timestamp, now: Timestamp) -> bool {
    now <= after(slot, LASTS)
}

/// After how many seconds a message is to come back for a slot that is not soon: before it, for queues are late.
pub fn seconds_until(slot: Timestamp, now: Timestamp) -> u32 {
    u32::try_from((slot - now).num_seconds() - 1).unwrap_or_default().max(1)
}

/// On the send queue: a due step, with the slot that it got if it waits for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PacedTask {
    /// The step.
    #[serde(flatten)]
    pub task: SendTask,
    /// Its slot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot: Option<Timestamp>,
}

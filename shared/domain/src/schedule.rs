//! The clock on somebody's wall: when it shows a time of day, when it is quiet there, when the day begins.
//!
//! All of it looks at what the clock shows, minute by minute: a moment in the minute of 09:00 is at 09:00. Clocks leap
//! ahead and fall back; what is asked for is the first moment that fits, wherever they do.

mod best_hour;
mod clock;
mod quiet_hours;
mod send_time;
#[cfg(test)]
mod tests;
mod zone;

pub use best_hour::{Hour, best_hour, next_in_hour};
pub use quiet_hours::QuietHours;
pub use send_time::{next_time_of_day, timed};
pub use zone::{LocalDay, Zone};

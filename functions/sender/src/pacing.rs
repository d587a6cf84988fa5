//! Send rates: when a message may go out, for the sake of what its provider bears.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::id::TenantId;
use domain::message::Channel;
use domain::pace::{Rate, Step, Window};
use domain::{Result, Timestamp};
use runtime::Clock;
use store::{Slots, TenantStore};

/// Whose messages share a rate.
type Lane = (TenantId, Channel);
/// How many lanes an instance remembers.
const REMEMBERED: usize = 1_000;

/// When a message may go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// In the slot at this moment.
    Slot(Timestamp),
    /// It is to ask again at this moment.
    Later(Timestamp),
}

/// The slots that this instance holds, and the providers that it lets rest.
#[derive(Debug)]
pub(crate) struct Pacing {
    clock: Clock,
    windows: Mutex<HashMap<Lane, Arc<tokio::sync::Mutex<Window>>>>,
    resting: Mutex<HashMap<Lane, Timestamp>>,
}

impl Pacing {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, windows: Mutex::default(), resting: Mutex::default() }
    }

    /// Until when the provider of the tenant's messages over this channel asked to wait, if that is still to come.
    pub(crate) fn rests_until(&self, lane: Lane) -> Option<Timestamp> {
        let resting = self.resting.lock().unwrap_or_else(PoisonError::into_inner);
        resting.get(&lane).copied().filter(|until| *until > self.clock.now())
    }

    /// Notes that the provider asks to wait.
    pub(crate) fn rest(&self, lane: Lane, until: Timestamp) {
        let mut resting = self.resting.lock().unwrap_or_else(PoisonError::into_inner);
        if resting.len() >= REMEMBERED {
            resting.clear();
        }
        let last = resting.entry(lane).or_insert(until);
        *last = until.max(*last);
    }

    /// Takes a slot for a message, or a place in the line. `waited`: whether it was in line.
    pub(crate) async fn pace(&self, store: &TenantStore, channel: Channel, rate: Rate, waited: bool) -> Result<Pace> {
        let window = self.window((store.tenant(), channel), rate);
        let mut window = window.lock().await;
        if window.rate() != rate {
            *window = Window::new(rate);
        }
        loop {
            let now = self.clock.now();
            match window.next(now, waited) {
                Step::Slot(slot) => return Ok(Pace::Slot(slot)),
                Step::Later(until) => return Ok(Pace::Later(until)),
                Step::Take(count) => match store.rows().take(channel, rate, count, waited, now).await? {
                    Slots::Taken(slots) => window.taken(slots),
                    Slots::Full(next) => window.full(next),
                },
                Step::LineUp(count) => window.lined_up(store.rows().line_up(channel, rate, count, now).await?),
            }
        }
    }

    fn window(&self, lane: Lane, rate: Rate) -> Arc<tokio::sync::Mutex<Window>> {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() >= REMEMBERED {
            windows.clear();
        }
        windows.entry(lane).or_insert_with(|| Arc::new(tokio::sync::Mutex::new(Window::new(rate)))).clone()
    }
}

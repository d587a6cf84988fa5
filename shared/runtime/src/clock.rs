//! The one clock. On AWS it is the system's; the local stack can move it, so that days pass in a moment. A simulation makes
//! its own, which moves only when it is told to and makes the same ids each time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use chrono::TimeDelta;
use domain::Timestamp;
use domain::id::Id;
use domain::time::{after, to_millis};

/// Tells the time and makes fresh ids. Clones share the time.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    ahead_millis: Arc<AtomicI64>,
    /// Instead of the system.
    made: Option<Arc<Made>>,
}

/// A time and a randomness that nobody but its maker moves on.
#[derive(Debug)]
struct Made {
    now_millis: AtomicI64,
    drawn: AtomicU64,
}

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock that stands at `at` until it is [`turned`](Self::turn); all its random bytes follow from `seed`. For
    /// simulations only: no secret made with it is one.
    pub fn made(at: Timestamp, seed: u64) -> Self {
        let made = Made { now_millis: AtomicI64::new(at.timestamp_millis()), drawn: AtomicU64::new(seed) };
        Self { ahead_millis: Arc::default(), made: Some(Arc::new(made)) }
    }

    /// Another clock of the same time, so much ahead of it by itself.
    pub fn beside(&self, ahead: TimeDelta) -> Self {
        Self { ahead_millis: Arc::new(AtomicI64::new(ahead.num_milliseconds())), made: self.made.clone() }
    }

    /// Turns a made clock, and all beside it, to another time. The system's is not to be turned: nothing then.
    pub fn turn(&self, to: Timestamp) {
        if let Some(made) = &self.made {
            made.now_millis.store(to.timestamp_millis(), Ordering::SeqCst);
        }
    }

    /// Now, to the millisecond.
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system")]
    pub fn now(&self) -> Timestamp {
        let ahead = TimeDelta::milliseconds(self.ahead_millis.load(Ordering::SeqCst));
        let made = |made: &Arc<Made>| Timestamp::from_timestamp_millis(made.now_millis.load(Ordering::SeqCst));
        let now = self.made.as_ref().and_then(made).unwrap_or_else(chrono::Utc::now);
        to_millis(after(now, ahead))
    }

    /// How far this clock is ahead of the system's.
    pub fn ahead(&self) -> TimeDelta {
        TimeDelta::milliseconds(self.ahead_millis.load(Ordering::SeqCst))
    }

    /// Sets how far this clock is ahead of the system's, for all who share it.
    pub fn set_ahead(&self, ahead: TimeDelta) {
        self.ahead_millis.store(ahead.num_milliseconds(), Ordering::SeqCst);
    }

    /// An id for something that comes to be now.
    pub fn fresh<I: Id>(&self) -> I {
        I::fresh(self.now(), self.random())
    }

    /// Random bytes: those of [`random`], unless this is a made clock.
    pub fn random<const N: usize>(&self) -> [u8; N] {
        let Some(made) = &self.made else { return random() };
        let mut bytes = [0; N];
        for part in bytes.chunks_mut(8) {
            part.copy_from_slice(&made.draw().to_le_bytes()[..part.len()]);
        }
        bytes
    }
}

impl Made {
    /// The next number (SplitMix64).
    fn draw(&self) -> u64 {
        const STEP: u64 = 0x9E37_79B9_7F4A_7C15;
        let mut bits = self.drawn.fetch_add(STEP, Ordering::SeqCst).wrapping_add(STEP);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }
}

/// Random bytes from the operating system's generator.
///
/// # Panics
/// When the system has none to give: no secret made then would be one.
#[expect(clippy::expect_used, reason = "a process without randomness must not go on")]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

#[cfg(test)]
mod tests {
    use domain::id::JobId;

    use super::*;

    #[test]
    fn a_made_clock_stands_until_it_is_turned_and_makes_the_same_ids_each_time() {
        let at = |second: i64| Timestamp::from_timestamp_millis(second * 1_000).unwrap_or_default();
        let ids = || {
            let clock = Clock::made(at(1_800_000_000), 7);
            let late = clock.beside(TimeDelta::seconds(-2));
            let before: [JobId; 2] = [clock.fresh(), late.fresh()];
            clock.turn(at(1_800_000_060));
            assert_eq!((clock.now(), late.now()), (at(1_800_000_060), at(1_800_000_058)));
            (before, late.random::<11>())
        };
        assert_eq!(ids(), ids());
        assert_ne!(ids().0[0], ids().0[1]);
    }
}

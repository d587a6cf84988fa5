//! The one clock. On AWS it is the system's; the local stack can move it, so that days pass in a moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::TimeDelta;
use domain::Timestamp;
use domain::id::Id;
use domain::time::{after, to_millis};

/// Tells the time and makes fresh ids. Clones share the time.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    ahead_millis: Arc<AtomicI64>,
}

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Self::default()
    }

    /// Now, to the millisecond.
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system")]
    pub fn now(&self) -> Timestamp {
        let ahead = TimeDelta::milliseconds(self.ahead_millis.load(Ordering::SeqCst));
        to_millis(after(chrono::Utc::now(), ahead))
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
        I::fresh(self.now(), random())
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

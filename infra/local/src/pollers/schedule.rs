//! The schedule: once in every minute of the clock, however fast the clock runs.

use std::time::Duration;

use domain::time::Minute;
use runtime::Clock;
use serde_json::json;
use serde_json::value::{RawValue, to_raw_value};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use crate::invoker::Invoker;

/// How often the clock is looked at.
const LOOK: Duration = Duration::from_millis(250);
/// An operator's event after the queues were lost.
pub(crate) const RECOVER: &str = r#"{"recover":true}"#;

/// Functions that are called every minute.
pub(crate) struct Schedule {
    clock: Clock,
    invokers: Vec<Invoker>,
    done: Mutex<Minute>,
}

impl Schedule {
    /// The first call comes in the minute after this one.
    pub(crate) fn new(clock: Clock, invokers: Vec<Invoker>) -> Self {
        let done = Mutex::new(Minute::of(clock.now()));
        Self { clock, invokers, done }
    }

    /// Works until told to stop.
    pub(crate) async fn work(&self, stop: CancellationToken) {
        while stop.run_until_cancelled(tokio::time::sleep(LOOK)).await.is_some() {
            self.call_if_due().await;
        }
    }

    /// Calls the functions if a new minute has begun. Minutes that were passed over are not made up for.
    pub(crate) async fn call_if_due(&self) {
        let mut done = self.done.lock().await;
        let now = Minute::of(self.clock.now());
        if now <= *done {
            return;
        }
        *done = now;
        if let Ok(tick) = tick(&self.clock) {
            // A tick that fails is not tried again: the next one catches up.
            self.call(&tick).await;
        }
    }

    /// Calls the functions with this event, one after the other. Whether all of them did their work.
    pub(crate) async fn call(&self, event: &RawValue) -> bool {
        let mut done = true;
        for invoker in &self.invokers {
            done &= invoker.invoke(event.to_owned()).await.is_ok();
        }
        done
    }
}

/// The event that EventBridge sends.
fn tick(clock: &Clock) -> serde_json::Result<Box<RawValue>> {
    to_raw_value(&json!({
        "version": "0",
        "id": clock.fresh::<domain::id::JobId>(),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": embedded::ACCOUNT_ID,
        "time": clock.now(),
        "region": embedded::REGION,
        "resources": ["arn:aws:events:us-east-1:000000000000:rule/local"],
        "detail": {},
    }))
}

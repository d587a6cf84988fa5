//! What was decided in a world: its steps for a person to read, and all of them as one number.

use std::sync::{Arc, Mutex, PoisonError};

/// The decisions of one world. Clones are the same, so that they can be read after a panic.
#[derive(Debug, Clone, Default)]
pub(super) struct Trace(Arc<Mutex<Inside>>);

#[derive(Debug, Default)]
struct Inside {
    hash: u64,
    lines: Vec<String>,
}

impl Trace {
    pub(super) fn note(&self, at: i64, what: &str) {
        let mut inside = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // FNV-1a.
        let mut hash = inside.hash ^ 0xCBF2_9CE4_8422_2325 ^ at.unsigned_abs();
        for byte in what.bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3);
        }
        inside.hash = hash;
        let line = format!("{:>6} {} {what}", inside.lines.len() + 1, moment(at));
        inside.lines.push(line);
    }

    /// All decisions as one number.
    pub(super) fn hash(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).hash
    }

    /// The last decisions, a line each.
    pub(super) fn last(&self, count: usize) -> String {
        let inside = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let first = inside.lines.len().saturating_sub(count);
        inside.lines[first..].iter().map(|line| format!("{line}\n")).collect()
    }
}

fn moment(millis: i64) -> String {
    let moment = domain::Timestamp::from_timestamp_millis(millis).unwrap_or_default();
    moment.format("%m-%d %H:%M:%S%.3f").to_string()
}

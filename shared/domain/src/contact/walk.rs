//! Walks through all contacts of a tenant, for what no key leads to: once at once, and once more when nobody can be at
//! work any more who knew things as they were.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::job::Place;
use crate::Timestamp;
use crate::time::after;

/// After this time nobody can still be at work who read things as they were: longer than any function runs.
const SETTLED: TimeDelta = TimeDelta::minutes(16);

/// How far a walk has come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Walk {
    /// Where it goes on; at the beginning if nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Place>,
    /// Whether this is the second time.
    pub is_second: bool,
    /// When the second time may begin.
    pub settled_at: Timestamp,
}

impl Walk {
    /// At the beginning, for a change that is made now.
    pub fn new(now: Timestamp) -> Self {
        Self { after: None, is_second: false, settled_at: after(now, SETTLED) }
    }

    /// Whether it is too early to go on.
    pub fn waits(&self, now: Timestamp) -> bool {
        self.is_second && self.after.is_none() && now < self.settled_at
    }

    /// The walk behind a page that ended at `end`; nothing when there is no more to be done.
    pub fn behind(&self, end: Option<Place>) -> Option<Self> {
        match end {
            Some(end) => Some(Self { after: Some(end), ..self.clone() }),
            None if self.is_second => None,
            None => Some(Self { after: None, is_second: true, ..self.clone() }),
        }
    }

    /// The walk at its end: nothing of where it has been is kept.
    pub fn ended(&self) -> Self {
        Self { after: None, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_walked_through_twice_with_a_rest_between() {
        let start = Timestamp::default();
        let (first, place) = (Walk::new(start), Some(Place("x".into())));
        let second = first.behind(place.clone()).and_then(|walk| walk.behind(None)).unwrap();
        assert!(!first.waits(start) && second.waits(start));
        let settled = after(start, SETTLED);
        assert!(!second.waits(settled));
        let further = second.behind(place).unwrap();
        assert!(!further.waits(start), "it had begun");
        assert_eq!(further.behind(None), None);
    }
}

//! Searches: when a tenant's duplicates are looked for anew, and what is known of the searches before.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::id::JobId;
use crate::time::after;

/// After this time a search that has not ended is taken for lost.
const LOST: TimeDelta = TimeDelta::minutes(20);
/// A result is shown for at least this time.
const FRESH: TimeDelta = TimeDelta::seconds(1);
/// And for so many times the time that it took: searching takes a twentieth of a worker's time at most.
const FRESH_TIMES: i32 = 20;

/// The searches of a tenant.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Searches {
    /// The one that was begun last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begun: Option<Begun>,
    /// The one whose result is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done: Option<Done>,
    /// Counts the changes, from 1.
    #[serde(default)]
    pub revision: u64,
}

/// A search that was begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begun {
    /// The job.
    pub job: JobId,
    /// When.
    pub at: Timestamp,
}

/// A search that ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// The job.
    pub job: JobId,
    /// When it began.
    pub begun_at: Timestamp,
    /// When it ended.
    pub at: Timestamp,
    /// How many contacts it looked at.
    pub contacts: u64,
    /// How many pairs it found.
    pub found: u64,
}

impl Searches {
    /// The search that is under way.
    pub fn under_way(&self, now: Timestamp) -> Option<JobId> {
        let begun = self.begun.filter(|begun| self.done.is_none_or(|done| done.job != begun.job))?;
        (now < after(begun.at, LOST)).then_some(begun.job)
    }

    /// Whether a new one is worth its cost.
    pub fn is_due(&self, now: Timestamp) -> bool {
        let fresh = |done: Done| now < after(done.at, FRESH.max((done.at - done.begun_at) * FRESH_TIMES));
        self.under_way(now).is_none() && !self.done.is_some_and(fresh)
    }

    /// After a new one was begun.
    pub fn began(&self, job: JobId, at: Timestamp) -> Self {
        Self { begun: Some(Begun { job, at }), revision: self.revision + 1, ..self.clone() }
    }

    /// After one ended; nothing if a later one has.
    pub fn ended(&self, done: Done) -> Option<Self> {
        let newer = self.done.is_none_or(|shown| shown.begun_at < done.begun_at);
        newer.then(|| Self { done: Some(done), revision: self.revision + 1, ..self.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_timestamp(1_790_000_000 + seconds, 0).unwrap_or_default()
    }

    fn job(number: u8) -> JobId {
        JobId::derived(at(0), &[&[number]])
    }

    fn done(number: u8, from: i64, to: i64) -> Done {
        Done { job: job(number), begun_at: at(from), at: at(to), contacts: 1, found: 0 }
    }

    #[test]
    fn a_search_is_due_when_the_last_one_is_old_for_the_time_it_took() {
        let none = Searches::default();
        assert!(none.is_due(at(0)));
        let under_way = none.began(job(1), at(0));
        assert_eq!((under_way.under_way(at(60)), under_way.is_due(at(60))), (Some(job(1)), false));
        assert!(under_way.is_due(at(20 * 60)), "it is taken for lost");
        let ended = under_way.ended(done(1, 0, 30)).unwrap();
        for (seconds, due) in [(31, false), (30 + 20 * 30 - 1, false), (30 + 20 * 30, true)] {
            assert_eq!(ended.is_due(at(seconds)), due, "{seconds}");
        }
        assert!(Searches::default().ended(done(1, 0, 0)).unwrap().is_due(at(1)), "small tenants see what is now");
    }

    #[test]
    fn a_search_that_ends_late_does_not_replace_a_newer_one() {
        let newer = Searches::default().ended(done(2, 10, 20)).unwrap();
        assert_eq!(newer.ended(done(1, 0, 30)), None);
    }
}

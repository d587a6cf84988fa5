//! How far an import is.

use super::{ImportJob, ImportStatus};
use crate::Timestamp;
use crate::import::Outcomes;

/// How far an import is, and how fast it goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Rows that have their outcome, by it.
    pub outcomes: Outcomes,
    /// Their number.
    pub rows_done: u64,
    /// How many of them a second, from the beginning on; nothing before the first.
    pub rows_per_second: Option<f64>,
    /// How many seconds the others will take, if they are as fast; nothing while nobody knows how many there are.
    pub seconds_left: Option<u64>,
}

impl Progress {
    /// Where `job` stands at `now`, if `under_way` are the outcomes in chunks that are not done.
    pub fn of(job: &ImportJob, under_way: Outcomes, now: Timestamp) -> Self {
        let outcomes = job.outcomes.plus(under_way);
        let rows_done = outcomes.total();
        let rows_per_second = job.started_at.filter(|_| rows_done > 0).map(|started| {
            let millis = (job.finished_at.unwrap_or(now) - started).num_milliseconds().max(1);
            rows_done as f64 * 1_000.0 / millis as f64
        });
        let left = job.rows_total.map(|total| total.saturating_sub(rows_done));
        let seconds_left = match (job.status, left, rows_per_second) {
            (ImportStatus::Running, Some(left), Some(rate)) => Some((left as f64 / rate).ceil() as u64),
            (ImportStatus::Completed, ..) => Some(0),
            _ => None,
        };
        Self { outcomes, rows_done, rows_per_second, seconds_left }
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::*;
    use crate::id::{Id, JobId};
    use crate::job::ImportOptions;
    use crate::phone::Country;

    fn running() -> ImportJob {
        let now = DateTime::from_timestamp(1_700_000_000, 0).unwrap_or_default();
        let options = ImportOptions::of(Country::DEFAULT);
        let job = ImportJob::new(JobId::derived(now, &[]), String::new(), options, None, now);
        let outcomes = Outcomes { created: 2_000, ..Outcomes::default() };
        let (status, started_at) = (ImportStatus::Running, Some(now));
        ImportJob { status, started_at, outcomes, rows_total: Some(10_000), ..job }
    }

    #[test]
    fn rows_of_chunks_under_way_count_and_the_rest_is_foreseen() {
        let job = running();
        let under_way = Outcomes { created: 400, refused: 100, ..Outcomes::default() };
        let progress = Progress::of(&job, under_way, job.created_at + TimeDelta::seconds(5));
        assert_eq!((progress.rows_done, progress.outcomes.created, progress.outcomes.refused), (2_500, 2_400, 100));
        assert_eq!((progress.rows_per_second, progress.seconds_left), (Some(500.0), Some(15)));
    }

    #[test]
    fn nothing_is_foreseen_before_the_first_row_or_while_rows_are_uncounted() {
        let job = running();
        let begun = ImportJob { outcomes: Outcomes::default(), ..job.clone() };
        let progress = Progress::of(&begun, Outcomes::default(), job.created_at);
        assert_eq!((progress.rows_per_second, progress.seconds_left), (None, None));
        let splitting = ImportJob { rows_total: None, status: ImportStatus::Splitting, ..job.clone() };
        assert_eq!(Progress::of(&splitting, Outcomes::default(), job.created_at).seconds_left, None);
    }

    #[test]
    fn the_rate_of_an_ended_import_stays_what_it_was() {
        let job = running();
        let ended = job.created_at + TimeDelta::seconds(4);
        let job = ImportJob { status: ImportStatus::Cancelled, finished_at: Some(ended), ..job };
        let progress = Progress::of(&job, Outcomes::default(), job.created_at + TimeDelta::days(1));
        assert_eq!((progress.rows_per_second, progress.seconds_left), (Some(500.0), None));
    }
}

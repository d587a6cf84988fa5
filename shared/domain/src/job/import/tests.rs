//! Tests of the rules of imports as jobs.

use chrono::{DateTime, TimeDelta};

use super::*;
use crate::id::Id;
use crate::phone::Country;

fn job() -> ImportJob {
    let now = DateTime::from_timestamp(1_700_000_000, 0).unwrap_or_default();
    let options = ImportOptions::of(Country::DEFAULT);
    ImportJob::new(JobId::derived(now, &[b"job"]), "imports/t/j.csv".to_owned(), options, None, now)
}

fn ended(status: ImportStatus, dry_run: bool) -> ImportJob {
    let job = job();
    let options = ImportOptions { dry_run, ..job.options };
    ImportJob { status, options, finished_at: Some(job.created_at), ..job }
}

#[test]
fn the_file_of_a_dry_run_outlives_it_by_an_hour_unless_another_import_has_it() {
    let dry_run = ended(ImportStatus::Completed, true);
    let minutes = |minutes| dry_run.created_at + TimeDelta::minutes(minutes);
    assert!(!dry_run.is_done_with_its_file(minutes(59)));
    assert!(dry_run.is_done_with_its_file(minutes(60)));
    let passed = ImportJob { file_passed_to: Some(dry_run.id), ..dry_run.clone() };
    assert!(!passed.is_done_with_its_file(minutes(60)), "it is the other one's to remove");
    assert_eq!(passed.file_kept_until(), None);
}

#[test]
fn the_file_of_an_import_goes_with_its_end() {
    for status in ImportStatus::ALL {
        let job = ended(*status, false);
        assert_eq!(job.is_done_with_its_file(job.created_at), status.is_end(), "{status}");
    }
    let failed = ended(ImportStatus::Failed, true);
    assert!(failed.is_done_with_its_file(failed.created_at), "a dry run that failed is of no use");
}

#[test]
fn a_job_is_kept_and_read_back_as_it_is() {
    let job = ended(ImportStatus::Completed, true);
    let text = serde_json::to_string(&job).unwrap();
    assert_eq!(serde_json::from_str::<ImportJob>(&text).unwrap(), job);
}

//! The ids of the contacts that an import makes: they sort as the rows do.

use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::id::{ContactId, Id, JobId};

/// How many bits of the number are in front of the variant, and how many behind it: together 17 thousand million rows, more
/// than a file has.
const UPPER_BITS: u32 = 12;
const LOWER_BITS: u32 = 22;
/// How many are left for what tells jobs apart that came to be in the same millisecond.
const JOB_BITS: u32 = 40;
const VERSION: u128 = 7 << 76;
const VARIANT: u128 = 0b10 << 62;

/// The id of the contact that row `row` (from 1, without the header) of `job` makes, whoever computes it. Ids of one job
/// sort by row: UUIDv7 with a counter (RFC 9562 §6.2, method 1) in the 34 bits behind the milliseconds of the job's id,
/// and 40 bits that follow from the job.
pub fn contact_of_row(job: JobId, row: u64) -> ContactId {
    let millis = job.uuid().as_u128() >> 80 << 80;
    let upper = u128::from(low_bits(row >> LOWER_BITS, UPPER_BITS)) << 64;
    let lower = u128::from(low_bits(row, LOWER_BITS)) << JOB_BITS;
    let tail = u128::from(low_bits(trace(job, row >> (UPPER_BITS + LOWER_BITS)), JOB_BITS));
    ContactId::from_uuid(Uuid::from_u128(millis | VERSION | upper | VARIANT | lower | tail))
}

fn low_bits(number: u64, count: u32) -> u64 {
    number & ((1 << count) - 1)
}

/// What follows from the job, and from what a row's number has too much.
fn trace(job: JobId, excess: u64) -> u64 {
    let digest = Sha256::new().chain_update(job.uuid().as_bytes()).chain_update(excess.to_be_bytes()).finalize();
    digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use chrono::DateTime;
    use proptest::prelude::*;

    use super::*;

    fn job(millis: i64, random: [u8; 10]) -> JobId {
        JobId::fresh(DateTime::from_timestamp_millis(millis).unwrap(), random)
    }

    #[test]
    fn the_largest_numbers_keep_the_order_too() {
        let job = job(1_790_000_000_123, [0xff; 10]);
        let rows = [1, 2, (1 << 22) - 1, 1 << 22, (1 << 32) - 1, 1 << 32, (1 << 34) - 1];
        assert!(rows.map(|row| contact_of_row(job, row)).is_sorted());
        assert_ne!(contact_of_row(job, 1), contact_of_row(job, (1 << 34) + 1));
    }

    proptest! {
        #[test]
        fn ids_of_a_job_sort_by_row_and_are_uuids_of_version_7(
            millis in 0_i64..1 << 47, random: [u8; 10], one in 1_u64..1 << 34, other in 1_u64..1 << 34,
        ) {
            let job = job(millis, random);
            let [id, next] = [one, other].map(|row| contact_of_row(job, row));
            prop_assert_eq!(id.cmp(&next), one.cmp(&other));
            prop_assert_eq!((id.uuid().get_version_num(), id.created_at()), (7, job.created_at()));
            prop_assert_eq!(id.uuid().get_variant(), uuid::Variant::RFC4122);
            prop_assert_eq!(id, contact_of_row(job, one));
        }

        #[test]
        fn jobs_of_the_same_moment_share_no_id_not_even_their_own(
            jobs in prop::collection::hash_set(any::<[u8; 10]>(), 2..20),
            rows in prop::collection::hash_set(1_u64..1 << 34, 1..20),
        ) {
            // Version and variant take bits of the randomness.
            let jobs: HashSet<JobId> = jobs.into_iter().map(|random| job(1_790_000_000_123, random)).collect();
            let of_rows = jobs.iter().flat_map(|job| rows.iter().map(|row| contact_of_row(*job, *row).uuid()));
            let distinct: HashSet<Uuid> = of_rows.chain(jobs.iter().map(Id::uuid)).collect();
            prop_assert_eq!(distinct.len(), jobs.len() * (rows.len() + 1));
        }
    }
}

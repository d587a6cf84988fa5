//! The list of a tenant's imports, which the index leads to.

use std::collections::HashMap;

use domain::Result;
use domain::id::JobId;
use domain::job::{ImportJob, ImportStatus};
use serde::{Deserialize, Serialize};

use super::Imports;
use crate::item::{Attributes, entity};
use crate::keys::{INDEX_SK, Key, LAST, imports_partition};
use crate::table::{Page, Range, Sort};

/// The most imports of a page of ids.
const JOBS: usize = 200;
/// Up to how many of a tenant's imports are counted.
const COUNTED: usize = 10_000;

/// A part of the list of imports, the newest first.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportPart {
    /// The imports. They may be fewer than were asked for even if there are more.
    pub items: Vec<ImportJob>,
    /// How many there are in all, as far as they are counted.
    pub total: u64,
    /// Where the next part begins; nothing at the end.
    pub next: Option<ImportPlace>,
}

/// Where a part of the list ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportPlace {
    job: JobId,
}

impl Imports {
    /// A part of the list of all imports, perhaps a second old: those after `after`, or without the first `skip`. At most
    /// 10,000 are counted.
    pub async fn newest(
        &self,
        status: Option<ImportStatus>,
        after: Option<ImportPlace>,
        skip: usize,
        limit: usize,
    ) -> Result<ImportPart> {
        let mut ids = self.listed(status).await?;
        let total = ids.len() as u64;
        let begin = after.map_or(skip, |place| ids.iter().take_while(|id| **id >= place.job).count());
        ids.drain(..begin.min(ids.len()));
        let next = (ids.len() > limit).then(|| ids.get(limit.saturating_sub(1)).map(|id| ImportPlace { job: *id }));
        ids.truncate(limit);
        let mut jobs = self.jobs(&ids).await?;
        // The index may be behind.
        let mut items: Vec<ImportJob> = ids.iter().filter_map(|id| jobs.remove(id)).collect();
        items.retain(|job| status.is_none_or(|status| job.status == status));
        Ok(ImportPart { items, total, next: next.flatten() })
    }

    /// The ids of the newest imports with the status.
    async fn listed(&self, status: Option<ImportStatus>) -> Result<Vec<JobId>> {
        let (mut ids, mut read, mut sort) = (Vec::new(), 0, Sort::All);
        loop {
            let range = Range::in_index(imports_partition(self.tenant), sort).descending().limit(COUNTED - read);
            let (items, more) = self.table.query(&range).await?;
            read += items.len();
            let places: Vec<(JobId, &str)> = items.iter().filter_map(place).collect();
            let wanted = places.iter().filter(|(_, found)| status.is_none_or(|status| status.as_str() == *found));
            ids.extend(wanted.map(|(id, _)| *id));
            match places.last() {
                Some((last, _)) if more && read < COUNTED => sort = Sort::Before(last.to_string()),
                _ => return Ok(ids),
            }
        }
    }

    async fn jobs(&self, ids: &[JobId]) -> Result<HashMap<JobId, ImportJob>> {
        let keys: Vec<Key> = ids.iter().map(|&id| Key::job(self.tenant, id)).collect();
        let jobs = self.table.batch_get(&keys).await?.into_iter().map(entity::<ImportJob>);
        jobs.map(|job| job.map(|job| (job.id, job))).collect()
    }

    /// The imports, in the order in which they began, after `after`; perhaps a second old.
    pub async fn ids(&self, after: Option<JobId>) -> Result<Page<JobId, JobId>> {
        let sort = after.map_or(Sort::All, |after| Sort::After(format!("{after}{LAST}")));
        let range = Range::in_index(imports_partition(self.tenant), sort).limit(JOBS);
        let (items, more) = self.table.query(&range).await?;
        let ids: Vec<JobId> = items.iter().filter_map(place).map(|(id, _)| id).collect();
        let next = ids.last().copied().filter(|_| more);
        Ok(Page { items: ids, next })
    }
}

/// The id and the status that an entry of the index tells.
fn place(item: &Attributes) -> Option<(JobId, &str)> {
    let (id, status) = item.get(INDEX_SK)?.as_s().ok()?.split_once('#')?;
    Some((id.parse().ok()?, status))
}

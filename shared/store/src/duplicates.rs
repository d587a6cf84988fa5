//! Suggestions of duplicates, as the searches found them, and what is known of the searches.

use chrono::TimeDelta;
use domain::contact::job::ContactJob;
use domain::duplicates::Suggestion;
use domain::duplicates::search::Searches;
use domain::id::{JobId, TenantId};
use domain::time::after;
use domain::{Result, Timestamp};

use crate::contact_jobs::begin;
use crate::item::{Condition, Item, Write};
use crate::keys::{Key, SUGGESTION, job_partition};
use crate::table::{Range, Sort, Table, Transacted, Written};

/// How long suggestions are kept: pages of them can be asked for meanwhile.
const KEPT: TimeDelta = TimeDelta::days(7);

/// The duplicates of a tenant.
#[derive(Debug, Clone)]
pub struct Duplicates {
    table: Table,
    tenant: TenantId,
}

impl Duplicates {
    pub(crate) fn new(table: Table, tenant: TenantId) -> Self {
        Self { table, tenant }
    }

    /// What is known of the searches, as it is now.
    pub async fn searches(&self) -> Result<Searches> {
        Ok(self.table.get(&Key::searches(self.tenant)).await?.unwrap_or_default())
    }

    /// Begins a search. `false`: somebody else has, or one has ended, since the searches were read.
    pub async fn begin(&self, next: &Searches, job: &ContactJob) -> Result<bool> {
        let mut writes = vec![self.next(next)?];
        writes.extend(begin(self.tenant, job)?);
        Ok(self.table.transact(writes).await? == Transacted::Yes)
    }

    /// Keeps what is known of the searches. `false`: it has changed since it was read.
    pub async fn save(&self, next: &Searches) -> Result<bool> {
        Ok(self.table.write(self.next(next)?).await? == Written::Yes)
    }

    fn next(&self, next: &Searches) -> Result<Write> {
        let as_read = match next.revision {
            1 => Condition::Absent,
            revision => Condition::number("revision", revision - 1),
        };
        Ok(Write::put(Item::new(&Key::searches(self.tenant), next)?, as_read))
    }

    /// Keeps what a search found, best first. May be done again.
    pub async fn keep(&self, job: JobId, found: &[Suggestion], now: Timestamp) -> Result<()> {
        let item = |(rank, suggestion): (usize, &Suggestion)| {
            let key = Key::suggestion(self.tenant, job, rank as u64);
            Ok(Item::new(&key, suggestion)?.expiring(after(now, KEPT)))
        };
        self.table.put_all(found.iter().enumerate().map(item).collect::<Result<_>>()?).await
    }

    /// What a search found, from rank `from` on, counted from 0.
    pub async fn found(&self, job: JobId, from: u64, limit: usize) -> Result<Vec<Suggestion>> {
        let prefix = SUGGESTION.to_owned();
        let sort = match from.checked_sub(1) {
            Some(last) => Sort::PrefixAfter(prefix, Key::suggestion(self.tenant, job, last).sk),
            None => Sort::Prefix(prefix),
        };
        let range = Range::new(job_partition(self.tenant, job), sort).consistent().limit(limit);
        let (items, _) = self.table.query(&range).await?;
        items.into_iter().map(crate::item::entity).collect()
    }
}

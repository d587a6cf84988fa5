//! Jobs on contacts. Each is put on the agenda with the change that it follows from, so that it is done whatever happens
//! to the queue.

use chrono::TimeDelta;
use domain::contact::job::ContactJob;
use domain::id::{JobId, TenantId};
use domain::time::{Minute, after};
use domain::{Result, Timestamp};

use crate::WATCH_MINUTES;
use crate::agenda::{AgendaEntry, AgendaItem};
use crate::contacts::{ContactChange, Transaction};
use crate::imports::Committed;
use crate::item::{Condition, Item, Write};
use crate::keys::Key;
use crate::table::{Table, Transacted, Written};

/// How long a job is shown after it is done.
const KEPT: TimeDelta = TimeDelta::days(30);

/// The jobs on a tenant's contacts.
#[derive(Debug, Clone)]
pub struct ContactJobs {
    pub(crate) table: Table,
    pub(crate) tenant: TenantId,
}

impl ContactJobs {
    pub(crate) fn new(table: Table, tenant: TenantId) -> Self {
        Self { table, tenant }
    }

    /// Keeps a new job. One that is there already is left as it is.
    pub async fn create(&self, job: &ContactJob) -> Result<()> {
        let (Transacted::Yes | Transacted::Refused(_)) = self.table.transact(begin(self.tenant, job)?).await?;
        Ok(())
    }

    /// The job, as it is now.
    pub async fn get(&self, id: JobId) -> Result<Option<ContactJob>> {
        self.table.get(&Key::contact_job(self.tenant, id)).await
    }

    /// Keeps the next revision of a job. `false`: somebody else has moved it on, and nothing was kept.
    pub async fn save(&self, next: &ContactJob) -> Result<bool> {
        Ok(self.table.write(self::next(self.tenant, next)?).await? == Written::Yes)
    }

    /// Changes contacts and moves the job on, in one: together at most 99 writes.
    pub async fn commit(&self, next: &ContactJob, changes: &[ContactChange]) -> Result<Committed> {
        let mut transaction = Transaction::new(self.tenant);
        changes.iter().try_for_each(|change| transaction.change(change))?;
        self.keep(next, transaction).await
    }

    /// What was gathered, and the job's next revision, in one.
    pub(crate) async fn keep(&self, next: &ContactJob, transaction: Transaction) -> Result<Committed> {
        let mut writes = vec![self::next(self.tenant, next)?];
        writes.extend(transaction.writes());
        Ok(match self.table.transact(writes).await? {
            Transacted::Yes => Committed::Yes,
            Transacted::Refused(at) if at.contains(&0) => Committed::Overtaken,
            Transacted::Refused(_) => Committed::Outdated,
        })
    }

    /// How many changes of contacts fit into one commit if each joins or leaves one group at most: the contact, two entries
    /// of its audit, a membership and a count, beside the job in a transaction's 100 writes.
    pub const MAX_CHANGES: usize = 19;
    /// The writes of a commit, without the job's own.
    pub const MAX_WRITES: usize = 99;
}

/// The write that moves a job on.
pub(crate) fn next(tenant: TenantId, next: &ContactJob) -> Result<Write> {
    let item = Item::new(&Key::contact_job(tenant, next.id), next)?;
    let item = match next.finished_at {
        Some(end) => item.expiring(after(end, KEPT)),
        None => item,
    };
    Ok(Write::put(item, Condition::number("revision", next.revision - 1)))
}

/// The writes that begin a job: itself and its entry on the agenda, which looks after it from a while later on.
pub(crate) fn begin(tenant: TenantId, job: &ContactJob) -> Result<Vec<Write>> {
    let item = Item::new(&Key::contact_job(tenant, job.id), job)?;
    Ok(vec![Write::put(item, Condition::Absent), watch(tenant, job.id, job.created_at)?])
}

/// The writes that take a job up again, one revision on, at `now`.
pub(crate) fn again(tenant: TenantId, next: &ContactJob, now: Timestamp) -> Result<Vec<Write>> {
    Ok(vec![self::next(tenant, next)?, watch(tenant, next.id, now)?])
}

fn watch(tenant: TenantId, job: JobId, now: Timestamp) -> Result<Write> {
    let visit = Minute::of(now).plus(WATCH_MINUTES);
    AgendaEntry { visit, item: AgendaItem::Contacts { tenant, job } }.write()
}

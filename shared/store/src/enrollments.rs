//! Enrolments, and the index of what is due.

mod list;

use domain::enrollment::{Due, Enrollment, SendTask, Shard};
use domain::id::{CampaignId, ContactId, TenantId};
use domain::interaction::Interaction;
use domain::time::Minute;
use domain::{Result, Timestamp};

use crate::agenda::{AgendaEntry, AgendaItem};
use crate::interactions;
use crate::item::{Attributes, Condition, Item, Write, entity};
use crate::keys::{CONTACT_IN_CAMPAIGN, INDEX_SK, IndexKey, Key, Kind, due_partition, enrollment_partition, kind};
use crate::table::{Page, Range, Sort, Table, Transacted, Written};

/// After how many minutes the scheduler looks for what the sender was given but did not deal with.
const LEFT_BEHIND_MINUTES: u32 = 10;

/// The enrolments of a tenant.
#[derive(Debug, Clone)]
pub struct Enrollments {
    table: Table,
    tenant: TenantId,
}

impl Enrollments {
    pub(crate) fn new(table: Table, tenant: TenantId) -> Self {
        Self { table, tenant }
    }

    /// The enrolment, as it is now.
    pub async fn get(&self, campaign: CampaignId, contact: ContactId) -> Result<Option<Enrollment>> {
        self.table.get(&Key::enrollment(self.tenant, campaign, contact)).await
    }

    /// Those of `contacts` that are enrolled, as they are now.
    pub async fn among(&self, campaign: CampaignId, contacts: &[ContactId]) -> Result<Vec<Enrollment>> {
        let keys: Vec<Key> = contacts.iter().map(|&c| Key::enrollment(self.tenant, campaign, c)).collect();
        self.table.batch_get(&keys).await?.into_iter().map(entity).collect()
    }

    /// The enrolments of one shard of a campaign by contact, after `after`, as they are now.
    pub async fn of_shard(
        &self,
        campaign: CampaignId,
        shard: Shard,
        after: Option<ContactId>,
        limit: usize,
    ) -> Result<Page<Enrollment, ContactId>> {
        let prefix = CONTACT_IN_CAMPAIGN.to_owned();
        let sort = match after {
            Some(after) => Sort::PrefixAfter(prefix, format!("{CONTACT_IN_CAMPAIGN}{after}")),
            None => Sort::Prefix(prefix),
        };
        let range = Range::new(enrollment_partition(self.tenant, campaign, shard), sort).limit(limit).consistent();
        let (items, more) = self.table.query(&range).await?;
        let enrollments: Vec<Enrollment> = items.into_iter().map(entity).collect::<Result<_>>()?;
        let next = enrollments.last().map(|enrollment| enrollment.contact_id).filter(|_| more);
        Ok(Page { items: enrollments, next })
    }

    /// Keeps the next revision of an enrolment. `false`: it has changed since it was read, and nothing was kept.
    pub async fn save(&self, next: &Enrollment) -> Result<bool> {
        Ok(self.table.write(next_revision(self.tenant, next)?).await? == Written::Yes)
    }

    /// The same together with what the timeline tells of it.
    pub async fn save_telling(&self, next: &Enrollment, told: &Interaction) -> Result<bool> {
        let told = Write::Put { item: interactions::item(self.tenant, told)?, conditions: vec![] };
        Ok(self.table.transact(vec![next_revision(self.tenant, next)?, told]).await? == Transacted::Yes)
    }
}

/// The write that makes an enrolment.
pub(crate) fn first_revision(tenant: TenantId, enrollment: &Enrollment) -> Result<Write> {
    Ok(Write::put(item(tenant, enrollment)?, Condition::Absent))
}

/// The write that replaces the revision before this one.
pub(crate) fn next_revision(tenant: TenantId, next: &Enrollment) -> Result<Write> {
    Ok(Write::put(item(tenant, next)?, Condition::number("revision", next.revision - 1)))
}

fn item(tenant: TenantId, enrollment: &Enrollment) -> Result<Item> {
    let key = Key::enrollment(tenant, enrollment.campaign_id, enrollment.contact_id);
    Ok(Item::new(&key, enrollment)?.indexed(enrollment.due.map(|due| IndexKey::due(due.minute, enrollment))))
}

/// The agenda's entry for an enrolment that is due. Who gives it a new due time makes sure of the entry before. What is
/// due already goes to the sender directly; there the scheduler looks only some minutes later, whether anything was left
/// behind.
pub fn due_entry(contact: ContactId, due: Due, now: Timestamp) -> AgendaEntry {
    let visit = if due.at <= now { due.minute.plus(LEFT_BEHIND_MINUTES) } else { due.minute };
    AgendaEntry { visit, item: AgendaItem::Due { minute: due.minute, shard: Shard::of(contact) } }
}

/// Enrolments by the minute in which they fall due, of all tenants.
#[derive(Debug, Clone)]
pub struct DueEnrollments {
    table: Table,
}

impl DueEnrollments {
    pub(crate) fn new(table: Table) -> Self {
        Self { table }
    }

    /// What stands under one minute and shard, from `after` on, as tasks for the sender.
    pub async fn in_minute(
        &self,
        minute: Minute,
        shard: Shard,
        after: Option<String>,
        limit: usize,
    ) -> Result<Page<SendTask>> {
        let sort = after.map_or(Sort::All, Sort::After);
        let range = Range::in_index(due_partition(minute, shard), sort).limit(limit);
        let (items, more) = self.table.query(&range).await?;
        let last = items.last().and_then(|item| item.get(INDEX_SK)?.as_s().ok().cloned());
        Ok(Page { items: items.iter().filter_map(task).collect(), next: last.filter(|_| more) })
    }
}

fn task(item: &Attributes) -> Option<SendTask> {
    let key = Key::of(item)?;
    let Some(Kind::Enrollment(tenant, campaign, contact)) = kind(&key.pk, &key.sk) else { return None };
    let step_done = item.get(INDEX_SK)?.as_s().ok()?.split('#').next()?.parse().ok()?;
    Some(SendTask { tenant, campaign, contact, step_done })
}

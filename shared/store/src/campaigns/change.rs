//! Changes of campaigns. Only what changes is written, for the audience and the jobs at work are counted at the same time.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::audit::AuditEntry;
use domain::campaign::life_cycle::look_after;
use domain::campaign::{Campaign, Move};
use domain::id::{CampaignId, TenantId};
use domain::{Error, Result, Timestamp};

use super::Campaigns;
use crate::agenda::{AgendaEntry, AgendaItem};
use crate::audit;
use crate::item::{Attributes, Condition, Item, Update, Write};
use crate::keys::{INDEX_PK, INDEX_SK, IndexKey, Key};
use crate::table::{Transacted, Written};

/// A version of a campaign that follows another one.
#[derive(Debug, Clone, Copy)]
pub struct CampaignChange<'a> {
    /// As it was read.
    pub old: &'a Campaign,
    /// One version on.
    pub new: &'a Campaign,
    /// What the audit is to tell of it; nothing of what nobody asked for.
    pub entry: Option<&'a AuditEntry>,
}

impl Campaigns {
    /// Keeps a new campaign. One that is there was kept by the same request.
    pub async fn create(&self, campaign: &Campaign, entry: &AuditEntry) -> Result<()> {
        let index = IndexKey::campaign(self.tenant, campaign);
        let item = Item::new(&Key::campaign(self.tenant, campaign.id), campaign)?.indexed(Some(index));
        let writes = vec![Write::put(item, Condition::Absent), audit::put(self.tenant, entry)?];
        let (Transacted::Yes | Transacted::Refused(_)) = self.table.transact(writes).await?;
        Ok(())
    }

    /// Keeps a change. When time is to move the campaign next, that is on the agenda with it.
    ///
    /// # Errors
    /// [`Error::Stale`] when the campaign has changed since it was read.
    pub async fn change(&self, change: CampaignChange<'_>) -> Result<()> {
        match self.table.transact(change.writes(self.tenant, 0)?).await? {
            Transacted::Yes => Ok(()),
            Transacted::Refused(_) => Err(changed_since(change.old)),
        }
    }

    /// Completes an active campaign, if nobody is being enrolled and the audience is still of this size.
    pub async fn complete(&self, campaign: &Campaign, now: Timestamp) -> Result<()> {
        let Ok(completed) = campaign.moved(Move::Complete, now) else { return Ok(()) };
        let completed = Campaign { completed_at: Some(now), ..completed };
        let complete = CampaignChange { old: campaign, new: &completed, entry: None }.update(self.tenant)?;
        let (Written::Yes | Written::Refused) = self.table.write(complete.into()).await?;
        Ok(())
    }
}

impl CampaignChange<'_> {
    /// The writes of its transaction, that of the campaign first. `jobs`: how many begin with it.
    pub(crate) fn writes(self, tenant: TenantId, jobs: u64) -> Result<Vec<Write>> {
        let jobs = i64::try_from(jobs).unwrap_or(i64::MAX);
        let update = self.update(tenant)?;
        let update = if jobs > 0 { update.add("enrolling", jobs) } else { update };
        let mut writes = vec![update.into()];
        writes.extend(self.entry.map(|entry| audit::put(tenant, entry)).transpose()?);
        if let Some(moment) = self.new.next_look().filter(|_| self.new.next_look() != self.old.next_look()) {
            let item = AgendaItem::Campaign { tenant, campaign: self.new.id };
            writes.push(AgendaEntry { visit: look_after(moment), item }.write()?);
        }
        Ok(writes)
    }

    fn update(self, tenant: TenantId) -> Result<Update> {
        let Self { old, new, .. } = self;
        let key = Key::campaign(tenant, new.id);
        let attributes = |campaign: &Campaign| -> Result<Attributes> {
            Ok(Item::new(&key, campaign)?.indexed(Some(IndexKey::campaign(tenant, campaign))).0)
        };
        let (before, after) = (attributes(old)?, attributes(new)?);
        let gone = before.keys().filter(|name| !after.contains_key(*name)).cloned();
        let update = Update::of(key.clone()).remove(gone.collect::<Vec<_>>());
        let is_new = |(name, value): &(String, AttributeValue)| before.get(name) != Some(value);
        // The index has two keys, which change together.
        let of_index = |name: &str| name == INDEX_PK || name == INDEX_SK;
        let moves = before.get(INDEX_SK) != after.get(INDEX_SK);
        let set = after.into_iter().filter(|pair| is_new(pair) || (moves && of_index(&pair.0)));
        let update = update.set(set.collect::<Vec<_>>()).when(Condition::number("version", old.version));
        // Whether anybody is in it decides what a move does.
        let update = update.when(Condition::number("audience", old.audience));
        Ok(update.when(Condition::number("enrolling", old.enrolling)))
    }
}

/// Why a campaign is not what it was when it was read.
pub(crate) fn changed_since(read: &Campaign) -> Error {
    Error::Stale { version: read.version + 1 }
}

/// Part of the transaction that begins an enrolment job: the campaign stands where it stood, and one more job is at work.
pub(crate) fn job_begins(tenant: TenantId, campaign: &Campaign) -> Write {
    let update = Update::of(Key::campaign(tenant, campaign.id)).add("enrolling", 1);
    update.when(Condition::text("status", campaign.status)).into()
}

/// Part of the transaction that adds a chunk's sums: so many more are in the audience, and the job may be done.
pub(crate) fn audience_grows(tenant: TenantId, campaign: CampaignId, by: u64, job_done: bool) -> Write {
    let update = Update::of(Key::campaign(tenant, campaign)).add("audience", i64::try_from(by).unwrap_or(i64::MAX));
    let update = if job_done { update.add("enrolling", -1) } else { update };
    update.when(Condition::Present).into()
}

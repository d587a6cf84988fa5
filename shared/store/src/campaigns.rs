//! Campaigns; their steps are in `steps`.

mod steps;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::campaign::{Campaign, CampaignStatus};
use domain::id::{CampaignId, TenantId};
use domain::{Result, Timestamp};

use crate::item::{Condition, Item, Update, Write, moment};
use crate::keys::Key;
use crate::table::{Table, Written};

pub use steps::Sequence;

/// The campaigns of a tenant.
#[derive(Debug, Clone)]
pub struct Campaigns {
    table: Table,
    tenant: TenantId,
}

impl Campaigns {
    pub(crate) fn new(table: Table, tenant: TenantId) -> Self {
        Self { table, tenant }
    }

    /// The campaign, as it is now.
    pub async fn get(&self, id: CampaignId) -> Result<Option<Campaign>> {
        self.table.get(&Key::campaign(self.tenant, id)).await
    }

    /// Keeps a new campaign. One that is there was kept by the same request.
    pub async fn create(&self, campaign: &Campaign) -> Result<()> {
        let item = Item::new(&Key::campaign(self.tenant, campaign.id), campaign)?;
        let (Written::Yes | Written::Refused) = self.table.write(Write::put(item, Condition::Absent)).await?;
        Ok(())
    }

    /// Completes an active campaign, if nobody is being enrolled and the audience is still of this size.
    pub async fn complete(&self, campaign: &Campaign, now: Timestamp) -> Result<()> {
        let conditions = vec![
            Condition::text("status", CampaignStatus::Active),
            Condition::number("enrolling", 0),
            Condition::number("audience", campaign.audience),
        ];
        let set = stamp(CampaignStatus::Completed, "completed_at", now)?;
        let key = Key::campaign(self.tenant, campaign.id);
        let complete =
            Write::Update(Update { key, set, add: vec![("version".to_owned(), 1)], remove: vec![], conditions });
        let (Written::Yes | Written::Refused) = self.table.write(complete).await?;
        Ok(())
    }
}

fn stamp(status: CampaignStatus, field: &str, now: Timestamp) -> Result<Vec<(String, AttributeValue)>> {
    let now = moment(now)?;
    let status = AttributeValue::S(status.to_string());
    Ok(vec![("status".to_owned(), status), (field.to_owned(), now.clone()), ("updated_at".to_owned(), now)])
}

/// Part of the transaction that begins an enrolment job: the campaign is as it was read, and one more job is at work.
/// `starts`: the campaign becomes active at this moment.
pub(crate) fn job_begins(tenant: TenantId, campaign: &Campaign, starts: Option<Timestamp>) -> Result<Write> {
    let mut add = vec![("enrolling".to_owned(), 1)];
    let mut set = vec![];
    if let Some(now) = starts {
        set = stamp(CampaignStatus::Active, "started_at", now)?;
        add.push(("version".to_owned(), 1));
    }
    let conditions = vec![Condition::text("status", campaign.status)];
    Ok(Write::Update(Update { key: Key::campaign(tenant, campaign.id), set, add, remove: vec![], conditions }))
}

/// Part of the transaction that adds a chunk's sums: so many more are in the audience, and the job may be done.
pub(crate) fn audience_grows(tenant: TenantId, campaign: CampaignId, by: u64, job_done: bool) -> Write {
    let mut add = vec![("audience".to_owned(), i64::try_from(by).unwrap_or(i64::MAX))];
    if job_done {
        add.push(("enrolling".to_owned(), -1));
    }
    Write::Update(Update {
        key: Key::campaign(tenant, campaign),
        set: vec![],
        add,
        remove: vec![],
        conditions: vec![Condition::Present],
    })
}

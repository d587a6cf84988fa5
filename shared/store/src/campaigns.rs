//! Campaigns; their steps are in `steps`.

mod change;
mod list;
mod steps;

use domain::Result;
use domain::campaign::Campaign;
use domain::id::{CampaignId, TenantId};

use crate::keys::Key;
use crate::table::Table;

pub use change::CampaignChange;
pub(crate) use change::{audience_grows, changed_since, job_begins};
pub use list::{CampaignPart, CampaignPlace, WantedCampaigns};
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
}

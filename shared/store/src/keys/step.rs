//! The keys of a campaign's steps.

use domain::id::{CampaignId, StepId, TenantId};

use super::Key;
use super::partition::{STEP, campaign_partition};

impl Key {
    /// The step with this number.
    pub(crate) fn step(tenant: TenantId, campaign: CampaignId, number: u32) -> Self {
        Self::new(campaign_partition(tenant, campaign), format!("{STEP}{number:04}"))
    }

    /// What counts the changes of all steps.
    pub(crate) fn sequence(tenant: TenantId, campaign: CampaignId) -> Self {
        Self::new(campaign_partition(tenant, campaign), "SEQUENCE")
    }

    /// That a step was removed.
    pub(crate) fn step_gone(tenant: TenantId, campaign: CampaignId, step: StepId) -> Self {
        Self::new(campaign_partition(tenant, campaign), format!("GONE#{step}"))
    }
}

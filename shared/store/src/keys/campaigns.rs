//! Campaigns in the index.

use domain::campaign::Campaign;
use domain::id::TenantId;

use super::{IndexKey, campaigns_partition};

impl IndexKey {
    /// The campaigns of a tenant, in the order in which they came to be, with where each stands and its type.
    pub(crate) fn campaign(tenant: TenantId, campaign: &Campaign) -> Self {
        let Campaign { id, status, campaign_type, .. } = campaign;
        Self { pk: campaigns_partition(tenant), sk: format!("{id}#{status}#{campaign_type}") }
    }
}

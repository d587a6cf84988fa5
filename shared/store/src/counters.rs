//! Counters, as the projection of the change stream keeps them.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::Result;
use domain::counters::{Counter, Tally};
use domain::id::{CampaignId, TenantId};

use crate::item::Attributes;
use crate::keys::Key;
use crate::table::Table;

/// The counters of a tenant.
#[derive(Debug, Clone)]
pub struct Counters {
    table: Table,
    tenant: TenantId,
}

impl Counters {
    pub(crate) fn new(table: Table, tenant: TenantId) -> Self {
        Self { table, tenant }
    }

    /// The counters of a campaign: what has come through the stream, usually a second behind.
    pub async fn of_campaign(&self, campaign: CampaignId) -> Result<Tally> {
        let item = self.table.get_attributes(&Key::campaign_counters(self.tenant, campaign)).await?;
        Ok(item.iter().flat_map(figures).collect())
    }
}

fn figures(item: &Attributes) -> Vec<(Counter, i64)> {
    let figure =
        |(name, value): (&String, &AttributeValue)| Some((Counter::named(name)?, value.as_n().ok()?.parse().ok()?));
    item.iter().filter_map(figure).collect()
}

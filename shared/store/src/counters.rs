//! Counters, as the projection of the change stream keeps them.

use std::collections::HashMap;

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

    /// The counters of several campaigns, where anything was counted.
    pub async fn of_campaigns(&self, campaigns: &[CampaignId]) -> Result<HashMap<CampaignId, Tally>> {
        let keys: Vec<Key> = campaigns.iter().map(|&id| Key::campaign_counters(self.tenant, id)).collect();
        let items = self.table.batch_get(&keys).await?;
        let of = |item: &Attributes| item.get("campaign_id")?.as_s().ok()?.parse().ok();
        Ok(items.iter().filter_map(|item| Some((of(item)?, figures(item).into_iter().collect()))).collect())
    }
}

fn figures(item: &Attributes) -> Vec<(Counter, i64)> {
    let figure =
        |(name, value): (&String, &AttributeValue)| Some((Counter::named(name)?, value.as_n().ok()?.parse().ok()?));
    item.iter().filter_map(figure).collect()
}

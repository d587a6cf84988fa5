//! A campaign as the API shows it.

use domain::Result;
use domain::campaign::Campaign;
use domain::counters::{Counter, MessageEvent, Tally};
use schemars::JsonSchema;
use serde::Serialize;
use store::TenantStore;

/// A campaign.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Campaign")]
pub(crate) struct CampaignOut {
    #[serde(flatten)]
    campaign: Campaign,
    /// How many of its messages went out (S0).
    message_count: u64,
}

impl CampaignOut {
    pub(crate) fn new(campaign: Campaign, counted: Option<&Tally>) -> Self {
        let went_out = |(counter, count): (&Counter, i64)| match counter {
            Counter::Events(_, _, MessageEvent::Sent) => Some(count),
            _ => None,
        };
        let sum: i64 = counted.iter().flat_map(|tally| tally.iter()).filter_map(went_out).sum();
        Self { campaign, message_count: u64::try_from(sum).unwrap_or(0) }
    }

    /// The campaign with what is counted of it, usually a second behind.
    pub(crate) async fn counted(store: &TenantStore, campaign: Campaign) -> Result<Self> {
        let tally = store.counters().of_campaign(campaign.id).await?;
        Ok(Self::new(campaign, Some(&tally)))
    }
}

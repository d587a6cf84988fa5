//! The list of campaigns.

use axum::Json;
use axum::extract::State;
use domain::campaign::{CampaignStatus, CampaignType};
use domain::{Error, Result};
use edge::{Answer, List, Listing, Reader};
use schemars::JsonSchema;
use serde::Deserialize;
use store::WantedCampaigns;

use crate::Campaigns;
use crate::wire::CampaignOut;

/// Which campaigns are wanted.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CampaignFilter {
    /// Only those that stand there.
    #[schemars(with = "Option<CampaignStatus>")]
    status: Option<String>,
    /// Only those of this type.
    #[schemars(with = "Option<CampaignType>")]
    r#type: Option<String>,
}

impl CampaignFilter {
    fn parse(&self) -> Result<WantedCampaigns> {
        let status = self.status.as_deref().map(|word| CampaignStatus::parse("status", word)).transpose();
        let campaign_type = self.r#type.as_deref().map(|word| CampaignType::parse("type", word)).transpose();
        match (status, campaign_type) {
            (Ok(status), Ok(campaign_type)) => Ok(WantedCampaigns { status, campaign_type }),
            (status, kind) => Err(Error::Refused([status.err(), kind.err()].into_iter().flatten().collect())),
        }
    }
}

pub(crate) async fn campaigns(
    State(campaigns): State<Campaigns>,
    Reader(caller): Reader,
    Listing { filter, paging }: Listing<CampaignFilter>,
) -> Answer<Json<List<CampaignOut>>> {
    let wanted = filter.parse()?;
    let store = campaigns.store.tenant(caller.tenant);
    let part = store.campaigns().newest(wanted, paging.after()?, paging.offset, paging.limit).await?;
    let ids: Vec<_> = part.items.iter().map(|campaign| campaign.id).collect();
    let counted = store.counters().of_campaigns(&ids).await?;
    let shown = part.items.into_iter().map(|campaign| {
        let tally = counted.get(&campaign.id);
        CampaignOut::new(campaign, tally)
    });
    Ok(Json(paging.list(shown.collect(), part.total, part.next)))
}

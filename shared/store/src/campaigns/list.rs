//! The list of a tenant's campaigns, which the index leads to.

use std::collections::HashMap;

use domain::Result;
use domain::campaign::{Campaign, CampaignStatus, CampaignType};
use domain::id::CampaignId;
use serde::{Deserialize, Serialize};

use super::Campaigns;
use crate::item::{Attributes, entity};
use crate::keys::{INDEX_SK, Key, campaigns_partition};
use crate::table::{Range, Sort};

/// A part of the list of campaigns, the newest first.
#[derive(Debug, Clone, PartialEq)]
pub struct CampaignPart {
    /// The campaigns. They may be fewer than were asked for even if there are more.
    pub items: Vec<Campaign>,
    /// How many there are in all.
    pub total: u64,
    /// Where the next part begins; nothing at the end.
    pub next: Option<CampaignPlace>,
}

/// Where a part of the list ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignPlace {
    campaign: CampaignId,
}

/// Which campaigns are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WantedCampaigns {
    /// Those that stand here.
    pub status: Option<CampaignStatus>,
    /// Those of this type.
    pub campaign_type: Option<CampaignType>,
}

/// What an entry of the index tells.
struct Entry {
    id: CampaignId,
    status: CampaignStatus,
    campaign_type: CampaignType,
}

impl Campaigns {
    /// A part of the list of campaigns, perhaps a second old: those after `after`, or without the first `skip`.
    pub async fn newest(
        &self,
        wanted: WantedCampaigns,
        after: Option<CampaignPlace>,
        skip: usize,
        limit: usize,
    ) -> Result<CampaignPart> {
        let mut ids = self.listed(wanted).await?;
        let total = ids.len() as u64;
        let begin = after.map_or(skip, |place| ids.iter().take_while(|id| **id >= place.campaign).count());
        ids.drain(..begin.min(ids.len()));
        let next = ids.get(limit).and(ids.get(limit.saturating_sub(1))).map(|&campaign| CampaignPlace { campaign });
        ids.truncate(limit);
        let mut campaigns = self.many(&ids).await?;
        // The index may be behind.
        let mut items: Vec<Campaign> = ids.iter().filter_map(|id| campaigns.remove(id)).collect();
        items.retain(|campaign| wanted.means(campaign.status, campaign.campaign_type));
        Ok(CampaignPart { items, total, next })
    }

    /// The ids of the wanted campaigns. People make them, so there are few.
    async fn listed(&self, wanted: WantedCampaigns) -> Result<Vec<CampaignId>> {
        let (mut ids, mut sort) = (Vec::new(), Sort::All);
        loop {
            let range = Range::in_index(campaigns_partition(self.tenant), sort).descending();
            let (items, more) = self.table.query(&range).await?;
            let entries: Vec<Entry> = items.iter().filter_map(Entry::of).collect();
            let meant = entries.iter().filter(|entry| wanted.means(entry.status, entry.campaign_type));
            ids.extend(meant.map(|entry| entry.id));
            match entries.last() {
                Some(last) if more => sort = Sort::Before(last.id.to_string()),
                _ => return Ok(ids),
            }
        }
    }

    async fn many(&self, ids: &[CampaignId]) -> Result<HashMap<CampaignId, Campaign>> {
        let keys: Vec<Key> = ids.iter().map(|&id| Key::campaign(self.tenant, id)).collect();
        let campaigns = self.table.batch_get(&keys).await?.into_iter().map(entity::<Campaign>);
        campaigns.map(|campaign| campaign.map(|campaign| (campaign.id, campaign))).collect()
    }
}

impl WantedCampaigns {
    fn means(&self, status: CampaignStatus, campaign_type: CampaignType) -> bool {
        self.status.is_none_or(|wanted| wanted == status)
            && self.campaign_type.is_none_or(|wanted| wanted == campaign_type)
    }
}

impl Entry {
    fn of(item: &Attributes) -> Option<Self> {
        let parts: Vec<&str> = item.get(INDEX_SK)?.as_s().ok()?.split('#').collect();
        let [id, status, campaign_type] = parts[..] else { return None };
        Some(Self {
            id: id.parse().ok()?,
            status: CampaignStatus::parse("", status).ok()?,
            campaign_type: CampaignType::parse("", campaign_type).ok()?,
        })
    }
}

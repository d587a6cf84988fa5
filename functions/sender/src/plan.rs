//! Campaigns with their steps, kept for a moment: a thousand messages of one campaign need not read it a thousand times.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::Result;
use domain::campaign::{Campaign, CampaignStatus, Step};
use domain::id::{CampaignId, TenantId};
use store::TenantStore;
use tokio::time::Instant;

/// How long a campaign is believed to be active. A pause takes effect within this time (and must within 5 s).
const BELIEVED: Duration = Duration::from_secs(2);
/// How many campaigns are kept.
const KEPT: usize = 1_000;

/// A campaign with its steps by number.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) campaign: Campaign,
    pub(crate) steps: Vec<Step>,
}

type Kept = HashMap<(TenantId, CampaignId), (Instant, Arc<Plan>)>;

/// The campaigns that this instance has seen lately.
#[derive(Debug, Default)]
pub(crate) struct Plans(Mutex<Kept>);

impl Plans {
    /// The campaign, at most [`BELIEVED`] old if it is active, else as it is now.
    pub(crate) async fn get(&self, store: &TenantStore, tenant: TenantId, id: CampaignId) -> Result<Option<Arc<Plan>>> {
        if let Some(plan) = self.kept((tenant, id)) {
            return Ok(Some(plan));
        }
        let (campaigns, read_at) = (store.campaigns(), Instant::now());
        let Some(campaign) = campaigns.get(id).await? else { return Ok(None) };
        let plan = Arc::new(Plan { steps: campaigns.steps(id).await?, campaign });
        if plan.campaign.status == CampaignStatus::Active {
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.len() >= KEPT {
                kept.clear();
            }
            kept.insert((tenant, id), (read_at, plan.clone()));
        }
        Ok(Some(plan))
    }

    fn kept(&self, key: (TenantId, CampaignId)) -> Option<Arc<Plan>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(&key).filter(|(read_at, _)| read_at.elapsed() < BELIEVED).map(|(_, plan)| plan.clone())
    }
}

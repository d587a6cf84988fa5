//! Campaigns with their steps and what their tenant has chosen, kept for a moment: a thousand messages of one campaign need
//! not read it a thousand times.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::TimeDelta;
use domain::campaign::{Campaign, CampaignStatus, Step};
use domain::frequency::Caps;
use domain::id::{CampaignId, TenantId};
use domain::message::Channel;
use domain::pace::Rate;
use domain::settings::Settings;
use domain::{Result, Timestamp};
use store::TenantStore;

/// How long a campaign is believed to be active. A pause takes effect within this time (and must within 5 s).
const BELIEVED: TimeDelta = TimeDelta::seconds(2);
/// How many campaigns are kept.
const KEPT: usize = 1_000;

/// A campaign, and all that is the same for each of its messages.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) campaign: Campaign,
    /// Its steps by number; none if it is not active.
    pub(crate) steps: Vec<Step>,
    /// What the tenant has chosen; nothing if the campaign is not active.
    pub(crate) settings: Settings,
    /// The caps that count for its messages.
    pub(crate) caps: Caps,
}

impl Plan {
    /// How fast messages of the channel may go out, if there is a limit.
    pub(crate) fn rate(&self, channel: Channel) -> Option<Rate> {
        self.settings.send_rates.get(&channel).map(|rate| Rate::per_second(*rate))
    }
}

type Kept = HashMap<(TenantId, CampaignId), (Timestamp, Arc<Plan>)>;

/// The campaigns that this instance has seen lately.
#[derive(Debug, Default)]
pub(crate) struct Plans(Mutex<Kept>);

impl Plans {
    /// The campaign, at most [`BELIEVED`] old if it is active, else as it is now.
    pub(crate) async fn get(&self, store: &TenantStore, id: CampaignId, now: Timestamp) -> Result<Option<Arc<Plan>>> {
        let key = (store.tenant(), id);
        if let Some(plan) = self.kept(key, now) {
            return Ok(Some(plan));
        }
        let Some(campaign) = store.campaigns().get(id).await? else { return Ok(None) };
        let is_active = campaign.status == CampaignStatus::Active;
        let plan = Arc::new(if is_active { active(store, campaign).await? } else { inactive(campaign) });
        if is_active {
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.len() >= KEPT {
                kept.clear();
            }
            kept.insert(key, (now, plan.clone()));
        }
        Ok(Some(plan))
    }

    fn kept(&self, key: (TenantId, CampaignId), now: Timestamp) -> Option<Arc<Plan>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Nothing is believed of a clock that was put back.
        let is_fresh = |read_at: Timestamp| read_at <= now && now - read_at < BELIEVED;
        kept.get(&key).filter(|(read_at, _)| is_fresh(*read_at)).map(|(_, plan)| plan.clone())
    }
}

async fn active(store: &TenantStore, campaign: Campaign) -> Result<Plan> {
    let (campaigns, chosen) = (store.campaigns(), store.settings());
    let (steps, settings) = tokio::try_join!(campaigns.steps(campaign.id), chosen.get())?;
    let own = campaign.settings.frequency_cap.as_deref().and_then(|cap| cap.parse().ok());
    Ok(Plan { caps: Caps::new(&settings.frequency_cap, own), campaign, steps, settings })
}

fn inactive(campaign: Campaign) -> Plan {
    Plan { campaign, steps: Vec::new(), settings: Settings::default(), caps: Caps::default() }
}

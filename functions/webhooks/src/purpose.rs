//! What campaigns make of clicks and answers, kept for a moment: those of one campaign come in great numbers.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::Result;
use domain::conversion::Purpose;
use domain::id::{CampaignId, StepId, TenantId};
use domain::message::Message;
use store::TenantStore;
use tokio::time::Instant;

/// How long it is believed.
const BELIEVED: Duration = Duration::from_secs(30);
/// Of how many steps it is kept.
const KEPT: usize = 1_000;

type Kept = HashMap<(TenantId, CampaignId, StepId), (Instant, Purpose)>;

/// The purposes that this instance has seen lately.
#[derive(Debug, Default)]
pub(crate) struct Purposes(Mutex<Kept>);

impl Purposes {
    /// What the campaign of a message makes of clicks and answers to it. One that is gone makes nothing of them.
    pub(crate) async fn of(&self, store: &TenantStore, message: &Message) -> Result<Purpose> {
        let key = (store.tenant(), message.campaign_id, message.step_id);
        if let Some(purpose) = self.kept(&key) {
            return Ok(purpose);
        }
        let (campaigns, read_at) = (store.campaigns(), Instant::now());
        let (campaign, steps) = tokio::join!(campaigns.get(message.campaign_id), campaigns.steps(message.campaign_id));
        let (Some(campaign), steps) = (campaign?, steps?) else { return Ok(Purpose::default()) };
        let step = steps.iter().find(|step| step.id == message.step_id);
        let stop_on_reply = step.is_some_and(|step| step.stop_on_reply);
        let purpose = Purpose { goal: campaign.goal_type, stop_on_reply };
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(key, (read_at, purpose));
        Ok(purpose)
    }

    fn kept(&self, key: &(TenantId, CampaignId, StepId)) -> Option<Purpose> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(key).filter(|(read_at, _)| read_at.elapsed() < BELIEVED).map(|(_, purpose)| *purpose)
    }
}

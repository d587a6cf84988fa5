//! Patches: some fields of a campaign as somebody typed them, laid over what is known (RFC 7396).

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::draft::{date_to_come, dates_in_order};
use super::{Campaign, CampaignDraft, CampaignStatus, Step};
use crate::{Error, Fault, FaultCode, Result, Timestamp};

/// Some fields of a campaign. What is absent stays, null clears; settings are patched one by one, target criteria and
/// Twilio's configuration are replaced whole.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct CampaignPatch(Map<String, Value>);

/// What can only be changed before the start.
const BEFORE_THE_START: [&str; 3] = ["campaign_type", "target_criteria", "start_date"];

impl JsonSchema for CampaignPatch {
    fn schema_name() -> Cow<'static, str> {
        "CampaignPatch".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = CampaignDraft::json_schema(generator);
        let about = "Some fields of a campaign. What is absent stays, null clears; settings are patched one by one, \
                     target_criteria and twilio_config are replaced whole. Before the start all of them can be changed, \
                     then all but campaign_type, target_criteria and start_date, and once it is over none.";
        schema.insert("description".to_owned(), about.into());
        schema.remove("required");
        let example =
            serde_json::json!({ "name": "Summer sale", "budget": null, "settings": { "frequency_cap": null } });
        schema.insert("examples".to_owned(), serde_json::json!([example]));
        if let Some(settings) = schema.get_mut("properties").and_then(|fields| fields.get_mut("settings")) {
            // A setting that is null is taken away, whatever type it has.
            let about = settings["description"].take();
            *settings = serde_json::json!({ "type": ["object", "null"], "description": about });
        }
        schema
    }
}

impl CampaignPatch {
    /// The campaign with the patch laid over it, one version on; as it was if nothing changes. `steps` are its messages.
    ///
    /// # Errors
    /// [`Error::Refused`] with every fault of its fields; [`Error::Conflict`] when one of them cannot be changed any more,
    /// or a message does not belong to the new type.
    pub fn apply(&self, campaign: &Campaign, steps: &[Step], now: Timestamp) -> Result<Campaign> {
        let typed = Campaign::draft(campaign.id, self.over(campaign)?, campaign.created_at)?;
        let patched = Campaign {
            status: campaign.status,
            audience: campaign.audience,
            enrolling: campaign.enrolling,
            version: campaign.version,
            updated_at: campaign.updated_at,
            started_at: campaign.started_at,
            completed_at: campaign.completed_at,
            ..typed
        };
        if patched == *campaign {
            return Ok(patched);
        }
        demand_open(campaign, &patched)?;
        demand_dates(campaign, &patched, now)?;
        for step in steps.iter().filter(|_| patched.campaign_type != campaign.campaign_type) {
            patched.accepts_step(step.message_type)?;
        }
        Ok(Campaign { version: campaign.version + 1, updated_at: now, ..patched })
    }

    /// What somebody would have typed who wants the campaign as the patch leaves it.
    fn over(&self, campaign: &Campaign) -> Result<CampaignDraft> {
        let known = campaign.typed();
        let mut fields = match serde_json::to_value(&known) {
            Ok(Value::Object(fields)) => fields,
            _ => Map::new(),
        };
        for (name, value) in &self.0 {
            match (name.as_str(), fields.get_mut(name), value) {
                ("settings", Some(Value::Object(settings)), Value::Object(patch)) => {
                    settings.extend(patch.clone());
                    settings.retain(|_, setting| !setting.is_null());
                }
                _ => drop(fields.insert(name.clone(), value.clone())),
            }
        }
        serde_json::from_value(Value::Object(fields)).map_err(malformed)
    }
}

impl Campaign {
    /// As somebody would have typed it.
    fn typed(&self) -> CampaignDraft {
        let campaign = self.clone();
        CampaignDraft {
            name: campaign.name,
            description: campaign.description,
            campaign_type: campaign.campaign_type.to_string(),
            target_criteria: campaign.target_criteria,
            goal_type: campaign.goal_type.map(|goal| goal.to_string()),
            goal_value: campaign.goal_value,
            budget: campaign.budget.map(|budget| budget.units()),
            start_date: campaign.start_date,
            end_date: campaign.end_date,
            workflow_id: campaign.workflow_id,
            agent_id: campaign.agent_id,
            twilio_config: campaign.twilio_config,
            settings: Some(campaign.settings),
        }
    }
}

fn malformed(error: serde_json::Error) -> Error {
    Error::Malformed(vec![Fault::new("body", FaultCode::Malformed, error.to_string())])
}

/// Whether what changes can be changed where the campaign stands.
fn demand_open(old: &Campaign, new: &Campaign) -> Result<()> {
    let status = old.status;
    if status.is_over() {
        return Err(Error::conflict(format!("the campaign is {status}: it cannot be changed any more")));
    }
    let before = matches!(status, CampaignStatus::Draft | CampaignStatus::Scheduled);
    let changed = [
        old.campaign_type != new.campaign_type,
        old.target_criteria != new.target_criteria,
        old.start_date != new.start_date,
    ];
    match BEFORE_THE_START.iter().zip(changed).find(|(_, changed)| *changed) {
        Some((field, _)) if !before => {
            Err(Error::conflict(format!("the campaign is {status}: {field} can only be changed before the start")))
        }
        _ => Ok(()),
    }
}

/// Time goes by the dates of a campaign that was scheduled or started: they change to such as are still to come.
fn demand_dates(old: &Campaign, new: &Campaign, now: Timestamp) -> Result<()> {
    let mut faults = Vec::new();
    if new.status == CampaignStatus::Scheduled && new.start_date != old.start_date {
        faults.extend(date_to_come("start_date", new.start_date, now).err());
    }
    if new.status != CampaignStatus::Draft && new.end_date.is_some() && new.end_date != old.end_date {
        faults.extend(date_to_come("end_date", new.end_date, now).err());
    }
    faults.extend(dates_in_order(new.start_date, new.end_date).err());
    if faults.is_empty() { Ok(()) } else { Err(Error::Refused(faults)) }
}

#[cfg(test)]
mod tests;

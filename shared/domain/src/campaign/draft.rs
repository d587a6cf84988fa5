//! Campaigns as somebody typed them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Campaign, CampaignSettings, CampaignStatus, CampaignType, ExternalId, GoalType, MAX_DESCRIPTION, MAX_NAME,
    TwilioConfig, too_long,
};
use crate::contact::draft::{MAX_NESTING, NAMELESS, unkeepable, unkeepable_bounds};
use crate::contact::target::TargetCriteria;
use crate::frequency::FrequencyCap;
use crate::id::CampaignId;
use crate::money::Money;
use crate::naming::described;
use crate::time::to_millis;
use crate::{Error, Fault, FaultCode, Result, Timestamp};

/// The most bytes that a campaign's settings take as JSON.
const MAX_SETTINGS_BYTES: usize = 16 * 1024;
/// The longest id of something that the caller keeps elsewhere, and the longest text of Twilio's.
const MAX_ID: usize = 128;
/// The pattern of a text that holds more than blanks.
pub(super) const NOT_BLANK: &str = r"\S";

/// A campaign as somebody typed it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = example())]
pub struct CampaignDraft {
    /// What people call it.
    #[schemars(length(min = 1, max = MAX_NAME), regex(pattern = NOT_BLANK))]
    pub name: String,
    /// What it is for.
    #[schemars(length(max = MAX_DESCRIPTION))]
    pub description: Option<String>,
    /// Which channels its messages take.
    #[schemars(with = "CampaignType")]
    pub campaign_type: String,
    /// Whom it is for, where it is to find its contacts itself: they are enrolled when it starts, unless somebody was
    /// before.
    pub target_criteria: Option<TargetCriteria>,
    /// What it is for, in a word. It says which activities of a contact count as its conversion.
    #[schemars(with = "Option<GoalType>")]
    pub goal_type: Option<String>,
    /// How much of it is wanted.
    #[schemars(range(min = 0.0, max = Money::MAX_UNITS))]
    pub goal_value: Option<f64>,
    /// What it may cost. Nothing is held back for it: performance tells what it costs.
    #[schemars(range(min = 0.0, max = Money::MAX_UNITS))]
    pub budget: Option<f64>,
    /// When it begins, once it is scheduled.
    pub start_date: Option<Timestamp>,
    /// From when on nothing more is sent; after `start_date`.
    pub end_date: Option<Timestamp>,
    /// The workflow that it belongs to, an id of the caller's.
    pub workflow_id: Option<ExternalId>,
    /// The agent that talks for it, an id of the caller's.
    pub agent_id: Option<ExternalId>,
    /// How Twilio is used for its calls.
    pub twilio_config: Option<TwilioConfig>,
    /// What it chooses for itself: `send_time_optimization` (true: a message waits for the hour at which the contact opened
    /// earlier ones) and `frequency_cap` (such as `1_per_day` or `3_per_week`). Whatever else is given is kept as it is.
    pub settings: Option<CampaignSettings>,
}

fn example() -> Value {
    serde_json::json!({
        "name": "Spring sale", "description": "For customers in London", "campaign_type": "multi_channel",
        "target_criteria": { "lifecycle_stages": ["customer"], "tags": ["london"], "max_contacts": 500 },
        "goal_type": "conversion", "goal_value": 50, "budget": 10_000.0,
        "start_date": "2030-02-01T00:00:00Z", "end_date": "2030-03-31T23:59:59Z", "workflow_id": 10, "agent_id": 5,
        "settings": { "send_time_optimization": true, "frequency_cap": "1_per_day" },
    })
}

impl Campaign {
    /// A draft.
    ///
    /// # Errors
    /// [`Error::Refused`] with every fault.
    pub fn draft(id: CampaignId, draft: CampaignDraft, now: Timestamp) -> Result<Self> {
        let mut faults = Vec::new();
        let mut told = |fault: Fault| faults.push(fault);
        let name = draft.named().map_err(&mut told);
        let campaign_type = CampaignType::parse("campaign_type", &draft.campaign_type).map_err(&mut told);
        let goal_type = draft.goal_type.as_deref().map(|word| GoalType::parse("goal_type", word));
        let goal_type = goal_type.transpose().map_err(&mut told);
        let description = described(draft.description.clone(), MAX_DESCRIPTION).map_err(&mut told);
        let budget = draft.budget.map(|units| amount("budget", units)).transpose().map_err(&mut told);
        faults.extend(draft.faults());
        let (Ok(name), Ok(campaign_type), Ok(goal_type), Ok(description), Ok(budget), true) =
            (name, campaign_type, goal_type, description, budget, faults.is_empty())
        else {
            return Err(Error::Refused(faults));
        };
        Ok(Self {
            id,
            name,
            description,
            campaign_type,
            status: CampaignStatus::Draft,
            target_criteria: draft.target_criteria,
            goal_type,
            goal_value: draft.goal_value,
            budget,
            start_date: draft.start_date.map(to_millis),
            end_date: draft.end_date.map(to_millis),
            workflow_id: draft.workflow_id,
            agent_id: draft.agent_id,
            twilio_config: draft.twilio_config,
            settings: draft.settings.unwrap_or_default(),
            audience: 0,
            enrolling: 0,
            version: 1,
            created_at: now,
            updated_at: now,
            started_at: None,
            completed_at: None,
        })
    }
}

impl CampaignDraft {
    fn named(&self) -> Result<String, Fault> {
        let name = self.name.trim();
        if name.is_empty() {
            return Err(Fault::missing("name"));
        }
        match too_long("name", &self.name, MAX_NAME) {
            Some(fault) => Err(fault),
            None => Ok(name.to_owned()),
        }
    }

    /// What is wrong with the fields that are kept as they are.
    fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if let Some(Err(Error::Refused(found))) = self.target_criteria.as_ref().map(TargetCriteria::parse) {
            faults.extend(found.into_iter().map(|fault| within("target_criteria", fault)));
        }
        faults.extend(self.goal_value.and_then(|value| amount("goal_value", value).err()));
        faults.extend(unkeepable_bounds([("goal_value", self.goal_value), ("goal_value", None)]));
        faults.extend(dates_in_order(self.start_date, self.end_date).err());
        for (field, id) in [("workflow_id", &self.workflow_id), ("agent_id", &self.agent_id)] {
            faults.extend(id.as_ref().and_then(|id| id.fault(field)));
        }
        faults.extend(self.twilio_config.iter().flat_map(TwilioConfig::faults));
        faults.extend(self.settings.iter().flat_map(CampaignSettings::faults));
        faults
    }
}

impl ExternalId {
    fn fault(&self, field: &str) -> Option<Fault> {
        match self {
            Self::Number(_) => None,
            Self::Text(text) if text.trim().is_empty() => {
                Some(Fault::new(field, FaultCode::Invalid, "must not be blank"))
            }
            Self::Text(text) => too_long(field, text, MAX_ID),
        }
    }
}

impl TwilioConfig {
    fn faults(&self) -> Vec<Fault> {
        let account = self.account_sid.as_deref().unwrap_or_default();
        let account = too_long("twilio_config.account_sid", account, MAX_ID);
        let is_number = |text: &str| {
            let digits = text.strip_prefix('+').unwrap_or_default();
            (2..=15).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit())
        };
        let reason = "must be a number in E.164, such as +15551234567";
        let number = self.phone_number.as_deref().filter(|text| !is_number(text));
        let number = number.map(|_| Fault::new("twilio_config.phone_number", FaultCode::Invalid, reason));
        account.into_iter().chain(number).collect()
    }
}

impl CampaignSettings {
    fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if let Some(Err(error)) = self.frequency_cap.as_deref().map(str::parse::<FrequencyCap>) {
            faults.push(Fault::new("settings.frequency_cap", FaultCode::Invalid, error.to_string()));
        }
        for (name, value) in &self.other {
            let reason = if name.is_empty() { Some(NAMELESS) } else { unkeepable(value, MAX_NESTING) };
            faults.extend(reason.map(|reason| Fault::new(format!("settings.{name}"), FaultCode::Invalid, reason)));
        }
        let bytes: usize = self.other.iter().map(|(name, value)| name.len() + value.to_string().len()).sum();
        if bytes > MAX_SETTINGS_BYTES {
            let reason = format!("are larger than {MAX_SETTINGS_BYTES} bytes");
            faults.push(Fault::new("settings", FaultCode::TooLong, reason));
        }
        faults
    }
}

fn amount(field: &str, units: f64) -> Result<Money, Fault> {
    Money::parse(units).map_err(|error| Fault::new(field, FaultCode::Invalid, error.to_string()))
}

/// The end must come after the beginning.
pub(super) fn dates_in_order(start: Option<Timestamp>, end: Option<Timestamp>) -> Result<(), Fault> {
    match start.zip(end) {
        Some((start, end)) if end <= start => {
            Err(Fault::new("end_date", FaultCode::Invalid, "must come after start_date"))
        }
        _ => Ok(()),
    }
}

/// The date must be given and lie in the future.
pub(super) fn date_to_come(field: &str, date: Option<Timestamp>, now: Timestamp) -> Result<(), Fault> {
    match date {
        None => Err(Fault::missing(field)),
        Some(date) if date <= now => Err(Fault::new(field, FaultCode::Invalid, "must be in the future")),
        Some(_) => Ok(()),
    }
}

fn within(outer: &str, fault: Fault) -> Fault {
    Fault { field: format!("{outer}.{}", fault.field), ..fault }
}

#[cfg(test)]
mod tests;

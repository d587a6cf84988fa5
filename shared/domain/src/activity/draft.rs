//! Drafts: something that came of a campaign elsewhere, as somebody notes it.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{ActivityType, CONVERTED, DETAILS, REVENUE};
use crate::access::Actor;
use crate::id::{CampaignId, ContactId, InteractionId};
use crate::interaction::draft::{MAX_DESCRIPTION, description, kept, metadata, moment};
use crate::interaction::{CAMPAIGN, Interaction, InteractionType};
use crate::money::Money;
use crate::{Error, Fault, FaultCode, Result, Timestamp};

/// Something that came of a campaign, as somebody notes it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = example())]
pub struct ActivityDraft {
    /// With whom it happened: a contact that is enrolled in the campaign.
    pub contact_id: String,
    /// What it was. An answer is one to the last message that went to the contact over its channel before.
    #[serde(rename = "type")]
    #[schemars(schema_with = "noted")]
    pub kind: String,
    /// When it happened, from 1900 to one day ahead; now, where nothing is said.
    #[serde(default)]
    pub occurred_at: Option<Timestamp>,
    /// What it brought, in the tenant's currency. It adds to what the enrolment brought before. An answer, and a deal that is
    /// lost, bring nothing.
    #[serde(default)]
    #[schemars(range(min = 0, max = Money::MAX_UNITS))]
    pub revenue: Option<f64>,
    /// What it was, in words. It is trimmed, and must not be blank.
    #[serde(default)]
    #[schemars(length(min = 1, max = MAX_DESCRIPTION), pattern(r"\S"))]
    pub description: Option<String>,
    /// Whatever else is to be known of it: an object with any JSON in it, as JSON at most 32 KiB. Numbers are 0 or from
    /// 1e-125 to 1e125 in magnitude, lists and objects nested at most 16 deep, and every field of an object has a name.
    #[serde(default)]
    #[schemars(extend("propertyNames" = { "minLength": 1 }))]
    pub metadata: Map<String, Value>,
}

fn example() -> Value {
    json!({
        "contact_id": "01890a5d-ac96-774b-bcce-b302099a8057", "type": "deal_won", "occurred_at": "2024-02-20T15:00:00Z",
        "revenue": 15000.0, "description": "Signed for a year", "metadata": { "deal": "D-1042" },
    })
}

fn noted(_: &mut SchemaGenerator) -> Schema {
    let words: Vec<Value> = ActivityType::NOTED.iter().map(|kind| kind.as_str().into()).collect();
    let mut schema = Schema::default();
    schema.insert("type".to_owned(), "string".into());
    schema.insert("enum".to_owned(), words.into());
    schema
}

/// Something that came of a campaign elsewhere.
#[derive(Debug, Clone, PartialEq)]
pub struct Noted {
    /// With whom.
    pub contact: ContactId,
    /// What.
    pub kind: ActivityType,
    /// When, to the millisecond.
    pub at: Timestamp,
    /// What it brought.
    pub revenue: Money,
    /// In words.
    pub description: Option<String>,
    /// Whatever else is to be known of it.
    pub details: Map<String, Value>,
}

impl ActivityDraft {
    /// What is meant, noted at `now`.
    ///
    /// # Errors
    /// [`Error::Refused`] with every fault of every field.
    pub fn parse(self, now: Timestamp) -> Result<Noted> {
        let mut faults = Vec::new();
        let id = self.contact_id.parse::<ContactId>();
        let contact = id.map_err(|_| Fault::new("contact_id", FaultCode::Invalid, "is not the id of a contact"));
        let contact = kept(&mut faults, contact);
        let kind = kept(&mut faults, kind(&self.kind));
        let revenue = kept(&mut faults, revenue(self.revenue, kind)).unwrap_or_default();
        let at = kept(&mut faults, moment(self.occurred_at, None, now)).unwrap_or(now);
        let text = self.description.map(|text| description(&text)).transpose();
        let description = kept(&mut faults, text).flatten();
        let details = kept(&mut faults, metadata(self.metadata)).unwrap_or_default();
        match (contact, kind) {
            (Some(contact), Some(kind)) if faults.is_empty() => {
                Ok(Noted { contact, kind, at, revenue, description, details })
            }
            _ => Err(Error::Refused(faults)),
        }
    }
}

fn kind(word: &str) -> Result<ActivityType, Fault> {
    let found = ActivityType::NOTED.into_iter().find(|kind| kind.as_str() == word);
    found.ok_or_else(|| Fault::not_allowed("type", &ActivityType::NOTED.map(ActivityType::as_str)))
}

fn revenue(units: Option<f64>, kind: Option<ActivityType>) -> Result<Money, Fault> {
    let Some(units) = units else { return Ok(Money::ZERO) };
    let invalid = |reason: String| Fault::new("revenue", FaultCode::Invalid, reason);
    let amount = Money::parse(units).map_err(|error| invalid(error.to_string()))?;
    match kind {
        Some(kind @ (ActivityType::DealLost | ActivityType::EmailReplied | ActivityType::SmsReplied)) => {
            Err(Fault::new("revenue", FaultCode::NotAllowed, format!("{kind} brings nothing")))
        }
        _ => Ok(amount),
    }
}

impl Noted {
    /// What the timeline of `contact`, whom the enrolled one may have gone into, tells of it; of an answer that is told by
    /// its message, a note, if there is anything to note. `converted`: whether it was what the campaign is for.
    pub fn told(
        &self,
        id: InteractionId,
        campaign: CampaignId,
        contact: ContactId,
        converted: bool,
        by: Actor,
        now: Timestamp,
    ) -> Option<Interaction> {
        let kind = match self.kind.without_message() {
            Some(kind) => kind,
            None if self.description.is_none() && self.details.is_empty() => return None,
            None => InteractionType::NoteAdded,
        };
        let description = self.description.clone();
        Some(Interaction {
            id,
            contact_id: contact,
            interaction_type: kind,
            description: description.unwrap_or_else(|| self.in_words(campaign)),
            booking_id: None,
            metadata: self.metadata(campaign, converted),
            occurred_at: self.at,
            created_at: now,
            created_by: by,
        })
    }

    fn in_words(&self, campaign: CampaignId) -> String {
        let what = match self.kind {
            ActivityType::FormSubmitted => "Form submitted",
            ActivityType::MeetingScheduled => "Meeting scheduled",
            ActivityType::DealWon => "Deal won",
            ActivityType::DealLost => "Deal lost",
            _ => "Answer",
        };
        format!("{what}: campaign {campaign}")
    }

    fn metadata(&self, campaign: CampaignId, converted: bool) -> Map<String, Value> {
        let revenue = (!self.revenue.is_zero()).then(|| (REVENUE, json!(self.revenue)));
        let converted = converted.then_some((CONVERTED, json!(true)));
        let details = (!self.details.is_empty()).then(|| (DETAILS, json!(self.details)));
        let fields = [(CAMPAIGN, json!(campaign))].into_iter().chain(revenue).chain(converted).chain(details);
        fields.map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activity;
    use crate::id::Id;

    fn now() -> Timestamp {
        "2026-11-20T10:00:00Z".parse().unwrap()
    }

    fn faults(draft: Value) -> Vec<String> {
        match serde_json::from_value::<ActivityDraft>(draft).unwrap().parse(now()) {
            Err(Error::Refused(faults)) => faults.into_iter().map(|fault| fault.field).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_example_is_an_activity_of_its_campaign() {
        let noted = serde_json::from_value::<ActivityDraft>(example()).unwrap().parse(now()).unwrap();
        let (id, campaign) = (InteractionId::derived(now(), &[]), CampaignId::derived(now(), &[]));
        let told = noted.told(id, campaign, noted.contact, true, Actor::Operator, now()).unwrap();
        assert_eq!(activity::of(&told), Some((campaign, ActivityType::DealWon)));
        let about = activity::About::of(&told);
        assert_eq!((about.revenue, about.converted), (Some(Money::micros(15_000_000_000)), true));
        assert_eq!(about.details, noted.details);
    }

    #[test]
    fn every_fault_is_reported_at_once() {
        let draft = json!({ "contact_id": "x", "type": "email_sent", "revenue": -1, "description": " ",
            "occurred_at": "1800-01-01T00:00:00Z", "metadata": { "": 1 } });
        assert_eq!(faults(draft), ["contact_id", "type", "revenue", "occurred_at", "description", "metadata"]);
        let id = ContactId::derived(now(), &[]);
        assert_eq!(faults(json!({ "contact_id": id, "type": "deal_lost", "revenue": 1 })), ["revenue"]);
    }

    #[test]
    fn an_answer_is_told_by_its_message_and_only_a_note_beside() {
        let draft = json!({ "contact_id": ContactId::derived(now(), &[]), "type": "email_replied" });
        let mut noted = serde_json::from_value::<ActivityDraft>(draft).unwrap().parse(now()).unwrap();
        let (id, campaign) = (InteractionId::derived(now(), &[]), CampaignId::derived(now(), &[]));
        let told = |noted: &Noted| noted.told(id, campaign, noted.contact, false, Actor::Operator, now());
        assert_eq!(told(&noted), None);
        noted.description = Some("Wants to know more".into());
        let note = told(&noted).unwrap();
        assert_eq!((note.interaction_type, activity::of(&note)), (InteractionType::NoteAdded, None));
    }
}

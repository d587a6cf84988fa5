//! Drafts: an interaction as somebody typed it, and what makes it acceptable.

use chrono::{Datelike, TimeDelta};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Interaction, InteractionType};
use crate::access::Actor;
use crate::booking::{BookingId, NotABooking};
use crate::contact::draft::{MAX_NESTING, NAMELESS, unkeepable};
use crate::id::{ContactId, InteractionId};
use crate::time::{after, to_millis};
use crate::{Error, Fault, FaultCode, Result, Timestamp};

/// The longest description, in characters.
pub const MAX_DESCRIPTION: usize = 5_000;
/// The most bytes of the metadata as JSON.
pub const MAX_METADATA_BYTES: usize = 32 * 1024;
/// How far ahead an interaction may lie: the clocks and time zones of callers differ.
pub(crate) const AHEAD: TimeDelta = TimeDelta::days(1);
/// The first year in which something may have happened.
const FIRST_YEAR: i32 = 1900;

/// Something that happened with a contact, as somebody notes it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = example())]
pub struct InteractionDraft {
    /// What kind of thing it was; `manual_entry` where nothing is said. The types that are not listed here are noted by
    /// the system.
    #[serde(default)]
    #[schemars(schema_with = "by_hand")]
    pub interaction_type: Option<String>,
    /// What it was, in words. It is trimmed, and must not be blank.
    #[schemars(length(min = 1, max = MAX_DESCRIPTION), pattern(r"\S"))]
    pub description: String,
    /// When it happened, from 1900 to one day ahead; now, where nothing is said.
    pub occurred_at: Option<Timestamp>,
    /// The same as occurred_at; only one of both may be given.
    pub date: Option<Timestamp>,
    /// The booking that it belongs to, by the id that it has where it was made.
    #[schemars(length(min = 1, max = BookingId::MAX_LENGTH), regex(pattern = BookingId::PATTERN))]
    pub booking_id: Option<String>,
    /// Whatever else is to be known of it: an object with any JSON in it, as JSON at most 32 KiB. Numbers are 0 or from
    /// 1e-125 to 1e125 in magnitude, lists and objects nested at most 16 deep, and every field of an object has a name.
    #[serde(default)]
    #[schemars(extend("propertyNames" = { "minLength": 1 }))]
    pub metadata: Map<String, Value>,
}

fn example() -> Value {
    json!({
        "interaction_type": "note_added", "description": "Asked for an offer by Friday",
        "occurred_at": "2024-01-31T09:30:00Z", "metadata": { "medium": "phone", "minutes": 12 },
    })
}

fn by_hand(_: &mut SchemaGenerator) -> Schema {
    let words: Vec<Value> = InteractionType::BY_HAND.iter().map(|kind| kind.as_str().into()).collect();
    let words: Vec<Value> = words.into_iter().chain([Value::Null]).collect();
    let mut schema = Schema::default();
    schema.insert("type".to_owned(), json!(["string", "null"]));
    schema.insert("enum".to_owned(), words.into());
    schema
}

impl InteractionDraft {
    /// The interaction that is meant, noted by `by` at `now`.
    ///
    /// # Errors
    /// [`Error::Refused`] with every fault of every field.
    pub fn parse(self, id: InteractionId, contact: ContactId, by: Actor, now: Timestamp) -> Result<Interaction> {
        let mut faults = Vec::new();
        let interaction = Interaction {
            id,
            contact_id: contact,
            interaction_type: kept(&mut faults, kind(self.interaction_type.as_deref()))
                .unwrap_or(InteractionType::ManualEntry),
            description: kept(&mut faults, description(&self.description)).unwrap_or_default(),
            booking_id: kept(&mut faults, booking_id(self.booking_id)).flatten(),
            occurred_at: kept(&mut faults, moment(self.occurred_at, self.date, now)).unwrap_or(now),
            metadata: kept(&mut faults, metadata(self.metadata)).unwrap_or_default(),
            created_at: now,
            created_by: by,
        };
        if faults.is_empty() { Ok(interaction) } else { Err(Error::Refused(faults)) }
    }
}

pub(crate) fn kept<T>(faults: &mut Vec<Fault>, value: Result<T, Fault>) -> Option<T> {
    value.map_err(|fault| faults.push(fault)).ok()
}

fn kind(text: Option<&str>) -> Result<InteractionType, Fault> {
    text.map_or(Ok(InteractionType::ManualEntry), |text| InteractionType::by_hand("interaction_type", text))
}

pub(crate) fn description(text: &str) -> Result<String, Fault> {
    if text.chars().count() > MAX_DESCRIPTION {
        let reason = format!("is longer than {MAX_DESCRIPTION} characters");
        return Err(Fault::new("description", FaultCode::TooLong, reason));
    }
    let text = text.trim();
    if text.is_empty() { Err(Fault::missing("description")) } else { Ok(text.to_owned()) }
}

fn booking_id(text: Option<String>) -> Result<Option<BookingId>, Fault> {
    let id = text.map(|text| text.parse()).transpose();
    id.map_err(|reason: NotABooking| Fault::new("booking_id", FaultCode::Invalid, reason.to_string()))
}

pub(crate) fn moment(
    occurred_at: Option<Timestamp>,
    date: Option<Timestamp>,
    now: Timestamp,
) -> Result<Timestamp, Fault> {
    let (field, given) = match (occurred_at, date) {
        (None, None) => return Ok(now),
        (Some(_), Some(_)) => {
            return Err(Fault::new("date", FaultCode::NotAllowed, "cannot be given together with occurred_at"));
        }
        (Some(moment), None) => ("occurred_at", moment),
        (None, Some(moment)) => ("date", moment),
    };
    if given.year() < FIRST_YEAR || given > after(now, AHEAD) {
        let reason = format!("must lie between {FIRST_YEAR} and one day from now");
        return Err(Fault::new(field, FaultCode::Invalid, reason));
    }
    Ok(to_millis(given))
}

pub(crate) fn metadata(fields: Map<String, Value>) -> Result<Map<String, Value>, Fault> {
    let bytes: usize = fields.iter().map(|(name, value)| name.len() + value.to_string().len()).sum();
    if bytes > MAX_METADATA_BYTES {
        let reason = format!("is larger than {MAX_METADATA_BYTES} bytes");
        return Err(Fault::new("metadata", FaultCode::TooLong, reason));
    }
    if fields.contains_key("") {
        return Err(Fault::new("metadata", FaultCode::Invalid, NAMELESS));
    }
    for (name, value) in &fields {
        if let Some(reason) = unkeepable(value, MAX_NESTING) {
            return Err(Fault::new(format!("metadata.{name}"), FaultCode::Invalid, reason));
        }
    }
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;

    fn now() -> Timestamp {
        chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap_or_default()
    }

    fn parsed(draft: Value) -> Result<Interaction> {
        let draft: InteractionDraft = serde_json::from_value(draft).unwrap();
        draft.parse(InteractionId::derived(now(), &[]), ContactId::derived(now(), &[]), Actor::Operator, now())
    }

    #[test]
    fn what_is_not_said_is_a_manual_entry_of_now() {
        let noted = parsed(json!({ "description": " called " })).unwrap();
        assert_eq!((noted.interaction_type, noted.description.as_str()), (InteractionType::ManualEntry, "called"));
        assert_eq!((noted.occurred_at, noted.created_at, noted.booking_id), (now(), now(), None));
    }

    #[test]
    fn the_example_is_acceptable() {
        assert_eq!(parsed(example()).unwrap().interaction_type, InteractionType::NoteAdded);
    }

    #[test]
    fn every_refused_value_names_its_field() {
        let moment = |seconds: i64| now() + TimeDelta::seconds(seconds);
        let deep = (0..17).fold(json!(1), |inner, _| json!([inner]));
        for (draft, field) in [
            (json!({ "description": "  " }), "description"),
            (json!({ "description": "x".repeat(5_001) }), "description"),
            (json!({ "description": "x", "interaction_type": "message_opened" }), "interaction_type"),
            (json!({ "description": "x", "interaction_type": "" }), "interaction_type"),
            (json!({ "description": "x", "date": moment(86_401) }), "date"),
            (json!({ "description": "x", "occurred_at": "1899-12-31T23:59:59Z" }), "occurred_at"),
            (json!({ "description": "x", "occurred_at": moment(0), "date": moment(0) }), "date"),
            (json!({ "description": "x", "booking_id": "" }), "booking_id"),
            (json!({ "description": "x", "booking_id": "x".repeat(129) }), "booking_id"),
            (json!({ "description": "x", "metadata": { "a": "x".repeat(32 * 1024) } }), "metadata"),
            (json!({ "description": "x", "metadata": { "": 1 } }), "metadata"),
            (json!({ "description": "x", "metadata": { "a": { "b": 1e200 } } }), "metadata.a"),
            (json!({ "description": "x", "metadata": { "a": deep } }), "metadata.a"),
        ] {
            let Err(Error::Refused(faults)) = parsed(draft.clone()) else { panic!("{draft} is taken") };
            assert_eq!(faults.iter().map(|fault| fault.field.as_str()).collect::<Vec<_>>(), [field], "{draft}");
        }
        assert!(parsed(json!({ "description": "x".repeat(5_000), "date": moment(86_400) })).is_ok());
    }

    #[test]
    fn a_type_of_the_system_is_refused_with_those_that_are_allowed() {
        let fault = InteractionType::by_hand("type", "lead_created").unwrap_err();
        assert_eq!(fault.allowed_values.map(|words| words.len()), Some(6));
        assert_eq!(InteractionType::by_hand("type", "email_sent"), Ok(InteractionType::EmailSent));
    }
}

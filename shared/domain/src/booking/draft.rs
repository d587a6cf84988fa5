//! Drafts: a booking as a scheduling system reports it, and what makes the report acceptable.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use chrono::Datelike;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{BookingEvent, BookingId, BookingReport, Invitee, NotABooking};
use crate::contact::Profile;
use crate::contact::draft::{Draft, MAX_CUSTOM_FIELDS, MAX_TITLE, Rules};
use crate::email::EmailAddress;
use crate::interaction::draft::AHEAD;
use crate::person_name;
use crate::phone::Phone;
use crate::time::{after, to_millis};
use crate::{Error, Fault, FaultCode, Result, Timestamp};

const YEARS: RangeInclusive<i32> = 1970..=9999;

/// A report of something that happened to a booking. Reporting the same event of the same booking again changes nothing;
/// the order does not matter. Texts are trimmed, and one of blanks only counts as absent; blanks count towards the length
/// of a text.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = example())]
pub struct BookingDraft {
    /// The id that the scheduling system gave the booking: no blanks inside.
    #[schemars(length(min = 1, max = BookingId::MAX_LENGTH), regex(pattern = BookingId::PATTERN))]
    pub booking_id: String,
    /// What happened. A booking that was completed and cancelled counts as completed.
    #[schemars(with = "BookingEvent")]
    pub event: String,
    /// The invitee's name as one text. It is split into first and last name, each cut after 100 characters.
    pub invitee_name: Option<String>,
    /// The invitee's e-mail address, by which the contact is found or made.
    #[schemars(length(min = 1, max = EmailAddress::MAX_LENGTH))]
    pub invitee_email: String,
    /// The invitee's phone number in international form (`+…`), or in the national form of the tenant's default country. As
    /// with contacts, one that is not valid is refused, and the report with it.
    #[schemars(length(max = Phone::MAX_TYPED))]
    pub invitee_phone: Option<String>,
    /// When the meeting takes place. Where reports differ, the one counts whose event occurred last.
    pub starts_at: Option<Timestamp>,
    /// When the event happened, at most one day ahead; now, where nothing is said.
    pub occurred_at: Option<Timestamp>,
    /// What the meeting is about. Where reports differ, the one counts whose event occurred last.
    #[schemars(length(max = MAX_TITLE))]
    pub title: Option<String>,
    /// Whatever should be kept with the event, within the limits of a contact's custom fields.
    #[schemars(extend("maxProperties" = MAX_CUSTOM_FIELDS, "propertyNames" = { "minLength": 1 }))]
    pub metadata: Option<BTreeMap<String, Value>>,
}

fn example() -> Value {
    serde_json::json!({
        "booking_id": "bk_20261", "event": "created", "invitee_name": "Ada King", "invitee_email": "ada@example.com",
        "invitee_phone": "+442079460123", "starts_at": "2024-12-01T09:00:00Z", "occurred_at": "2024-11-20T15:30:00Z",
        "title": "Introduction", "metadata": { "minutes": 30 },
    })
}

impl BookingDraft {
    /// Makes a valid report of it, that came `now`.
    ///
    /// # Errors
    /// [`Error::Refused`] with every fault of every field. A phone number that is none is a fault, as it is of a contact:
    /// whoever reports can mend it or leave it out, and nobody would hear of a number that vanished.
    pub fn parse(self, rules: &Rules, now: Timestamp) -> Result<BookingReport> {
        let mut faults = Vec::new();
        let booking_id = noted(&mut faults, booking_id(&self.booking_id));
        let event = noted(&mut faults, BookingEvent::parse("event", &self.event));
        noted(&mut faults, required("invitee_email", &self.invitee_email));
        let starts_at = noted(&mut faults, moment("starts_at", self.starts_at)).flatten();
        let occurred_at = noted(&mut faults, happened(self.occurred_at, now)).flatten();
        let title = noted(&mut faults, title(self.title)).flatten();
        let name = self.invitee_name.as_deref().map(person_name::split).unwrap_or_default();
        let known = of_contact(self.invitee_email, self.invitee_phone, self.metadata, rules, &mut faults)?;
        let (Some(booking_id), Some(event), Some((profile, email)), []) = (booking_id, event, known, &*faults) else {
            return Err(Error::Refused(faults));
        };
        Ok(BookingReport {
            booking_id,
            event,
            occurred_at: occurred_at.unwrap_or(to_millis(now)),
            is_dated: occurred_at.is_some(),
            invitee: Invitee { email, name, phone: profile.phone },
            starts_at,
            title,
            metadata: profile.custom_fields,
        })
    }
}

fn noted<T>(faults: &mut Vec<Fault>, result: Result<T, Fault>) -> Option<T> {
    result.map_err(|fault| faults.push(fault)).ok()
}

fn booking_id(text: &str) -> Result<BookingId, Fault> {
    required("booking_id", text)?;
    text.parse().map_err(|reason: NotABooking| Fault::new("booking_id", FaultCode::Invalid, reason.to_string()))
}

fn required(field: &str, text: &str) -> Result<(), Fault> {
    if text.trim().is_empty() { Err(Fault::missing(field)) } else { Ok(()) }
}

fn title(text: Option<String>) -> Result<Option<String>, Fault> {
    let text = text.unwrap_or_default();
    if text.chars().count() > MAX_TITLE {
        return Err(Fault::new("title", FaultCode::TooLong, format!("is longer than {MAX_TITLE} characters")));
    }
    Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty()))
}

/// As it is stored and sent: RFC 3339 has four digits for a year.
fn moment(field: &str, moment: Option<Timestamp>) -> Result<Option<Timestamp>, Fault> {
    if moment.is_some_and(|moment| !YEARS.contains(&moment.year())) {
        return Err(Fault::new(field, FaultCode::Invalid, "must lie in the years 1970 to 9999"));
    }
    Ok(moment.map(to_millis))
}

/// What has happened cannot lie ahead, but for what clocks and time zones differ.
fn happened(occurred_at: Option<Timestamp>, now: Timestamp) -> Result<Option<Timestamp>, Fault> {
    if occurred_at.is_some_and(|moment| moment > after(now, AHEAD)) {
        return Err(Fault::new("occurred_at", FaultCode::Invalid, "must not lie more than one day ahead"));
    }
    moment("occurred_at", occurred_at)
}

/// What a booking has in common with a contact is held to the same rules.
fn of_contact(
    email: String,
    phone: Option<String>,
    metadata: Option<BTreeMap<String, Value>>,
    rules: &Rules,
    faults: &mut Vec<Fault>,
) -> Result<Option<(Profile, EmailAddress)>> {
    let custom_fields = metadata.unwrap_or_default();
    match (Draft { email: Some(email), phone, custom_fields, ..Draft::default() }).parse(rules) {
        Ok(profile) => Ok(profile.email.clone().map(|email| (profile, email))),
        Err(Error::Refused(of_contact)) => {
            // That the address is missing is said already.
            let others = of_contact.into_iter().filter(|fault| fault.code != FaultCode::Missing);
            faults.extend(others.map(|fault| Fault { field: field_of_booking(&fault.field), ..fault }));
            Ok(None)
        }
        Err(other) => Err(other),
    }
}

fn field_of_booking(field: &str) -> String {
    match field.strip_prefix("custom_fields") {
        Some(path) => format!("metadata{path}"),
        None => format!("invitee_{field}"),
    }
}

#[cfg(test)]
mod tests;

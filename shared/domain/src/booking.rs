//! Bookings that a scheduling system reports: what is known of each, and what they add up to.
//!
//! What a report must be like is in [`draft`]. Reports come in any order and more than once; the same reports always lead
//! to the same booking.

pub mod draft;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Timestamp;
use crate::contact::Profile;
use crate::email::EmailAddress;
use crate::id::ContactId;
use crate::person_name::PersonName;
use crate::phone::Phone;

vocabulary! {
    /// What happened to a booking (S2).
    BookingEvent {
        /// It was made, or moved to another time.
        Created = "created",
        /// The meeting took place.
        Completed = "completed",
        /// It was called off.
        Cancelled = "cancelled",
    }
}

/// A booking, by the id that the scheduling system gave it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct BookingId(#[schemars(length(min = 1, max = 128), regex(pattern = BookingId::PATTERN))] String);

/// The text cannot name a booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 128 characters, none of them a blank or a control character")]
pub struct NotABooking;

impl BookingId {
    /// What it matches, as the document says it.
    pub const PATTERN: &str = r"^\s*[^\s\x00-\x1f\x7f-\x9f]+\s*$";
    /// The most characters of one, blanks around it included.
    pub const MAX_LENGTH: usize = 128;

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for BookingId {
    type Err = NotABooking;

    fn from_str(text: &str) -> Result<Self, NotABooking> {
        let short = text.chars().count() <= Self::MAX_LENGTH;
        let text = text.trim();
        let visible = !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c.is_control());
        (short && visible).then(|| Self(text.to_owned())).ok_or(NotABooking)
    }
}

impl fmt::Display for BookingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A report that is acceptable.
#[derive(Debug, Clone, PartialEq)]
pub struct BookingReport {
    /// Of which booking.
    pub booking_id: BookingId,
    /// What happened to it.
    pub event: BookingEvent,
    /// When it happened; where nothing was said, when the report came.
    pub occurred_at: Timestamp,
    /// Whether `occurred_at` was said.
    pub is_dated: bool,
    /// By whom it was booked.
    pub invitee: Invitee,
    /// When the meeting takes place, if it was said.
    pub starts_at: Option<Timestamp>,
    /// What it is about, if it was said.
    pub title: Option<String>,
    /// What the caller keeps with the event.
    pub metadata: BTreeMap<String, Value>,
}

/// Who booked, as far as the report tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitee {
    /// By this the contact is found.
    pub email: EmailAddress,
    /// Split from the one name that was typed.
    pub name: PersonName,
    /// The number, if there is one.
    pub phone: Option<Phone>,
}

impl From<Invitee> for Profile {
    /// What a new contact would know, or an old one could fill its gaps from.
    fn from(invitee: Invitee) -> Self {
        let PersonName { first_name, last_name } = invitee.name;
        Self { first_name, last_name, email: Some(invitee.email), phone: invitee.phone, ..Self::default() }
    }
}

/// Something said of a booking. The latest word counts; of two at the same moment the greater, so that no order matters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Said<T> {
    /// When the event occurred whose report said so.
    pub at: Timestamp,
    /// What was said.
    pub value: T,
}

/// What is known of one booking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Booking {
    /// Its id.
    pub id: BookingId,
    /// Who booked: the contact of its first report.
    pub contact_id: ContactId,
    /// When it was first made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// When it was first said to have taken place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<Timestamp>,
    /// When it was first called off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancelled_at: Option<Timestamp>,
    /// When the meeting takes place, after the latest report that says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<Said<Timestamp>>,
    /// What it is about, after the latest report that says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Said<String>>,
    /// Counts the writes, from 1. It alone depends on the order of the reports.
    pub revision: u64,
}

impl Booking {
    /// A booking after the first report of it.
    pub fn new(contact_id: ContactId, report: &BookingReport) -> Self {
        let unheard_of = Self {
            id: report.booking_id.clone(),
            contact_id,
            created_at: None,
            completed_at: None,
            cancelled_at: None,
            starts_at: None,
            title: None,
            revision: 1,
        };
        unheard_of.with(report)
    }

    /// The booking after one more report, one revision on; none if the report changes nothing: it is known already, says
    /// less than is known, or is of another booking. Of each event the earliest moment counts.
    pub fn after(&self, report: &BookingReport) -> Option<Self> {
        if report.booking_id != self.id {
            return None;
        }
        let mut next = self.with(report);
        // Without a date a repeated report looks like a later one. It must not outdate what others said in between.
        if next == *self || (!report.is_dated && next.looks_like(self)) {
            return None;
        }
        next.revision += 1;
        Some(next)
    }

    /// Whether it was called off. A booking that took place was not, whatever else was reported.
    pub fn is_cancelled(&self) -> bool {
        self.status() == BookingEvent::Cancelled
    }

    /// Where it stands.
    pub fn status(&self) -> BookingEvent {
        if self.completed_at.is_some() {
            BookingEvent::Completed
        } else if self.cancelled_at.is_some() {
            BookingEvent::Cancelled
        } else {
            BookingEvent::Created
        }
    }

    /// When the meeting takes place; where nobody said, when it was booked, or else was completed.
    pub fn date(&self) -> Option<Timestamp> {
        let starts_at = self.starts_at.as_ref().map(|said| said.value);
        starts_at.or(self.created_at).or(self.completed_at)
    }

    fn with(&self, report: &BookingReport) -> Self {
        let mut next = self.clone();
        let at = report.occurred_at;
        let happened = match report.event {
            BookingEvent::Created => &mut next.created_at,
            BookingEvent::Completed => &mut next.completed_at,
            BookingEvent::Cancelled => &mut next.cancelled_at,
        };
        *happened = Some(happened.map_or(at, |known| known.min(at)));
        next.starts_at = next.starts_at.max(report.starts_at.map(|value| Said { at, value }));
        next.title = next.title.max(report.title.clone().map(|value| Said { at, value }));
        next
    }

    /// Whether only the moments differ at which something was said.
    fn looks_like(&self, other: &Self) -> bool {
        let happened = |booking: &Self| [booking.created_at, booking.completed_at, booking.cancelled_at];
        happened(self) == happened(other)
            && self.starts_at.as_ref().map(|said| said.value) == other.starts_at.as_ref().map(|said| said.value)
            && self.title.as_ref().map(|said| &said.value) == other.title.as_ref().map(|said| &said.value)
    }
}

/// A contact's figures over its bookings (S2).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BookingStatistics {
    /// How many were not cancelled.
    pub total_bookings: u64,
    /// The date of the latest of them.
    pub last_booking_date: Option<Timestamp>,
}

impl BookingStatistics {
    /// Over these and other bookings.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            total_bookings: self.total_bookings.saturating_add(other.total_bookings),
            last_booking_date: self.last_booking_date.max(other.last_booking_date),
        }
    }
}

/// Counts a contact's bookings, of which each is there once.
pub fn statistics(bookings: &[Booking]) -> BookingStatistics {
    let valid = || bookings.iter().filter(|booking| !booking.is_cancelled());
    BookingStatistics {
        total_bookings: valid().count() as u64,
        last_booking_date: valid().filter_map(Booking::date).max(),
    }
}

#[cfg(test)]
mod tests;

//! A booking as the API shows it.

use domain::Timestamp;
use domain::booking::{Booking, BookingEvent, BookingId};
use domain::id::ContactId;
use edge::ContactOut;
use schemars::JsonSchema;
use serde::Serialize;

/// A booking that a scheduling system reported.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Booking")]
pub(crate) struct BookingOut {
    /// The id that the scheduling system gave it.
    booking_id: BookingId,
    /// The contact that it belongs to.
    contact_id: ContactId,
    /// Where it stands. A booking that was completed and cancelled counts as completed.
    status: BookingEvent,
    /// When it was made, by the earliest report that says so.
    created_at: Option<Timestamp>,
    /// When it took place, by the earliest report that says so.
    completed_at: Option<Timestamp>,
    /// When it was called off, by the earliest report that says so.
    cancelled_at: Option<Timestamp>,
    /// When the meeting takes place.
    starts_at: Option<Timestamp>,
    /// What the meeting is about.
    title: Option<String>,
}

impl BookingOut {
    /// A booking of this contact.
    pub(crate) fn new(booking: Booking, contact_id: ContactId) -> Self {
        let status = booking.status();
        let Booking { id, created_at, completed_at, cancelled_at, starts_at, title, .. } = booking;
        let (starts_at, title) = (starts_at.map(|said| said.value), title.map(|said| said.value));
        Self { booking_id: id, contact_id, status, created_at, completed_at, cancelled_at, starts_at, title }
    }
}

/// What a report led to.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ReportedBooking")]
pub(crate) struct ReportedOut {
    /// The contact that was found or made.
    pub(crate) contact: ContactOut,
    /// The booking.
    pub(crate) booking: BookingOut,
}

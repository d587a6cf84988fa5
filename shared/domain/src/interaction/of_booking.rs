//! What a booking tells in the timeline of its contact: each of its events once, at the earliest moment at which it was said
//! to have happened.

use super::{Interaction, InteractionType};
use crate::Timestamp;
use crate::access::Actor;
use crate::booking::{BookingEvent, BookingId, BookingReport};
use crate::id::{ContactId, Id, InteractionId, TenantId};

/// The interaction's id, and so its place: whoever tells of the same event at the same moment comes to the same.
pub fn place_of_booking(tenant: TenantId, booking: &BookingId, event: BookingEvent, at: Timestamp) -> InteractionId {
    let tenant = tenant.uuid();
    let parts = [tenant.as_bytes(), booking.as_str().as_bytes(), event.as_str().as_bytes()];
    InteractionId::derived(at, &parts)
}

/// What a report tells that was taken in `now`.
pub fn of_booking(
    tenant: TenantId,
    contact_id: ContactId,
    report: &BookingReport,
    by: Actor,
    now: Timestamp,
) -> Interaction {
    let (interaction_type, became) = match report.event {
        BookingEvent::Created => (InteractionType::BookingCreated, "created"),
        BookingEvent::Completed => (InteractionType::BookingCompleted, "completed"),
        BookingEvent::Cancelled => (InteractionType::BookingCancelled, "cancelled"),
    };
    let title = report.title.as_ref().map(|title| format!(": {title}")).unwrap_or_default();
    Interaction {
        id: place_of_booking(tenant, &report.booking_id, report.event, report.occurred_at),
        contact_id,
        interaction_type,
        description: format!("Booking {became}{title}"),
        booking_id: Some(report.booking_id.clone()),
        metadata: report.metadata.clone().into_iter().collect(),
        occurred_at: report.occurred_at,
        created_at: now,
        created_by: by,
    }
}

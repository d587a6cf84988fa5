//! Interactions: what happened with a contact, as its timeline tells it.
//!
//! Somebody notes one in [`draft`]; bookings tell theirs in [`of_booking`], messages in [`of_message`].

pub mod draft;
mod of_booking;
mod of_message;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::access::Actor;
use crate::booking::BookingId;
use crate::id::{ContactId, InteractionId};
use crate::{Fault, Timestamp};

pub use of_booking::{of_booking, place_of_booking};
pub(crate) use of_message::{CAMPAIGN, CHANNEL, MESSAGE, STEP, VARIANT};
pub use of_message::{Change, change, contact_of};

vocabulary! {
    /// What kind of thing happened: S2's six, and what becomes of messages, campaigns and leads.
    InteractionType {
        /// An appointment was made.
        BookingCreated = "booking_created",
        /// An appointment took place.
        BookingCompleted = "booking_completed",
        /// An appointment was called off.
        BookingCancelled = "booking_cancelled",
        /// An e-mail was sent.
        EmailSent = "email_sent",
        /// A note was made.
        NoteAdded = "note_added",
        /// Somebody noted it by hand.
        ManualEntry = "manual_entry",
        /// A message of another kind than e-mail was sent.
        MessageSent = "message_sent",
        /// A message arrived.
        MessageDelivered = "message_delivered",
        /// A message was opened.
        MessageOpened = "message_opened",
        /// A link in a message was followed.
        MessageClicked = "message_clicked",
        /// A message was answered.
        MessageReplied = "message_replied",
        /// An answering machine took a call.
        VoicemailDetected = "voicemail_detected",
        /// A message came back.
        MessageBounced = "message_bounced",
        /// A message could not be sent.
        MessageFailed = "message_failed",
        /// The contact wants no more messages.
        MessageUnsubscribed = "message_unsubscribed",
        /// The contact was enrolled in a campaign.
        ContactEnrolled = "contact_enrolled",
        /// The contact did what a campaign is for.
        ContactConverted = "contact_converted",
        /// The contact filled in a form, after a campaign.
        FormSubmitted = "form_submitted",
        /// A meeting was agreed, after a campaign.
        MeetingScheduled = "meeting_scheduled",
        /// The contact bought, after a campaign.
        DealWon = "deal_won",
        /// The contact did not buy after all.
        DealLost = "deal_lost",
        /// The contact became a lead.
        LeadCreated = "lead_created",
        /// The lead was found to be promising.
        LeadQualified = "lead_qualified",
        /// The lead moved on, or back.
        LeadStageChanged = "lead_stage_changed",
    }
}

impl InteractionType {
    /// Those that somebody may note by hand (S2's); the others are noted by the system.
    pub const BY_HAND: [Self; 6] = [
        Self::BookingCreated,
        Self::BookingCompleted,
        Self::BookingCancelled,
        Self::EmailSent,
        Self::NoteAdded,
        Self::ManualEntry,
    ];

    /// Whether the list of all interactions of the tenant has those of this type: what becomes of messages and comes of
    /// campaigns is told by their contacts and campaigns only, for there is too much of it.
    pub fn is_listed(self) -> bool {
        Self::BY_HAND.contains(&self)
            || matches!(self, Self::LeadCreated | Self::LeadQualified | Self::LeadStageChanged)
    }

    /// Reads the word that `field` holds, if it is one of those that may be noted by hand.
    ///
    /// # Errors
    /// A fault of `field` that lists the allowed words.
    pub fn by_hand(field: &str, text: &str) -> Result<Self, Fault> {
        let allowed = Self::BY_HAND.into_iter().find(|kind| kind.as_str() == text);
        allowed.ok_or_else(|| Fault::not_allowed(field, &Self::BY_HAND.map(Self::as_str)))
    }
}

/// Something that happened with a contact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Interaction {
    /// Its id.
    pub id: InteractionId,
    /// With whom.
    pub contact_id: ContactId,
    /// What kind of thing.
    pub interaction_type: InteractionType,
    /// What it was, in words.
    pub description: String,
    /// The booking that it belongs to, by the id that it has where it was made.
    #[serde(default)]
    pub booking_id: Option<BookingId>,
    /// Whatever else is to be known of it.
    #[serde(default)]
    pub metadata: Map<String, Value>,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// When it was noted.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: Actor,
}

impl Interaction {
    /// Whether it stands in the list of all interactions of the tenant: those of campaigns do not.
    pub fn is_listed(&self) -> bool {
        self.interaction_type.is_listed() && !matches!(self.created_by, Actor::Campaign(_))
    }
}

//! What a message tells in the timeline of its contact. It follows from the message alone, so that whoever works it out
//! again comes to the same.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Interaction, InteractionType};
use crate::Timestamp;
use crate::access::Actor;
use crate::id::{ContactId, Id, InteractionId};
use crate::message::{Channel, Message};
use crate::time::to_millis;

/// What the metadata call the message.
pub(crate) const MESSAGE: &str = "message_id";
/// What they call its campaign.
pub(crate) const CAMPAIGN: &str = "campaign_id";
/// What they call the number of its step.
pub(crate) const STEP: &str = "step_number";
/// What they call its channel.
pub(crate) const CHANNEL: &str = "channel";
/// What they call the step's variant that it is of.
pub(crate) const VARIANT: &str = "variant";

/// How a timeline changes.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// This is told from now on.
    Told(Interaction),
    /// This is told no longer: it happened earlier, or did not happen after all.
    Withdrawn(Interaction),
}

/// In whose timeline a message stands: the contact's that it was sent to, or that this one went into.
pub fn contact_of(message: &Message) -> ContactId {
    message.person.unwrap_or(message.contact_id)
}

/// How a message's change from `old` to `new` changes the timeline, first what is withdrawn. A message whose contact is gone
/// tells nothing; what it told went with the contact.
pub fn change(old: Option<&Message>, new: Option<&Message>) -> Vec<Change> {
    let Some(new) = new.filter(|message| !message.is_anonymous()) else { return Vec::new() };
    let (mut before, mut after) = (old.map(told).unwrap_or_default(), told(new));
    after.retain(|place, _| before.remove(place).is_none());
    before.into_values().map(Change::Withdrawn).chain(after.into_values().map(Change::Told)).collect()
}

fn told(message: &Message) -> BTreeMap<(ContactId, InteractionId), Interaction> {
    let moments = (0..).zip(moments(message));
    let moments = moments.filter_map(|(rank, (kind, at))| Some((rank, kind, to_millis(at?))));
    let interactions = moments.map(|(rank, kind, at)| interaction(message, rank, kind, at));
    interactions.map(|told| ((told.contact_id, told.id), told)).collect()
}

/// In the order in which they come if they come at the same moment.
fn moments(message: &Message) -> [(InteractionType, Option<Timestamp>); 9] {
    let sent = match message.channel {
        Channel::Email => InteractionType::EmailSent,
        Channel::Sms | Channel::Whatsapp | Channel::Voice => InteractionType::MessageSent,
    };
    [
        (sent, message.sent_at),
        (InteractionType::MessageDelivered, message.delivered_at),
        (InteractionType::MessageOpened, message.opened_at),
        (InteractionType::MessageClicked, message.clicked_at),
        (InteractionType::MessageReplied, message.replied_at),
        (InteractionType::MessageFailed, message.failed.as_ref().map(|mishap| mishap.at)),
        (InteractionType::MessageBounced, message.bounced.as_ref().map(|mishap| mishap.at)),
        (InteractionType::VoicemailDetected, message.voicemail_at),
        (InteractionType::MessageUnsubscribed, message.unsubscribed_at),
    ]
}

fn interaction(message: &Message, rank: u8, kind: InteractionType, at: Timestamp) -> Interaction {
    let (contact_id, by) = (contact_of(message), Actor::Campaign(message.campaign_id));
    Interaction {
        id: id(message, rank, kind, at),
        contact_id,
        interaction_type: kind,
        description: description(message, kind),
        booking_id: None,
        metadata: metadata(message),
        occurred_at: at,
        created_at: at,
        created_by: by,
    }
}

/// The moment is part of it, as it is of the place in the timeline; so is the rank.
fn id(message: &Message, rank: u8, kind: InteractionType, at: Timestamp) -> InteractionId {
    let derived = InteractionId::derived(at, &[message.id.uuid().as_bytes(), kind.as_str().as_bytes()]);
    let mut bytes = derived.uuid().into_bytes();
    // The four bits after the version (RFC 9562 §5.7).
    bytes[6] = (bytes[6] & 0xf0) | (rank & 0x0f);
    InteractionId::from_uuid(Uuid::from_bytes(bytes))
}

fn description(message: &Message, kind: InteractionType) -> String {
    let medium = match message.channel {
        Channel::Email => "E-mail",
        Channel::Sms => "SMS",
        Channel::Whatsapp => "WhatsApp message",
        Channel::Voice => "Call",
    };
    let became = match kind {
        InteractionType::MessageDelivered => "delivered",
        InteractionType::MessageOpened => "opened",
        InteractionType::MessageClicked => "clicked",
        InteractionType::MessageReplied => "answered",
        InteractionType::VoicemailDetected => "taken by an answering machine",
        InteractionType::MessageUnsubscribed => "answered: no more are wanted",
        InteractionType::MessageFailed => "failed",
        InteractionType::MessageBounced => "came back",
        _ => "sent",
    };
    format!("{medium} {became}: step {} of campaign {}", message.step_number, message.campaign_id)
}

fn metadata(message: &Message) -> Map<String, Value> {
    let fields = [
        (MESSAGE, json!(message.id)),
        (CAMPAIGN, json!(message.campaign_id)),
        (STEP, json!(message.step_number)),
        (CHANNEL, json!(message.channel)),
    ];
    let variant = message.variant.as_ref().map(|variant| (VARIANT, json!(variant)));
    fields.into_iter().chain(variant).map(|(name, value)| (name.to_owned(), value)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::id::{CampaignId, StepId};
    use crate::message::{MessageStatus, Receipt, ReceiptEvent};

    fn at(second: i64) -> Timestamp {
        chrono::DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap_or_default()
    }

    fn claimed() -> Message {
        let ids = (CampaignId::derived(at(0), &[]), ContactId::derived(at(0), &[]), StepId::derived(at(0), &[]));
        Message {
            id: Message::id_for(ids.0, ids.1, ids.2),
            contact_id: ids.1,
            person: None,
            campaign_id: ids.0,
            step_id: ids.2,
            step_number: 2,
            variant: None,
            channel: Channel::Email,
            recipient: "ada@example.com".into(),
            status: MessageStatus::Pending,
            provider_id: None,
            claimed_at: at(0),
            sent_at: None,
            delivered_at: None,
            opened_at: None,
            clicked_at: None,
            replied_at: None,
            voicemail_at: None,
            unsubscribed_at: None,
            cost: crate::money::Money::ZERO,
            failed: None,
            bounced: None,
            revision: 1,
        }
    }

    fn receipt(event: ReceiptEvent, second: i64) -> Receipt {
        Receipt { event, at: at(second), reason: Some("unknown user ada@example.com".into()), provider_id: None }
    }

    fn types(changes: &[Change]) -> Vec<(bool, InteractionType)> {
        let kind = |change: &Change| match change {
            Change::Told(told) => (true, told.interaction_type),
            Change::Withdrawn(old) => (false, old.interaction_type),
        };
        changes.iter().map(kind).collect()
    }

    proptest! {
        #[test]
        fn whatever_happened_in_whatever_order_the_timeline_tells_what_the_message_says(
            happened in prop::collection::vec((0..ReceiptEvent::ALL.len() + 1, 0..5_i64), 0..8),
        ) {
            let (mut message, mut timeline) = (claimed(), BTreeMap::new());
            for (what, second) in happened {
                let next = match ReceiptEvent::ALL.get(what) {
                    Some(event) => message.after(&receipt(*event, second)),
                    // Its contact goes into another one, or comes back.
                    None => message.to_person(ContactId::derived(at(second % 2), &[])),
                };
                let Some(next) = next else { continue };
                for change in change(Some(&message), Some(&next)) {
                    match change {
                        Change::Told(told) => { timeline.insert((told.contact_id, told.id), told); }
                        Change::Withdrawn(old) => {
                            prop_assert_eq!(timeline.remove(&(old.contact_id, old.id)), Some(old));
                        }
                    }
                }
                message = next;
            }
            prop_assert_eq!(timeline, told(&message));
        }
    }

    #[test]
    fn a_message_tells_what_became_of_it_without_telling_of_the_person() {
        let sent = claimed().after(&receipt(ReceiptEvent::Sent, 1)).unwrap();
        let bounced = sent.after(&receipt(ReceiptEvent::Bounced, 2)).unwrap();
        let told = change(Some(&claimed()), Some(&bounced));
        assert_eq!(types(&told), [(true, InteractionType::EmailSent), (true, InteractionType::MessageBounced)]);
        let text = format!("{told:?}");
        assert!(!text.contains("example.com") && text.contains("E-mail came back: step 2 of campaign"), "{text}");
    }

    #[test]
    fn what_came_at_one_moment_is_in_the_order_in_which_it_can_only_have_come() {
        let clicked = claimed().after(&receipt(ReceiptEvent::Clicked, 1)).unwrap();
        let kinds: Vec<_> = told(&clicked).into_values().map(|told| told.interaction_type.as_str()).collect();
        assert_eq!(kinds, ["email_sent", "message_delivered", "message_opened", "message_clicked"]);
        assert!(told(&clicked).keys().all(|(_, id)| id.created_at() == at(1) && id.uuid().get_version_num() == 7));
    }

    #[test]
    fn a_failure_that_was_a_delivery_is_withdrawn() {
        let failed = claimed().after(&receipt(ReceiptEvent::Failed, 1)).unwrap();
        let delivered = failed.after(&receipt(ReceiptEvent::Delivered, 2)).unwrap();
        let changes = types(&change(Some(&failed), Some(&delivered)));
        assert_eq!(
            changes,
            [
                (false, InteractionType::MessageFailed),
                (true, InteractionType::EmailSent),
                (true, InteractionType::MessageDelivered)
            ]
        );
    }

    #[test]
    fn a_message_of_a_contact_that_went_into_another_tells_there_what_it_told() {
        let sent = claimed().after(&receipt(ReceiptEvent::Sent, 1)).unwrap();
        let other = ContactId::derived(at(1), &[]);
        let moved = sent.to_person(other).unwrap();
        let [Change::Withdrawn(old), Change::Told(new)] = &change(Some(&sent), Some(&moved))[..] else {
            panic!("it does not move")
        };
        assert_eq!((old.contact_id, new.contact_id), (sent.contact_id, other));
        assert_eq!(Interaction { contact_id: other, ..old.clone() }, *new);
    }

    #[test]
    fn a_message_whose_contact_is_gone_tells_nothing() {
        let sent = claimed().after(&receipt(ReceiptEvent::Sent, 1)).unwrap();
        let anonymous = sent.anonymous();
        assert_eq!(change(Some(&sent), anonymous.as_ref()), []);
        let opened = anonymous.unwrap().after(&receipt(ReceiptEvent::Opened, 2));
        assert_eq!(change(sent.anonymous().as_ref(), opened.as_ref()), []);
        assert_eq!(change(Some(&sent), None), []);
    }
}

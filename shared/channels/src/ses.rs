//! SES events: what became of an e-mail, as SES publishes it to the topic of its configuration set.

use domain::Timestamp;
use domain::message::{MessageRef, Receipt, ReceiptEvent};
use serde::Deserialize;

/// The message tag that carries our name for the message.
pub const TAG: &str = "rollcall";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    event_type: String,
    mail: Mail,
    delivery: Option<Moment>,
    bounce: Option<Bounce>,
    complaint: Option<Complaint>,
    open: Option<Moment>,
    click: Option<Moment>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Mail {
    timestamp: Timestamp,
    message_id: String,
    #[serde(default)]
    tags: Tags,
}

/// Only our tag is read, so that nothing else in the tags can make an event unreadable.
#[derive(Default, Deserialize)]
struct Tags {
    #[serde(default, rename = "rollcall")]
    references: Vec<String>,
}

#[derive(Deserialize)]
struct Moment {
    timestamp: Timestamp,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bounce {
    timestamp: Timestamp,
    bounce_type: String,
    #[serde(default)]
    bounce_sub_type: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Complaint {
    timestamp: Timestamp,
    complaint_sub_type: Option<String>,
    complaint_feedback_type: Option<String>,
}

/// What an event says of one of our messages; nothing for events of other senders, for delays, and for what is not
/// an event.
///
/// Only a permanent bounce is a [`ReceiptEvent::Bounced`], which ends all mail to an address. After a transient or
/// undetermined one SES has given up on this message alone (a full mailbox, say): it is a [`ReceiptEvent::Failed`].
pub fn parse(message: &str) -> Option<(MessageRef, Receipt)> {
    let event: Event = serde_json::from_str(message).ok()?;
    let reference = event.mail.tags.references.first()?.parse().ok()?;
    let (kind, at, reason) = what(&event)?;
    Some((reference, Receipt { event: kind, at, reason, provider_id: Some(event.mail.message_id) }))
}

fn what(event: &Event) -> Option<(ReceiptEvent, Timestamp, Option<String>)> {
    let failed = |reason: &str| Some((ReceiptEvent::Failed, event.mail.timestamp, Some(reason.to_owned())));
    match event.event_type.as_str() {
        "Send" => Some((ReceiptEvent::Sent, event.mail.timestamp, None)),
        "Delivery" => Some((ReceiptEvent::Delivered, event.delivery.as_ref()?.timestamp, None)),
        "Open" => Some((ReceiptEvent::Opened, event.open.as_ref()?.timestamp, None)),
        "Click" => Some((ReceiptEvent::Clicked, event.click.as_ref()?.timestamp, None)),
        "Bounce" => Some(bounced(event.bounce.as_ref()?)),
        "Complaint" => Some(complained(event.complaint.as_ref()?)),
        "Reject" => failed("SES rejected the content"),
        "Rendering Failure" => failed("SES could not render the template"),
        _ => None,
    }
}

fn bounced(bounce: &Bounce) -> (ReceiptEvent, Timestamp, Option<String>) {
    let kind = if bounce.bounce_type == "Permanent" { ReceiptEvent::Bounced } else { ReceiptEvent::Failed };
    let reason = format!("bounce: {}, {}", word(&bounce.bounce_type), word(&bounce.bounce_sub_type));
    (kind, bounce.timestamp, Some(reason))
}

/// An address on SES's own suppression list is reported as a complaint, although the message never left: that is
/// no delivery, but nothing more may follow either.
fn complained(complaint: &Complaint) -> (ReceiptEvent, Timestamp, Option<String>) {
    if let Some(kind) = &complaint.complaint_sub_type {
        return (ReceiptEvent::Bounced, complaint.timestamp, Some(format!("complaint: {}", word(kind))));
    }
    let reason = complaint.complaint_feedback_type.as_deref().map(|kind| format!("complaint: {}", word(kind)));
    (ReceiptEvent::Complained, complaint.timestamp, reason)
}

/// `text` if it is one of the short words that SES uses here: a longer text could hold an address.
fn word(text: &str) -> &str {
    let is_word = (1..=40).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-');
    if is_word { text } else { "unspecified" }
}

#[cfg(test)]
mod tests {
    use domain::id::{CampaignId, ContactId, Id, MessageId, TenantId};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    const SENT: &str = "2026-11-20T10:00:00.000Z";
    const LATER: &str = "2026-11-20T10:00:05.250Z";

    fn reference() -> MessageRef {
        let at = Timestamp::default();
        MessageRef {
            tenant: TenantId::derived(at, &[b"t"]),
            campaign: CampaignId::derived(at, &[b"p"]),
            contact: ContactId::derived(at, &[b"c"]),
            message: MessageId::derived(at, &[b"m"]),
        }
    }

    fn event(kind: &str, details: &Value) -> Value {
        let mut event = json!({
            "eventType": kind,
            "mail": {
                "timestamp": SENT,
                "source": "news@example.org",
                "messageId": "0100018f-1",
                "destination": ["ada@example.com"],
                "tags": { "ses:configuration-set": ["rollcall"], "rollcall": [reference().to_string()] },
            },
        });
        for (name, value) in details.as_object().into_iter().flatten() {
            event[name] = value.clone();
        }
        event
    }

    fn bounce(kind: &str, sub: &str) -> Value {
        json!({ "bounce": {
            "timestamp": LATER, "bounceType": kind, "bounceSubType": sub,
            "bouncedRecipients": [{ "emailAddress": "ada@example.com", "diagnosticCode": "550 <ada@example.com> unknown" }],
        }})
    }

    #[test]
    fn events_become_receipts() {
        let moment = json!({ "timestamp": LATER });
        let cases = [
            ("Send", json!({ "send": {} }), Some((ReceiptEvent::Sent, SENT, None))),
            ("Delivery", json!({ "delivery": moment }), Some((ReceiptEvent::Delivered, LATER, None))),
            ("Open", json!({ "open": moment }), Some((ReceiptEvent::Opened, LATER, None))),
            ("Click", json!({ "click": moment }), Some((ReceiptEvent::Clicked, LATER, None))),
            (
                "Bounce",
                bounce("Permanent", "NoEmail"),
                Some((ReceiptEvent::Bounced, LATER, Some("bounce: Permanent, NoEmail"))),
            ),
            (
                "Bounce",
                bounce("Transient", "MailboxFull"),
                Some((ReceiptEvent::Failed, LATER, Some("bounce: Transient, MailboxFull"))),
            ),
            (
                "Bounce",
                bounce("Undetermined", "ada@example.com"),
                Some((ReceiptEvent::Failed, LATER, Some("bounce: Undetermined, unspecified"))),
            ),
            (
                "Complaint",
                json!({ "complaint": { "timestamp": LATER, "complaintFeedbackType": "not-spam" } }),
                Some((ReceiptEvent::Complained, LATER, Some("complaint: not-spam"))),
            ),
            (
                "Complaint",
                json!({ "complaint": { "timestamp": LATER, "complaintSubType": "OnAccountSuppressionList" } }),
                Some((ReceiptEvent::Bounced, LATER, Some("complaint: OnAccountSuppressionList"))),
            ),
            (
                "Reject",
                json!({ "reject": { "reason": "Bad content" } }),
                Some((ReceiptEvent::Failed, SENT, Some("SES rejected the content"))),
            ),
            (
                "Rendering Failure",
                json!({ "failure": { "errorMessage": "no ada@example.com" } }),
                Some((ReceiptEvent::Failed, SENT, Some("SES could not render the template"))),
            ),
            ("DeliveryDelay", json!({ "deliveryDelay": moment }), None),
            ("Delivery", json!({}), None),
            ("Subscription", json!({}), None),
        ];
        for (kind, details, expected) in cases {
            let expected = expected.map(|(event, at, reason): (_, &str, Option<&str>)| {
                let (at, reason) = (at.parse().unwrap(), reason.map(str::to_owned));
                (reference(), Receipt { event, at, reason, provider_id: Some("0100018f-1".into()) })
            });
            assert_eq!(parse(&event(kind, &details).to_string()), expected, "{kind} {details}");
        }
    }

    #[test]
    fn events_of_other_senders_are_none_of_ours() {
        let mut foreign = event("Send", &json!({}));
        foreign["mail"]["tags"] = json!({ "rollcall": ["somebody"] });
        assert_eq!(parse(&foreign.to_string()), None);
        foreign["mail"]["tags"] = json!({});
        assert_eq!(parse(&foreign.to_string()), None);
        assert_eq!(parse("Successfully validated SNS topic for Amazon SES event publishing."), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in ".*", kind in ".{0,20}", sub in ".*") {
            let _ = parse(&text);
            let (_, receipt) = parse(&event("Bounce", &bounce(&kind, &sub)).to_string()).unwrap();
            prop_assert!(receipt.reason.unwrap().is_ascii());
        }
    }
}

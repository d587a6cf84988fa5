//! Events in the words of the provider that the sandbox stands in for: SES events and Twilio's status callbacks.

use channels::ses::TAG;
use domain::Timestamp;
use domain::message::ReceiptEvent;
use serde_json::{Value, json};

use super::listing::name;
use super::outbox::{Entry, Owed};

/// The SES event of a report about an e-mail; nothing for answers, which SES does not report.
pub(super) fn ses(message: i64, entry: &Entry, report: &Owed) -> Option<Value> {
    let at = text(report.at);
    let recipients = json!([{ "emailAddress": entry.recipient }]);
    let (kind, part, details) = match report.event {
        ReceiptEvent::Sent => ("Send", "send", json!({})),
        ReceiptEvent::Delivered => ("Delivery", "delivery", json!({ "recipients": [entry.recipient] })),
        ReceiptEvent::Opened => ("Open", "open", json!({ "userAgent": "sandbox", "ipAddress": "192.0.2.1" })),
        ReceiptEvent::Clicked => ("Click", "click", json!({ "userAgent": "sandbox", "ipAddress": "192.0.2.1" })),
        ReceiptEvent::Failed => ("Reject", "reject", json!({ "reason": "Bad content" })),
        ReceiptEvent::Bounced => ("Bounce", "bounce", bounce(&entry.recipient)),
        ReceiptEvent::Complained => {
            let details = json!({ "complainedRecipients": recipients, "complaintFeedbackType": "abuse" });
            ("Complaint", "complaint", details)
        }
        ReceiptEvent::Replied => return None,
    };
    let mut event = json!({
        "eventType": kind,
        "mail": {
            "timestamp": text(entry.accepted_at),
            "source": "sandbox@sandbox.invalid",
            "messageId": name(message),
            "destination": [entry.recipient],
            "tags": { TAG: [entry.reference] },
        },
    });
    event[part] = details;
    event[part]["timestamp"] = at.into();
    Some(event)
}

fn bounce(recipient: &str) -> Value {
    json!({
        "bounceType": "Permanent",
        "bounceSubType": "General",
        "bouncedRecipients": [{
            "emailAddress": recipient,
            "action": "failed",
            "status": "5.1.1",
            "diagnosticCode": format!("smtp; 550 5.1.1 <{recipient}>: no such user"),
        }],
    })
}

/// The form of Twilio's callback about a text message; nothing for what Twilio does not report.
pub(super) fn twilio(message: i64, entry: &Entry, report: &Owed) -> Option<Vec<(String, String)>> {
    let (status, error) = match report.event {
        ReceiptEvent::Sent => ("sent", None),
        ReceiptEvent::Delivered => ("delivered", None),
        ReceiptEvent::Failed => ("undelivered", Some("30003")),
        _ => return None,
    };
    let id = name(message);
    let fields = [
        ("AccountSid", Some("sandbox")),
        ("ApiVersion", Some("2010-04-01")),
        ("ErrorCode", error),
        ("From", Some("+15005550006")),
        ("MessageSid", Some(&id)),
        ("MessageStatus", Some(status)),
        ("SmsSid", Some(&id)),
        ("SmsStatus", Some(status)),
        ("To", Some(&entry.recipient)),
    ];
    Some(fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))).collect())
}

fn text(millis: i64) -> String {
    let moment = Timestamp::from_timestamp_millis(millis).unwrap_or_default();
    moment.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

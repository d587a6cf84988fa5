//! Events in the words of the provider that the sandbox stands in for: SES events and Twilio's status callbacks.

use channels::ses::TAG;
use domain::Timestamp;
use domain::message::{Channel, ReceiptEvent};
use serde_json::{Value, json};

use super::listing::name;
use super::outbox::{Entry, Owed};

/// The SES event of a report about an e-mail; nothing for what SES does not report.
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
        ReceiptEvent::Replied | ReceiptEvent::Voicemail | ReceiptEvent::Unsubscribed => return None,
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

/// The number that messages come from where no other was given.
const NUMBER: &str = "+15005550006";

/// The form of Twilio's callback about a message or call; nothing for what Twilio does not report.
pub(super) fn twilio(message: i64, entry: &Entry, report: &Owed) -> Option<Vec<(String, String)>> {
    let (id, from, to) = (name(message), number(entry, sender(entry)), number(entry, &entry.recipient));
    let fields = match entry.channel {
        Channel::Voice => call(&id, report)?,
        _ => state(&id, report)?,
    };
    let both = [("AccountSid", "sandbox"), ("ApiVersion", "2010-04-01"), ("From", &from), ("To", &to)];
    let fields = both.into_iter().chain(fields);
    Some(fields.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

fn state<'a>(id: &'a str, report: &Owed) -> Option<Vec<(&'static str, &'a str)>> {
    let (status, error) = match report.event {
        ReceiptEvent::Sent => ("sent", None),
        ReceiptEvent::Delivered => ("delivered", None),
        ReceiptEvent::Opened => ("read", None),
        ReceiptEvent::Failed => ("undelivered", Some("30003")),
        _ => return None,
    };
    let mut fields = vec![("MessageSid", id), ("MessageStatus", status), ("SmsSid", id), ("SmsStatus", status)];
    fields.extend(error.map(|error| ("ErrorCode", error)));
    Some(fields)
}

fn call<'a>(id: &'a str, report: &Owed) -> Option<Vec<(&'static str, &'a str)>> {
    let (status, by) = match report.event {
        ReceiptEvent::Sent => ("ringing", None),
        ReceiptEvent::Delivered => ("completed", Some("human")),
        ReceiptEvent::Voicemail => ("completed", Some("machine_end_beep")),
        ReceiptEvent::Failed => ("busy", None),
        _ => return None,
    };
    let mut fields = vec![("CallSid", id), ("CallStatus", status), ("Direction", "outbound-api")];
    fields.extend(by.map(|by| ("AnsweredBy", by)));
    Some(fields)
}

/// The form in which Twilio hands on what the recipient of a message says to it; nothing if this report is none of that.
pub(super) fn said(entry: &Entry, report: &Owed) -> Option<Vec<(String, String)>> {
    let body = match report.event {
        ReceiptEvent::Replied => "Tell me more",
        ReceiptEvent::Unsubscribed => "STOP",
        _ => return None,
    };
    let (id, from, to) = (format!("said-{}", report.id), number(entry, &entry.recipient), number(entry, sender(entry)));
    let fields = [
        ("AccountSid", "sandbox"),
        ("ApiVersion", "2010-04-01"),
        ("Body", body),
        ("From", &from),
        ("MessageSid", &id),
        ("NumMedia", "0"),
        ("SmsMessageSid", &id),
        ("SmsStatus", "received"),
        ("To", &to),
    ];
    Some(fields.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

fn sender(entry: &Entry) -> &str {
    entry.sender.as_deref().unwrap_or(NUMBER)
}

/// Twilio marks numbers of WhatsApp.
fn number(entry: &Entry, number: &str) -> String {
    match entry.channel {
        Channel::Whatsapp => format!("whatsapp:{number}"),
        _ => number.to_owned(),
    }
}

fn text(millis: i64) -> String {
    let moment = Timestamp::from_timestamp_millis(millis).unwrap_or_default();
    moment.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

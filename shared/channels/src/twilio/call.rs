//! What Twilio reports of calls.

use domain::Timestamp;
use domain::message::{Receipt, ReceiptEvent};

use super::{is_sid, value};

/// What a callback says of its call; nothing for states that tell nothing. A machine is told from a person while the call
/// lasts, and again with its end.
pub(super) fn parse(params: &[(String, String)], received_at: Timestamp) -> Option<Receipt> {
    let machine = value(params, "AnsweredBy").is_some_and(|by| by.starts_with("machine") || by == "fax");
    let event = match (value(params, "CallStatus"), machine) {
        // Found out while the call goes on, it comes without a status.
        (Some("in-progress" | "answered" | "completed") | None, true) => ReceiptEvent::Voicemail,
        (Some("initiated" | "ringing" | "in-progress" | "answered"), _) => ReceiptEvent::Sent,
        (Some("completed"), false) => ReceiptEvent::Delivered,
        (Some("busy" | "no-answer" | "failed" | "canceled"), _) => ReceiptEvent::Failed,
        _ => return None,
    };
    let reason = (event == ReceiptEvent::Failed).then(|| reason(params)).flatten();
    let provider_id = value(params, "CallSid").filter(|id| is_sid(id)).map(str::to_owned);
    Some(Receipt { event, at: received_at, reason, provider_id })
}

fn reason(params: &[(String, String)]) -> Option<String> {
    let reason = match value(params, "CallStatus")? {
        "busy" => "the line was busy",
        "no-answer" => "nobody answered",
        "canceled" => "the call was cancelled",
        _ => "the call did not come about",
    };
    Some(reason.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_of_calls_become_receipts() {
        use ReceiptEvent::{Delivered, Failed, Sent, Voicemail};
        let cases = [
            (Some("queued"), None, None),
            (Some("initiated"), None, Some((Sent, None))),
            (Some("ringing"), None, Some((Sent, None))),
            (Some("in-progress"), None, Some((Sent, None))),
            (Some("in-progress"), Some("human"), Some((Sent, None))),
            (Some("in-progress"), Some("machine_start"), Some((Voicemail, None))),
            (None, Some("machine_end_beep"), Some((Voicemail, None))),
            (None, Some("human"), None),
            (Some("completed"), Some("human"), Some((Delivered, None))),
            (Some("completed"), Some("unknown"), Some((Delivered, None))),
            (Some("completed"), Some("machine_end_silence"), Some((Voicemail, None))),
            (Some("busy"), None, Some((Failed, Some("the line was busy")))),
            (Some("no-answer"), None, Some((Failed, Some("nobody answered")))),
            (Some("failed"), None, Some((Failed, Some("the call did not come about")))),
            (Some("canceled"), Some("machine_start"), Some((Failed, Some("the call was cancelled")))),
        ];
        for (status, by, expected) in cases {
            let fields = [("CallSid", Some("CA1")), ("CallStatus", status), ("AnsweredBy", by)];
            let params = fields.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text?.to_owned())));
            let found = super::super::parse(&params.collect::<Vec<_>>(), Timestamp::default());
            let found = found.map(|receipt| {
                assert_eq!(receipt.provider_id.as_deref(), Some("CA1"));
                (receipt.event, receipt.reason)
            });
            let expected = expected.map(|(event, reason): (_, Option<&str>)| (event, reason.map(str::to_owned)));
            assert_eq!(found, expected, "{status:?} {by:?}");
        }
    }
}

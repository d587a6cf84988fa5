//! Twilio: the proof that a callback comes from it, the states of messages and calls that it reports, and what people say.
//!
//! A callback is a form post to the address that was given with the message; it names the message in that address's
//! query. What people say comes to one address for all, and names the number that it was said to. The proof is in the
//! header `X-Twilio-Signature`.

mod call;
mod inbound;

use std::borrow::Cow;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::Timestamp;
use domain::message::{MessageRef, Receipt, ReceiptEvent};
use url::Url;

pub use inbound::{Inbound, Word, inbound};

/// The parameter of the callback's query that names the message.
const REFERENCE: &str = "m";

/// The address under `base` at which Twilio is to report the states of one message.
pub fn callback(base: &Url, reference: MessageRef) -> Url {
    let mut url = base.clone();
    url.query_pairs_mut().append_pair(REFERENCE, &reference.to_string());
    url
}

/// The message that a callback to `url` is about.
pub fn reference(url: &Url) -> Option<MessageRef> {
    let (_, value) = url.query_pairs().find(|(name, _)| name == REFERENCE)?;
    value.parse().ok()
}

/// The signature of a post of `params` to `url`: the full address as Twilio called it, query included.
pub fn sign(auth_token: &str, url: &str, params: &[(String, String)]) -> String {
    let tag = hmac::sign(&key(auth_token), signed_text(url, params).as_bytes());
    STANDARD.encode(tag)
}

/// Whether `signature` proves that Twilio posted `params` to `url`. Takes the same time whatever the signature holds.
pub fn verify(auth_token: &str, url: &str, params: &[(String, String)], signature: &str) -> bool {
    let Ok(tag) = STANDARD.decode(signature) else {
        return false;
    };
    hmac::verify(&key(auth_token), signed_text(url, params).as_bytes(), &tag).is_ok()
}

fn key(auth_token: &str) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, auth_token.as_bytes())
}

/// A parameter that comes with several values gives each distinct value once, as Twilio's own libraries do it.
fn signed_text(url: &str, params: &[(String, String)]) -> String {
    let mut sorted: Vec<_> = params.iter().collect();
    sorted.sort();
    sorted.dedup();
    sorted.into_iter().fold(url.to_owned(), |text, (name, value)| text + name + value)
}

/// What a callback says of its message or call; nothing for states on the way and for callbacks of another kind. Twilio does
/// not tell the time of a state, so it is the time of receipt.
pub fn parse(params: &[(String, String)], received_at: Timestamp) -> Option<Receipt> {
    if value(params, "CallSid").is_some() {
        return call::parse(params, received_at);
    }
    let event = match value(params, "MessageStatus")? {
        "sent" => ReceiptEvent::Sent,
        "delivered" => ReceiptEvent::Delivered,
        "read" => ReceiptEvent::Opened,
        "undelivered" | "failed" | "canceled" => ReceiptEvent::Failed,
        _ => return None,
    };
    let reason = (event == ReceiptEvent::Failed).then(|| failure(params).into_owned());
    let provider_id = value(params, "MessageSid").filter(|id| is_sid(id)).map(str::to_owned);
    Some(Receipt { event, at: received_at, reason, provider_id })
}

/// Only the number is taken over: the text beside it can hold the recipient.
fn failure(params: &[(String, String)]) -> Cow<'static, str> {
    match value(params, "ErrorCode").and_then(|code| code.parse::<u32>().ok()) {
        Some(code) => format!("Twilio error {code}").into(),
        None => "Twilio gives no reason".into(),
    }
}

fn is_sid(text: &str) -> bool {
    text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn value<'a>(params: &'a [(String, String)], name: &str) -> Option<&'a str> {
    params.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests {
    use domain::id::{CampaignId, ContactId, Id, MessageId, TenantId};
    use proptest::prelude::*;

    use super::*;

    const URL: &str = "https://mycompany.com/myapp.php?foo=1&bar=2";

    fn form(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    fn documented() -> Vec<(String, String)> {
        form(&[
            ("Digits", "1234"),
            ("CallSid", "CA1234567890ABCDE"),
            ("To", "+18005551212"),
            ("Caller", "+14158675310"),
            ("From", "+14158675310"),
        ])
    }

    /// The example of Twilio's documentation and of the tests of its libraries.
    #[test]
    fn the_documented_example_gives_the_documented_signature() {
        assert_eq!(sign("12345", URL, &documented()), "GvWf1cFY/Q7PnoempGyD5oXAezc=");
        assert!(verify("12345", URL, &documented(), "GvWf1cFY/Q7PnoempGyD5oXAezc="));
    }

    #[test]
    fn a_changed_callback_is_not_believed() {
        let signature = sign("12345", URL, &documented());
        let mut changed = documented();
        changed[0].1 = "1235".into();
        assert!(!verify("12345", URL, &changed, &signature));
        assert!(!verify("12345", URL, &documented()[1..], &signature));
        assert!(!verify("12346", URL, &documented(), &signature));
        assert!(!verify("12345", "https://mycompany.com/myapp.php?foo=1", &documented(), &signature));
        assert!(!verify("12345", URL, &documented(), ""));
        assert!(!verify("12345", URL, &documented(), &signature[..12]));
    }

    #[test]
    fn states_become_receipts() {
        let at = Timestamp::default();
        let cases = [
            ("accepted", None),
            ("queued", None),
            ("sending", None),
            ("scheduled", None),
            ("received", None),
            ("sent", Some((ReceiptEvent::Sent, None))),
            ("delivered", Some((ReceiptEvent::Delivered, None))),
            ("read", Some((ReceiptEvent::Opened, None))),
            ("undelivered", Some((ReceiptEvent::Failed, Some("Twilio error 30003")))),
            ("failed", Some((ReceiptEvent::Failed, Some("Twilio error 30003")))),
            ("canceled", Some((ReceiptEvent::Failed, Some("Twilio error 30003")))),
        ];
        for (status, expected) in cases {
            let params = form(&[("MessageStatus", status), ("ErrorCode", "30003"), ("MessageSid", "SM1")]);
            let expected = expected.map(|(event, reason)| Receipt {
                event,
                at,
                reason: reason.map(str::to_owned),
                provider_id: Some("SM1".into()),
            });
            assert_eq!(parse(&params, at), expected, "{status}");
        }
    }

    #[test]
    fn a_reason_holds_nothing_but_the_number() {
        let params = form(&[("MessageStatus", "failed"), ("ErrorCode", "+491701234567 is off")]);
        let reason = parse(&params, Timestamp::default()).and_then(|receipt| receipt.reason);
        assert_eq!(reason.as_deref(), Some("Twilio gives no reason"));
    }

    #[test]
    fn the_message_comes_back_in_the_address() {
        let at = Timestamp::default();
        let sent = MessageRef {
            tenant: TenantId::derived(at, &[b"t"]),
            campaign: CampaignId::derived(at, &[b"p"]),
            contact: ContactId::derived(at, &[b"c"]),
            message: MessageId::derived(at, &[b"m"]),
        };
        let base: Url = "https://example.com/hooks/twilio?a=1".parse().unwrap();
        assert_eq!(reference(&callback(&base, sent)), Some(sent));
        assert_eq!(reference(&base), None);
    }

    proptest! {
        #[test]
        fn any_form_is_read_without_a_panic(params in prop::collection::vec((".{0,8}", ".*"), 0..6), status in ".*", signature in ".*") {
            let params: Vec<(String, String)> = params.into_iter().chain([("MessageStatus".into(), status)]).collect();
            let _ = parse(&params, Timestamp::default());
            prop_assert!(!verify("12345", URL, &params, &signature));
        }
    }
}

//! Senders: whom a tenant's messages come from.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::email::EmailAddress;
use crate::message::Channel;
use crate::phone::{Country, Phone};
use crate::{Fault, FaultCode};

/// The longest name of a sender, in characters.
const MAX_SENDER_NAME: usize = 100;
/// What a number in E.164 looks like.
const E164: &str = r"^\+[1-9][0-9]+$";

/// Whom messages come from, by channel.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SenderIdentities {
    /// The sender of e-mails.
    pub email: Option<EmailIdentity>,
    /// The sender of text messages: a number in E.164, a name of at most 11 letters and digits, or a messaging service's SID.
    #[schemars(regex(pattern = r"^(\+[1-9][0-9]+|MG[0-9A-Fa-f]{32}|[A-Za-z0-9 ]{1,11})$"))]
    pub sms: Option<String>,
    /// The number that WhatsApp messages come from, in E.164.
    #[schemars(regex(pattern = E164))]
    pub whatsapp: Option<String>,
    /// The number that calls come from, in E.164.
    #[schemars(regex(pattern = E164))]
    pub voice: Option<String>,
}

/// The sender of e-mails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EmailIdentity {
    /// What the recipient sees as the name.
    #[serde(default)]
    #[schemars(length(max = MAX_SENDER_NAME), regex(pattern = r"^[^\x00-\x1f\x7f-\x9f]*$"))]
    pub name: Option<String>,
    /// The address; the deployment must be allowed to send from it.
    #[schemars(example = "hello@example.com", length(max = EmailAddress::MAX_LENGTH))]
    pub address: String,
    /// Where answers go, if not to the address.
    #[serde(default)]
    #[schemars(length(max = EmailAddress::MAX_LENGTH))]
    pub reply_to: Option<String>,
}

impl SenderIdentities {
    /// The number, name or service that messages of a channel come from; nothing for e-mail, and where nothing was chosen.
    pub fn number(&self, channel: Channel) -> Option<&str> {
        match channel {
            Channel::Email => None,
            Channel::Sms => self.sms.as_deref(),
            Channel::Whatsapp => self.whatsapp.as_deref(),
            Channel::Voice => self.voice.as_deref(),
        }
    }

    /// The same, trimmed; `faults` gets what is wrong with it.
    pub(super) fn parse(mut self, faults: &mut Vec<Fault>) -> Self {
        let mut refuse = |field: &str, reason: String| {
            faults.push(Fault::new(format!("sender_identities.{field}"), FaultCode::Invalid, reason));
        };
        if let Some(email) = &mut self.email {
            email.address = email.address.trim().to_owned();
            email.reply_to = email.reply_to.take().map(|address| address.trim().to_owned());
        }
        if let Some(email) = &self.email {
            for (field, address) in
                [("email.address", Some(&email.address)), ("email.reply_to", email.reply_to.as_ref())]
            {
                if let Some(Err(error)) = address.map(|address| EmailAddress::parse(address)) {
                    refuse(field, error.to_string());
                }
            }
            let name = email.name.as_deref().unwrap_or_default();
            if name.chars().count() > MAX_SENDER_NAME || name.chars().any(char::is_control) {
                refuse("email.name", format!("must be at most {MAX_SENDER_NAME} characters in one line"));
            }
        }
        if self.sms.as_deref().is_some_and(|sender| !is_sms_sender(sender)) {
            refuse("sms", "is not a number in E.164, a name of at most 11 letters and digits, or a SID".to_owned());
        }
        for (field, number) in [("whatsapp", &self.whatsapp), ("voice", &self.voice)] {
            if number.as_deref().is_some_and(|number| !is_e164(number)) {
                refuse(field, "is not a number in E.164 such as +12025550143".to_owned());
            }
        }
        self
    }
}

fn is_e164(text: &str) -> bool {
    Phone::parse(text, Country::DEFAULT).is_ok_and(|phone| phone.e164 == text)
}

/// A number, an alphanumeric sender (3GPP TS 23.040 §9.1.2.5: at most 11 characters), or a messaging service of Twilio.
fn is_sms_sender(text: &str) -> bool {
    let name = (1..=11).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b' ')
        && text.bytes().any(|byte| byte.is_ascii_alphabetic());
    let service =
        text.strip_prefix("MG").is_some_and(|rest| rest.len() == 32 && rest.bytes().all(|b| b.is_ascii_hexdigit()));
    name || service || is_e164(text)
}

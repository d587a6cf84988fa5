//! What people say by SMS or WhatsApp, as Twilio hands it on.

use domain::message::Channel;

use super::{is_sid, value};

/// How WhatsApp numbers are told from others.
const WHATSAPP: &str = "whatsapp:";

/// Something that somebody said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inbound {
    /// Over which channel.
    pub channel: Channel,
    /// The number that it comes from, in E.164.
    pub from: String,
    /// What it was said to: the number, in E.164, and the messaging service, if there is one.
    pub to: Vec<String>,
    /// The provider's name for it.
    pub name: String,
    /// The word that it is, if it is one that says how the sender wants to be dealt with.
    pub word: Option<Word>,
}

/// Words that say how somebody wants to be dealt with: the whole of what is said, whatever its case (Twilio's lists).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// No more messages.
    Stop,
    /// Messages again.
    Start,
    /// Who is this?
    Help,
}

impl Word {
    fn read(text: &str) -> Option<Self> {
        match text.trim().to_ascii_uppercase().as_str() {
            "STOP" | "STOPALL" | "UNSUBSCRIBE" | "CANCEL" | "END" | "QUIT" => Some(Self::Stop),
            "START" | "UNSTOP" | "YES" => Some(Self::Start),
            "HELP" | "INFO" => Some(Self::Help),
            _ => None,
        }
    }
}

/// What a callback says that somebody said; nothing for callbacks of another kind.
pub fn inbound(params: &[(String, String)]) -> Option<Inbound> {
    if value(params, "MessageStatus").is_some() || value(params, "CallSid").is_some() {
        return None;
    }
    let (body, name) = (value(params, "Body")?, value(params, "MessageSid").filter(|name| is_sid(name))?);
    let (from, to) = (value(params, "From")?, value(params, "To")?);
    let channel = if from.starts_with(WHATSAPP) { Channel::Whatsapp } else { Channel::Sms };
    let number = |text: &str| text.strip_prefix(WHATSAPP).unwrap_or(text).to_owned();
    let service = value(params, "MessagingServiceSid").filter(|id| is_sid(id)).map(str::to_owned);
    // Twilio can be told other words, and says then what they mean.
    let word = value(params, "OptOutType").and_then(Word::read).or_else(|| Word::read(body));
    let to = [number(to)].into_iter().chain(service).collect();
    Some(Inbound { channel, from: number(from), to, name: name.to_owned(), word })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(body: &str, more: &[(&str, &str)]) -> Option<Inbound> {
        let fields = [("From", "+12025550143"), ("To", "+15005550006"), ("Body", body), ("MessageSid", "SM1")];
        let fields = more.iter().chain(&fields).map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        inbound(&fields.collect::<Vec<_>>())
    }

    #[test]
    fn what_is_said_names_both_numbers() {
        let sms = said("Yes, please", &[("SmsStatus", "received"), ("MessagingServiceSid", "MG1")]).unwrap();
        assert_eq!((sms.channel, sms.from.as_str(), sms.word), (Channel::Sms, "+12025550143", None));
        assert_eq!(sms.to, ["+15005550006", "MG1"]);
        let whatsapp = said("Hi", &[("From", "whatsapp:+12025550143"), ("To", "whatsapp:+15005550006")]).unwrap();
        assert_eq!((whatsapp.channel, whatsapp.from.as_str()), (Channel::Whatsapp, "+12025550143"));
        assert_eq!(whatsapp.to, ["+15005550006"]);
    }

    #[test]
    fn only_a_whole_message_is_a_word() {
        let cases = [
            ("STOP", Some(Word::Stop)),
            (" stopAll\n", Some(Word::Stop)),
            ("Unsubscribe", Some(Word::Stop)),
            ("cancel", Some(Word::Stop)),
            ("End", Some(Word::Stop)),
            ("QUIT", Some(Word::Stop)),
            ("start", Some(Word::Start)),
            ("Unstop", Some(Word::Start)),
            ("yes", Some(Word::Start)),
            ("Help", Some(Word::Help)),
            ("info", Some(Word::Help)),
            ("Please stop", None),
            ("Yes, please", None),
            ("", None),
        ];
        for (body, expected) in cases {
            assert_eq!(said(body, &[]).unwrap().word, expected, "{body}");
        }
        assert_eq!(said("ARRET", &[("OptOutType", "STOP")]).unwrap().word, Some(Word::Stop));
    }

    #[test]
    fn states_and_calls_are_nothing_that_was_said() {
        assert_eq!(said("x", &[("MessageStatus", "delivered")]), None);
        assert_eq!(said("x", &[("CallSid", "CA1")]), None);
        assert_eq!(said("x", &[("MessageSid", "what is this?")]), None);
    }
}

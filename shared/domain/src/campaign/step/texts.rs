//! Whether a step's texts can be sent: each is there, short enough, and a template.

use super::{Content, ContentType, MAX_CONTENT, MAX_SUBJECT, Variant};
use crate::campaign::refuse_longer;
use crate::message::Channel;
use crate::template::Template;
use crate::{Fault, FaultCode};

/// The longest text message, in characters (Twilio's limit).
const MAX_TEXT_MESSAGE: usize = 1_600;
/// The longest script of a call, in characters (the limit of Twilio's `Say`).
const MAX_SCRIPT: usize = 4_096;
/// The most bytes of all texts of a step: they must fit into an item.
const MAX_BYTES: usize = 350_000;

/// The texts of a step.
pub(super) struct Texts<'a> {
    pub(super) channel: Channel,
    pub(super) content: &'a Content,
    pub(super) variants: &'a [Variant],
}

impl Texts<'_> {
    /// Adds every fault that they have.
    pub(super) fn judge(&self, faults: &mut Vec<Fault>) {
        self.judge_own(faults, "", self.content);
        if self.variants.is_empty() {
            self.demand(faults, "", self.content);
        }
        for (at, variant) in self.variants.iter().enumerate() {
            let within = format!("variants[{at}].");
            self.judge_own(faults, &within, &variant.content);
            self.demand(faults, &within, &variant.content.over(self.content));
            if variant.content.content.is_none() {
                for (field, given) in self.beside(&variant.content) {
                    refuse_if(faults, given, &within, field, "needs a content of the variant's own");
                }
            }
        }
        let contents = self.variants.iter().map(|variant| &variant.content).chain([self.content]);
        if contents.flat_map(texts).map(|(_, text)| text.len()).sum::<usize>() > MAX_BYTES {
            let field = if self.variants.is_empty() { "content" } else { "variants" };
            let reason = format!("and the other texts take more than {MAX_BYTES} bytes in all");
            faults.push(Fault::new(field, FaultCode::TooLong, reason));
        }
    }

    /// What the channel cannot do without.
    fn demand(&self, faults: &mut Vec<Fault>, within: &str, content: &Content) {
        let demanded: &[(&str, &Option<String>)] = match self.channel {
            Channel::Email => &[("subject", &content.subject), ("content", &content.content)],
            Channel::Sms | Channel::Whatsapp => &[("content", &content.content)],
            Channel::Voice => &[("voice_script", &content.voice_script)],
        };
        let missing = demanded.iter().filter(|(_, text)| text.is_none());
        faults.extend(missing.map(|(field, _)| Fault::missing(format!("{within}{field}"))));
    }

    /// What is there must belong to the channel, be short enough, and parse.
    fn judge_own(&self, faults: &mut Vec<Fault>, within: &str, content: &Content) {
        let (is_email, is_voice) = (self.channel == Channel::Email, self.channel == Channel::Voice);
        let html = content.content_type == Some(ContentType::Html);
        refuse_if(faults, html && !is_email, within, "content_type", "can be html for e-mail only");
        refuse_if(faults, content.plain_text.is_some() && !is_email, within, "plain_text", "is for e-mail only");
        refuse_if(faults, content.voice_script.is_some() && !is_voice, within, "voice_script", "is for voice only");
        refuse_if(
            faults,
            content.content.is_some() && is_voice,
            within,
            "content",
            "is not for voice: say voice_script",
        );
        for (name, text) in texts(content) {
            let field = format!("{within}{name}");
            let (max, parsed) = match name {
                "subject" => (MAX_SUBJECT, Template::line(&field, text)),
                "voice_script" => (MAX_SCRIPT, Template::parse(&field, text)),
                "content" if is_email && content.kind() == ContentType::Html => {
                    (MAX_CONTENT, Template::html(&field, text))
                }
                _ if is_email => (MAX_CONTENT, Template::parse(&field, text)),
                _ => (MAX_TEXT_MESSAGE, Template::parse(&field, text)),
            };
            if name == "subject" && text.contains(['\r', '\n']) {
                faults.push(Fault::new(&field, FaultCode::Invalid, "must be one line"));
            }
            refuse_longer(faults, &field, text, max);
            faults.extend(parsed.err());
        }
    }

    /// What says something of a content only.
    fn beside(&self, content: &Content) -> [(&'static str, bool); 2] {
        [("content_type", content.content_type.is_some()), ("plain_text", content.plain_text.is_some())]
    }
}

fn texts(content: &Content) -> impl Iterator<Item = (&'static str, &str)> {
    let Content { subject, content, plain_text, voice_script, content_type: _ } = content;
    let texts =
        [("subject", subject), ("content", content), ("plain_text", plain_text), ("voice_script", voice_script)];
    texts.into_iter().filter_map(|(name, text)| Some((name, text.as_deref()?)))
}

fn refuse_if(faults: &mut Vec<Fault>, wrong: bool, within: &str, field: &str, reason: &str) {
    if wrong {
        faults.push(Fault::new(format!("{within}{field}"), FaultCode::NotAllowed, reason));
    }
}

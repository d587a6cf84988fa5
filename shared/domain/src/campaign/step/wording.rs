//! What a step says to a contact: its templates, parsed once, and the variant that the contact gets.

use sha2::{Digest, Sha256};

use super::{Content, ContentType, Step};
use crate::contact::Contact;
use crate::id::{ContactId, Id, StepId};
use crate::message::Channel;
use crate::template::{Missing, Template};
use crate::{Error, Fault, Result};

/// What a step says, in each of its variants. Parsed once; rendered for each contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wordings {
    step: StepId,
    first: Wording,
    more: Vec<Wording>,
}

/// What a step says in one of its variants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wording {
    /// The variant's name; nothing if the step has none.
    pub variant: Option<String>,
    /// Its share of the contacts, in parts of the sum of all.
    pub weight: u32,
    subject: Option<Template>,
    text: Template,
    html: Option<Template>,
}

/// What a contact gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// One line, of an e-mail.
    pub subject: Option<String>,
    /// The text: of an e-mail in HTML its alternative, of a call what is said.
    pub text: String,
    /// The document, of an e-mail in HTML.
    pub html: Option<String>,
}

impl Step {
    /// What it says.
    ///
    /// # Errors
    /// [`Error::Internal`] when a template does not parse: such a step is never kept.
    pub fn wordings(&self) -> Result<Wordings> {
        let wording = |variant, weight, content: &Content| {
            Wording::parse(self.message_type, variant, weight, content)
                .map_err(|fault| Error::internal("parsing the templates of a step", fault.to_string()))
        };
        let mut all = self
            .variants
            .iter()
            .map(|variant| wording(Some(variant.name.clone()), variant.weight, &variant.content.over(&self.content)));
        let first = all.next().unwrap_or_else(|| wording(None, 1, &self.content))?;
        Ok(Wordings { step: self.id, first, more: all.collect::<Result<_>>()? })
    }
}

impl Wordings {
    /// What the contact that was enrolled under this id gets: always the same variant, and each for its share of the
    /// contacts.
    pub fn of(&self, enrolled: ContactId) -> &Wording {
        let mut left = share(self.step, enrolled, self.all().map(|wording| wording.weight).sum());
        for wording in self.all() {
            match left.checked_sub(wording.weight) {
                None => return wording,
                Some(rest) => left = rest,
            }
        }
        &self.first
    }

    /// All variants, in their order; a single wording, if the step has none.
    pub fn all(&self) -> impl Iterator<Item = &Wording> {
        [&self.first].into_iter().chain(&self.more)
    }
}

/// A number below `parts` that is as good as drawn, and always the same for this step and contact.
fn share(step: StepId, contact: ContactId, parts: u32) -> u32 {
    let hash = Sha256::new().chain_update(step.uuid().as_bytes()).chain_update(contact.uuid().as_bytes()).finalize();
    let drawn = hash.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    u32::try_from(drawn % u64::from(parts.max(1))).unwrap_or_default()
}

impl Wording {
    fn parse(channel: Channel, variant: Option<String>, weight: u32, content: &Content) -> Result<Self, Fault> {
        let (mut subject, mut html) = (None, None);
        let body = content.content.as_deref().unwrap_or_default();
        let text = match channel {
            Channel::Email => {
                subject = content.subject.as_deref().map(|subject| Template::line("subject", subject)).transpose()?;
                if content.kind() == ContentType::Html {
                    html = Some(Template::html("content", body)?);
                }
                match (&content.plain_text, &html) {
                    (Some(text), _) => Template::parse("plain_text", text)?,
                    (None, Some(html)) => html.plain_text(),
                    (None, None) => Template::parse("content", body)?,
                }
            }
            Channel::Sms | Channel::Whatsapp => Template::parse("content", body)?,
            Channel::Voice => Template::parse("voice_script", content.voice_script.as_deref().unwrap_or_default())?,
        };
        Ok(Self { variant, weight, subject, text, html })
    }

    /// What `contact` gets.
    pub fn render(&self, contact: &Contact) -> Words {
        let render = |template: &Template| template.render(contact);
        Words {
            subject: self.subject.as_ref().map(render),
            text: self.text.render(contact),
            html: self.html.as_ref().map(render),
        }
    }

    /// The tokens for which `contact` has no value, each once.
    pub fn missing(&self, contact: &Contact) -> Vec<Missing<'_>> {
        let templates = self.subject.iter().chain(&self.html).chain([&self.text]);
        let mut missing: Vec<Missing<'_>> = Vec::new();
        for found in templates.flat_map(|template| template.missing(contact)) {
            if !missing.contains(&found) {
                missing.push(found);
            }
        }
        missing
    }
}

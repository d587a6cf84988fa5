//! Reports as the sandbox posts them, signatures included, for a simulation that brings them to the webhooks itself.

use anyhow::{Context, Result};
use channels::twilio;
use domain::Timestamp;
use domain::message::{Channel, ReceiptEvent};
use url::Url;
use url::form_urlencoded::Serializer;

use super::Settings;
use super::events;
use super::outbox::{Entry, Owed};
use super::sns::Signer;

/// What makes reports.
pub struct Notices {
    signer: Signer,
    settings: Settings,
}

/// A message that a provider took.
#[derive(Debug, Clone)]
pub struct Taken {
    /// The provider's number of it.
    pub number: u32,
    /// Our name of it.
    pub reference: String,
    /// Which way it goes.
    pub channel: Channel,
    /// The number that answers go to, if one was given.
    pub sender: Option<String>,
    /// Where to.
    pub recipient: String,
    /// Where its states are reported, for channels that report message by message.
    pub callback: Url,
    /// When it was taken.
    pub at: Timestamp,
}

/// A post.
#[derive(Debug, Clone)]
pub struct Notice {
    /// Where to.
    pub url: Url,
    /// Names and values.
    pub headers: Vec<(&'static str, String)>,
    /// What is posted.
    pub body: String,
}

impl std::fmt::Debug for Notices {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Notices")
    }
}

impl Notices {
    /// Makes a key to sign with.
    ///
    /// # Errors
    /// When that fails.
    pub fn new(settings: Settings) -> Result<Self> {
        Ok(Self { signer: Signer::open(&settings)?, settings })
    }

    /// The certificate of the notifications, in PEM, and where they say that it is.
    pub fn certificate(&self) -> (&str, &str) {
        (self.signer.certificate_url(), self.signer.certificate())
    }

    /// The post about what became of a message at `at`; nothing for what is not reported of its channel.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub fn post(&self, taken: &Taken, event: ReceiptEvent, at: Timestamp, now: Timestamp) -> Result<Option<Notice>> {
        let entry = Entry {
            reference: taken.reference.clone(),
            channel: taken.channel,
            sender: taken.sender.clone(),
            recipient: taken.recipient.clone(),
            subject: None,
            body: String::new(),
            html: None,
            callback: taken.callback.to_string(),
            accepted_at: taken.at.timestamp_millis(),
        };
        let number = i64::from(taken.number);
        // What is said twice has one name, and nothing else has it.
        let id = number * 100 + event as i64;
        let report = Owed { id, event, at: at.timestamp_millis(), attempts: 0 };
        if let Some(form) = events::said(&entry, &report) {
            return Ok(Some(self.form(self.settings.webhooks.join("twilio")?, &form)));
        }
        match taken.channel {
            Channel::Email => {
                let Some(message) = events::ses(number, &entry, &report) else { return Ok(None) };
                let envelope = self.signer.notification(number, message.to_string(), now)?;
                let url = self.settings.webhooks.join("ses").context("the address of the webhooks")?;
                let headers = vec![("content-type", "text/plain; charset=UTF-8".to_owned())];
                Ok(Some(Notice { url, headers, body: serde_json::to_string(&envelope)? }))
            }
            Channel::Sms | Channel::Whatsapp | Channel::Voice => {
                Ok(events::twilio(number, &entry, &report).map(|form| self.form(taken.callback.clone(), &form)))
            }
        }
    }

    fn form(&self, url: Url, form: &[(String, String)]) -> Notice {
        let signature = twilio::sign(&self.settings.twilio_auth_token, url.as_str(), form);
        let form_type = "application/x-www-form-urlencoded".to_owned();
        let headers = vec![("content-type", form_type), ("x-twilio-signature", signature)];
        Notice { url, headers, body: Serializer::new(String::new()).extend_pairs(form).finish() }
    }
}

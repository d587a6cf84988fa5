//! Preferences: how and when a contact wants to be written to (S3).

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use crate::id::ContactId;
use crate::message::Channel;
use crate::settings::TimeOfDay;
use crate::{Error, Fault, FaultCode, Result, Timestamp};

/// The channels that a contact can prefer (S3).
const PREFERABLE: [Channel; 3] = [Channel::Email, Channel::Sms, Channel::Whatsapp];

/// How and when a contact wants to be written to. What it does not say is the tenant's to choose.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Preferences {
    /// The contact.
    pub client_id: ContactId,
    /// The channels that it likes, the best first.
    #[serde(default)]
    #[schemars(schema_with = "preferable")]
    pub preferred_channels: Vec<Channel>,
    /// The IANA time zone that it is in.
    pub timezone: Option<String>,
    /// From when on nothing is sent, in its zone.
    pub quiet_hours_start: Option<TimeOfDay>,
    /// Until when.
    pub quiet_hours_end: Option<TimeOfDay>,
    /// Whether it wants no e-mails.
    #[serde(default)]
    pub opt_out_email: bool,
    /// Whether it wants no text messages.
    #[serde(default)]
    pub opt_out_sms: bool,
    /// Whether it wants no WhatsApp messages.
    #[serde(default)]
    pub opt_out_whatsapp: bool,
    /// When it first said something; nothing if it never did.
    pub created_at: Option<Timestamp>,
    /// When that last changed.
    pub updated_at: Option<Timestamp>,
    /// Counts the changes, for conditional writes; 0 if nothing was ever said.
    #[serde(default)]
    #[schemars(skip)]
    pub revision: u64,
}

/// Preferences as somebody typed them: what is absent stays as it is, null clears it.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = example())]
pub struct PreferencesDraft {
    /// The contact.
    #[schemars(with = "ContactId")]
    pub client_id: String,
    /// The channels that it likes, the best first.
    #[serde(default)]
    #[schemars(schema_with = "preferable")]
    pub preferred_channels: Option<Vec<String>>,
    /// An IANA time zone.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Option<String>")]
    pub timezone: Option<Option<String>>,
    /// `HH:MM`; null ends quiet hours of its own.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Option<TimeOfDay>")]
    pub quiet_hours_start: Option<Option<String>>,
    /// `HH:MM`; null ends quiet hours of its own.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Option<TimeOfDay>")]
    pub quiet_hours_end: Option<Option<String>>,
    /// Whether it wants no e-mails.
    #[serde(default)]
    pub opt_out_email: Option<bool>,
    /// Whether it wants no text messages.
    #[serde(default)]
    pub opt_out_sms: Option<bool>,
    /// Whether it wants no WhatsApp messages.
    #[serde(default)]
    pub opt_out_whatsapp: Option<bool>,
}

fn example() -> serde_json::Value {
    serde_json::json!({
        "client_id": "0198f3a2-7c4e-7b31-9d05-3f6a2b8c1e47", "preferred_channels": ["email", "whatsapp"],
        "timezone": "Asia/Kolkata", "quiet_hours_start": "22:00", "quiet_hours_end": "08:00", "opt_out_sms": true,
    })
}

fn preferable(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({
        "type": "array",
        "items": { "type": "string", "enum": PREFERABLE },
        "uniqueItems": true,
        "maxItems": PREFERABLE.len(),
    })
}

/// Tells null (`Some(None)`) from absent (`None`).
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl Preferences {
    /// Of a contact that has said nothing.
    pub fn none(client_id: ContactId) -> Self {
        Self {
            client_id,
            preferred_channels: Vec::new(),
            timezone: None,
            quiet_hours_start: None,
            quiet_hours_end: None,
            opt_out_email: false,
            opt_out_sms: false,
            opt_out_whatsapp: false,
            created_at: None,
            updated_at: None,
            revision: 0,
        }
    }

    /// Whether the contact wants nothing over the channel. Of calls it says nothing.
    pub fn opts_out(&self, channel: Channel) -> bool {
        match channel {
            Channel::Email => self.opt_out_email,
            Channel::Sms => self.opt_out_sms,
            Channel::Whatsapp => self.opt_out_whatsapp,
            Channel::Voice => false,
        }
    }

    /// The preferences after the contact said whether it wants nothing over a channel, one revision on; nothing if it said so
    /// before, or of calls.
    pub fn opting(&self, channel: Channel, out: bool, now: Timestamp) -> Option<Self> {
        let mut new = Self { revision: self.revision + 1, updated_at: Some(now), ..self.clone() };
        new.created_at = self.created_at.or(Some(now));
        match channel {
            Channel::Email => new.opt_out_email = out,
            Channel::Sms => new.opt_out_sms = out,
            Channel::Whatsapp => new.opt_out_whatsapp = out,
            Channel::Voice => {}
        }
        (new.opts_out(channel) != self.opts_out(channel)).then_some(new)
    }

    /// The preferences of a contact that another one with `other` preferences went into: what either does not want is not
    /// wanted. Zone and hours are the other one's where nothing is said.
    #[must_use]
    pub fn with_opt_outs_of(mut self, other: &Self) -> Self {
        self.opt_out_email |= other.opt_out_email;
        self.opt_out_sms |= other.opt_out_sms;
        self.opt_out_whatsapp |= other.opt_out_whatsapp;
        self.timezone = self.timezone.or_else(|| other.timezone.clone());
        if self.quiet_hours_start.is_none() {
            (self.quiet_hours_start, self.quiet_hours_end) = (other.quiet_hours_start, other.quiet_hours_end);
        }
        self
    }

    /// The preferences after `draft`, one revision on.
    ///
    /// # Errors
    /// [`Error::Refused`] with every fault of every field.
    pub fn changed(&self, draft: PreferencesDraft, now: Timestamp) -> Result<Self> {
        let mut faults = Vec::new();
        let mut new = Self { revision: self.revision + 1, updated_at: Some(now), ..self.clone() };
        new.created_at = self.created_at.or(Some(now));
        if let Some(channels) = draft.preferred_channels {
            new.preferred_channels = parse_channels(&channels, &mut faults);
        }
        if let Some(zone) = draft.timezone {
            let zone = zone.map(|zone| crate::time::zone_name(&zone)).transpose();
            let zone = zone.map_err(|reason| faults.push(Fault::new("timezone", FaultCode::Invalid, reason)));
            new.timezone = zone.unwrap_or_default();
        }
        for (field, typed, place) in [
            ("quiet_hours_start", draft.quiet_hours_start, &mut new.quiet_hours_start),
            ("quiet_hours_end", draft.quiet_hours_end, &mut new.quiet_hours_end),
        ] {
            let Some(typed) = typed else { continue };
            match typed.as_deref().map(str::parse::<TimeOfDay>).transpose() {
                Ok(time) => *place = time,
                Err(error) => faults.push(Fault::new(field, FaultCode::Invalid, error.to_string())),
            }
        }
        if faults.is_empty() && new.quiet_hours_start.is_some() != new.quiet_hours_end.is_some() {
            let field = if new.quiet_hours_start.is_some() { "quiet_hours_end" } else { "quiet_hours_start" };
            faults.push(Fault::new(field, FaultCode::Missing, "is required: quiet hours have a start and an end"));
        }
        new.opt_out_email = draft.opt_out_email.unwrap_or(self.opt_out_email);
        new.opt_out_sms = draft.opt_out_sms.unwrap_or(self.opt_out_sms);
        new.opt_out_whatsapp = draft.opt_out_whatsapp.unwrap_or(self.opt_out_whatsapp);
        if faults.is_empty() { Ok(new) } else { Err(Error::Refused(faults)) }
    }
}

fn parse_channels(typed: &[String], faults: &mut Vec<Fault>) -> Vec<Channel> {
    let mut channels: Vec<Channel> = Vec::new();
    for (index, word) in typed.iter().enumerate() {
        let field = format!("preferred_channels[{index}]");
        match PREFERABLE.into_iter().find(|channel| channel.as_str() == word) {
            Some(channel) if channels.contains(&channel) => {
                faults.push(Fault::new(field, FaultCode::Invalid, "is named twice"));
            }
            Some(channel) => channels.push(channel),
            None => faults.push(Fault::not_allowed(field, &PREFERABLE.map(Channel::as_str))),
        }
    }
    channels
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;
    use serde_json::json;

    fn none() -> Preferences {
        Preferences::none(ContactId::derived(Timestamp::default(), &[]))
    }

    fn changed(before: &Preferences, mut draft: serde_json::Value) -> Result<Preferences> {
        draft["client_id"] = json!(before.client_id);
        before.changed(serde_json::from_value(draft).unwrap(), Timestamp::default())
    }

    #[test]
    fn what_is_absent_stays_and_what_is_null_is_cleared() {
        let draft = json!({ "preferred_channels": ["whatsapp", "email"], "timezone": "Asia/Kolkata",
                            "quiet_hours_start": "22:00", "quiet_hours_end": "08:00", "opt_out_sms": true });
        let first = changed(&none(), draft).unwrap();
        assert_eq!(first.preferred_channels, [Channel::Whatsapp, Channel::Email]);
        assert!(first.opts_out(Channel::Sms) && !first.opts_out(Channel::Email));
        let second = changed(&first, json!({ "timezone": null })).unwrap();
        assert_eq!((second.timezone, second.quiet_hours_start), (None, first.quiet_hours_start));
        assert_eq!((second.revision, second.opt_out_sms), (2, true));
    }

    #[test]
    fn the_example_is_acceptable() {
        assert!(changed(&none(), example()).is_ok());
    }

    #[test]
    fn every_fault_is_reported_at_once() {
        let draft = json!({ "preferred_channels": ["email", "email", "voice"], "timezone": "Mars",
                            "quiet_hours_start": "25:00" });
        let Err(Error::Refused(faults)) = changed(&none(), draft) else { panic!("accepted") };
        let fields: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["preferred_channels[1]", "preferred_channels[2]", "timezone", "quiet_hours_start"]);
        assert!(changed(&none(), json!({ "quiet_hours_end": "08:00" })).is_err());
    }
}

//! Settings: what a tenant can choose for itself.

mod per_channel;
mod sender;
mod time_of_day;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use crate::message::Channel;
use crate::money::Money;
use crate::phone::Country;
use crate::{Error, Fault, FaultCode, Result, Timestamp};

pub use sender::{EmailIdentity, SenderIdentities};
pub use time_of_day::{NotATimeOfDay, TimeOfDay};

/// The most tags that a tenant may allow a contact.
pub const MAX_TAGS: u32 = 100;
/// The highest frequency cap.
pub const MAX_CAP: u32 = 1_000;
/// What a tenant has chosen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Settings {
    /// The most tags a contact may have.
    pub max_tags_per_contact: u32,
    /// For phone numbers without a country code: ISO 3166-1 alpha-2.
    pub default_country: Country,
    /// Whether phone numbers are brought into E.164; if not, they must come in it.
    pub auto_clean_phone_numbers: bool,
    /// Whether a new e-mail address must be confirmed by its owner before campaigns write to it.
    pub email_verification: bool,
    /// The IANA time zone of contacts that have none of their own.
    #[schemars(example = "Europe/Berlin")]
    pub default_timezone: String,
    /// From when on nothing is sent, in the contact's zone; nothing if there are no quiet hours.
    pub quiet_hours_start: Option<TimeOfDay>,
    /// Until when.
    pub quiet_hours_end: Option<TimeOfDay>,
    /// How many messages a contact gets at most, over all campaigns.
    pub frequency_cap: BTreeMap<CapScope, Cap>,
    /// Whom messages come from.
    pub sender_identities: SenderIdentities,
    /// How many messages go out in a second at most, by channel: what the provider bears.
    #[serde(default)]
    pub send_rates: BTreeMap<Channel, f64>,
    /// What a message costs, by channel; of text messages each of the parts that a long one is cut into.
    #[serde(default)]
    pub message_costs: BTreeMap<Channel, Money>,
    /// Counts the changes; 0 if nothing was ever chosen.
    pub version: u64,
    /// When it last changed.
    pub updated_at: Option<Timestamp>,
}

impl Default for Settings {
    /// S1's values where it has any.
    fn default() -> Self {
        Self {
            max_tags_per_contact: 10,
            default_country: Country::DEFAULT,
            auto_clean_phone_numbers: true,
            email_verification: false,
            default_timezone: "UTC".to_owned(),
            quiet_hours_start: None,
            quiet_hours_end: None,
            frequency_cap: BTreeMap::new(),
            sender_identities: SenderIdentities::default(),
            send_rates: BTreeMap::new(),
            message_costs: BTreeMap::new(),
            version: 0,
            updated_at: None,
        }
    }
}

vocabulary! {
    /// Which messages a cap counts.
    CapScope {
        /// Those of all channels together.
        All = "all",
        /// E-mails.
        Email = "email",
        /// Text messages.
        Sms = "sms",
        /// WhatsApp messages.
        Whatsapp = "whatsapp",
        /// Calls.
        Voice = "voice",
    }
}

/// How many messages at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cap {
    /// In a calendar day of the contact's zone.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1000))]
    pub per_day: Option<u32>,
    /// In seven days.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1000))]
    pub per_week: Option<u32>,
}

/// Settings as somebody typed them: what is absent stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(example = example())]
pub struct SettingsDraft {
    /// The most tags a contact may have.
    #[schemars(range(min = 1, max = 100))]
    pub max_tags_per_contact: Option<u32>,
    /// ISO 3166-1 alpha-2.
    #[schemars(with = "Option<Country>")]
    pub default_country: Option<String>,
    /// Whether phone numbers are brought into E.164.
    pub auto_clean_phone_numbers: Option<bool>,
    /// Whether new e-mail addresses must be confirmed.
    pub email_verification: Option<bool>,
    /// An IANA time zone.
    #[schemars(length(min = 1))]
    pub default_timezone: Option<String>,
    /// `HH:MM`; null ends quiet hours.
    #[serde(deserialize_with = "present")]
    #[schemars(with = "Option<TimeOfDay>")]
    pub quiet_hours_start: Option<Option<String>>,
    /// `HH:MM`; null ends quiet hours.
    #[serde(deserialize_with = "present")]
    #[schemars(with = "Option<TimeOfDay>")]
    pub quiet_hours_end: Option<Option<String>>,
    /// Replaces all caps: by channel, or `all`; null removes them.
    #[serde(deserialize_with = "present")]
    #[schemars(with = "Option<BTreeMap<CapScope, Cap>>", extend("propertyNames" = { "enum": CapScope::ALL }))]
    pub frequency_cap: Option<Option<BTreeMap<String, Cap>>>,
    /// Replaces all identities; null removes them.
    #[serde(deserialize_with = "present")]
    #[schemars(with = "Option<SenderIdentities>")]
    pub sender_identities: Option<Option<SenderIdentities>>,
    /// Replaces all rates: messages per second, by channel; null removes them.
    #[serde(deserialize_with = "present")]
    #[schemars(with = "Option<BTreeMap<Channel, f64>>", extend("propertyNames" = { "enum": Channel::ALL }))]
    pub send_rates: Option<Option<BTreeMap<String, f64>>>,
    /// Replaces all costs: of one message in the tenant's currency, by channel; null removes them.
    #[serde(deserialize_with = "present")]
    #[schemars(with = "Option<BTreeMap<Channel, Money>>", extend("propertyNames" = { "enum": Channel::ALL }))]
    pub message_costs: Option<Option<BTreeMap<String, f64>>>,
}

fn example() -> serde_json::Value {
    serde_json::json!({
        "max_tags_per_contact": 20, "default_country": "GB", "default_timezone": "Europe/London",
        "quiet_hours_start": "22:00", "quiet_hours_end": "08:00",
        "frequency_cap": { "all": { "per_day": 2, "per_week": 5 }, "sms": { "per_week": 1 } },
        "sender_identities": { "email": { "name": "Analytical Engines", "address": "hello@example.com" } },
        "send_rates": { "email": 14, "sms": 1 }, "message_costs": { "email": 0.0001, "sms": 0.0079 },
    })
}

/// Tells null (`Some(None)`) from absent (`None`).
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl Settings {
    /// The settings after `draft`, one version on.
    ///
    /// # Errors
    /// [`Error::Refused`] with every fault of every field.
    pub fn changed(&self, draft: SettingsDraft, now: Timestamp) -> Result<Self> {
        let mut faults = Vec::new();
        let mut new = Self { version: self.version + 1, updated_at: Some(now), ..self.clone() };
        let mut check = |field: &str, checked: Result<(), String>| {
            if let Err(reason) = checked {
                faults.push(Fault::new(field, FaultCode::Invalid, reason));
            }
        };
        if let Some(most) = draft.max_tags_per_contact {
            new.max_tags_per_contact = most;
            check("max_tags_per_contact", within(most, MAX_TAGS));
        }
        if let Some(country) = draft.default_country {
            check("default_country", set(&mut new.default_country, &country));
        }
        new.auto_clean_phone_numbers = draft.auto_clean_phone_numbers.unwrap_or(self.auto_clean_phone_numbers);
        new.email_verification = draft.email_verification.unwrap_or(self.email_verification);
        if let Some(zone) = draft.default_timezone {
            check("default_timezone", crate::time::zone_name(&zone).map(|name| new.default_timezone = name));
        }
        if let Some(start) = draft.quiet_hours_start {
            check("quiet_hours_start", set_or_clear(&mut new.quiet_hours_start, start.as_deref()));
        }
        if let Some(end) = draft.quiet_hours_end {
            check("quiet_hours_end", set_or_clear(&mut new.quiet_hours_end, end.as_deref()));
        }
        if let Some(caps) = draft.frequency_cap {
            new.frequency_cap = parse_caps(caps.unwrap_or_default(), &mut faults);
        }
        if let Some(identities) = draft.sender_identities {
            new.sender_identities = identities.unwrap_or_default().parse(&mut faults);
        }
        if let Some(rates) = draft.send_rates {
            new.send_rates = per_channel::rates(rates.unwrap_or_default(), &mut faults);
        }
        if let Some(costs) = draft.message_costs {
            new.message_costs = per_channel::costs(costs.unwrap_or_default(), &mut faults);
        }
        let unread = faults.iter().any(|fault| fault.field.starts_with("quiet_hours"));
        if !unread && new.quiet_hours_start.is_some() != new.quiet_hours_end.is_some() {
            let field = if new.quiet_hours_start.is_some() { "quiet_hours_end" } else { "quiet_hours_start" };
            faults.push(Fault::new(field, FaultCode::Missing, "is required: quiet hours have a start and an end"));
        }
        if faults.is_empty() { Ok(new) } else { Err(Error::Refused(faults)) }
    }

    /// The fields, one by one, for telling what has changed. What merely counts or dates changes is left out.
    pub fn fields(&self) -> BTreeMap<String, serde_json::Value> {
        let value = serde_json::to_value(self).unwrap_or_default();
        let fields = value.as_object().cloned().unwrap_or_default();
        fields.into_iter().filter(|(name, _)| name != "version" && name != "updated_at").collect()
    }
}

fn within(number: u32, most: u32) -> Result<(), String> {
    if (1..=most).contains(&number) { Ok(()) } else { Err(format!("must be from 1 to {most}")) }
}

fn set<T: FromStr<Err: fmt::Display>>(place: &mut T, text: &str) -> Result<(), String> {
    text.parse().map(|value| *place = value).map_err(|error: T::Err| error.to_string())
}

fn set_or_clear<T: FromStr<Err: fmt::Display>>(place: &mut Option<T>, text: Option<&str>) -> Result<(), String> {
    let value = text.map(str::parse).transpose().map_err(|error: T::Err| error.to_string())?;
    *place = value;
    Ok(())
}

fn parse_caps(caps: BTreeMap<String, Cap>, faults: &mut Vec<Fault>) -> BTreeMap<CapScope, Cap> {
    let mut parsed = BTreeMap::new();
    for (scope, cap) in caps {
        let field = format!("frequency_cap.{scope}");
        for (name, number) in [("per_day", cap.per_day), ("per_week", cap.per_week)] {
            if let Some(Err(reason)) = number.map(|number| within(number, MAX_CAP)) {
                faults.push(Fault::new(format!("{field}.{name}"), FaultCode::Invalid, reason));
            }
        }
        match CapScope::parse(&field, &scope) {
            Ok(scope) => drop(parsed.insert(scope, cap)),
            Err(fault) => faults.push(fault),
        }
    }
    parsed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(draft: serde_json::Value) -> Result<Settings> {
        let draft = serde_json::from_value(draft).unwrap_or_else(|error| panic!("{error}"));
        Settings::default().changed(draft, Timestamp::default())
    }

    #[test]
    fn what_is_absent_stays_and_what_is_null_is_cleared() {
        let draft =
            serde_json::json!({ "quiet_hours_start": "22:00", "quiet_hours_end": "08:00", "default_country": "gb" });
        let quiet = changed(draft).unwrap_or_default();
        assert_eq!(quiet.quiet_hours_start.map(TimeOfDay::minutes), Some(22 * 60));
        assert_eq!(
            (quiet.version, quiet.max_tags_per_contact, quiet.default_country.to_string()),
            (1, 10, "GB".into())
        );
        let nulls = serde_json::json!({ "quiet_hours_start": null, "quiet_hours_end": null });
        let draft: SettingsDraft = serde_json::from_value(nulls).unwrap_or_default();
        let loud = quiet.changed(draft, Timestamp::default()).unwrap_or_default();
        assert_eq!((loud.quiet_hours_start, loud.version), (None, 2));
    }

    #[test]
    fn every_fault_is_reported_at_once() {
        let draft = serde_json::json!({
            "max_tags_per_contact": 0, "default_country": "XX", "default_timezone": "Mars", "quiet_hours_start": "25:00",
            "frequency_cap": { "fax": {}, "sms": { "per_day": 0 } },
            "sender_identities": { "email": { "address": "x" }, "sms": "much too long a name", "voice": "12" },
        });
        let Err(Error::Refused(faults)) = changed(draft) else { panic!("accepted") };
        let fields: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
        let expected = [
            "max_tags_per_contact",
            "default_country",
            "default_timezone",
            "quiet_hours_start",
            "frequency_cap.fax",
            "frequency_cap.sms.per_day",
            "sender_identities.email.address",
            "sender_identities.sms",
            "sender_identities.voice",
        ];
        assert_eq!(fields, expected);
    }

    #[test]
    fn quiet_hours_have_both_ends_or_none() {
        assert!(changed(serde_json::json!({ "quiet_hours_start": "22:00" })).is_err());
    }

    #[test]
    fn the_example_is_acceptable() {
        assert!(changed(example()).is_ok());
    }
}

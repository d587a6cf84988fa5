//! Drafts: a contact as somebody typed it, and what makes it acceptable.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::{LifecycleStage, OptInStatus, Profile, distinct_tags};
use crate::email::EmailAddress;
use crate::phone::{Country, Phone};
use crate::{Error, Fault, FaultCode, Result};

/// The longest first or last name, in characters (S2).
pub const MAX_NAME: usize = 100;
/// The longest company, department, job title or lead source, in characters (S2).
pub const MAX_TITLE: usize = 200;
/// The longest notes, in characters.
pub const MAX_NOTES: usize = 20_000;
/// The longest tag, in characters.
pub const MAX_TAG: usize = 100;
/// The most custom fields of a contact.
pub const MAX_CUSTOM_FIELDS: usize = 100;
/// The most bytes that a contact's custom fields take as JSON.
pub const MAX_CUSTOM_FIELDS_BYTES: usize = 32 * 1024;

/// What a tenant demands of its contacts.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// For phone numbers without a country code.
    pub default_country: Country,
    /// The most tags a contact may have.
    pub max_tags: usize,
}

impl Default for Rules {
    /// S1's: US, ten tags.
    fn default() -> Self {
        Self { default_country: Country::DEFAULT, max_tags: 10 }
    }
}

/// A contact as somebody typed it: in the body of a request, or in a row of a file.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Draft {
    /// See [`Profile`] for this and the rest.
    pub first_name: Option<String>,
    #[allow(missing_docs, reason = "the fields are Profile's")]
    pub last_name: Option<String>,
    #[allow(missing_docs, reason = "the fields are Profile's")]
    pub email: Option<String>,
    #[allow(missing_docs, reason = "the fields are Profile's")]
    pub phone: Option<String>,
    #[allow(missing_docs, reason = "the fields are Profile's")]
    pub company: Option<String>,
    #[allow(missing_docs, reason = "the fields are Profile's")]
    pub department: Option<String>,
    #[allow(missing_docs, reason = "the fields are Profile's")]
    pub job_title: Option<String>,
    #[allow(missing_docs, reason = "the fields are Profile's")]
    pub notes: Option<String>,
    #[allow(missing_docs, reason = "the fields are Profile's")]
    pub tags: Vec<String>,
    #[allow(missing_docs, reason = "the fields are Profile's")]
    pub custom_fields: BTreeMap<String, Value>,
    #[allow(missing_docs, reason = "the fields are Profile's")]
    pub lifecycle_stage: Option<String>,
    #[allow(missing_docs, reason = "the fields are Profile's")]
    pub lead_source: Option<String>,
    #[allow(missing_docs, reason = "the fields are Profile's")]
    pub opt_in_status: Option<String>,
    #[allow(missing_docs, reason = "the fields are Profile's")]
    pub do_not_contact: bool,
    #[allow(missing_docs, reason = "the fields are Profile's")]
    pub timezone: Option<String>,
}

impl Draft {
    /// Makes a valid profile of it.
    ///
    /// # Errors
    /// [`Error::Refused`] with every fault of every field.
    pub fn parse(self, rules: &Rules) -> Result<Profile> {
        let mut faults = Faults::default();
        let profile = Profile {
            first_name: faults.text("first_name", self.first_name, MAX_NAME),
            last_name: faults.text("last_name", self.last_name, MAX_NAME),
            email: faults.value("email", self.email, |text| EmailAddress::parse(text).map_err(|e| e.to_string())),
            phone: faults.value("phone", self.phone, |text| {
                Phone::parse(text, rules.default_country).map_err(|e| e.to_string())
            }),
            company: faults.text("company", self.company, MAX_TITLE),
            department: faults.text("department", self.department, MAX_TITLE),
            job_title: faults.text("job_title", self.job_title, MAX_TITLE),
            notes: faults.text("notes", self.notes, MAX_NOTES),
            tags: faults.tags(self.tags, rules.max_tags),
            custom_fields: faults.custom_fields(self.custom_fields),
            lifecycle_stage: faults.word(self.lifecycle_stage, |text| LifecycleStage::parse("lifecycle_stage", text)),
            lead_source: faults.text("lead_source", self.lead_source, MAX_TITLE),
            opt_in_status: faults.word(self.opt_in_status, |text| OptInStatus::parse("opt_in_status", text)),
            do_not_contact: self.do_not_contact,
            timezone: faults.value("timezone", self.timezone, zone_name),
        };
        faults.demand_identity(&profile);
        faults.into_result(profile)
    }
}

fn zone_name(text: &str) -> Result<String, String> {
    text.parse::<chrono_tz::Tz>()
        .map(|zone| zone.name().to_owned())
        .map_err(|_| "is not an IANA time zone such as Europe/Berlin".to_owned())
}

#[derive(Default)]
struct Faults(Vec<Fault>);

impl Faults {
    fn text(&mut self, field: &str, text: Option<String>, max: usize) -> Option<String> {
        let text = filled(text)?;
        if text.chars().count() > max {
            self.0.push(Fault::new(field, FaultCode::TooLong, format!("is longer than {max} characters")));
            return None;
        }
        Some(text)
    }

    fn value<T>(&mut self, field: &str, text: Option<String>, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        let text = filled(text)?;
        parse(&text).map_err(|reason| self.0.push(Fault::new(field, FaultCode::Invalid, reason))).ok()
    }

    fn word<T>(&mut self, text: Option<String>, parse: impl Fn(&str) -> Result<T, Fault>) -> Option<T> {
        let text = filled(text)?;
        parse(&text).map_err(|fault| self.0.push(fault)).ok()
    }

    fn tags(&mut self, tags: Vec<String>, max: usize) -> Vec<String> {
        let tags = distinct_tags(tags.into_iter().map(|tag| tag.trim().to_owned()).filter(|tag| !tag.is_empty()));
        if tags.len() > max {
            self.0.push(Fault::new("tags", FaultCode::TooLong, format!("are more than {max}")));
        }
        for (index, tag) in tags.iter().enumerate() {
            if tag.chars().count() > MAX_TAG {
                let reason = format!("is longer than {MAX_TAG} characters");
                self.0.push(Fault::new(format!("tags[{index}]"), FaultCode::TooLong, reason));
            }
        }
        tags
    }

    fn custom_fields(&mut self, fields: BTreeMap<String, Value>) -> BTreeMap<String, Value> {
        let bytes: usize = fields.iter().map(|(name, value)| name.len() + value.to_string().len()).sum();
        if fields.len() > MAX_CUSTOM_FIELDS || bytes > MAX_CUSTOM_FIELDS_BYTES {
            let reason = format!("are more than {MAX_CUSTOM_FIELDS} or larger than {MAX_CUSTOM_FIELDS_BYTES} bytes");
            self.0.push(Fault::new("custom_fields", FaultCode::TooLong, reason));
        }
        fields
    }

    fn demand_identity(&mut self, profile: &Profile) {
        let known = profile.first_name.is_some()
            || profile.last_name.is_some()
            || profile.email.is_some()
            || profile.phone.is_some();
        if !known && self.0.is_empty() {
            self.0.push(Fault::new("email", FaultCode::Missing, "or first_name, last_name or phone is required"));
        }
    }

    fn into_result(self, profile: Profile) -> Result<Profile> {
        if self.0.is_empty() { Ok(profile) } else { Err(Error::Refused(self.0)) }
    }
}

fn filled(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> Draft {
        Draft { first_name: Some(" Ada ".into()), email: Some("ADA@example.com".into()), ..Draft::default() }
    }

    fn fields(result: Result<Profile>) -> Vec<String> {
        match result {
            Err(Error::Refused(faults)) => faults.into_iter().map(|fault| fault.field).collect(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn a_draft_is_trimmed_and_normalised() {
        let profile = draft().parse(&Rules::default()).unwrap_or_default();
        assert_eq!(profile.full_name().as_deref(), Some("Ada"));
        assert_eq!(profile.email.map(|email| email.to_string()).as_deref(), Some("ada@example.com"));
    }

    #[test]
    fn every_fault_is_reported_at_once() {
        let bad = Draft {
            email: Some("nobody".into()),
            phone: Some("12".into()),
            first_name: Some("x".repeat(101)),
            lifecycle_stage: Some("king".into()),
            timezone: Some("Mars/Olympus".into()),
            tags: (0..11).map(|n| n.to_string()).collect(),
            ..Draft::default()
        };
        let expected = ["first_name", "email", "phone", "tags", "lifecycle_stage", "timezone"];
        assert_eq!(fields(bad.parse(&Rules::default())), expected);
    }

    #[test]
    fn somebody_must_be_recognisable() {
        let nobody = Draft { company: Some("Acme".into()), ..Draft::default() };
        assert_eq!(fields(nobody.parse(&Rules::default())), ["email"]);
    }

    #[test]
    fn tags_are_distinct_without_case() {
        let tagged = Draft { tags: vec!["VIP".into(), " vip ".into(), "".into(), "new".into()], ..draft() };
        assert_eq!(tagged.parse(&Rules::default()).unwrap_or_default().tags, ["VIP", "new"]);
    }
}

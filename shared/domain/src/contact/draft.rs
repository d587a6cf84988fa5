//! Drafts: a contact as somebody typed it, and what makes it acceptable.

mod keepable;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{LifecycleStage, OptInStatus, Profile};
use crate::access::{NotAUser, UserId};
use crate::email::EmailAddress;
use crate::id::{ContactTypeId, GroupId};
use crate::phone::{Country, Phone};
use crate::settings::Settings;
use crate::tags::is_same;
use crate::time::zone_name;
use crate::{Error, Fault, FaultCode, Result};

pub use keepable::too_many_fields;
pub(crate) use keepable::{NAMELESS, unkeepable, unkeepable_bounds};

/// The longest first or last name, in characters (S2).
pub const MAX_NAME: usize = 100;
/// The longest company, department, job title or lead source, in characters (S2).
pub const MAX_TITLE: usize = 200;
/// The longest notes, in characters.
pub const MAX_NOTES: usize = 20_000;
/// The longest tag, in characters.
pub const MAX_TAG: usize = 100;
/// The most types of a contact.
pub const MAX_TYPES: usize = 20;
/// The most groups that a contact is in.
pub const MAX_GROUPS: usize = 50;
/// The most custom fields of a contact.
pub const MAX_CUSTOM_FIELDS: usize = 100;
/// The most bytes that a contact's custom fields take as JSON.
pub const MAX_CUSTOM_FIELDS_BYTES: usize = 32 * 1024;
/// How many lists and objects may lie in each other within a custom field. The table takes 32, some of them ours.
pub(crate) const MAX_NESTING: usize = 16;

/// What a tenant demands of its contacts.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// For phone numbers without a country code.
    pub default_country: Country,
    /// The most tags a contact may have.
    pub max_tags: usize,
    /// Whether phone numbers are brought into E.164; if not, they must come in it.
    pub clean_phones: bool,
}

impl Default for Rules {
    /// S1's: US, ten tags, phone numbers of any form.
    fn default() -> Self {
        Self::from(&Settings::default())
    }
}

impl From<&Settings> for Rules {
    fn from(settings: &Settings) -> Self {
        Self {
            default_country: settings.default_country,
            max_tags: usize::try_from(settings.max_tags_per_contact).unwrap_or(usize::MAX),
            clean_phones: settings.auto_clean_phone_numbers,
        }
    }
}

/// A contact as somebody typed it: at least a name, an e-mail address or a phone number. Texts are trimmed, and one of
/// blanks only counts as absent; blanks count towards the length of a text.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "ContactDraft", example = example())]
pub struct Draft {
    /// Given name.
    #[schemars(length(max = MAX_NAME))]
    pub first_name: Option<String>,
    /// Family name.
    #[schemars(length(max = MAX_NAME))]
    pub last_name: Option<String>,
    /// E-mail address, compared without case. No two contacts of a tenant have the same.
    #[schemars(length(max = EmailAddress::MAX_LENGTH))]
    pub email: Option<String>,
    /// Phone number in international form (`+…`), or in the national form of the tenant's default country.
    #[schemars(length(max = Phone::MAX_TYPED))]
    pub phone: Option<String>,
    /// The employer.
    #[schemars(length(max = MAX_TITLE))]
    pub company: Option<String>,
    /// The part of the company.
    #[schemars(length(max = MAX_TITLE))]
    pub department: Option<String>,
    /// The role in the company.
    #[schemars(length(max = MAX_TITLE))]
    pub job_title: Option<String>,
    /// Free text.
    #[schemars(length(max = MAX_NOTES))]
    pub notes: Option<String>,
    /// What kind of contact it is: ids of types, at most 20.
    #[schemars(length(max = MAX_TYPES))]
    pub types: Vec<ContactTypeId>,
    /// Labels, distinct without case: as many as the tenant's settings allow, at first 10. Blank ones are left out.
    #[schemars(inner(length(max = MAX_TAG)))]
    pub tags: Vec<String>,
    /// The groups that it is in: their ids, at most 50. A request changes at most 40 memberships.
    #[schemars(length(max = MAX_GROUPS))]
    pub groups: Vec<GroupId>,
    /// The tenant's own fields, with any JSON as values; together at most 32 KiB. Numbers are 0 or from 1e-125 to 1e125 in
    /// magnitude, lists and objects nested at most 16 deep, and every field of an object has a name.
    #[schemars(extend("maxProperties" = MAX_CUSTOM_FIELDS, "propertyNames" = { "minLength": 1 }))]
    pub custom_fields: BTreeMap<String, Value>,
    /// Where the contact stands on the way to being a customer.
    #[schemars(with = "Option<LifecycleStage>")]
    pub lifecycle_stage: Option<String>,
    /// Where the contact came from, e.g. `website`.
    #[schemars(length(max = MAX_TITLE))]
    pub lead_source: Option<String>,
    /// Whether the contact agreed to be written to; `unknown` where nothing is said.
    #[schemars(with = "Option<OptInStatus>")]
    pub opt_in_status: Option<String>,
    /// Whether the contact is never to be written to, whatever the consent.
    pub do_not_contact: bool,
    /// The IANA time zone that the contact lives in.
    pub timezone: Option<String>,
    /// The user whom the contact belongs to, by the `sub` of its tokens.
    #[schemars(length(max = 128), regex(pattern = UserId::OR_BLANK))]
    pub owner_id: Option<String>,
    /// Whether the tenant still deals with it; yes, where nothing is said.
    pub is_active: Option<bool>,
}

fn example() -> Value {
    serde_json::json!({
        "first_name": "Ada", "last_name": "King", "email": "ada@example.com", "phone": "+442079460123",
        "company": "Analytical Engines", "job_title": "Countess", "tags": ["vip", "london"],
        "custom_fields": { "plan": "gold", "seats": 12 }, "lifecycle_stage": "mql", "lead_source": "website",
        "opt_in_status": "opted_in", "timezone": "Europe/London", "owner_id": "charles",
    })
}

impl Draft {
    /// Makes a valid profile of it.
    ///
    /// # Errors
    /// [`Error::Refused`] with every fault of every field.
    pub fn parse(self, rules: &Rules) -> Result<Profile> {
        let profile = self.parse_fields(rules)?;
        if profile.has_identity() { Ok(profile) } else { Err(Error::refused(nobody())) }
    }

    /// Makes a profile of the fields that are there, be they enough for a contact or not.
    pub(super) fn parse_fields(self, rules: &Rules) -> Result<Profile> {
        let mut faults = Faults::default();
        let profile = Profile {
            first_name: faults.text("first_name", self.first_name.as_deref(), MAX_NAME),
            last_name: faults.text("last_name", self.last_name.as_deref(), MAX_NAME),
            email: faults.value("email", self.email.as_deref(), email),
            phone: faults.value("phone", self.phone.as_deref(), |text| phone(text, rules)),
            company: faults.text("company", self.company.as_deref(), MAX_TITLE),
            department: faults.text("department", self.department.as_deref(), MAX_TITLE),
            job_title: faults.text("job_title", self.job_title.as_deref(), MAX_TITLE),
            notes: faults.text("notes", self.notes.as_deref(), MAX_NOTES),
            types: faults.ids("types", self.types, MAX_TYPES),
            tags: faults.tags(self.tags.into_iter().map(Cow::Owned), rules.max_tags),
            groups: faults.ids("groups", self.groups, MAX_GROUPS),
            custom_fields: faults.custom_fields(self.custom_fields),
            lifecycle_stage: faults
                .word(self.lifecycle_stage.as_deref(), |text| LifecycleStage::parse("lifecycle_stage", text)),
            lead_source: faults.text("lead_source", self.lead_source.as_deref(), MAX_TITLE),
            opt_in_status: faults.word(self.opt_in_status.as_deref(), |text| OptInStatus::parse("opt_in_status", text)),
            do_not_contact: self.do_not_contact,
            timezone: faults.value("timezone", self.timezone.as_deref(), |text| zone_name(text.trim())),
            owner_id: faults.value("owner_id", self.owner_id.as_deref(), owner),
            is_active: self.is_active,
        };
        faults.into_result(profile)
    }
}

/// Makes labels of what somebody typed, as a contact's are made.
///
/// # Errors
/// Every fault of `tags`.
pub fn tags(typed: Vec<String>, rules: &Rules) -> Result<Vec<String>, Vec<Fault>> {
    let mut faults = Faults::default();
    let tags = faults.tags(typed.into_iter().map(Cow::Owned), rules.max_tags);
    if faults.0.is_empty() { Ok(tags) } else { Err(faults.0) }
}

/// The e-mail address, or why it is none.
pub(crate) fn email(text: &str) -> Result<EmailAddress, String> {
    EmailAddress::parse(text).map_err(|error| error.to_string())
}

/// The number in the form that the rules demand, or why it is not acceptable.
pub(crate) fn phone(text: &str, rules: &Rules) -> Result<Phone, String> {
    let phone = Phone::parse(text, rules.default_country).map_err(|e| e.to_string())?;
    if !rules.clean_phones && phone.e164 != text.trim() {
        return Err("must be in E.164, such as +12025550143".to_owned());
    }
    Ok(phone)
}

/// The user, or why it can be none.
pub(crate) fn owner(text: &str) -> Result<UserId, String> {
    text.parse().map_err(|error: NotAUser| error.to_string())
}

/// What is wrong with the values of a contact, while they are read one after the other.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) fn text(&mut self, field: &str, text: Option<&str>, max: usize) -> Option<String> {
        let text = text?;
        if text.len() > max && text.chars().count() > max {
            self.0.push(Fault::new(field, FaultCode::TooLong, format!("is longer than {max} characters")));
            return None;
        }
        Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    pub(crate) fn value<T>(
        &mut self,
        field: &str,
        text: Option<&str>,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let text = text.filter(|text| !text.trim().is_empty())?;
        parse(text).map_err(|reason| self.0.push(Fault::new(field, FaultCode::Invalid, reason))).ok()
    }

    pub(crate) fn word<T>(&mut self, text: Option<&str>, parse: impl FnOnce(&str) -> Result<T, Fault>) -> Option<T> {
        parse(text?).map_err(|fault| self.0.push(fault)).ok()
    }

    /// The tags that differ by more than case, without the blank ones.
    pub(crate) fn tags<'t>(&mut self, tags: impl Iterator<Item = Cow<'t, str>>, max: usize) -> Vec<String> {
        let mut distinct: Vec<String> = Vec::new();
        for (index, tag) in tags.enumerate() {
            if tag.len() > MAX_TAG && tag.chars().count() > MAX_TAG {
                let reason = format!("is longer than {MAX_TAG} characters");
                self.0.push(Fault::new(format!("tags[{index}]"), FaultCode::TooLong, reason));
            }
            // One too many is enough to know.
            if distinct.len() <= max
                && !tag.trim().is_empty()
                && !distinct.iter().any(|other| is_same(other, tag.trim()))
            {
                distinct.push(tag.trim().to_owned());
            }
        }
        if distinct.len() > max {
            self.0.push(Fault::new("tags", FaultCode::TooLong, format!("are more than {max}")));
        }
        distinct
    }

    fn ids<T: Copy + PartialEq>(&mut self, field: &str, ids: Vec<T>, max: usize) -> Vec<T> {
        if ids.len() > max {
            self.0.push(Fault::new(field, FaultCode::TooLong, format!("are more than {max}")));
        }
        let mut distinct = Vec::with_capacity(ids.len().min(max));
        for id in ids {
            if !distinct.contains(&id) && distinct.len() < max {
                distinct.push(id);
            }
        }
        distinct
    }

    pub(crate) fn custom_fields(&mut self, fields: BTreeMap<String, Value>) -> BTreeMap<String, Value> {
        if let Some(reason) = too_many_fields(&BTreeMap::new(), &fields) {
            self.0.push(Fault::new("custom_fields", FaultCode::TooLong, reason));
        }
        if fields.contains_key("") {
            self.0.push(Fault::new("custom_fields", FaultCode::Invalid, NAMELESS));
        }
        for (name, value) in &fields {
            let reason = unkeepable(value, MAX_NESTING);
            self.0.extend(reason.map(|reason| Fault::new(format!("custom_fields.{name}"), FaultCode::Invalid, reason)));
        }
        fields
    }

    fn into_result(self, profile: Profile) -> Result<Profile> {
        if self.0.is_empty() { Ok(profile) } else { Err(Error::Refused(self.0)) }
    }

    pub(crate) fn into_faults(self) -> Vec<Fault> {
        self.0
    }
}

pub(crate) fn nobody() -> Fault {
    Fault::new("email", FaultCode::Missing, "or first_name, last_name or phone is required")
}

//! Filters: which contacts are meant. What is given must hold, all of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::draft::Rules;
use super::{Contact, LifecycleStage, OptInStatus};
use crate::access::UserId;
use crate::email::EmailAddress;
use crate::fold::fold;
use crate::id::{ContactTypeId, GroupId};
use crate::phone::Phone;
use crate::time::TimeFilter;
use crate::{Error, Fault, FaultCode, Result, Timestamp};

/// The most characters of a text that is looked for.
const MAX_TEXT: usize = 254;
/// The most tags that are asked for.
const MAX_TAGS: usize = 100;

/// Which contacts are meant: those of which all that is given holds. Texts are compared without case and accents.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(example = serde_json::json!({ "tags": ["trial"], "lifecycle_stage": "lead", "is_active": true }))]
pub struct ContactFilter {
    /// The e-mail address, whole.
    #[schemars(length(max = MAX_TEXT))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The phone number, whole, in any form.
    #[schemars(length(max = MAX_TEXT))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// A part of the given name.
    #[schemars(length(max = MAX_TEXT))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// A part of the family name.
    #[schemars(length(max = MAX_TEXT))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// A part of the employer's name.
    #[schemars(length(max = MAX_TEXT))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// Words, each a part of the names, the e-mail address or the employer's name.
    #[schemars(length(max = MAX_TEXT))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// Tags, all of which it has.
    #[schemars(length(max = MAX_TAGS), inner(length(max = MAX_TEXT)))]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// A group that it is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupId>,
    /// A type that it is of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r#type: Option<ContactTypeId>,
    /// Whom it belongs to.
    #[schemars(length(max = MAX_TEXT))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_id: Option<String>,
    /// Whether the tenant still deals with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_active: Option<bool>,
    /// Where it stands on the way to being a customer.
    #[schemars(with = "Option<LifecycleStage>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lifecycle_stage: Option<String>,
    /// Where it came from, whole.
    #[schemars(length(max = MAX_TEXT))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead_source: Option<String>,
    /// Whether it agreed to be written to.
    #[schemars(with = "Option<OptInStatus>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opt_in_status: Option<String>,
    /// Whether it has bookings that were not cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub has_bookings: Option<bool>,
    /// The least score; who was not scored has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_score: Option<f64>,
    /// The greatest score.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_score: Option<f64>,
    /// When it came to be, at the earliest: a moment (RFC 3339), or a day, from its beginning on.
    #[schemars(length(max = MAX_TEXT))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_from: Option<String>,
    /// When it came to be, at the latest: a moment, or a day, to its end.
    #[schemars(length(max = MAX_TEXT))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_to: Option<String>,
}

/// A filter whose values are understood.
#[derive(Debug, Clone, PartialEq)]
pub struct ContactQuery {
    filter: ContactFilter,
    email: Option<EmailAddress>,
    phone: Option<String>,
    words: Vec<String>,
    owner: Option<UserId>,
    lifecycle_stage: Option<LifecycleStage>,
    opt_in_status: Option<OptInStatus>,
    created: [Option<Timestamp>; 2],
}

impl ContactFilter {
    /// Whether it means everybody.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn too_long(&self) -> Option<Fault> {
        let texts = [&self.first_name, &self.last_name, &self.company, &self.search, &self.lead_source];
        let mut texts = texts.into_iter().flatten().chain(&self.tags);
        let too_long = self.tags.len() > MAX_TAGS || texts.any(|text| text.chars().count() > MAX_TEXT);
        let reason = format!("has a text of more than {MAX_TEXT} characters, or more than {MAX_TAGS} tags");
        too_long.then(|| Fault::new("filter", FaultCode::TooLong, reason))
    }

    /// Understands the values.
    ///
    /// # Errors
    /// [`Error::Refused`] with every value that no contact could have.
    pub fn parse(mut self, rules: &Rules) -> Result<ContactQuery> {
        let mut faults = Faults(Vec::new());
        let email = faults.value("email", &self.email, EmailAddress::parse);
        let phone = faults.value("phone", &self.phone, |text| Phone::parse(text, rules.default_country));
        let owner = faults.value("owner_id", &self.owner_id, str::parse::<UserId>);
        let lifecycle_stage = faults.word(&self.lifecycle_stage, |text| LifecycleStage::parse("lifecycle_stage", text));
        let opt_in_status = faults.word(&self.opt_in_status, |text| OptInStatus::parse("opt_in_status", text));
        let created = [
            faults.value("created_from", &self.created_from, |text| text.parse().map(TimeFilter::start)),
            faults.value("created_to", &self.created_to, |text| text.parse().map(TimeFilter::end)),
        ];
        faults.0.extend(self.too_long());
        if !faults.0.is_empty() {
            return Err(Error::Refused(faults.0));
        }
        let words =
            self.search.as_deref().map(fold).unwrap_or_default().split_whitespace().map(str::to_owned).collect();
        for part in [&mut self.first_name, &mut self.last_name, &mut self.company, &mut self.lead_source] {
            *part = part.as_deref().map(|text| fold(text.trim()));
        }
        self.tags = self.tags.iter().map(|tag| tag.trim().to_lowercase()).collect();
        let phone = phone.map(|phone| phone.e164);
        Ok(ContactQuery { filter: self, email, phone, words, owner, lifecycle_stage, opt_in_status, created })
    }
}

struct Faults(Vec<Fault>);

impl Faults {
    fn value<T, E: ToString>(
        &mut self,
        field: &str,
        text: &Option<String>,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        let invalid = |error: E| self.0.push(Fault::new(field, FaultCode::Invalid, error.to_string()));
        parse(text.as_deref()?).map_err(invalid).ok()
    }

    fn word<T>(&mut self, text: &Option<String>, parse: impl Fn(&str) -> Result<T, Fault>) -> Option<T> {
        parse(text.as_deref()?).map_err(|fault| self.0.push(fault)).ok()
    }
}

impl ContactQuery {
    /// The group that all of them are in, if one is named.
    pub fn group(&self) -> Option<GroupId> {
        self.filter.group
    }

    /// Whether the contact is meant.
    pub fn matches(&self, contact: &Contact) -> bool {
        self.address(contact)
            && self.names(contact)
            && self.lists(contact)
            && self.state(contact)
            && self.figures(contact)
    }

    fn address(&self, contact: &Contact) -> bool {
        let profile = &contact.profile;
        self.email.as_ref().is_none_or(|email| profile.email.as_ref() == Some(email))
            && self.phone.as_ref().is_none_or(|phone| profile.phone.as_ref().is_some_and(|its| its.e164 == *phone))
    }

    fn names(&self, contact: &Contact) -> bool {
        let (wanted, profile) = (&self.filter, &contact.profile);
        let folded = |text: &Option<String>| text.as_deref().map(fold).unwrap_or_default();
        let holds = |part: &Option<String>, text: &Option<String>| {
            part.as_deref().is_none_or(|part| part.is_empty() || folded(text).contains(part))
        };
        let all = || {
            let email = profile.email.as_ref().map(|email| email.as_str().to_owned());
            [&profile.full_name(), &email, &profile.company].map(folded).join("\n")
        };
        holds(&wanted.first_name, &profile.first_name)
            && holds(&wanted.last_name, &profile.last_name)
            && holds(&wanted.company, &profile.company)
            && wanted.lead_source.as_deref().is_none_or(|source| folded(&profile.lead_source) == source)
            && (self.words.is_empty() || self.words.iter().all(|word| all().contains(word.as_str())))
    }

    fn lists(&self, contact: &Contact) -> bool {
        let (wanted, profile) = (&self.filter, &contact.profile);
        let tagged = |tag: &String| profile.tags.iter().any(|its| its.to_lowercase() == *tag);
        wanted.tags.iter().all(tagged)
            && wanted.group.is_none_or(|group| profile.groups.contains(&group))
            && wanted.r#type.is_none_or(|kind| profile.types.contains(&kind))
    }

    fn state(&self, contact: &Contact) -> bool {
        let profile = &contact.profile;
        self.owner.as_ref().is_none_or(|owner| profile.owner_id.as_ref() == Some(owner))
            && self.filter.is_active.is_none_or(|active| profile.is_active() == active)
            && self.lifecycle_stage.is_none_or(|stage| profile.lifecycle_stage == Some(stage))
            && self.opt_in_status.is_none_or(|status| profile.opt_in() == status)
    }

    fn figures(&self, contact: &Contact) -> bool {
        let (wanted, figures) = (&self.filter, &contact.figures);
        let [from, to] = self.created;
        wanted.has_bookings.is_none_or(|any| (figures.total_bookings > 0) == any)
            && wanted.min_score.is_none_or(|least| figures.score.is_some_and(|score| score >= least))
            && wanted.max_score.is_none_or(|most| figures.score.is_some_and(|score| score <= most))
            && from.is_none_or(|from| contact.created_at >= from)
            && to.is_none_or(|to| contact.created_at <= to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Actor;
    use crate::contact::draft::Draft;
    use crate::id::{ContactId, Id};
    use serde_json::{Value, json};

    fn contact() -> Contact {
        let draft = json!({ "first_name": "José", "last_name": "Straßer", "email": "jose@example.com", "owner_id": "ada",
                            "phone": "+12025550143", "company": "Müller & Söhne", "tags": ["VIP", "new"],
                            "lifecycle_stage": "mql", "lead_source": "Website" });
        let profile = serde_json::from_value::<Draft>(draft).unwrap().parse(&Rules::default()).unwrap();
        let at = "2026-03-31T23:30:00Z".parse().unwrap();
        Contact::new(ContactId::derived(at, &[]), profile, Actor::Operator, at)
    }

    fn query(filter: Value) -> Result<ContactQuery> {
        serde_json::from_value::<ContactFilter>(filter).unwrap().parse(&Rules::default())
    }

    #[test]
    fn all_that_is_given_must_hold() {
        for (filter, meant) in [
            (json!({}), true),
            (json!({ "email": "JOSE@example.com" }), true),
            (json!({ "email": "jose@example.org" }), false),
            (json!({ "phone": "(202) 555-0143" }), true),
            (json!({ "first_name": "JOSE", "last_name": "strass" }), true),
            (json!({ "first_name": "jos", "last_name": "king" }), false),
            (json!({ "company": "muller" }), true),
            (json!({ "search": "sohne jose" }), true),
            (json!({ "search": "jose example.com" }), true),
            (json!({ "search": "jose nobody" }), false),
            (json!({ "tags": ["vip", "NEW"] }), true),
            (json!({ "tags": ["vip", "old"] }), false),
            (json!({ "owner_id": "ada", "is_active": true, "has_bookings": false }), true),
            (json!({ "lifecycle_stage": "mql", "opt_in_status": "unknown", "lead_source": "website" }), true),
            (json!({ "lead_source": "web" }), false),
            (json!({ "min_score": 0.0 }), false),
            (json!({ "created_from": "2026-03-31", "created_to": "2026-03-31" }), true),
            (json!({ "created_from": "2026-04-01" }), false),
            (json!({ "created_to": "2026-03-31T23:00:00Z" }), false),
        ] {
            assert_eq!(query(filter.clone()).unwrap().matches(&contact()), meant, "{filter}");
        }
    }

    #[test]
    fn what_no_contact_could_have_is_refused() {
        let filter = json!({ "email": "x", "phone": "1", "lifecycle_stage": "king", "opt_in_status": "no", "created_to": "soon" });
        let Err(Error::Refused(faults)) = query(filter) else { panic!() };
        let mut fields: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
        fields.sort_unstable();
        assert_eq!(fields, ["created_to", "email", "lifecycle_stage", "opt_in_status", "phone"]);
    }
}

//! Filters: which contacts are meant. What is given must hold, all of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::criteria::Criteria;
use super::draft::{Rules, unkeepable_bounds};
use super::words::Words;
use super::{LifecycleStage, OptInStatus};
use crate::access::UserId;
use crate::email::EmailAddress;
use crate::fold::fold;
use crate::id::{ContactTypeId, GroupId};
use crate::phone::Phone;
use crate::time::TimeFilter;
use crate::{Error, Fault, FaultCode, Result};

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
    /// The same as is_active.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active: Option<bool>,
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

impl ContactFilter {
    /// Whether it means everybody.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn too_long(&self) -> Vec<Fault> {
        let is_long = |text: &String| text.chars().count() > MAX_TEXT;
        let texts = [
            ("first_name", &self.first_name),
            ("last_name", &self.last_name),
            ("company", &self.company),
            ("search", &self.search),
            ("lead_source", &self.lead_source),
        ];
        let faulty = texts.into_iter().filter(|(_, text)| text.as_ref().is_some_and(is_long));
        let reason = format!("must have at most {MAX_TEXT} characters");
        let mut faults: Vec<Fault> =
            faulty.map(|(field, _)| Fault::new(field, FaultCode::TooLong, reason.clone())).collect();
        if self.tags.len() > MAX_TAGS || self.tags.iter().any(is_long) {
            let reason = format!("must be at most {MAX_TAGS} of at most {MAX_TEXT} characters");
            faults.push(Fault::new("tags", FaultCode::TooLong, reason));
        }
        faults
    }

    /// Understands the values.
    ///
    /// # Errors
    /// [`Error::Refused`] with every value that no contact could have.
    pub fn parse(&self, rules: &Rules) -> Result<Criteria> {
        let mut faults = Faults(Vec::new());
        let email = faults.value("email", &self.email, EmailAddress::parse);
        let phone = faults.value("phone", &self.phone, |text| Phone::parse(text, rules.default_country));
        let owner = faults.value("owner_id", &self.owner_id, str::parse::<UserId>);
        let lifecycle_stage = faults.word(&self.lifecycle_stage, |text| LifecycleStage::parse("lifecycle_stage", text));
        let opt_in_status = faults.word(&self.opt_in_status, |text| OptInStatus::parse("opt_in_status", text));
        let created_from = faults.value("created_from", &self.created_from, |text| text.parse().map(TimeFilter::start));
        let created_to = faults.value("created_to", &self.created_to, |text| text.parse().map(TimeFilter::end));
        faults.0.extend(self.too_long());
        faults.0.extend(unkeepable_bounds([("min_score", self.min_score), ("max_score", self.max_score)]));
        if self.is_active.is_some() && self.active.is_some() {
            faults.0.push(Fault::new("active", FaultCode::NotAllowed, "cannot be given together with is_active"));
        }
        if !faults.0.is_empty() {
            return Err(Error::Refused(faults.0));
        }
        let part = |text: &Option<String>| {
            let folded = text.as_deref().map(|text| fold(text.trim()));
            folded.filter(|part| !part.is_empty())
        };
        Ok(Criteria {
            email,
            phone: phone.map(|phone| phone.e164),
            first_name: part(&self.first_name),
            last_name: part(&self.last_name),
            company: part(&self.company),
            words: self.search.as_deref().map(Words::parse).unwrap_or_default(),
            tags: self.tags.iter().map(|tag| tag.trim().to_lowercase()).collect(),
            group: self.group,
            r#type: self.r#type,
            owner,
            is_active: self.is_active.or(self.active),
            lifecycle_stages: lifecycle_stage.into_iter().collect(),
            lead_sources: self.lead_source.as_deref().map(|source| fold(source.trim())).into_iter().collect(),
            opt_in_status,
            has_bookings: self.has_bookings,
            min_score: self.min_score,
            max_score: self.max_score,
            created_from,
            created_to,
            ..Criteria::default()
        })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Actor;
    use crate::contact::Contact;
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

    fn query(filter: Value) -> Result<Criteria> {
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
    fn every_text_that_is_too_long_is_named() {
        let long = "ä".repeat(255);
        let Err(Error::Refused(faults)) = query(json!({ "search": long, "lead_source": long, "tags": vec!["x"; 101] }))
        else {
            panic!()
        };
        let fields: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["search", "lead_source", "tags"]);
        assert!(query(json!({ "search": "ä".repeat(254), "tags": vec!["x"; 100] })).is_ok());
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

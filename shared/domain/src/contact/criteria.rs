//! Criteria: which contacts are meant, whoever asks. [`Criteria::matches`] is what every faster way must agree with.

use serde::{Deserialize, Serialize};

use super::words::Words;
use super::{Contact, LifecycleStage, OptInStatus};
use crate::Timestamp;
use crate::access::UserId;
use crate::email::EmailAddress;
use crate::fold::fold;
use crate::id::{ContactTypeId, GroupId};

/// What must hold of a contact, all of it. What is empty demands nothing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Criteria {
    /// The e-mail address.
    pub email: Option<EmailAddress>,
    /// The phone number in E.164.
    pub phone: Option<String>,
    /// A part of the given name, folded, not empty.
    pub first_name: Option<String>,
    /// A part of the family name, folded, not empty.
    pub last_name: Option<String>,
    /// A part of the employer's name, folded, not empty.
    pub company: Option<String>,
    /// What is looked for in names, e-mail address and employer's name.
    pub words: Words,
    /// Tags in lower case, all of which it has.
    pub tags: Vec<String>,
    /// A group that it is in.
    pub group: Option<GroupId>,
    /// A type that it is of.
    pub r#type: Option<ContactTypeId>,
    /// Whom it belongs to.
    pub owner: Option<UserId>,
    /// Whether the tenant still deals with it.
    pub is_active: Option<bool>,
    /// Whether it is never to be written to.
    pub do_not_contact: Option<bool>,
    /// Stages of the life cycle, one of which it is in.
    pub lifecycle_stages: Vec<LifecycleStage>,
    /// Stages, in one of which its lead is; who is no lead is in none.
    pub lead_stages: Vec<LifecycleStage>,
    /// Sources, folded, one of which it came from.
    pub lead_sources: Vec<String>,
    /// Consent to be written to.
    pub opt_in_status: Option<OptInStatus>,
    /// Whether it has bookings that were not cancelled.
    pub has_bookings: Option<bool>,
    /// The least score; who was not scored has none.
    pub min_score: Option<f64>,
    /// The greatest score.
    pub max_score: Option<f64>,
    /// When it came to be, at the earliest.
    pub created_from: Option<Timestamp>,
    /// When it came to be, at the latest.
    pub created_to: Option<Timestamp>,
}

impl Criteria {
    /// Whether everybody is meant.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
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
        let profile = &contact.profile;
        let holds = |part: &Option<String>, text: &Option<String>| {
            part.as_deref().is_none_or(|part| folded(text).contains(part))
        };
        holds(&self.first_name, &profile.first_name)
            && holds(&self.last_name, &profile.last_name)
            && holds(&self.company, &profile.company)
            && (self.lead_sources.is_empty() || self.lead_sources.contains(&folded(&profile.lead_source)))
            && self.words.are_in(profile)
    }

    fn lists(&self, contact: &Contact) -> bool {
        let profile = &contact.profile;
        let tagged = |tag: &String| profile.tags.iter().any(|its| its.to_lowercase() == *tag);
        self.tags.iter().all(tagged)
            && self.group.is_none_or(|group| profile.groups.contains(&group))
            && self.r#type.is_none_or(|kind| profile.types.contains(&kind))
    }

    fn state(&self, contact: &Contact) -> bool {
        let (profile, figures) = (&contact.profile, &contact.figures);
        let one_of = |stages: &[LifecycleStage], stage: Option<LifecycleStage>| {
            stages.is_empty() || stage.is_some_and(|stage| stages.contains(&stage))
        };
        self.owner.as_ref().is_none_or(|owner| profile.owner_id.as_ref() == Some(owner))
            && self.is_active.is_none_or(|active| profile.is_active() == active)
            && self.do_not_contact.is_none_or(|never| profile.do_not_contact == never)
            && one_of(&self.lifecycle_stages, profile.lifecycle_stage)
            && one_of(&self.lead_stages, figures.lead_stage)
            && self.opt_in_status.is_none_or(|status| profile.opt_in() == status)
    }

    fn figures(&self, contact: &Contact) -> bool {
        let figures = &contact.figures;
        self.has_bookings.is_none_or(|any| (figures.total_bookings > 0) == any)
            && self.min_score.is_none_or(|least| figures.score.is_some_and(|score| score >= least))
            && self.max_score.is_none_or(|most| figures.score.is_some_and(|score| score <= most))
            && self.created_from.is_none_or(|from| contact.created_at >= from)
            && self.created_to.is_none_or(|to| contact.created_at <= to)
    }
}

fn folded(text: &Option<String>) -> String {
    text.as_deref().map(fold).unwrap_or_default()
}

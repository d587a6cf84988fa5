//! A contact as the API shows it, whichever function does.

use std::collections::BTreeMap;

use domain::Timestamp;
use domain::access::UserId;
use domain::contact::{Contact, LifecycleStage, OptInStatus};
use domain::email::EmailAddress;
use domain::id::{ContactId, ContactTypeId, GroupId};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// A person that the tenant knows.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Contact")]
pub struct ContactOut {
    /// Its id.
    id: ContactId,
    /// Given name.
    first_name: Option<String>,
    /// Family name.
    last_name: Option<String>,
    /// Given and family name with a space between, or whichever there is.
    full_name: Option<String>,
    /// E-mail address, in lower case; no two contacts have the same.
    email: Option<EmailAddress>,
    /// Phone number in E.164.
    phone: Option<String>,
    /// The employer.
    company: Option<String>,
    /// The part of the company.
    department: Option<String>,
    /// The role in the company.
    job_title: Option<String>,
    /// Free text.
    notes: Option<String>,
    /// What kind of contact it is: ids of types.
    types: Vec<ContactTypeId>,
    /// Labels, distinct without case.
    tags: Vec<String>,
    /// The groups that it is in: their ids.
    groups: Vec<GroupId>,
    /// The tenant's own fields.
    custom_fields: BTreeMap<String, Value>,
    /// Where the contact stands on the way to being a customer.
    lifecycle_stage: Option<LifecycleStage>,
    /// Where the contact came from.
    lead_source: Option<String>,
    /// Whether the contact agreed to be written to.
    opt_in_status: OptInStatus,
    /// Whether the contact is never to be written to, whatever the consent.
    do_not_contact: bool,
    /// IANA time zone.
    timezone: Option<String>,
    /// The user whom the contact belongs to.
    owner_id: Option<UserId>,
    /// Whether the tenant still deals with it.
    is_active: bool,
    /// How many bookings it has that were not cancelled.
    total_bookings: u64,
    /// The latest of these bookings.
    last_booking_date: Option<Timestamp>,
    /// When it last did something, or something was noted of it.
    last_interaction_at: Option<Timestamp>,
    /// How promising it is as a lead, from 0 to 100; null until it was scored.
    score: Option<f64>,
    /// Counts the changes of all but these figures, from 1.
    version: u64,
    /// When it came to be.
    created_at: Timestamp,
    /// When it last changed.
    updated_at: Timestamp,
}

impl From<Contact> for ContactOut {
    fn from(contact: Contact) -> Self {
        let Contact { id, profile, figures, version, created_at, updated_at, .. } = contact;
        Self {
            id,
            full_name: profile.full_name(),
            opt_in_status: profile.opt_in(),
            is_active: profile.is_active(),
            first_name: profile.first_name,
            last_name: profile.last_name,
            email: profile.email,
            phone: profile.phone.map(|phone| phone.e164),
            company: profile.company,
            department: profile.department,
            job_title: profile.job_title,
            notes: profile.notes,
            types: profile.types,
            tags: profile.tags,
            groups: profile.groups,
            custom_fields: profile.custom_fields,
            lifecycle_stage: profile.lifecycle_stage,
            lead_source: profile.lead_source,
            do_not_contact: profile.do_not_contact,
            timezone: profile.timezone,
            owner_id: profile.owner_id,
            total_bookings: figures.total_bookings,
            last_booking_date: figures.last_booking_date,
            last_interaction_at: figures.last_interaction_at,
            score: figures.score,
            version,
            created_at,
            updated_at,
        }
    }
}

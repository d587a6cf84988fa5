//! A contact as the API shows it.

use std::collections::BTreeMap;

use domain::Timestamp;
use domain::access::UserId;
use domain::contact::{Contact, LifecycleStage, OptInStatus};
use domain::email::EmailAddress;
use domain::id::ContactId;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// A person that the tenant knows.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Contact")]
pub(crate) struct ContactOut {
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
    /// Labels, distinct without case.
    tags: Vec<String>,
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
    /// Counts the changes, from 1.
    version: u64,
    /// When it came to be.
    created_at: Timestamp,
    /// When it last changed.
    updated_at: Timestamp,
}

impl From<Contact> for ContactOut {
    fn from(contact: Contact) -> Self {
        let Contact { id, profile, version, created_at, updated_at } = contact;
        Self {
            id,
            full_name: profile.full_name(),
            opt_in_status: profile.opt_in(),
            first_name: profile.first_name,
            last_name: profile.last_name,
            email: profile.email,
            phone: profile.phone.map(|phone| phone.e164),
            company: profile.company,
            department: profile.department,
            job_title: profile.job_title,
            notes: profile.notes,
            tags: profile.tags,
            custom_fields: profile.custom_fields,
            lifecycle_stage: profile.lifecycle_stage,
            lead_source: profile.lead_source,
            do_not_contact: profile.do_not_contact,
            timezone: profile.timezone,
            owner_id: profile.owner_id,
            version,
            created_at,
            updated_at,
        }
    }
}

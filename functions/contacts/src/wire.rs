//! A contact as the API shows it.

use std::collections::BTreeMap;

use domain::Timestamp;
use domain::contact::{Contact, LifecycleStage, OptInStatus};
use domain::email::EmailAddress;
use domain::id::ContactId;
use serde::Serialize;
use serde_json::Value;

#[derive(Debug, Serialize)]
pub(crate) struct ContactOut {
    id: ContactId,
    first_name: Option<String>,
    last_name: Option<String>,
    full_name: Option<String>,
    email: Option<EmailAddress>,
    phone: Option<String>,
    company: Option<String>,
    department: Option<String>,
    job_title: Option<String>,
    notes: Option<String>,
    tags: Vec<String>,
    custom_fields: BTreeMap<String, Value>,
    lifecycle_stage: Option<LifecycleStage>,
    lead_source: Option<String>,
    opt_in_status: OptInStatus,
    do_not_contact: bool,
    timezone: Option<String>,
    version: u64,
    created_at: Timestamp,
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
            version,
            created_at,
            updated_at,
        }
    }
}

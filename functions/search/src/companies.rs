//! The employers with the most contacts.

use domain::Result;
use domain::contact::criteria::Criteria;
use domain::id::ContactId;
use index::Snapshot;
use schemars::JsonSchema;
use serde::Serialize;
use store::{Found, TenantStore};

use crate::stats::TOP;

/// An employer.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CompanyCount")]
pub(crate) struct CompanyOut {
    /// Its name, as the contact with the least id spells it; names that differ in case and accents only are one.
    company: String,
    /// How many contacts it has.
    contact_count: u64,
}

pub(crate) async fn top_companies(store: &TenantStore, contacts: &Snapshot) -> Result<Vec<CompanyOut>> {
    let top = contacts.top_companies(&Criteria::default(), TOP);
    let examples: Vec<ContactId> = top.iter().map(|company| company.example).collect();
    let found = store.contacts().find_many(&examples, false).await?;
    // A contact that changed since is no example any more.
    let spelt = |id: &ContactId, folded: &str| match found.get(id) {
        Some(Found::Contact(contact)) => {
            contact.profile.company.clone().filter(|company| domain::fold::fold(company) == folded)
        }
        _ => None,
    };
    let shown = top.into_iter().map(|company| CompanyOut {
        company: spelt(&company.example, &company.folded).unwrap_or(company.folded),
        contact_count: company.contacts,
    });
    Ok(shown.collect())
}

//! Keys read back: what they tell of an item in the change stream and the index.

use domain::id::{CampaignId, ContactId, TenantId};

use super::{CONTACT, CONTACT_IN_CAMPAIGN, MESSAGE};

/// What the key of an item tells of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Contact(TenantId),
    Message(TenantId),
    Campaign(TenantId, CampaignId),
    Enrollment(TenantId, CampaignId, ContactId),
}

/// Reads a key back; nothing for items that nobody asks about this way.
pub(crate) fn kind(pk: &str, sk: &str) -> Option<Kind> {
    let parts: Vec<&str> = pk.split('#').collect();
    match parts[..] {
        ["T", tenant, "C", _] if sk == CONTACT => Some(Kind::Contact(tenant.parse().ok()?)),
        ["T", tenant, "C", _] if sk.starts_with(MESSAGE) => Some(Kind::Message(tenant.parse().ok()?)),
        ["T", tenant, "K", campaign] if sk == "CAMPAIGN" => {
            Some(Kind::Campaign(tenant.parse().ok()?, campaign.parse().ok()?))
        }
        ["T", tenant, "K", campaign, "E", _] => {
            let contact = sk.strip_prefix(CONTACT_IN_CAMPAIGN)?.parse().ok()?;
            Some(Kind::Enrollment(tenant.parse().ok()?, campaign.parse().ok()?, contact))
        }
        _ => None,
    }
}

//! What keys are made of: the partitions, and what sort keys begin with.

use domain::activity::{ActivityShard, ActivityType};
use domain::enrollment::Shard;
use domain::id::{CampaignId, ContactId, GroupId, JobId, TenantId};
use domain::time::Minute;

pub(crate) const AGENDA: &str = "AGENDA";
pub(crate) const API_KEY: &str = "KEY#";
pub(crate) const CHUNK: &str = "CHUNK#";
pub(crate) const REPORT: &str = "REPORT#";
pub(crate) const EXPORT_PART: &str = "PART#";
pub(crate) const SUGGESTION: &str = "SUGGESTION#";
pub(crate) const STEP: &str = "STEP#";
pub(crate) const CONTACT_IN_CAMPAIGN: &str = "C#";
pub(crate) const CONTACT: &str = "CONTACT";
pub(crate) const CONTACT_AUDIT: &str = "AUDIT#";
pub(crate) const LEDGER: &str = "CAPS";
pub(crate) const PREFERENCES: &str = "PREF";
pub(crate) const BOOKING: &str = "B#";
pub(crate) const INTERACTION: &str = "I#";
pub(crate) const ENROLLED: &str = "E#";
pub(crate) const MERGE: &str = "MERGE#";
pub(crate) const MESSAGE: &str = "M#";
pub(crate) const MEMBER: &str = "C#";
pub(crate) const MEMBER_COUNT: &str = "COUNT#";
pub(crate) const TAG_PIECE: &str = "BASE#";
pub(crate) const TAG_DELTA: &str = "D#";
/// Sorts behind everything that a sort key is made of.
pub(crate) const LAST: &str = "~";

pub(crate) fn api_keys_partition(tenant: TenantId) -> String {
    format!("T#{tenant}#KEYS")
}

pub(crate) fn audit_partition(tenant: TenantId) -> String {
    format!("T#{tenant}#AUDIT")
}

pub(crate) fn job_partition(tenant: TenantId, job: JobId) -> String {
    format!("T#{tenant}#JOB#{job}")
}

pub(crate) fn erased_partition(tenant: TenantId) -> String {
    format!("T#{tenant}#ERASED")
}

pub(crate) fn imports_partition(tenant: TenantId) -> String {
    format!("T#{tenant}#IMPORTS")
}

pub(crate) fn chunks_under_way_partition(tenant: TenantId, job: JobId) -> String {
    format!("{}#UNDERWAY", job_partition(tenant, job))
}

/// Neither this nor the partitions of parts begin with `T#`: nothing follows from an export that a change tells of.
pub(crate) fn exports_partition(tenant: TenantId) -> String {
    format!("EXPORTS#{tenant}")
}

pub(crate) fn export_partition(tenant: TenantId, export: JobId) -> String {
    format!("EXPORT#{tenant}#{export}")
}

pub(crate) fn interactions_partition(tenant: TenantId) -> String {
    format!("T#{tenant}#INTERACTIONS")
}

pub(crate) fn campaigns_partition(tenant: TenantId) -> String {
    format!("T#{tenant}#CAMPAIGNS")
}

/// The activities of one type of a campaign that fall into this shard.
pub(crate) fn activities_partition(
    tenant: TenantId,
    campaign: CampaignId,
    kind: ActivityType,
    shard: ActivityShard,
) -> String {
    format!("{}#A#{kind}#{}", campaign_partition(tenant, campaign), shard.number())
}

pub(crate) fn campaign_partition(tenant: TenantId, campaign: CampaignId) -> String {
    format!("T#{tenant}#K#{campaign}")
}

pub(crate) fn enrollment_partition(tenant: TenantId, campaign: CampaignId, shard: Shard) -> String {
    format!("T#{tenant}#K#{campaign}#E#{shard}")
}

pub(crate) fn due_partition(minute: Minute, shard: Shard) -> String {
    format!("DUE#{minute}#{shard}")
}

pub(crate) fn contact_partition(tenant: TenantId, contact: ContactId) -> String {
    format!("{}{contact}", contact_partitions(tenant))
}

/// What the partitions of all contacts of a tenant begin with.
pub(crate) fn contact_partitions(tenant: TenantId) -> String {
    format!("T#{tenant}#C#")
}

/// What the keys begin with of what a contact was merged from.
pub(crate) fn kept_prefix(merge: JobId) -> String {
    format!("{MERGE}{merge}#KEPT#")
}

/// What the keys begin with of what a merge moved.
pub(crate) fn moved_prefix(merge: JobId) -> String {
    format!("{MERGE}{merge}#MOVED#")
}

pub(crate) fn group_partition(tenant: TenantId, group: GroupId) -> String {
    format!("T#{tenant}#G#{group}")
}

pub(crate) fn named_partition(tenant: TenantId, kind: &str) -> String {
    format!("T#{tenant}#{kind}")
}

pub(crate) fn marks_partition(tenant: TenantId) -> String {
    format!("MARKS#{tenant}")
}

/// Does not begin with `T#`: what the projector puts there must not wake it again.
pub(crate) fn tag_counts_partition(tenant: TenantId) -> String {
    format!("TAGTALLY#{tenant}")
}

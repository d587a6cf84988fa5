//! Every key of the table. A key is a function of what one must know to find the thing.

mod campaigns;
mod kind;
mod partition;
mod step;
#[cfg(test)]
mod tests;

use std::fmt;

use domain::Timestamp;
use domain::activity::{ActivityShard, ActivityType};
use domain::email::EmailAddress;
use domain::enrollment::{Enrollment, Shard};
use domain::erasure::AddressHash;
use domain::id::{ApiKeyId, AuditId, CampaignId, ContactId, GroupId, InteractionId, JobId, MessageId, TenantId};
use domain::idempotency::AttemptId;
use domain::interaction::Interaction;
use domain::job::ImportStatus;
use domain::message::Channel;
use domain::naming::Name;
use domain::rate_limit::Bucket;
use domain::time::{Minute, sortable};
use uuid::Uuid;

pub(crate) use kind::{Kind, kind};
pub(crate) use partition::*;

/// The table's partition key.
pub(crate) const PK: &str = "PK";
/// The table's sort key.
pub(crate) const SK: &str = "SK";
/// The index of what is due; keys only, sparse.
pub(crate) const INDEX: &str = "GSI1";
/// The index's partition key.
pub(crate) const INDEX_PK: &str = "GSI1PK";
/// The index's sort key.
pub(crate) const INDEX_SK: &str = "GSI1SK";

/// Where an item is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) pk: String,
    pub(crate) sk: String,
}

/// Where an item is in the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IndexKey {
    pub(crate) pk: String,
    pub(crate) sk: String,
}

impl Key {
    fn new(pk: String, sk: impl Into<String>) -> Self {
        Self { pk, sk: sk.into() }
    }

    pub(crate) fn contact(tenant: TenantId, contact: ContactId) -> Self {
        Self::new(contact_partition(tenant, contact), CONTACT)
    }

    pub(crate) fn message(tenant: TenantId, contact: ContactId, message: MessageId) -> Self {
        Self::new(contact_partition(tenant, contact), format!("{MESSAGE}{message}"))
    }

    /// An entry of the contact's timeline.
    pub(crate) fn interaction(tenant: TenantId, contact: ContactId, at: Timestamp, id: InteractionId) -> Self {
        Self::new(contact_partition(tenant, contact), format!("{INTERACTION}{}#{id}", sortable(at)))
    }

    pub(crate) fn booking(tenant: TenantId, contact: ContactId, booking: &str) -> Self {
        Self::new(contact_partition(tenant, contact), format!("{BOOKING}{booking}"))
    }

    /// How and when the contact wants to be written to.
    pub(crate) fn preferences(tenant: TenantId, contact: ContactId) -> Self {
        Self::new(contact_partition(tenant, contact), PREFERENCES)
    }

    /// Which messages have a place in the contact's last days.
    pub(crate) fn ledger(tenant: TenantId, contact: ContactId) -> Self {
        Self::new(contact_partition(tenant, contact), LEDGER)
    }

    /// An entry of the contact's own audit.
    pub(crate) fn contact_audit(tenant: TenantId, contact: ContactId, entry: AuditId) -> Self {
        Self::new(contact_partition(tenant, contact), format!("{CONTACT_AUDIT}{entry}"))
    }

    /// That the contact is, or was, enrolled in the campaign.
    pub(crate) fn enrolled(tenant: TenantId, contact: ContactId, campaign: CampaignId) -> Self {
        Self::new(contact_partition(tenant, contact), format!("{ENROLLED}{campaign}"))
    }

    /// A part of what a contact was merged from, as it was.
    pub(crate) fn merge_kept(tenant: TenantId, contact: ContactId, merge: JobId, part: usize) -> Self {
        Self::new(contact_partition(tenant, contact), format!("{}{part:02}", kept_prefix(merge)))
    }

    /// What a merge moved to a contact in one transaction.
    pub(crate) fn merge_moved(tenant: TenantId, contact: ContactId, merge: JobId, uuid: Uuid) -> Self {
        Self::new(contact_partition(tenant, contact), format!("{}{uuid}", moved_prefix(merge)))
    }

    /// Says which contact a booking belongs to.
    pub(crate) fn booking_guard(tenant: TenantId, booking: &str) -> Self {
        Self::new(format!("T#{tenant}#BOOKING#{booking}"), "GUARD")
    }

    /// That the contact is in the group.
    pub(crate) fn membership(tenant: TenantId, group: GroupId, contact: ContactId) -> Self {
        Self::new(group_partition(tenant, group), format!("{MEMBER}{contact}"))
    }

    /// How many members a group has whose contacts fall into this shard. There is one as long as the group is there.
    pub(crate) fn member_count(tenant: TenantId, group: GroupId, shard: Shard) -> Self {
        Self::new(group_partition(tenant, group), format!("{MEMBER_COUNT}{shard}"))
    }

    /// A thing of a kind of which a tenant names several.
    pub(crate) fn named(tenant: TenantId, kind: &str, prefix: &str, id: impl fmt::Display) -> Self {
        Self::new(named_partition(tenant, kind), format!("{prefix}{id}"))
    }

    /// The claim that makes a name unique in its kind and tenant.
    pub(crate) fn name_guard(tenant: TenantId, kind: &str, name: &Name) -> Self {
        Self::new(named_partition(tenant, kind), format!("NAME#{}", name.folded()))
    }

    /// That a thing with this id was removed a short while ago.
    pub(crate) fn named_gone(tenant: TenantId, kind: &str, id: impl fmt::Display) -> Self {
        Self::new(named_partition(tenant, kind), format!("GONE#{id}"))
    }

    /// How many things of the kind there are.
    pub(crate) fn named_total(tenant: TenantId, kind: &str) -> Self {
        Self::new(named_partition(tenant, kind), "TOTAL")
    }

    /// The head of the counts of contacts by tag.
    pub(crate) fn tag_base(tenant: TenantId) -> Self {
        Self::new(tag_counts_partition(tenant), "BASE")
    }

    /// A piece of the counts of contacts by tag. It comes behind the head.
    pub(crate) fn tag_piece(tenant: TenantId, number: usize) -> Self {
        Self::new(tag_counts_partition(tenant), format!("{TAG_PIECE}{number:02}"))
    }

    /// What a run of changes adds to the counts. It comes behind the pieces.
    pub(crate) fn tag_delta(tenant: TenantId, name: &str) -> Self {
        Self::new(tag_counts_partition(tenant), format!("{TAG_DELTA}{name}"))
    }

    /// The claim that makes an e-mail address unique in its tenant.
    pub(crate) fn email_guard(tenant: TenantId, email: &EmailAddress) -> Self {
        // Keys are met by whoever walks through the table, and told to nobody's disadvantage.
        let address = AddressHash::of(tenant, email.as_str());
        Self::new(format!("T#{tenant}#EMAIL#{address}"), "GUARD")
    }

    pub(crate) fn suppression(tenant: TenantId, channel: Channel, address: &str) -> Self {
        // A suppression outlives the contact, and must not tell its address.
        let address = AddressHash::of(tenant, address);
        Self::new(format!("T#{tenant}#SUPPRESSED#{channel}#{address}"), "SUPPRESSION")
    }

    /// The last message that went to an address over a channel: what comes from there answers it. Neither this nor what was
    /// said nor the senders begin with `T#`: nothing follows from them.
    pub(crate) fn last_message(tenant: TenantId, channel: Channel, address: &str) -> Self {
        let address = AddressHash::of(tenant, address);
        Self::new(format!("ANSWERS#{tenant}#{channel}#{address}"), "LAST")
    }

    /// What was made of something that a contact said, by the provider's name for it.
    pub(crate) fn heard(tenant: TenantId, name: &str) -> Self {
        Self::new(format!("HEARD#{tenant}#{name}"), "HEARD")
    }

    /// The claim that makes a sender one tenant's in the deployment.
    pub(crate) fn sender(channel: Channel, sender: &str) -> Self {
        Self::new(format!("SENDER#{channel}#{sender}"), "GUARD")
    }

    /// That the person with this address asked not to be kept.
    pub(crate) fn erased(tenant: TenantId, address: &AddressHash) -> Self {
        Self::new(erased_partition(tenant), address.to_string())
    }

    pub(crate) fn tenant(tenant: TenantId) -> Self {
        Self::new(format!("T#{tenant}#TENANT"), "TENANT")
    }

    /// The claim that makes a tenant's name unique in the deployment.
    pub(crate) fn tenant_name(name: &str) -> Self {
        Self::new(format!("TENANTNAME#{}", name.to_lowercase()), "GUARD")
    }

    pub(crate) fn api_key(tenant: TenantId, key: ApiKeyId) -> Self {
        Self::new(api_keys_partition(tenant), format!("{API_KEY}{key}"))
    }

    pub(crate) fn settings(tenant: TenantId) -> Self {
        Self::new(format!("T#{tenant}#SETTINGS"), "SETTINGS")
    }

    pub(crate) fn audit(tenant: TenantId, entry: AuditId) -> Self {
        Self::new(audit_partition(tenant), entry.to_string())
    }

    /// Neither this nor the tokens begin with `T#`: the change stream wakes nobody for what will be forgotten.
    pub(crate) fn attempt(tenant: TenantId, attempt: &AttemptId) -> Self {
        Self::new(format!("ATTEMPT#{tenant}#{attempt}"), "ATTEMPT")
    }

    /// What the contact index does not have yet. Neither this nor the manifest begins with `T#`: they follow from contacts,
    /// and nobody is to be woken for them.
    pub(crate) fn mark(tenant: TenantId, name: &str) -> Self {
        Self::new(marks_partition(tenant), name)
    }

    /// Which files the contact index is made of.
    pub(crate) fn manifest(tenant: TenantId) -> Self {
        Self::new(format!("INDEX#{tenant}"), "MANIFEST")
    }

    /// The tokens of a rate limit that were taken in a minute.
    pub(crate) fn tokens(bucket: &Bucket, minute: Minute) -> Self {
        let part = bucket.part.as_ref().map(|part| format!("#{part}")).unwrap_or_default();
        Self::new(format!("RATE#{}#{minute}{part}", bucket.tenant), "TOKENS")
    }

    /// The slots in which messages of a channel go out. Does not begin with `T#`, as the tokens do not.
    pub(crate) fn row(tenant: TenantId, channel: Channel) -> Self {
        Self::new(format!("PACE#{tenant}#{channel}"), "ROW")
    }

    pub(crate) fn job(tenant: TenantId, job: JobId) -> Self {
        Self::new(job_partition(tenant, job), "JOB")
    }

    pub(crate) fn contact_job(tenant: TenantId, job: JobId) -> Self {
        Self::new(job_partition(tenant, job), "CONTACTS")
    }

    /// What is known of the searches for duplicates.
    pub(crate) fn searches(tenant: TenantId) -> Self {
        Self::new(format!("T#{tenant}#DUPLICATES"), "SEARCHES")
    }

    /// What a search for duplicates found.
    pub(crate) fn suggestion(tenant: TenantId, job: JobId, rank: u64) -> Self {
        Self::new(job_partition(tenant, job), format!("{SUGGESTION}{rank:08}"))
    }

    pub(crate) fn chunk(tenant: TenantId, job: JobId, number: u32) -> Self {
        Self::new(job_partition(tenant, job), format!("{CHUNK}{number:08}"))
    }

    /// What became of the rows of a chunk from `row` on, where that is not "created".
    pub(crate) fn chunk_report(tenant: TenantId, job: JobId, number: u32, row: u32) -> Self {
        Self::new(job_partition(tenant, job), format!("{REPORT}{number:08}#{row:08}"))
    }

    /// What is known of an export.
    pub(crate) fn export(tenant: TenantId, export: JobId) -> Self {
        Self::new(exports_partition(tenant), export.to_string())
    }

    /// A part of the file that it is written into.
    pub(crate) fn export_part(tenant: TenantId, export: JobId, number: u32) -> Self {
        Self::new(export_partition(tenant, export), format!("{EXPORT_PART}{number:05}"))
    }

    pub(crate) fn campaign(tenant: TenantId, campaign: CampaignId) -> Self {
        Self::new(campaign_partition(tenant, campaign), "CAMPAIGN")
    }

    pub(crate) fn campaign_counters(tenant: TenantId, campaign: CampaignId) -> Self {
        Self::new(format!("{}#STATS", campaign_partition(tenant, campaign)), "STATS")
    }

    pub(crate) fn enrollment(tenant: TenantId, campaign: CampaignId, contact: ContactId) -> Self {
        let partition = enrollment_partition(tenant, campaign, Shard::of(contact));
        Self::new(partition, format!("{CONTACT_IN_CAMPAIGN}{contact}"))
    }

    pub(crate) fn agenda(minute: Minute, what: &str) -> Self {
        Self::new(AGENDA.to_owned(), format!("{minute}#{what}"))
    }

    /// The record that the stream's records from `first` on were counted.
    pub(crate) fn projected(first: &str, part: usize) -> Self {
        Self::new(format!("PROJECTED#{first}"), format!("PART#{part:04}"))
    }
}

impl IndexKey {
    /// The imports of a tenant, in the order in which they began, with where each stands.
    pub(crate) fn import(tenant: TenantId, job: JobId, status: ImportStatus) -> Self {
        Self { pk: imports_partition(tenant), sk: format!("{job}#{status}") }
    }

    /// The chunks of an import that were begun and are not done.
    pub(crate) fn chunk_under_way(tenant: TenantId, job: JobId, number: u32) -> Self {
        Self { pk: chunks_under_way_partition(tenant, job), sk: format!("{number:08}") }
    }

    /// An interaction among all of the tenant, in the order of time, with its type.
    pub(crate) fn interaction(tenant: TenantId, interaction: &Interaction) -> Self {
        let Interaction { id, occurred_at, interaction_type, .. } = interaction;
        let sk = format!("{}#{id}#{interaction_type}", sortable(*occurred_at));
        Self { pk: interactions_partition(tenant), sk }
    }

    /// An interaction among the activities of its type of a campaign, in the order of time.
    pub(crate) fn activity(
        tenant: TenantId,
        campaign: CampaignId,
        kind: ActivityType,
        interaction: &Interaction,
    ) -> Self {
        let Interaction { id, occurred_at, .. } = interaction;
        let pk = activities_partition(tenant, campaign, kind, ActivityShard::of(*id));
        Self { pk, sk: format!("{}#{id}", sortable(*occurred_at)) }
    }

    /// The next step of this enrolment is due in `minute`. No two entries of a minute and shard are equal, so that a page
    /// can begin after any of them.
    pub(crate) fn due(minute: Minute, enrollment: &Enrollment) -> Self {
        let Enrollment { step_done, contact_id, campaign_id, .. } = enrollment;
        Self {
            pk: due_partition(minute, Shard::of(*contact_id)),
            sk: format!("{step_done}#{contact_id}#{campaign_id}"),
        }
    }
}

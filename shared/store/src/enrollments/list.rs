//! The enrolments of a campaign as a list: shard after shard, by contact.

use domain::Result;
use domain::contact::Contact;
use domain::enrollment::{Enrollment, EnrollmentStatus, Shard};
use domain::id::{CampaignId, ContactId};
use futures::stream::{self, StreamExt, TryStreamExt};

use super::Enrollments;
use crate::item::Attributes;
use crate::keys::{CONTACT_IN_CAMPAIGN, Key, enrollment_partition};
use crate::table::{Range, Sort};

/// The most enrolments of one page of a shard.
const PAGE: usize = 1_000;
/// How many enrolments a page has if not all of them are wanted.
const SIFTED: usize = 250;
/// How many shards are read at a time.
const AT_A_TIME: usize = 4;

impl Enrollments {
    /// Up to `limit` enrolments of a campaign that stand at one of `statuses`, as they are now: those behind `after`, or
    /// without the first `skip`; and whether there are more. Reads over all that come before or stand elsewhere.
    pub async fn listed(
        &self,
        campaign: CampaignId,
        statuses: &[EnrollmentStatus],
        after: Option<ContactId>,
        mut skip: usize,
        limit: usize,
    ) -> Result<(Vec<Enrollment>, bool)> {
        let (first, mut after) = (after.map_or(0, |contact| Shard::of(contact).number()), after);
        let mut found = Vec::new();
        let sifts = statuses.len() < EnrollmentStatus::ALL.len();
        for shard in Shard::all().filter(|shard| shard.number() >= first && !statuses.is_empty()) {
            loop {
                let size = if sifts { SIFTED } else { PAGE.min(skip + limit + 1) };
                let page = self.of_shard(campaign, shard, after.take(), size).await?;
                for enrollment in page.items.into_iter().filter(|it| statuses.contains(&it.status)) {
                    match (skip, found.len() < limit) {
                        (0, false) => return Ok((found, true)),
                        (0, true) => found.push(enrollment),
                        _ => skip -= 1,
                    }
                }
                match page.next {
                    Some(next) => after = Some(next),
                    None => break,
                }
            }
        }
        Ok((found, false))
    }

    /// All contacts that are, or were, in a campaign, as it is now, under the ids under which they were enrolled. Reads all
    /// of their enrolments.
    pub async fn contacts(&self, campaign: CampaignId) -> Result<Vec<ContactId>> {
        let shards = stream::iter(Shard::all()).map(|shard| self.contacts_of(campaign, shard));
        let shards: Vec<Vec<ContactId>> = shards.buffer_unordered(AT_A_TIME).try_collect().await?;
        Ok(shards.concat())
    }

    async fn contacts_of(&self, campaign: CampaignId, shard: Shard) -> Result<Vec<ContactId>> {
        let (mut contacts, mut sort) = (Vec::new(), Sort::Prefix(CONTACT_IN_CAMPAIGN.to_owned()));
        loop {
            let range = Range::new(enrollment_partition(self.tenant, campaign, shard), sort).consistent().keys_only();
            let (items, more) = self.table.query(&range).await?;
            contacts.extend(items.iter().filter_map(contact));
            match items.last().and_then(Key::of) {
                Some(last) if more => sort = Sort::PrefixAfter(CONTACT_IN_CAMPAIGN.to_owned(), last.sk),
                _ => return Ok(contacts),
            }
        }
    }

    /// The enrolments of a person, as they are now: its own, and those of contacts that went into it.
    pub async fn of_person(&self, campaign: CampaignId, contact: &Contact) -> Result<Vec<Enrollment>> {
        let ids: Vec<ContactId> = std::iter::once(contact.id).chain(contact.merged_from.clone()).collect();
        self.among(campaign, &ids).await
    }
}

fn contact(item: &Attributes) -> Option<ContactId> {
    Key::of(item)?.sk.strip_prefix(CONTACT_IN_CAMPAIGN)?.parse().ok()
}

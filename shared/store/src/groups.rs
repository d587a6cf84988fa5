//! Groups, their members and how many these are. A group's sixteen counts are there exactly as long as the group is: who
//! would join one that was removed is refused by them.

use domain::Result;
use domain::contact::job::ContactJob;
use domain::enrollment::Shard;
use domain::group::{Group, MOST};
use domain::id::{ContactId, GroupId, TenantId};
use domain::naming::Name;
use futures::stream::{self, StreamExt, TryStreamExt};
use serde::Deserialize;

use crate::contact_jobs::ContactJobs;
use crate::contacts::{ContactChange, MEMBERS, Transaction};
use crate::imports::Committed;
use crate::item::{Attributes, Update, Write};
use crate::keys::{Key, MEMBER, MEMBER_COUNT, group_partition};
use crate::named::{Named, NamedThing};
use crate::table::{Range, Sort};

/// How many groups are counted at a time.
const AT_A_TIME: usize = 16;
/// The most members of one page.
const PAGE: usize = 1_000;

impl NamedThing for Group {
    type Id = GroupId;
    const WHAT: &'static str = "group";
    const PARTITION: &'static str = "GROUPS";
    const PREFIX: &'static str = "GROUP#";
    const MOST: u32 = MOST;

    fn id(&self) -> GroupId {
        self.id
    }

    fn name(&self) -> &Name {
        &self.profile.name
    }

    fn version(&self) -> u64 {
        self.version
    }

    fn as_group(&self) -> Option<GroupId> {
        Some(self.id)
    }
}

#[derive(Deserialize)]
struct MemberCount {
    members: i64,
}

impl Named<Group> {
    /// How many members the group has now.
    pub async fn contact_count(&self, group: GroupId) -> Result<u64> {
        let range = Range::new(group_partition(self.tenant, group), Sort::Prefix(MEMBER_COUNT.to_owned()));
        let counts: Vec<MemberCount> = self.table.query_all(range.consistent()).await?;
        Ok(u64::try_from(counts.iter().map(|count| count.members).sum::<i64>()).unwrap_or(0))
    }

    /// How many members each of the groups has now.
    pub async fn contact_counts(&self, groups: &[GroupId]) -> Result<Vec<u64>> {
        let counts = stream::iter(groups.to_vec()).map(|group| self.contact_count(group));
        counts.buffered(AT_A_TIME).try_collect().await
    }

    /// `limit` members as they are now, in the order of their ids, from the `skip`th after `after` on.
    pub async fn members(
        &self,
        group: GroupId,
        after: Option<ContactId>,
        skip: usize,
        limit: usize,
    ) -> Result<Vec<ContactId>> {
        let sort = match after {
            Some(after) => Sort::PrefixAfter(MEMBER.to_owned(), Key::membership(self.tenant, group, after).sk),
            None => Sort::Prefix(MEMBER.to_owned()),
        };
        let mut range = Range::new(group_partition(self.tenant, group), sort).consistent();
        let (mut members, mut left) = (Vec::new(), skip);
        while members.len() < limit {
            let (items, more) =
                self.table.query(&range.clone().limit((left + limit - members.len()).min(PAGE))).await?;
            let last = items.last().and_then(Key::of);
            let skipped = left.min(items.len());
            left -= skipped;
            members.extend(items.iter().skip(skipped).filter_map(member));
            match last {
                Some(last) if more => range.sort = Sort::PrefixAfter(MEMBER.to_owned(), last.sk),
                _ => break,
            }
        }
        Ok(members)
    }
}

fn member(item: &Attributes) -> Option<ContactId> {
    Key::of(item)?.sk.strip_prefix(MEMBER)?.parse().ok()
}

impl ContactJobs {
    /// Lets contacts leave a group that is no more, and moves the job on, in one. Of `strays` only the memberships are
    /// left: their contacts are gone, or went into others. At most [`ContactJobs::MAX_CHANGES`] of each.
    pub async fn disband(
        &self,
        next: &ContactJob,
        group: GroupId,
        changes: &[ContactChange],
        strays: &[ContactId],
    ) -> Result<Committed> {
        let mut transaction = Transaction::without(self.tenant, vec![group]);
        changes.iter().try_for_each(|change| transaction.change(change))?;
        strays.iter().for_each(|&stray| transaction.leave(group, stray));
        self.keep(next, transaction).await
    }
}

/// The writes that make a group's counts.
pub(crate) fn counts(tenant: TenantId, group: Option<GroupId>) -> Vec<Write> {
    keys(tenant, group).map(|key| Update::of(key).add(MEMBERS, 0).into()).collect()
}

/// The writes that remove them.
pub(crate) fn without_counts(tenant: TenantId, group: Option<GroupId>) -> Vec<Write> {
    keys(tenant, group).map(|key| Write::Delete { key, conditions: vec![] }).collect()
}

fn keys(tenant: TenantId, group: Option<GroupId>) -> impl Iterator<Item = Key> {
    group.into_iter().flat_map(move |group| Shard::all().map(move |shard| Key::member_count(tenant, group, shard)))
}

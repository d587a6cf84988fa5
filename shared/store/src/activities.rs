//! Activities of a campaign: interactions, found by campaign and type through the index. Those of one type are spread over
//! some partitions; what is wanted is merged from these, the newest first.

use std::collections::VecDeque;

use domain::Result;
use domain::activity::{ActivityShard, ActivityType};
use domain::counters::{Counter, Tally};
use domain::id::{CampaignId, TenantId};
use futures::stream::{self, StreamExt, TryStreamExt};

use crate::interactions::{COUNTED, InteractionPart, InteractionPlace, Interactions, place, text};
use crate::item::Attributes;
use crate::keys::{INDEX_SK, activities_partition};
use crate::table::{Range, Sort, Table};

/// How many partitions are asked at a time.
const AT_A_TIME: usize = 16;
/// The least and the most entries that are asked for at once.
const ASKED: [usize; 2] = [8, 1_000];
/// After how many questions a part is given as it is.
const QUESTIONS: usize = 400;

/// The activities of a tenant's campaigns.
#[derive(Debug, Clone)]
pub struct Activities {
    table: Table,
    tenant: TenantId,
}

/// The types of which a campaign with these counts may have activities.
fn possible(tally: &Tally) -> Vec<ActivityType> {
    let counted = tally.iter().filter_map(|(counter, _)| match counter {
        Counter::Events(_, channel, event) => ActivityType::of_event(*channel, *event),
        Counter::Conversions => Some(ActivityType::Converted),
        _ => None,
    });
    // What is noted from elsewhere is not counted, and a failure may be counted as something that came later.
    let uncounted = ActivityType::NOTED.into_iter().chain([ActivityType::MessageFailed]);
    let mut kinds: Vec<ActivityType> = counted.chain(uncounted).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

impl Activities {
    pub(crate) fn new(table: Table, tenant: TenantId) -> Self {
        Self { table, tenant }
    }

    /// A part of the activities of one type, or of all, the newest first, perhaps a second old: what comes after `after`,
    /// without the first `skip`. At most 10,000 are counted.
    pub async fn newest(
        &self,
        campaign: CampaignId,
        kind: Option<ActivityType>,
        tally: &Tally,
        after: Option<InteractionPlace>,
        [skip, limit]: [usize; 2],
    ) -> Result<InteractionPart> {
        let kinds = kind.map_or_else(|| possible(tally), ActivityType::meant);
        let partitions: Vec<String> = kinds
            .into_iter()
            .flat_map(|kind| ActivityShard::all().map(move |shard| (kind, shard)))
            .map(|(kind, shard)| activities_partition(self.tenant, campaign, kind, shard))
            .collect();
        let skip = after.as_ref().map_or(skip, InteractionPlace::skip);
        let mut merge = Merge::of(&partitions, after.as_ref(), skip + limit);
        let (entries, skipped) = merge.take(&self.table, skip, limit).await?;
        let next = merge.next(&entries, skip - skipped);
        let total = match (&after, &next) {
            (None, None) => (skipped + entries.len()) as u64,
            _ => self.count(&partitions).await?,
        };
        let interactions = Interactions::new(self.table.clone(), self.tenant);
        Ok(InteractionPart { items: interactions.of_index(&entries).await?, total, next })
    }

    /// How many there are, up to [`COUNTED`].
    async fn count(&self, partitions: &[String]) -> Result<u64> {
        let mut counts = Vec::with_capacity(partitions.len());
        for partition in partitions {
            let range = Range::in_index(partition.clone(), Sort::All);
            counts.push(async move { self.table.count_sifted(&range, &None, COUNTED as u64).await });
        }
        let counts: Vec<u64> = stream::iter(counts).buffer_unordered(AT_A_TIME).try_collect().await?;
        Ok(counts.into_iter().sum::<u64>().min(COUNTED as u64))
    }
}

/// Several partitions as one list.
struct Merge {
    sources: Vec<Source>,
    questions: usize,
    last: Option<Attributes>,
}

/// A partition, as far as it was read.
struct Source {
    range: Range,
    read: VecDeque<Attributes>,
    /// Where it goes on; nothing at its end.
    rest: Option<Option<Attributes>>,
}

impl Source {
    /// Reads on, if nothing is left of what was read.
    async fn fill(&mut self, table: &Table) -> Result<()> {
        while self.read.is_empty()
            && let Some(start) = self.rest.take()
        {
            let (items, end) = table.sift(&self.range, &None, start).await?;
            self.read.extend(items);
            self.rest = end.map(Some);
        }
        Ok(())
    }

    /// The newest entry that is left.
    fn head(&self) -> Option<&str> {
        text(self.read.front()?, INDEX_SK)
    }
}

impl Merge {
    fn of(partitions: &[String], after: Option<&InteractionPlace>, wanted: usize) -> Self {
        let each = (2 * (wanted + 1)).div_ceil(partitions.len().max(1)).clamp(ASKED[0], ASKED[1]);
        let sort = || after.map_or(Sort::All, |place| Sort::UpTo(place.before()));
        let range = |partition: &String| Range::in_index(partition.clone(), sort()).descending().limit(each);
        let source = |partition| Source { range: range(partition), read: VecDeque::new(), rest: Some(None) };
        Self { sources: partitions.iter().map(source).collect(), questions: 0, last: None }
    }

    /// The next entries after so many that are left out, and how many were.
    async fn take(&mut self, table: &Table, skip: usize, limit: usize) -> Result<(Vec<Attributes>, usize)> {
        let fills: Vec<_> = self.sources.iter_mut().map(|source| source.fill(table)).collect();
        stream::iter(fills).buffer_unordered(AT_A_TIME).try_collect::<()>().await?;
        let (mut entries, mut skipped) = (Vec::new(), 0);
        while entries.len() < limit && self.questions < QUESTIONS {
            let Some(entry) = self.pop(table).await? else { break };
            if skipped < skip {
                skipped += 1;
            } else {
                entries.push(entry.clone());
            }
            self.last = Some(entry);
        }
        Ok((entries, skipped))
    }

    async fn pop(&mut self, table: &Table) -> Result<Option<Attributes>> {
        let newest = self.sources.iter_mut().max_by(|one, other| one.head().cmp(&other.head()));
        let Some(source) = newest else { return Ok(None) };
        let entry = source.read.pop_front();
        if source.read.is_empty() && source.rest.is_some() {
            self.questions += 1;
            source.fill(table).await?;
        }
        Ok(entry)
    }

    /// Where the next part begins, if there is one. `left`: how many are still to be left out.
    fn next(&self, entries: &[Attributes], left: usize) -> Option<InteractionPlace> {
        self.sources.iter().any(|source| source.head().is_some()).then_some(())?;
        place(entries.last().or(self.last.as_ref())?, left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::counters::MessageEvent;
    use domain::message::Channel;

    #[test]
    fn only_what_may_have_happened_is_asked_for() {
        let tally = [(Counter::Events(1, Channel::Sms, MessageEvent::Replied), 1)].into_iter().collect();
        let kinds = possible(&tally);
        assert!(kinds.contains(&ActivityType::SmsReplied) && kinds.contains(&ActivityType::DealWon));
        assert!(!kinds.contains(&ActivityType::EmailOpened) && !kinds.contains(&ActivityType::Converted));
        assert_eq!(kinds.iter().filter(|kind| **kind == ActivityType::SmsReplied).count(), 1);
    }
}

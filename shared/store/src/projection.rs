//! The projection of the change stream: sums are added, and the records they are of are noted, in one transaction.
//!
//! Lambda may give the same records again: the same batch after a time-out, or one that begins with the same record. The
//! note stands under the sequence number of the first record, so the same batch is not added twice.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::TimeDelta;
use domain::counters::Tally;
use domain::id::{CampaignId, TenantId};
use domain::tags::tally::TagTally;
use domain::time::after;
use domain::{Result, Timestamp};
use serde::{Deserialize, Serialize};

use crate::item::{Condition, Item, Update, Write};
use crate::keys::Key;
use crate::table::{Table, Transacted};
use crate::tag_counts;

/// The most items that one transaction changes beside the note.
const PART: usize = 90;
/// The most bytes of a transaction: well below the table's 4 MB.
const PART_BYTES: usize = 2 * 1024 * 1024;
/// What the counters of a campaign take of that, about.
const COUNTERS: usize = 4 * 1024;
/// The most counters that one write adds to: an expression has at most 4 KB and 300 operators.
const AT_ONCE: usize = 200;
/// How long a note is kept: the stream itself forgets after a day.
const KEPT: TimeDelta = TimeDelta::days(2);

/// A run of records of the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run<'a> {
    /// The sequence number of the first.
    pub first: &'a str,
    /// And of the last.
    pub last: &'a str,
}

/// What a run amounts to.
#[derive(Debug, Clone, Default)]
pub struct Sums {
    /// By campaign.
    pub campaigns: BTreeMap<(TenantId, CampaignId), Tally>,
    /// The tags of contacts, by tenant.
    pub tags: BTreeMap<TenantId, TagTally>,
    /// Whether any of the records counts. Together they may come to nothing all the same.
    pub counts: bool,
}

#[derive(Serialize, Deserialize)]
struct Note {
    last: String,
}

/// Where sums are added.
#[derive(Debug, Clone)]
pub struct Projection {
    table: Table,
}

impl Projection {
    pub(crate) fn new(table: Table) -> Self {
        Self { table }
    }

    /// Adds the sums of a run, unless a run with the same first record was added before: then it says with which record
    /// that run ended. It may be that not all of that run was added.
    pub async fn add(&self, run: Run<'_>, sums: &Sums, now: Timestamp) -> Result<Option<String>> {
        let additions = additions(run, sums)?;
        if additions.is_empty() && sums.counts {
            // A shorter run that began here may have come to something.
            return self.noted(run, &Key::projected(run.first, 0)).await;
        }
        for (part, additions) in parts(additions).into_iter().enumerate() {
            let key = Key::projected(run.first, part);
            let note = Item::new(&key, &Note { last: run.last.to_owned() })?.expiring(after(now, KEPT));
            let mut writes = vec![Write::put(note, Condition::Absent)];
            writes.extend(additions);
            if let Transacted::Refused(_) = self.table.transact(writes).await? {
                let noted = self.noted(run, &key).await?;
                if noted.is_some() {
                    return Ok(noted);
                }
            }
        }
        Ok(None)
    }

    /// With which record an earlier run ended, if not with the same.
    async fn noted(&self, run: Run<'_>, key: &Key) -> Result<Option<String>> {
        let noted: Option<Note> = self.table.get(key).await?;
        Ok(noted.map(|noted| noted.last).filter(|last| last != run.last))
    }
}

/// What is written for a run, each with its weight in bytes.
fn additions(run: Run<'_>, sums: &Sums) -> Result<Vec<(Write, usize)>> {
    let campaigns = sums.campaigns.iter().filter(|(_, tally)| !tally.is_empty());
    let mut additions: Vec<_> =
        campaigns.flat_map(|((tenant, campaign), tally)| counted(*tenant, *campaign, tally)).collect();
    for (tenant, tally) in &sums.tags {
        additions.extend(tag_counts::deltas(*tenant, run.first, tally)?);
    }
    Ok(additions)
}

/// Cuts the writes into transactions, for the same writes always in the same way. None changes an item twice.
fn parts(additions: Vec<(Write, usize)>) -> Vec<Vec<Write>> {
    let (mut parts, mut filled) = (Vec::<Vec<Write>>::new(), 0);
    for (write, bytes) in additions {
        filled += bytes;
        let again = parts.last().and_then(|part| part.last()).is_some_and(|last| updated(last) == updated(&write));
        match parts.last_mut() {
            Some(part) if part.len() < PART && filled <= PART_BYTES && !(again && updated(&write).is_some()) => {
                part.push(write);
            }
            _ => {
                filled = bytes;
                parts.push(vec![write]);
            }
        }
    }
    parts
}

/// The item that a write adds to.
fn updated(write: &Write) -> Option<&Key> {
    match write {
        Write::Update(update) => Some(&update.key),
        _ => None,
    }
}

/// What is added to the counters of a campaign; each write to so many as the table takes at once.
fn counted(tenant: TenantId, campaign: CampaignId, tally: &Tally) -> Vec<(Write, usize)> {
    let all: Vec<(String, i64)> = tally.iter().map(|(counter, amount)| (counter.name(), amount)).collect();
    let addition = |add: &[(String, i64)]| {
        let campaign_id = AttributeValue::S(campaign.to_string());
        let update = Update::of(Key::campaign_counters(tenant, campaign));
        let update = update.set([("campaign_id".to_owned(), campaign_id)]);
        (Write::Update(Update { add: add.to_vec(), ..update }), COUNTERS)
    };
    all.chunks(AT_ONCE).map(addition).collect()
}

#[cfg(test)]
mod tests {
    use domain::counters::{Counter, MessageEvent};
    use domain::id::Id;
    use domain::message::Channel;

    use super::*;

    #[test]
    fn no_transaction_adds_to_the_counters_of_a_campaign_twice() {
        let id = |name: &[u8]| CampaignId::derived(Timestamp::default(), &[name]);
        let tenant = TenantId::derived(Timestamp::default(), &[]);
        let step = |step| (Counter::Events(step, Channel::Email, MessageEvent::Sent), 1);
        let campaigns = [(b"1", 450), (b"2", 1)].map(|(name, n)| ((tenant, id(name)), (1..=n).map(step).collect()));
        let sums = Sums { campaigns: campaigns.into(), ..Sums::default() };
        let parts = parts(additions(Run { first: "1", last: "2" }, &sums).unwrap());
        let added: usize = parts.iter().flatten().map(adds).sum();
        assert_eq!(added, 451);
        for part in &parts {
            let keys: std::collections::HashSet<_> = part.iter().filter_map(updated).collect();
            assert_eq!(keys.len(), part.len());
            assert!(part.iter().all(|write| adds(write) <= AT_ONCE));
        }
    }

    fn adds(write: &Write) -> usize {
        if let Write::Update(update) = write { update.add.len() } else { 0 }
    }

    #[test]
    fn a_run_of_any_size_is_cut_into_transactions_that_the_table_takes() {
        let tenant = TenantId::derived(Timestamp::default(), &[]);
        let mut tags = TagTally::default();
        tags.count(&[], &(0..60_000).map(|n| format!("{n:0>100}")).collect::<Vec<_>>());
        let sums = Sums { tags: [(tenant, tags)].into(), ..Sums::default() };
        let additions = additions(Run { first: "1", last: "2" }, &sums).unwrap();
        let weights: Vec<usize> = additions.iter().map(|(_, bytes)| *bytes).collect();
        assert!(weights.iter().all(|bytes| *bytes <= tag_counts::DELTA_BYTES));
        let parts = parts(additions);
        assert_eq!(parts.iter().map(Vec::len).sum::<usize>(), weights.len());
        assert!(parts.iter().all(|part| part.len() <= PART_BYTES / (tag_counts::DELTA_BYTES - 1_024)));
    }
}

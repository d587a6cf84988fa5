//! The projection of the change stream: sums are added, and the records they are of are noted, in one transaction.
//!
//! Lambda may give the same records again: the same batch after a time-out, or one that begins with the same record. The
//! note stands under the sequence number of the first record, so the same batch is not added twice.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::TimeDelta;
use domain::counters::Tally;
use domain::id::{CampaignId, TenantId};
use domain::time::after;
use domain::{Result, Timestamp};
use serde::{Deserialize, Serialize};

use crate::item::{Condition, Item, Update, Write};
use crate::keys::Key;
use crate::table::{Table, Transacted};

/// The most counters that one transaction changes.
const PART: usize = 90;
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
    /// that run ended.
    pub async fn add(
        &self,
        run: Run<'_>,
        sums: &BTreeMap<(TenantId, CampaignId), Tally>,
        now: Timestamp,
    ) -> Result<Option<String>> {
        let sums: Vec<_> = sums.iter().filter(|(_, tally)| !tally.is_empty()).collect();
        for (part, sums) in sums.chunks(PART).enumerate() {
            let key = Key::projected(run.first, part);
            let note = Item::new(&key, &Note { last: run.last.to_owned() })?.expiring(after(now, KEPT));
            let mut writes = vec![Write::put(note, Condition::Absent)];
            writes.extend(sums.iter().map(|((tenant, campaign), tally)| addition(*tenant, *campaign, tally)));
            if let Transacted::Refused(_) = self.table.transact(writes).await? {
                let noted: Option<Note> = self.table.get(&key).await?;
                if let Some(noted) = noted.filter(|noted| noted.last != run.last) {
                    return Ok(Some(noted.last));
                }
            }
        }
        Ok(None)
    }
}

fn addition(tenant: TenantId, campaign: CampaignId, tally: &Tally) -> Write {
    let add = tally.iter().map(|(counter, amount)| (counter.name(), amount)).collect();
    let campaign_id = AttributeValue::S(campaign.to_string());
    let set = vec![("campaign_id".to_owned(), campaign_id)];
    Write::Update(Update {
        key: Key::campaign_counters(tenant, campaign),
        set,
        add,
        remove: vec![],
        conditions: vec![],
    })
}

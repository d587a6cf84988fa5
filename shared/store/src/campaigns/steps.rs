//! The steps of a campaign. Each change is judged by all of them, so it is kept only if none has changed meanwhile.

use chrono::TimeDelta;
use domain::campaign::{Campaign, Step};
use domain::id::CampaignId;
use domain::time::after;
use domain::{Error, Result, Timestamp};
use serde::{Deserialize, Serialize};

use super::Campaigns;
use crate::item::{Condition, Item, Update, Write};
use crate::keys::{Key, STEP, campaign_partition};
use crate::table::{Range, Sort, Transacted};

/// How long it is known that a step was removed: longer than a request that made it can be repeated.
const GONE_KEPT: TimeDelta = TimeDelta::days(2);

/// A campaign's steps as they were read.
#[derive(Debug, Clone, PartialEq)]
pub struct Sequence {
    /// By number.
    pub steps: Vec<Step>,
    revision: u64,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Counted {
    revision: u64,
}

#[derive(Debug, Serialize, Deserialize)]
struct Gone {
    at: Timestamp,
}

impl Campaigns {
    /// The steps by number, as they are now.
    pub async fn steps(&self, id: CampaignId) -> Result<Vec<Step>> {
        self.table
            .query_all(Range::new(campaign_partition(self.tenant, id), Sort::Prefix(STEP.to_owned())).consistent())
            .await
    }

    /// The steps, for a change of one of them.
    pub async fn sequence(&self, id: CampaignId) -> Result<Sequence> {
        // In this order: what changes in between is noticed when the change is kept.
        let counted: Option<Counted> = self.table.get(&Key::sequence(self.tenant, id)).await?;
        Ok(Sequence { revision: counted.unwrap_or_default().revision, steps: self.steps(id).await? })
    }

    /// Adds a step whose number is free; false if the campaign or its steps have changed since they were read.
    ///
    /// # Errors
    /// [`Error::Conflict`] when it was added by the same request before, and removed since.
    pub async fn add_step(&self, campaign: &Campaign, sequence: &Sequence, step: &Step) -> Result<bool> {
        let gone = Key::step_gone(self.tenant, campaign.id, step.id);
        let added = Write::put(self.step(campaign, step)?, Condition::Absent);
        // Deletes nothing: it demands that the id was not given back.
        let is_new = Write::Delete { key: gone, conditions: vec![Condition::Absent] };
        match self.edit(campaign, sequence, vec![is_new, added]).await? {
            Transacted::Refused(at) if at.contains(&0) => {
                Err(Error::conflict("the message was added, and has been removed since"))
            }
            done => Ok(done == Transacted::Yes),
        }
    }

    /// Keeps the version `new` of a step that follows `old`, maybe under another number, which is free; false if the
    /// campaign or its steps have changed since they were read.
    pub async fn change_step(&self, campaign: &Campaign, sequence: &Sequence, old: &Step, new: &Step) -> Result<bool> {
        let item = self.step(campaign, new)?;
        let writes = if old.step_number == new.step_number {
            vec![Write::put(item, Condition::Present)]
        } else {
            let key = Key::step(self.tenant, campaign.id, old.step_number);
            vec![Write::Delete { key, conditions: vec![Condition::Present] }, Write::put(item, Condition::Absent)]
        };
        Ok(self.edit(campaign, sequence, writes).await? == Transacted::Yes)
    }

    /// Removes a step; false if the campaign or its steps have changed since they were read.
    pub async fn remove_step(
        &self,
        campaign: &Campaign,
        sequence: &Sequence,
        step: &Step,
        now: Timestamp,
    ) -> Result<bool> {
        let key = Key::step(self.tenant, campaign.id, step.step_number);
        let gone = Item::new(&Key::step_gone(self.tenant, campaign.id, step.id), &Gone { at: now })?;
        let writes = vec![
            Write::Delete { key, conditions: vec![Condition::Present] },
            Write::Put { item: gone.expiring(after(now, GONE_KEPT)), conditions: vec![] },
        ];
        Ok(self.edit(campaign, sequence, writes).await? == Transacted::Yes)
    }

    fn step(&self, campaign: &Campaign, step: &Step) -> Result<Item> {
        Item::new(&Key::step(self.tenant, campaign.id, step.step_number), step)
    }

    /// All of the writes, if no step has changed since the sequence was read and the campaign stands where it stood.
    async fn edit(&self, campaign: &Campaign, sequence: &Sequence, mut writes: Vec<Write>) -> Result<Transacted> {
        let unchanged = match sequence.revision {
            0 => Condition::Absent,
            revision => Condition::number("revision", revision),
        };
        let counted = Update::of(Key::sequence(self.tenant, campaign.id)).add("revision", 1).when(unchanged);
        let key = Key::campaign(self.tenant, campaign.id);
        writes.push(counted.into());
        writes.push(Write::Check { key, conditions: vec![Condition::text("status", campaign.status)] });
        self.table.transact(writes).await
    }
}

//! The agenda: what the scheduler is to look at, and in which minute.
//!
//! One partition for the whole system, so that an idle minute costs one small query. An entry says only "look there":
//! what is to be done is found in the enrolments and jobs themselves, so a lost or doubled look harms nothing.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use domain::Result;
use domain::enrollment::Shard;
use domain::id::{CampaignId, JobId, TenantId};
use domain::time::Minute;
use serde::{Deserialize, Serialize};

use crate::item::{Item, Write, entity};
use crate::keys::{AGENDA, Key};
use crate::table::{Page, Range, Sort, Table};

/// How many entries this instance remembers having written.
const REMEMBERED: usize = 20_000;
/// The entries of one page.
const PAGE: usize = 200;

/// What there is to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "look_at")]
pub enum AgendaItem {
    /// The enrolments of one shard that are due in one minute.
    Due {
        /// The minute.
        minute: Minute,
        /// The shard.
        shard: Shard,
    },
    /// An import that ought to be done soon.
    Import {
        /// Whose.
        tenant: TenantId,
        /// Which.
        job: JobId,
    },
    /// An export that ought to be done soon.
    Export {
        /// Whose.
        tenant: TenantId,
        /// Which.
        export: JobId,
    },
    /// A job on contacts that ought to be done soon.
    Contacts {
        /// Whose.
        tenant: TenantId,
        /// Which.
        job: JobId,
    },
    /// An enrolment job that ought to be done soon.
    Enrollment {
        /// Whose.
        tenant: TenantId,
        /// Which.
        job: JobId,
    },
    /// A campaign that is to begin or to end at that time.
    Campaign {
        /// Whose.
        tenant: TenantId,
        /// Which.
        campaign: CampaignId,
    },
}

/// When to look at what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AgendaEntry {
    /// The minute from which on the scheduler looks.
    pub visit: Minute,
    /// At what.
    #[serde(flatten)]
    pub item: AgendaItem,
}

impl AgendaEntry {
    fn key(&self) -> Key {
        let what = match &self.item {
            AgendaItem::Due { minute, shard } => format!("DUE#{minute}#{shard}"),
            AgendaItem::Import { tenant, job } => format!("IMPORT#{tenant}#{job}"),
            AgendaItem::Contacts { tenant, job } => format!("CONTACTS#{tenant}#{job}"),
            AgendaItem::Export { tenant, export } => format!("EXPORT#{tenant}#{export}"),
            AgendaItem::Enrollment { tenant, job } => format!("ENROLLMENT#{tenant}#{job}"),
            AgendaItem::Campaign { tenant, campaign } => format!("CAMPAIGN#{tenant}#{campaign}"),
        };
        Key::agenda(self.visit, &what)
    }

    /// The write that puts the entry on the agenda, for transactions.
    pub(crate) fn write(&self) -> Result<Write> {
        Ok(Write::Put { item: Item::new(&self.key(), self)?, conditions: vec![] })
    }
}

/// The agenda.
#[derive(Debug, Clone)]
pub struct Agenda {
    table: Table,
    written: Arc<Mutex<HashSet<AgendaEntry>>>,
}

impl Agenda {
    pub(crate) fn new(table: Table) -> Self {
        Self { table, written: Arc::default() }
    }

    /// Makes sure that `entry` is there. Free if this handle (or a clone) has written it before: an entry stays until
    /// its minute has come, and nobody adds to a minute that has come.
    pub async fn ensure(&self, entry: AgendaEntry) -> Result<()> {
        if self.written.lock().unwrap_or_else(PoisonError::into_inner).contains(&entry) {
            return Ok(());
        }
        let _ = self.table.write(entry.write()?).await?;
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if written.len() >= REMEMBERED {
            written.clear();
        }
        written.insert(entry);
        Ok(())
    }

    /// The entries to look at in `minute` and before it, the oldest first; `None`: all there are.
    pub async fn until(
        &self,
        minute: Option<Minute>,
        after: Option<&AgendaEntry>,
    ) -> Result<Page<AgendaEntry, AgendaEntry>> {
        let last = minute.map(|minute| format!("{}#", minute.plus(1)));
        let sort = match (&last, after) {
            (Some(last), None) => Sort::UpTo(last.clone()),
            (None, None) => Sort::All,
            (_, Some(after)) => Sort::After(after.key().sk),
        };
        let (items, more) = self.table.query(&Range::new(AGENDA.to_owned(), sort).limit(PAGE)).await?;
        let mut entries: Vec<AgendaEntry> = items.into_iter().map(entity).collect::<Result<_>>()?;
        let read = entries.len();
        entries.retain(|entry| minute.is_none_or(|minute| entry.visit <= minute));
        let next = entries.last().copied().filter(|_| more && entries.len() == read);
        Ok(Page { items: entries, next })
    }

    /// Moves an entry to another minute.
    pub async fn postpone(&self, entry: &AgendaEntry, visit: Minute) -> Result<()> {
        let moved = AgendaEntry { visit, ..*entry };
        let _ = self.table.write(moved.write()?).await?;
        if moved.key() != entry.key() {
            self.remove(entry).await?;
        }
        Ok(())
    }

    /// Takes an entry off.
    pub async fn remove(&self, entry: &AgendaEntry) -> Result<()> {
        let _ = self.table.write(Write::Delete { key: entry.key(), conditions: vec![] }).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Timestamp;

    #[test]
    fn entries_sort_by_the_minute_of_the_visit() {
        let minute = Minute::of(Timestamp::default());
        let entry = |visit: u32, due: u32| AgendaEntry {
            visit: minute.plus(visit),
            item: AgendaItem::Due { minute: minute.plus(due), shard: Shard::all().next().unwrap() },
        };
        assert!(entry(9, 50).key().sk < entry(10, 1).key().sk);
        assert!(entry(9, 50).key().sk < format!("{}#", minute.plus(10)));
        assert!(entry(10, 0).key().sk > format!("{}#", minute.plus(10)));
    }
}

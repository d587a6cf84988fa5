//! How many contacts have each tag: deltas that the projector puts, and the base that they are folded into. What is done
//! with them is `domain::tags::ledger`.

use std::collections::BTreeSet;

use domain::id::TenantId;
use domain::tags::ledger::{Fold, Ledger};
use domain::tags::tally::TagTally;
use domain::{Error, Result};
use serde::{Deserialize, Serialize};

use crate::item::{Attributes, Condition, Item, Write, entity};
use crate::keys::{Key, TAG_DELTA, TAG_PIECE, tag_counts_partition};
use crate::table::{Range, Sort, Table, Transacted};

/// The bytes of a delta: well below what an item may have, and a transaction.
pub(crate) const DELTA_BYTES: usize = 200 * 1024;
/// How often the counts are read again that were folded meanwhile.
const TRIES: usize = 8;

/// The head of the base. Its changes are those of the whole base.
#[derive(Serialize, Deserialize)]
struct Head {
    generation: u64,
    folded: BTreeSet<String>,
    pieces: usize,
}

/// The numbers of contacts by tag, of a tenant.
#[derive(Debug, Clone)]
pub struct TagCounts {
    table: Table,
    tenant: TenantId,
}

impl TagCounts {
    pub(crate) fn new(table: Table, tenant: TenantId) -> Self {
        Self { table, tenant }
    }

    /// All of them; a second or so behind the contacts.
    pub async fn all(&self) -> Result<TagTally> {
        for _ in 0..TRIES {
            let ledger = self.read().await?;
            // What was folded while it was read may have been read twice, or not at all.
            let head: Option<Head> = self.table.get(&Key::tag_base(self.tenant)).await?;
            if head.map_or(0, |head| head.generation) == ledger.generation {
                return Ok(ledger.counts());
            }
        }
        Err(Error::Unavailable { service: "the table", source: "the counts of tags keep changing".into() })
    }

    /// Folds the deltas into the base if that is worth its price. May be done again, and side by side: of two only one
    /// has its way.
    pub async fn fold(&self) -> Result<()> {
        let ledger = self.read().await?;
        self.clear(ledger.leftovers()).await?;
        let Some(fold) = ledger.fold() else { return Ok(()) };
        match self.table.transact(self.writes(&ledger, &fold)?).await? {
            Transacted::Yes => self.clear(fold.folded.iter()).await,
            Transacted::Refused(_) => Ok(()),
        }
    }

    fn writes(&self, ledger: &Ledger, fold: &Fold) -> Result<Vec<Write>> {
        let Fold { generation, folded, pieces, changed } = fold;
        let head = Head { generation: *generation, folded: folded.clone(), pieces: *pieces };
        let as_read = match ledger.generation {
            0 => Condition::Absent,
            generation => Condition::number("generation", generation),
        };
        let mut writes = vec![Write::put(Item::new(&Key::tag_base(self.tenant), &head)?, as_read)];
        for (number, piece) in changed {
            let item = Item::new(&Key::tag_piece(self.tenant, *number), piece)?;
            writes.push(Write::Put { item, conditions: vec![] });
        }
        Ok(writes)
    }

    async fn clear(&self, deltas: impl Iterator<Item = &String>) -> Result<()> {
        self.table.delete_all(deltas.map(|name| Key::tag_delta(self.tenant, name)).collect()).await
    }

    /// The head is read before the rest.
    async fn read(&self) -> Result<Ledger> {
        let mut range = Range::new(tag_counts_partition(self.tenant), Sort::All).consistent();
        let mut ledger = Ledger::default();
        loop {
            let (items, more) = self.table.query(&range).await?;
            let last = items.last().and_then(Key::of);
            items.into_iter().try_for_each(|item| take(&mut ledger, item))?;
            match last {
                Some(last) if more => range.sort = Sort::After(last.sk),
                _ => return Ok(ledger),
            }
        }
    }
}

fn take(ledger: &mut Ledger, item: Attributes) -> Result<()> {
    let Some(Key { sk, .. }) = Key::of(&item) else { return Ok(()) };
    if let Some(name) = sk.strip_prefix(TAG_DELTA) {
        ledger.deltas.insert(name.to_owned(), entity(item)?);
    } else if let Some(number) = sk.strip_prefix(TAG_PIECE).and_then(|number| number.parse::<usize>().ok()) {
        if let Some(piece) = ledger.base.get_mut(number) {
            *piece = entity(item)?;
        }
    } else {
        let head: Head = entity(item)?;
        (ledger.generation, ledger.folded) = (head.generation, head.folded);
        ledger.base = vec![TagTally::default(); head.pieces];
    }
    Ok(())
}

/// The writes that add a run of changes to the counts, and about how large each is. The same for the same run.
pub(crate) fn deltas(tenant: TenantId, first: &str, tally: &TagTally) -> Result<Vec<(Write, usize)>> {
    let parts = tally.parts(DELTA_BYTES);
    let put = |(number, part): (usize, &TagTally)| {
        let item = Item::new(&Key::tag_delta(tenant, &format!("{first}#{number}")), part)?;
        Ok((Write::Put { item, conditions: vec![] }, part.bytes()))
    };
    parts.iter().enumerate().map(put).collect()
}

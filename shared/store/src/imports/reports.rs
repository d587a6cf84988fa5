//! Reading what became of each row, and forgetting persons in it.

use domain::erasure::AddressHash;
use domain::id::JobId;
use domain::{Error, Result};

use super::Imports;
use super::report::{ChunkReport, RowReport};
use crate::item::{Condition, Item, Write, entity};
use crate::keys::{Key, REPORT, job_partition};
use crate::table::{Range, Sort, Written};

impl Imports {
    /// Takes out of all reports what somebody is recognised by. May be done again.
    pub async fn forget(&self, traces: &[AddressHash]) -> Result<()> {
        let mut after = None;
        loop {
            let page = self.ids(after).await?;
            for job in page.items {
                self.forget_in(job, traces).await?;
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(()),
            }
        }
    }

    async fn forget_in(&self, job: JobId, traces: &[AddressHash]) -> Result<()> {
        let mut range = Range::new(job_partition(self.tenant, job), Sort::Prefix(REPORT.to_owned())).consistent();
        loop {
            let (items, more) = self.table.query(&range).await?;
            let last = items.last().and_then(Key::of);
            for mut item in items {
                let mut report: ChunkReport = entity(item.clone())?;
                if report.forget(self.tenant, traces) {
                    // The rest, above all when it expires, stays as it is.
                    let key = Key::of(&item).ok_or_else(|| Error::internal("reading a report", "it has no key"))?;
                    item.extend(Item::new(&key, &report)?.0);
                    let put = Write::Put { item: Item(item), conditions: vec![Condition::Present] };
                    let (Written::Yes | Written::Refused) = self.table.write(put).await?;
                }
            }
            match last {
                Some(last) if more => range.sort = Sort::PrefixAfter(REPORT.to_owned(), last.sk),
                _ => return Ok(()),
            }
        }
    }

    /// What is to be reported of the rows of one chunk.
    pub async fn chunk_reports(&self, job: JobId, number: u32) -> Result<Vec<RowReport>> {
        let prefix = format!("{REPORT}{number:08}#");
        let range = Range::new(job_partition(self.tenant, job), Sort::Prefix(prefix)).consistent();
        let reports: Vec<ChunkReport> = self.table.query_all(range).await?;
        Ok(reports.into_iter().flat_map(|report| report.rows).collect())
    }
}

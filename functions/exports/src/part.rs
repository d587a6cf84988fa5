//! The next part of a file: contacts in the order of their ids, as they are now.

use domain::contact::criteria::Criteria;
use domain::contact::draft::Rules;
use domain::export::{Export, Growth};
use domain::id::ContactId;
use domain::{Error, Result};
use futures::stream::{self, StreamExt, TryStreamExt};
use index::Snapshot;
use runtime::bucket::MIN_PART;
use store::TenantStore;

use crate::sheet::Sheet;

/// How many ids are asked for at a time.
const IDS: usize = 10_000;
/// How many contacts are read in one call.
const BATCH: usize = 100;
/// How many calls are under way at a time.
const AT_A_TIME: usize = 4;

/// A part that is being filled. It holds little more than a part must have, however many contacts there are.
pub(crate) struct Part<'a> {
    store: &'a TenantStore,
    sheet: Sheet<'a>,
    query: Criteria,
    reads_latest: bool,
    bytes: Vec<u8>,
    growth: Growth,
}

impl<'a> Part<'a> {
    /// What comes behind the parts that the file has. Who is meant is looked for in `contacts`.
    pub(crate) async fn next(
        store: &'a TenantStore,
        contacts: &Snapshot,
        export: &'a Export,
    ) -> Result<(Vec<u8>, Growth)> {
        let (sheet, upload) = (Sheet::of(export), export.upload.as_ref());
        let mut bytes = Vec::with_capacity(MIN_PART + MIN_PART / 8);
        if upload.is_none_or(|upload| upload.parts == 0) {
            sheet.head(&mut bytes);
        }
        let after = upload.and_then(|upload| upload.after);
        let growth = Growth { after, rows: 0, bytes: 0, last: false };
        // A filter that is kept is a valid one, whatever the tenant's country is by now.
        let query = export.filter.parse(&Rules::default())?;
        let mut part = Self { store, sheet, query, reads_latest: export.reads_latest, bytes, growth };
        while !part.growth.last && part.bytes.len() < MIN_PART {
            let ids = contacts.ids(&part.query, part.growth.after, IDS);
            part.fill(&ids).await?;
        }
        let bytes = part.bytes.len() as u64;
        Ok((part.bytes, Growth { bytes, ..part.growth }))
    }

    /// Adds contacts until the part is full, or all are in it.
    async fn fill(&mut self, ids: &[ContactId]) -> Result<()> {
        let (contacts, latest) = (self.store.contacts(), self.reads_latest);
        let read = |batch: Vec<ContactId>| {
            let contacts = contacts.clone();
            async move { Ok::<_, Error>((contacts.unmerged(&batch, latest).await?, batch)) }
        };
        let mut batches = stream::iter(ids.chunks(BATCH).map(<[_]>::to_vec)).map(read).buffered(AT_A_TIME);
        while self.bytes.len() < MIN_PART {
            let Some((found, batch)) = batches.try_next().await? else { break };
            // Somebody may have changed since the index was asked.
            for contact in batch.iter().filter_map(|id| found.get(id)).filter(|contact| self.query.matches(contact)) {
                self.sheet.add(&mut self.bytes, contact);
                self.growth.rows += 1;
            }
            self.growth.after = batch.last().copied().or(self.growth.after);
        }
        self.growth.last = ids.len() < IDS && ids.last().is_none_or(|last| self.growth.after == Some(*last));
        Ok(())
    }
}

//! Whom a chunk is to enrol, in its order.

use std::collections::HashMap;

use domain::contact::criteria::Criteria;
use domain::contact::target::TargetCriteria;
use domain::id::{ContactId, JobId};
use domain::import::{RowOutcome, contact_of_row};
use domain::job::{EnrollmentChunk, EnrollmentSource, Range};
use domain::{Error, Result};

use crate::chunk::Worker;

/// How many ids are asked of the index at a time.
const IDS: usize = 10_000;

/// What a worker has of the contacts of its chunk.
#[derive(Default)]
pub(crate) struct Audience {
    /// All of them, where they are known before the chunk is begun.
    listed: Option<Vec<ContactId>>,
    /// The next of those whom criteria mean, behind this one.
    found: Option<(Option<ContactId>, Vec<ContactId>)>,
}

impl Audience {
    /// Up to `limit` contacts that come next; none at the end.
    pub(crate) async fn next(
        &mut self,
        worker: &Worker<'_>,
        chunk: &EnrollmentChunk,
        limit: usize,
    ) -> Result<Vec<ContactId>> {
        match (&worker.job.source, &chunk.range) {
            (EnrollmentSource::Criteria(criteria), Some(range)) => {
                self.next_meant(worker, chunk, (criteria, range), limit).await
            }
            _ => {
                let listed = match &self.listed {
                    Some(listed) => listed,
                    None => self.listed.insert(worker.listed(chunk).await?),
                };
                let left = listed.get(chunk.position as usize..).unwrap_or_default();
                Ok(left.iter().take(limit).copied().collect())
            }
        }
    }

    async fn next_meant(
        &mut self,
        worker: &Worker<'_>,
        chunk: &EnrollmentChunk,
        (criteria, range): (&TargetCriteria, &Range),
        limit: usize,
    ) -> Result<Vec<ContactId>> {
        let from = chunk.after.or(range.after);
        if let Some((after, found)) = &mut self.found {
            let dealt_with = found.iter().take_while(|id| from.is_some_and(|from| **id <= from)).count();
            found.drain(..dealt_with);
            if !found.is_empty() || *after == from {
                return Ok(found.iter().take(limit).copied().collect());
            }
        }
        let contacts = worker.enrollments.reader.now(worker.store.tenant()).await?;
        let mut found = contacts.ids(&meant(criteria)?, from, IDS);
        found.retain(|id| range.reaches(*id));
        let next = found.iter().take(limit).copied().collect();
        self.found = Some((from, found));
        Ok(next)
    }
}

/// What criteria that were kept mean.
pub(crate) fn meant(criteria: &TargetCriteria) -> Result<Criteria> {
    criteria.parse().map_err(|error| Error::internal("reading criteria that were kept", error))
}

impl Worker<'_> {
    async fn listed(&self, chunk: &EnrollmentChunk) -> Result<Vec<ContactId>> {
        match self.job.source {
            EnrollmentSource::Import(import) => self.imported(import, chunk.number).await,
            _ => Ok(chunk.contacts.clone()),
        }
    }

    /// Those whom a chunk of an import brought.
    async fn imported(&self, import: JobId, number: u32) -> Result<Vec<ContactId>> {
        let imports = self.store.imports();
        let chunk = imports.chunk(import, number).await?;
        let chunk = chunk.ok_or_else(|| Error::not_found("chunk of the import", number))?;
        let reports = imports.chunk_reports(import, number).await?;
        let mut others: HashMap<u64, Option<ContactId>> = HashMap::new();
        for report in reports {
            let brought = matches!(report.outcome, RowOutcome::Updated | RowOutcome::Merged);
            others.insert(report.row, report.contact_id.filter(|_| brought));
        }
        let rows = chunk.first_row..chunk.first_row + u64::from(chunk.rows_done);
        let contact = |row| others.remove(&row).unwrap_or_else(|| Some(contact_of_row(import, row)));
        let mut contacts: Vec<ContactId> = rows.filter_map(contact).collect();
        let mut seen = std::collections::HashSet::new();
        contacts.retain(|contact| seen.insert(*contact));
        Ok(contacts)
    }
}

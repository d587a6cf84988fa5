//! An import is stopped: what was done is added up, exactly, and the job ends with that.

use std::collections::HashSet;

use catalog::Catalog;
use domain::Result;
use domain::contact::indexed::Indexed;
use domain::id::{ContactId, JobId, TenantId};
use domain::import::contact_of_row;
use domain::job::ImportChunk;
use store::{Found, Imports as ImportStore, TenantStore};

use crate::{Imports, chunk};

/// Closes every chunk of a job that is stopping, and ends it. May be done again, also by several at once.
pub(crate) async fn stop(imports: &Imports, catalog: &Catalog, tenant: TenantId, id: JobId) -> Result<()> {
    let jobs = imports.store.tenant(tenant).imports();
    loop {
        let open = jobs.open_chunks(id).await?;
        if open.is_empty() {
            return jobs.stopped(id, imports.clock.now()).await;
        }
        let (begun, untouched): (Vec<_>, Vec<_>) = open.into_iter().partition(|chunk| chunk.rows_done > 0);
        for chunk in begun {
            // Whoever sees the import ended finds its contacts and its refused rows.
            chunk::settle(imports, catalog, tenant, id, &chunk).await?;
            // Refused: somebody was about to give rows their outcome, and is looked at again.
            let _ = jobs.close_chunks(id, &[chunk]).await?;
        }
        for chunks in untouched.chunks(ImportStore::CLOSED_AT_ONCE) {
            let _ = jobs.close_chunks(id, chunks).await?;
        }
    }
}

/// The contacts of the rows of a chunk that have their outcome.
pub(crate) async fn contacts(store: &TenantStore, job: JobId, chunk: &ImportChunk) -> Result<Vec<Indexed>> {
    let reports = store.imports().chunk_reports(job, chunk.number).await?;
    let known = reports.iter().filter_map(|report| report.contact_id);
    let rows = chunk.first_row..chunk.first_row + u64::from(chunk.rows_done);
    let ids: HashSet<ContactId> = rows.map(|row| contact_of_row(job, row)).chain(known).collect();
    let found = store.contacts().find_many(&ids.into_iter().collect::<Vec<_>>(), true).await?;
    let contacts = found.values().filter_map(|found| match found {
        Found::Contact(contact) => Some(Indexed::contact(contact)),
        Found::Merged(_) => None,
    });
    Ok(contacts.collect())
}

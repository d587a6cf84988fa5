//! One chunk: its rows are read, and get their outcome group by group.
//!
//! A group is one transaction: contacts, guards, report, and the chunk's cursor. Killed anywhere, the next worker goes on
//! at the cursor; two workers on one chunk exclude each other by it.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use catalog::Catalog;
use domain::access::Actor;
use domain::audit::{Action, AuditEntry};
use domain::contact::draft::{Rules, too_many_fields};
use domain::contact::indexed::Indexed;
use domain::contact::{Contact, Profile};
use domain::email::EmailAddress;
use domain::erasure::AddressHash;
use domain::error::FaultCode;
use domain::id::{ContactId, JobId, TenantId};
use domain::import::{Additions, CellFault, DuplicatePolicy, Mapping, RowOutcome, contact_of_row};
use domain::job::{ImportChunk, ImportJob};
use domain::{Error, Result};
use store::{ChunkReport, Commit, Committed, ContactChange, Found, RowReport, RowWrite, TenantStore};

use crate::Imports;
use crate::split::REPLACED;
use domain::rows::{Row, read};

/// How often a group is looked up anew whose contacts changed meanwhile.
const TRIES: u32 = 10;
/// The most bytes of a group's rows: with what is stored beside them, well within a transaction's 4 MB.
const MAX_BYTES: usize = 1_000_000;

/// Gives every row of a chunk its outcome, and adds them to the job's sums.
pub(crate) async fn work(imports: &Imports, catalog: &Catalog, tenant: TenantId, id: JobId, number: u32) -> Result<()> {
    let store = imports.store.tenant(tenant);
    let job = store.imports().get(id).await?.ok_or_else(|| Error::not_found("import", id))?;
    let settings = store.settings().get().await?;
    let worker = Worker {
        imports,
        tenant,
        store,
        rules: Rules { default_country: job.options.default_country, ..Rules::from(&settings) },
        job,
    };
    loop {
        let chunk = worker.store.imports().chunk(id, number).await?;
        let chunk = chunk.ok_or_else(|| Error::not_found("chunk of the import", number))?;
        if chunk.done || !worker.job.status.is_at_work() {
            return Ok(());
        }
        match worker.rows(chunk).await {
            Ok(Some((done, states))) => {
                // Whoever sees the import completed finds its contacts.
                catalog.commit(tenant, &states).await?;
                return worker.store.imports().finish_chunk(id, &done, imports.clock.now()).await;
            }
            // Somebody else moved the chunk on.
            Ok(None) => {}
            Err(Error::Conflict { .. }) => return imports.fail(tenant, id, REPLACED).await,
            Err(error) => return Err(error),
        }
    }
}

struct Worker<'a> {
    imports: &'a Imports,
    tenant: TenantId,
    store: TenantStore,
    job: ImportJob,
    rules: Rules,
}

/// What becomes of the rows of a group, as far as it can be known before it is written.
struct Resolved {
    writes: Vec<RowWrite>,
    outcomes: Vec<RowOutcome>,
    report: ChunkReport,
}

impl Worker<'_> {
    /// Works through the rows that have no outcome. The chunk at its end, and the contacts that its rows made or changed;
    /// nothing if somebody else moved it on.
    async fn rows(&self, mut chunk: ImportChunk) -> Result<Option<(ImportChunk, Vec<Indexed>)>> {
        let etag = self.job.etag.as_deref().unwrap_or_default();
        let bytes = self.imports.bucket.range(&self.job.object_key, etag, chunk.start, chunk.end).await?;
        let mapping = Mapping::new(
            self.job.columns.iter().map(|column| column.name.clone()).collect(),
            &self.job.options.mapping,
            Additions::default(),
        )?;
        let rows = read(&bytes, chunk.first_row, chunk.first_line, &mapping, &self.rules)?;
        if rows.len() != chunk.rows as usize {
            let source = format!("{} rows were found, {} expected", rows.len(), chunk.rows);
            return Err(Error::internal("reading a chunk", source));
        }
        let mut states = self.done_before(&chunk, &rows[..chunk.rows_done as usize]).await?;
        while chunk.rows_done < chunk.rows {
            let group = self.group(&rows[chunk.rows_done as usize..]);
            match self.commit(&chunk, group).await? {
                Some(commit) => {
                    states.extend(commit.writes.iter().map(state));
                    chunk = commit.after;
                }
                None => return Ok(None),
            }
        }
        Ok(Some((chunk, states)))
    }

    /// The contacts of rows that got their outcome from a worker that was killed.
    async fn done_before(&self, chunk: &ImportChunk, rows: &[Row]) -> Result<Vec<Indexed>> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let reports = self.store.imports().chunk_reports(self.job.id, chunk.number).await?;
        let known = reports.iter().filter_map(|report| report.contact_id);
        let made = rows.iter().map(|row| contact_of_row(self.job.id, row.number));
        let ids: Vec<ContactId> = made.chain(known).collect();
        let found = self.store.contacts().find_many(&ids, true).await?;
        let contacts = found.values().filter_map(|found| match found {
            Found::Contact(contact) => Some(Indexed::contact(contact)),
            Found::Merged(_) => None,
        });
        Ok(contacts.collect())
    }

    /// The next rows that can be written together: not too many, not too large, no address twice.
    fn group<'r>(&self, rows: &'r [Row]) -> &'r [Row] {
        let max = Commit::max_rows(&self.job);
        let (mut count, mut bytes, mut addresses) = (0, 0, HashSet::new());
        for row in rows.iter().take(max) {
            bytes += row.bytes;
            let email = row.profile.as_ref().ok().and_then(|profile| profile.email.as_ref());
            if bytes > MAX_BYTES || email.is_some_and(|email| !addresses.insert(email)) {
                break;
            }
            count += 1;
        }
        &rows[..count.max(1)]
    }

    async fn commit(&self, before: &ImportChunk, group: &[Row]) -> Result<Option<Commit>> {
        for attempt in 0..TRIES {
            let Some(resolved) = self.resolve(group, attempt > 0).await? else { continue };
            if group.len() > 1 && resolved.is_large() {
                return Box::pin(self.commit(before, &group[..group.len() / 2])).await;
            }
            let mut after = before.clone();
            after.rows_done += u32::try_from(group.len()).unwrap_or(u32::MAX);
            for outcome in &resolved.outcomes {
                *after.outcomes.of(*outcome) += 1;
            }
            let Resolved { writes, report, .. } = resolved;
            let commit = Commit { before: before.clone(), after, writes, report };
            match self.store.imports().commit(self.job.id, &commit, self.imports.clock.now()).await? {
                Committed::Yes => return Ok(Some(commit)),
                Committed::Overtaken => return Ok(None),
                Committed::Outdated | Committed::GroupGone => {
                    tokio::time::sleep(Duration::from_millis(5 << attempt.min(6))).await
                }
            }
        }
        Err(Error::Unavailable { service: "the table", source: "contacts of the file keep changing".into() })
    }

    /// Looks up who holds the addresses of the group. Nothing if that changed while it was looked up.
    async fn resolve(&self, group: &[Row], now: bool) -> Result<Option<Resolved>> {
        let emails: Vec<EmailAddress> =
            group.iter().filter_map(|row| row.profile.as_ref().ok()?.email.clone()).collect();
        let holders = self.store.contacts().by_emails(&emails, now).await?;
        let known = match self.job.options.duplicates {
            DuplicatePolicy::Skip => HashMap::new(),
            _ => self.store.contacts().get_many(&holders.values().copied().collect::<Vec<_>>()).await?,
        };
        let erased = self.erased(group, &holders).await?;
        let mut resolved = Resolved { writes: Vec::new(), outcomes: Vec::new(), report: ChunkReport::default() };
        for row in group {
            if self.trace(row).is_some_and(|trace| erased.contains(&trace)) {
                resolved.add(row, RowOutcome::Refused, None, vec![erased_fault()]);
            } else if !self.resolve_row(row, &holders, &known, &mut resolved) {
                return Ok(None);
            }
        }
        Ok(Some(resolved))
    }

    fn resolve_row(
        &self,
        row: &Row,
        holders: &HashMap<EmailAddress, ContactId>,
        known: &HashMap<ContactId, Contact>,
        resolved: &mut Resolved,
    ) -> bool {
        let profile = match &row.profile {
            Ok(profile) => profile,
            Err(faults) => {
                resolved.add(row, RowOutcome::Refused, None, faults.clone());
                return true;
            }
        };
        let now = self.imports.clock.now();
        let Some(&holder) = profile.email.as_ref().and_then(|email| holders.get(email)) else {
            let (id, by) = (contact_of_row(self.job.id, row.number), Actor::Import(self.job.id));
            let contact = Contact::new(id, profile.clone(), by, now);
            resolved.writes.push(RowWrite::Create(Box::new(contact)));
            resolved.outcomes.push(RowOutcome::Created);
            return true;
        };
        let (outcome, combine): (_, fn(&Contact, &_) -> _) = match self.job.options.duplicates {
            DuplicatePolicy::Skip => {
                resolved.add(row, RowOutcome::Skipped, Some(holder), Vec::new());
                return true;
            }
            DuplicatePolicy::Update => (RowOutcome::Updated, |old, new| old.profile.updated_by(new)),
            DuplicatePolicy::Merge => (RowOutcome::Merged, |old, new| old.profile.merged_with(new)),
        };
        // Its address may have become another one's since it was looked up.
        let held = |contact: &&Contact| contact.id == holder && contact.profile.email == profile.email;
        let Some(contact) = known.get(&holder).filter(held) else { return false };
        let combined = combine(contact, profile);
        if let Some(fault) = self.too_much(contact, &combined) {
            resolved.add(row, RowOutcome::Refused, None, vec![fault]);
            return true;
        }
        if combined != contact.profile {
            resolved.writes.push(RowWrite::Change(Box::new(self.change(contact, contact.changed(combined, now)))));
        }
        resolved.add(row, outcome, Some(holder), Vec::new());
        true
    }
}

impl Worker<'_> {
    /// Those of the persons whom nobody holds who asked not to be kept.
    async fn erased(&self, group: &[Row], holders: &HashMap<EmailAddress, ContactId>) -> Result<Vec<AddressHash>> {
        let held = |row: &Row| {
            let email = row.profile.as_ref().ok().and_then(|profile| profile.email.as_ref());
            email.is_some_and(|email| holders.contains_key(email))
        };
        let mut traces: Vec<_> = group.iter().filter(|row| !held(row)).filter_map(|row| self.trace(row)).collect();
        traces.sort_unstable();
        traces.dedup();
        self.store.contacts().erased(&traces).await
    }

    fn trace(&self, row: &Row) -> Option<AddressHash> {
        let address = row.profile.as_ref().ok()?.recognised_by()?;
        Some(AddressHash::of(self.tenant, address))
    }

    fn change(&self, old: &Contact, new: Contact) -> ContactChange {
        let (id, by, action) = (self.imports.clock.fresh(), Actor::Import(self.job.id), Action::ContactUpdated);
        let profiles = [Some(&old.profile), Some(&new.profile)];
        let entry = AuditEntry::of_contact(id, new.updated_at, by, action, old.id, profiles);
        ContactChange { old: old.clone(), new, entry }
    }

    /// What a contact would have too many of, together with what its row brings.
    fn too_much(&self, contact: &Contact, combined: &Profile) -> Option<CellFault> {
        let most = |limit: usize, already: usize| limit.max(already);
        let tags = combined.tags.len();
        let (column, reason) = if tags > most(self.rules.max_tags, contact.profile.tags.len()) {
            ("tags", format!("are {tags}, more than {}", self.rules.max_tags))
        } else {
            let (before, after) = (&contact.profile.custom_fields, &combined.custom_fields);
            ("custom_fields", too_many_fields(before, after)?)
        };
        let reason = format!("together with the contact's {reason}");
        Some(CellFault { column: column.to_owned(), code: FaultCode::TooLong, reason, value: String::new() })
    }
}

/// What the index is told of a row's contact.
fn state(write: &RowWrite) -> Indexed {
    match write {
        RowWrite::Create(contact) => Indexed::contact(contact),
        RowWrite::Change(change) => Indexed::contact(&change.new),
    }
}

/// Does not repeat the address.
fn erased_fault() -> CellFault {
    let reason = "belongs to a person who asked not to be kept".to_owned();
    CellFault { column: "email".to_owned(), code: FaultCode::NotAllowed, reason, value: String::new() }
}

impl Resolved {
    /// Whether the contacts that change, with the audit that tells of them, might be too much for one transaction.
    fn is_large(&self) -> bool {
        let size = |contact: &Contact| serde_json::to_vec(contact).map_or(MAX_BYTES, |json| json.len());
        let changed = self.writes.iter().filter_map(|write| match write {
            RowWrite::Change(change) => Some(size(&change.old) + size(&change.new)),
            RowWrite::Create(_) => None,
        });
        changed.sum::<usize>() > MAX_BYTES
    }

    fn add(&mut self, row: &Row, outcome: RowOutcome, contact_id: Option<ContactId>, faults: Vec<CellFault>) {
        let faults = faults.into_iter().map(Into::into).collect();
        self.report.rows.push(RowReport { row: row.number, line: row.line, outcome, contact_id, faults });
        self.outcomes.push(outcome);
    }
}

//! What becomes of rows, as far as it can be known before it is written.

use std::collections::HashMap;

use domain::Result;
use domain::access::Actor;
use domain::audit::{Action, AuditEntry};
use domain::booking::BookingStatistics;
use domain::contact::draft::{MAX_GROUPS, Rules, too_many_fields};
use domain::contact::{Contact, Figures, Profile};
use domain::email::EmailAddress;
use domain::erasure::AddressHash;
use domain::error::FaultCode;
use domain::id::{ContactId, TenantId};
use domain::import::{Bookings, CellFault, ImportedRow, RowOutcome, contact_of_row};
use domain::job::ImportJob;
use runtime::Clock;
use store::{ChunkReport, ContactChange, RowReport, RowWrite, TenantStore};

use crate::Imports;
use crate::rows::Row;

/// The most bytes of contacts that change together: with what is stored beside them, well within a transaction's 4 MB.
const MAX_BYTES: usize = 1_000_000;

/// Finds out what becomes of the rows of one import.
pub(crate) struct Resolver {
    pub(crate) tenant: TenantId,
    pub(crate) store: TenantStore,
    pub(crate) job: ImportJob,
    pub(crate) rules: Rules,
    pub(crate) clock: Clock,
}

/// What is known of the persons of some rows.
pub(crate) struct Known {
    holders: HashMap<EmailAddress, ContactId>,
    contacts: HashMap<ContactId, Contact>,
    erased: Vec<AddressHash>,
}

/// What becomes of rows.
#[derive(Default)]
pub(crate) struct Resolved {
    pub(crate) writes: Vec<RowWrite>,
    pub(crate) outcomes: Vec<RowOutcome>,
    pub(crate) report: ChunkReport,
}

impl Resolver {
    pub(crate) async fn new(imports: &Imports, tenant: TenantId, job: ImportJob) -> Result<Self> {
        let store = imports.store.tenant(tenant);
        let settings = store.settings().get().await?;
        let rules = Rules { default_country: job.options.default_country, ..Rules::from(&settings) };
        Ok(Self { tenant, store, job, rules, clock: imports.clock.clone() })
    }

    /// Looks up who holds the addresses of rows; `now`: as it is at this moment.
    pub(crate) async fn look_up(&self, rows: &[Row], now: bool) -> Result<Known> {
        let mut emails: Vec<EmailAddress> = rows.iter().filter_map(Row::email).cloned().collect();
        emails.sort_unstable();
        emails.dedup();
        let holders = self.store.contacts().by_emails(&emails, now).await?;
        let needed: Vec<ContactId> = rows.iter().filter_map(|row| self.needed(row, &holders)).collect();
        let contacts = match &needed[..] {
            [] => HashMap::new(),
            needed => self.store.contacts().get_many(needed).await?,
        };
        let erased = self.erased(rows, &holders).await?;
        Ok(Known { holders, contacts, erased })
    }

    /// The contact that has to be known to tell what becomes of a row, if there is one.
    fn needed(&self, row: &Row, holders: &HashMap<EmailAddress, ContactId>) -> Option<ContactId> {
        let read = row.read.as_ref().ok()?;
        let changes = self.job.options.duplicates.may_change(&read.profile);
        holders.get(read.profile.email.as_ref()?).copied().filter(|_| changes)
    }

    /// What becomes of rows of which no two have the same address. Nothing if what was known of them has changed meanwhile.
    pub(crate) fn resolve(&self, rows: &[Row], known: &Known) -> Option<Resolved> {
        let mut resolved = Resolved::default();
        rows.iter().all(|row| self.row(row, known, &mut resolved)).then_some(resolved)
    }

    /// Adds what becomes of a row; `false` if what is known of it is not true any more.
    fn row(&self, row: &Row, known: &Known, resolved: &mut Resolved) -> bool {
        let read = match &row.read {
            Ok(read) => read,
            Err(faults) => {
                resolved.add(row, RowOutcome::Refused, None, faults.clone());
                return true;
            }
        };
        if self.trace(row).is_some_and(|trace| known.erased.contains(&trace)) {
            resolved.refuse_erased(row);
            return true;
        }
        let Some(&holder) = read.profile.email.as_ref().and_then(|email| known.holders.get(email)) else {
            resolved.writes.push(RowWrite::Create(Box::new(self.created(row.number, read))));
            resolved.outcomes.push(RowOutcome::Created);
            return true;
        };
        let policy = self.job.options.duplicates;
        if !policy.may_change(&read.profile) {
            resolved.add(row, RowOutcome::Skipped, Some(holder), Vec::new());
            return true;
        }
        // Its address may have become another one's since it was looked up.
        let held = |contact: &&Contact| contact.id == holder && contact.profile.email == read.profile.email;
        let Some(contact) = known.contacts.get(&holder).filter(held) else { return false };
        let (outcome, profile) = policy.applied(&contact.profile, &read.profile);
        self.combined(row, contact, profile, outcome, resolved);
        true
    }

    fn created(&self, number: u64, read: &ImportedRow) -> Contact {
        let (id, by) = (contact_of_row(self.job.id, number), Actor::Import(self.job.id));
        let Bookings { total: total_bookings, last: last_booking_date } = read.bookings;
        let figures = Figures::told(BookingStatistics { total_bookings, last_booking_date });
        Contact { figures, ..Contact::new(id, read.profile.clone(), by, self.clock.now()) }
    }

    fn combined(&self, row: &Row, old: &Contact, profile: Profile, outcome: RowOutcome, resolved: &mut Resolved) {
        if let Some(fault) = self.too_much(old, &profile) {
            return resolved.add(row, RowOutcome::Refused, None, vec![fault]);
        }
        if profile != old.profile {
            let new = old.changed(profile, self.clock.now());
            resolved.writes.push(RowWrite::Change(Box::new(self.change(old, new))));
        }
        resolved.add(row, outcome, Some(old.id), Vec::new());
    }

    /// Those of the persons whom nobody holds who asked not to be kept.
    async fn erased(&self, rows: &[Row], holders: &HashMap<EmailAddress, ContactId>) -> Result<Vec<AddressHash>> {
        let held = |row: &&Row| row.email().is_some_and(|email| holders.contains_key(email));
        let mut traces: Vec<_> = rows.iter().filter(|row| !held(row)).filter_map(|row| self.trace(row)).collect();
        traces.sort_unstable();
        traces.dedup();
        self.store.contacts().erased(&traces).await
    }

    fn trace(&self, row: &Row) -> Option<AddressHash> {
        let address = row.read.as_ref().ok()?.profile.recognised_by()?;
        Some(AddressHash::of(self.tenant, address))
    }

    fn change(&self, old: &Contact, new: Contact) -> ContactChange {
        let (id, by, action) = (self.clock.fresh(), Actor::Import(self.job.id), Action::ContactUpdated);
        let profiles = [Some(&old.profile), Some(&new.profile)];
        let entry = AuditEntry::of_contact(id, new.updated_at, by, action, old.id, profiles);
        ContactChange { old: old.clone(), new, entry }
    }

    /// What a contact would have too many of, together with what its row brings.
    fn too_much(&self, contact: &Contact, combined: &Profile) -> Option<CellFault> {
        let most = |limit: usize, already: usize| limit.max(already);
        let (tags, groups) = (combined.tags.len(), combined.groups.len());
        let (column, reason) = if tags > most(self.rules.max_tags, contact.profile.tags.len()) {
            ("tags", format!("are {tags}, more than {}", self.rules.max_tags))
        } else if groups > most(MAX_GROUPS, contact.profile.groups.len()) {
            ("groups", format!("are {groups}, more than {MAX_GROUPS}"))
        } else {
            let (before, after) = (&contact.profile.custom_fields, &combined.custom_fields);
            ("custom_fields", too_many_fields(before, after)?)
        };
        let reason = format!("together with the contact's {reason}");
        Some(CellFault { column: column.to_owned(), code: FaultCode::TooLong, reason, value: String::new() })
    }
}

impl Known {
    /// What is known of a contact.
    pub(crate) fn contact(&self, id: ContactId) -> Option<&Contact> {
        self.contacts.get(&id)
    }

    /// What will be known once this is written.
    pub(crate) fn learn(&mut self, write: &RowWrite) {
        let contact = write.contact();
        self.holders.extend(contact.profile.email.clone().map(|email| (email, contact.id)));
        self.contacts.insert(contact.id, contact.clone());
    }
}

impl Resolved {
    /// Whether the contacts that change, with the audit that tells of them, might be too much for one transaction.
    pub(crate) fn is_large(&self) -> bool {
        let size = |contact: &Contact| serde_json::to_vec(contact).map_or(MAX_BYTES, |json| json.len());
        let changed = self.writes.iter().filter_map(|write| match write {
            RowWrite::Change(change) => Some(size(&change.old) + size(&change.new)),
            RowWrite::Create(_) => None,
        });
        changed.sum::<usize>() > MAX_BYTES
    }

    fn add(&mut self, row: &Row, outcome: RowOutcome, contact_id: Option<ContactId>, faults: Vec<CellFault>) {
        let faults = faults.into_iter().map(Into::into).collect();
        let report = RowReport { row: row.number, line: row.line, outcome, contact_id, faults, erased: false };
        self.report.rows.push(report);
        self.outcomes.push(outcome);
    }

    /// Does not repeat the address.
    fn refuse_erased(&mut self, row: &Row) {
        let reason = "belongs to a person who asked not to be kept".to_owned();
        let fault = CellFault { column: "email".to_owned(), code: FaultCode::NotAllowed, reason, value: String::new() };
        self.add(row, RowOutcome::Refused, None, vec![fault]);
        self.report.rows.iter_mut().rev().take(1).for_each(|report| report.erased = true);
    }
}

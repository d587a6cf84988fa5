//! The single table: the only crate that knows DynamoDB, its keys and its attributes.
//!
//! Everything of a tenant is reached through [`Store::tenant`], so that a key of another tenant cannot be written down.
//! A repository's methods are named after the question they answer; `docs/access-patterns.md` lists them with their cost.

mod activities;
mod agenda;
mod answers;
mod api_keys;
mod audit;
mod bookings;
mod campaigns;
mod caps;
mod contact_jobs;
mod contact_types;
mod contacts;
mod conversions;
mod counters;
mod duplicates;
mod edge;
mod enrollment_jobs;
mod enrollments;
mod exports;
mod groups;
mod imports;
mod interactions;
mod item;
mod keys;
mod manifests;
mod marks;
mod messages;
mod named;
mod pace;
mod preferences;
mod projection;
mod searches;
mod senders;
mod settings;
pub mod stream;
mod suppressions;
mod table;
mod tag_counts;
mod tags;
mod tenants;
mod timelines;
mod turns;

use aws_config::SdkConfig;
use domain::contact::search::SavedSearch;
use domain::contact_type::ContactType;
use domain::group::Group;
use domain::id::TenantId;
use domain::tags::registry::Tag;

pub use activities::Activities;
pub use agenda::{Agenda, AgendaEntry, AgendaItem};
pub use answers::{Answers, Heard, LastMessage};
pub use api_keys::ApiKeys;
pub use audit::Audit;
pub use bookings::{BookingWrite, Bookings, ContactWrite, KnownBooking};
pub use campaigns::{CampaignChange, CampaignPart, CampaignPlace, Campaigns, Sequence, WantedCampaigns};
pub use caps::{ContactLedgers, KeptLedger};
pub use contact_jobs::ContactJobs;
pub use contacts::{ContactChange, Contacts, Found, Holding, HoldingPlace, Removal};
pub use contacts::{GROUPS_AT_ONCE, Merging, Passage, Unmerging};
pub use conversions::{Conversions, NotedActivity, Notice};
pub use counters::Counters;
pub use duplicates::Duplicates;
pub use enrollment_jobs::EnrollmentJobs;
pub use enrollments::{DueEnrollments, Enrollments, due_entry};
pub use exports::Exports;
pub use imports::{ChunkReport, ReportedFault, RowReport};
pub use imports::{
    Commit, Committed, FirstLook, ImportPart, ImportPlace, Imports, REPORTS_KEPT_DAYS, RowWrite, RowsCommitted, Stopped,
};
pub use interactions::{InteractionPart, InteractionPlace, Interactions, WantedInteractions};
pub use manifests::Manifests;
pub use marks::{MarkName, Marks};
pub use messages::Messages;
pub use named::{Named, NamedThing};
pub use pace::{Rows, Slots};
pub use preferences::ContactPreferences;
pub use projection::{Projection, Run, Sums};
pub use senders::Senders;
pub use settings::TenantSettings;
pub use suppressions::{Suppression, Suppressions};
pub use table::Page;
pub use tag_counts::TagCounts;
pub use tenants::{Tenant, Tenants};
pub use timelines::Timelines;
pub use turns::{Turn, Turns};

use table::Table;

/// In how many minutes the scheduler looks after a job that was begun or taken up again.
pub const WATCH_MINUTES: u32 = 15;

/// The table. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    table: Table,
    agenda: Agenda,
}

impl Store {
    /// The table `name`, reached as `config` says.
    pub fn new(config: &SdkConfig, name: &str) -> Self {
        let table = Table::new(config, name);
        Self { agenda: Agenda::new(table.clone()), table }
    }

    /// The same for work on many things at a time: what is asked for at the same moment is read in one call, at the same
    /// price. Whoever has it needs the right to `BatchGetItem`.
    pub fn gathering(self) -> Self {
        let table = self.table.gathering();
        Self { agenda: Agenda::new(table.clone()), table }
    }

    /// What belongs to `tenant`.
    pub fn tenant(&self, tenant: TenantId) -> TenantStore {
        TenantStore { table: self.table.clone(), tenant, marking: true }
    }

    /// The tenants of the deployment.
    pub fn tenants(&self) -> Tenants {
        Tenants::new(self.table.clone())
    }

    /// The numbers that tenants' messages come from.
    pub fn senders(&self) -> Senders {
        Senders::new(self.table.clone())
    }

    /// What is to be looked after, and when.
    pub fn agenda(&self) -> Agenda {
        self.agenda.clone()
    }

    /// Enrolments by the minute in which they fall due, of all tenants.
    pub fn due_enrollments(&self) -> DueEnrollments {
        DueEnrollments::new(self.table.clone())
    }

    /// The timelines of contacts, of all tenants.
    pub fn timelines(&self) -> Timelines {
        Timelines::new(self.table.clone())
    }

    /// The counters' side of the change stream.
    pub fn projection(&self) -> Projection {
        Projection::new(self.table.clone())
    }
}

/// The part of the table that belongs to one tenant. Cheap to clone.
#[derive(Debug, Clone)]
pub struct TenantStore {
    table: Table,
    tenant: TenantId,
    /// Whether writes of contacts leave marks.
    marking: bool,
}

impl TenantStore {
    /// The same for work in the background: what it does to contacts is found by searches a second or so later. It would
    /// leave so many marks that every search would be slow.
    pub fn unmarked(self) -> Self {
        Self { marking: false, ..self }
    }

    /// The tenant.
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// API keys.
    pub fn api_keys(&self) -> ApiKeys {
        ApiKeys::new(self.table.clone(), self.tenant)
    }

    /// What the tenant has chosen.
    pub fn settings(&self) -> TenantSettings {
        TenantSettings::new(self.table.clone(), self.tenant)
    }

    /// Who changed settings and keys.
    pub fn audit(&self) -> Audit {
        Audit::of_tenant(self.table.clone(), self.tenant)
    }

    /// Contacts, and the guards that keep their e-mail addresses unique.
    pub fn contacts(&self) -> Contacts {
        Contacts::new(self.table.clone(), self.tenant, self.marking)
    }

    /// Work in the background on contacts.
    pub fn contact_jobs(&self) -> ContactJobs {
        ContactJobs::new(self.table.clone(), self.tenant)
    }

    /// Contacts that are likely the same person.
    pub fn duplicates(&self) -> Duplicates {
        Duplicates::new(self.table.clone(), self.tenant)
    }

    /// What the contact index does not have yet.
    pub fn marks(&self) -> Marks {
        Marks::new(self.table.clone(), self.tenant)
    }

    /// The manifest of the contact index.
    pub fn manifest(&self) -> Manifests {
        Manifests::new(self.table.clone(), self.tenant)
    }

    /// Groups of contacts.
    pub fn groups(&self) -> Named<Group> {
        Named::new(self.table.clone(), self.tenant)
    }

    /// Types of contacts.
    pub fn contact_types(&self) -> Named<ContactType> {
        Named::new(self.table.clone(), self.tenant)
    }

    /// Searches that are kept under a name.
    pub fn searches(&self) -> Named<SavedSearch> {
        Named::new(self.table.clone(), self.tenant)
    }

    /// How and when contacts want to be written to.
    pub fn preferences(&self) -> ContactPreferences {
        ContactPreferences::new(self.table.clone(), self.tenant)
    }

    /// Which messages have a place in the days of which contact.
    pub fn ledgers(&self) -> ContactLedgers {
        ContactLedgers::new(self.table.clone(), self.tenant)
    }

    /// Bookings, and whose they are.
    pub fn bookings(&self) -> Bookings {
        Bookings::new(self.table.clone(), self.tenant)
    }

    /// What happened with the contacts.
    pub fn interactions(&self) -> Interactions {
        Interactions::new(self.table.clone(), self.tenant)
    }

    /// Tags that are registered.
    pub fn tags(&self) -> Named<Tag> {
        Named::new(self.table.clone(), self.tenant)
    }

    /// How many contacts have each tag.
    pub fn tag_counts(&self) -> TagCounts {
        TagCounts::new(self.table.clone(), self.tenant)
    }

    /// Imports, their chunks and reports.
    pub fn imports(&self) -> Imports {
        Imports::new(self.table.clone(), self.tenant)
    }

    /// Exports of contacts.
    pub fn exports(&self) -> Exports {
        Exports::new(self.table.clone(), self.tenant)
    }

    /// Campaigns and their steps.
    pub fn campaigns(&self) -> Campaigns {
        Campaigns::new(self.table.clone(), self.tenant)
    }

    /// Enrolments.
    pub fn enrollments(&self) -> Enrollments {
        Enrollments::new(self.table.clone(), self.tenant)
    }

    /// Enrolments whose turn it is.
    pub fn turns(&self) -> Turns {
        Turns::new(self.table.clone(), self.tenant)
    }

    /// In which slots messages go out.
    pub fn rows(&self) -> Rows {
        Rows::new(self.table.clone(), self.tenant)
    }

    /// Enrolment jobs and their chunks.
    pub fn enrollment_jobs(&self) -> EnrollmentJobs {
        EnrollmentJobs::new(self.table.clone(), self.tenant)
    }

    /// Messages.
    pub fn messages(&self) -> Messages {
        Messages::new(self.table.clone(), self.tenant)
    }

    /// Addresses that must not be written to.
    pub fn suppressions(&self) -> Suppressions {
        Suppressions::new(self.table.clone(), self.tenant)
    }

    /// What is heard from contacts.
    pub fn answers(&self) -> Answers {
        Answers::new(self.table.clone(), self.tenant)
    }

    /// What comes of campaigns elsewhere.
    pub fn conversions(&self) -> Conversions {
        Conversions::new(self.table.clone(), self.tenant)
    }

    /// What came of campaigns, by time.
    pub fn activities(&self) -> Activities {
        Activities::new(self.table.clone(), self.tenant)
    }

    /// Counters.
    pub fn counters(&self) -> Counters {
        Counters::new(self.table.clone(), self.tenant)
    }
}

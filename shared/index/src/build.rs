//! Segments from states of contacts.

use std::collections::BTreeMap;

use domain::contact::indexed::Indexed;
use domain::contact::{Figures, Profile};
use domain::fold::fold;
use domain::id::Id;
use domain::tags::folded;

use crate::bits::Bits;
use crate::derived::Derived;
use crate::dictionary::CodedBuilder;
use crate::postings::PostingsBuilder;
use crate::segment::{Mailboxes, NEVER, Segment};

/// What is known of those who are gone.
static NOBODY: Profile = Profile {
    first_name: None,
    last_name: None,
    email: None,
    phone: None,
    company: None,
    department: None,
    job_title: None,
    notes: None,
    types: Vec::new(),
    tags: Vec::new(),
    groups: Vec::new(),
    custom_fields: BTreeMap::new(),
    lifecycle_stage: None,
    lead_source: None,
    opt_in_status: None,
    do_not_contact: false,
    timezone: None,
    owner_id: None,
    is_active: None,
};

impl Segment {
    /// The segment of these states, in any order. Of several of one contact, the latest counts.
    pub fn build<'a>(states: impl IntoIterator<Item = &'a Indexed>) -> Self {
        let with_id = |state: &'a Indexed| (state.id().uuid().as_u128(), state);
        let mut rows: Vec<(u128, &Indexed)> = states.into_iter().map(with_id).collect();
        rows.sort_by_key(|(id, _)| *id);
        rows.dedup_by(|(id, state), (kept_id, kept)| {
            let is_later = id == kept_id && state.stamp() > kept.stamp();
            if is_later {
                *kept = state;
            }
            id == kept_id
        });
        let mut builder = Builder::new(rows.len());
        rows.into_iter().for_each(|(id, state)| builder.push(id, state));
        builder.build()
    }
}

/// The columns, as far as the rows were pushed.
struct Builder<'a> {
    ids: Vec<u128>,
    versions: Vec<u32>,
    revisions: Vec<u32>,
    contacts: Bits,
    gone: Vec<(u32, i64)>,
    first_names: CodedBuilder<'a>,
    last_names: CodedBuilder<'a>,
    companies: CodedBuilder<'a>,
    lead_sources: CodedBuilder<'a>,
    owners: CodedBuilder<'a>,
    mailboxes: Mailboxes,
    email_domains: CodedBuilder<'a>,
    phones: Vec<u64>,
    lifecycle_stages: Vec<u8>,
    lead_stages: Vec<u8>,
    opt_in: Vec<u8>,
    active: Bits,
    do_not_contact: Bits,
    bookings: Vec<u32>,
    scores: Vec<f64>,
    created: Vec<i64>,
    last_activity: Vec<i64>,
    tags: PostingsBuilder<&'a str>,
    groups: PostingsBuilder<u128>,
    types: PostingsBuilder<u128>,
}
impl<'a> Builder<'a> {
    fn new(rows: usize) -> Self {
        let bits = || Bits::new(rows);
        Self {
            ids: Vec::with_capacity(rows),
            versions: Vec::with_capacity(rows),
            revisions: Vec::with_capacity(rows),
            contacts: bits(),
            gone: Vec::new(),
            first_names: CodedBuilder::new(rows),
            last_names: CodedBuilder::new(rows),
            companies: CodedBuilder::new(rows),
            lead_sources: CodedBuilder::new(rows),
            owners: CodedBuilder::new(rows),
            mailboxes: Mailboxes::with_capacity(rows, 0),
            email_domains: CodedBuilder::new(rows),
            phones: Vec::with_capacity(rows),
            lifecycle_stages: Vec::with_capacity(rows),
            lead_stages: Vec::with_capacity(rows),
            opt_in: Vec::with_capacity(rows),
            active: bits(),
            do_not_contact: bits(),
            bookings: Vec::with_capacity(rows),
            scores: Vec::with_capacity(rows),
            created: Vec::with_capacity(rows),
            last_activity: Vec::with_capacity(rows),
            tags: PostingsBuilder::default(),
            groups: PostingsBuilder::default(),
            types: PostingsBuilder::default(),
        }
    }

    fn push(&mut self, id: u128, state: &'a Indexed) {
        let (row, stamp) = (self.ids.len(), state.stamp());
        self.ids.push(id);
        self.versions.push(number(stamp.version));
        self.revisions.push(number(stamp.revision));
        match state {
            Indexed::Contact(contact) => {
                self.contacts.set(row);
                self.push_profile(row, &contact.profile);
                self.push_figures(&contact.figures);
                self.created.push(contact.created_at.timestamp_millis());
                self.push_lists(number(row as u64), &contact.profile);
            }
            Indexed::Gone { at, .. } => {
                self.gone.push((number(row as u64), at.timestamp_millis()));
                self.push_profile(row, &NOBODY);
                self.push_figures(&Figures::default());
                self.created.push(at.timestamp_millis());
            }
        }
    }

    fn push_profile(&mut self, row: usize, profile: &'a Profile) {
        self.first_names.push(profile.first_name.as_deref());
        self.last_names.push(profile.last_name.as_deref());
        self.companies.push(profile.company.as_deref());
        self.lead_sources.push(profile.lead_source.as_deref());
        self.owners.push(profile.owner_id.as_ref().map(|owner| owner.as_str()));
        self.email_domains.push(profile.email.as_ref().map(|email| email.domain()));
        self.mailboxes.push(profile.email.as_ref().map_or("", |email| email.local_part()).as_bytes());
        self.phones.push(profile.phone.as_ref().map_or(0, |phone| digits(&phone.e164)));
        self.lifecycle_stages.push(profile.lifecycle_stage.map_or(0, |stage| stage as u8 + 1));
        self.opt_in.push(profile.opt_in() as u8);
        if profile.is_active() {
            self.active.set(row);
        }
        if profile.do_not_contact {
            self.do_not_contact.set(row);
        }
    }

    fn push_figures(&mut self, figures: &Figures) {
        self.lead_stages.push(figures.lead_stage.map_or(0, |stage| stage as u8 + 1));
        self.bookings.push(number(figures.total_bookings));
        self.scores.push(figures.score.unwrap_or(f64::NAN));
        self.last_activity.push(figures.last_interaction_at.map_or(NEVER, |at| at.timestamp_millis()));
    }

    fn push_lists(&mut self, row: u32, profile: &'a Profile) {
        profile.tags.iter().for_each(|tag| self.tags.push(tag, row));
        profile.groups.iter().for_each(|group| self.groups.push(group.uuid().as_u128(), row));
        profile.types.iter().for_each(|kind| self.types.push(kind.uuid().as_u128(), row));
    }

    fn build(mut self) -> Segment {
        self.mailboxes.bytes.shrink_to_fit();
        self.gone.shrink_to_fit();
        Segment {
            ids: self.ids,
            versions: self.versions,
            revisions: self.revisions,
            contacts: self.contacts,
            gone: self.gone,
            first_names: self.first_names.build(fold),
            last_names: self.last_names.build(fold),
            companies: self.companies.build(fold),
            lead_sources: self.lead_sources.build(fold),
            owners: self.owners.build(str::to_owned),
            mailboxes: self.mailboxes,
            email_domains: self.email_domains.build(str::to_owned),
            phones: self.phones,
            lifecycle_stages: self.lifecycle_stages,
            lead_stages: self.lead_stages,
            opt_in: self.opt_in,
            active: self.active,
            do_not_contact: self.do_not_contact,
            bookings: self.bookings,
            scores: self.scores,
            created: self.created,
            last_activity: self.last_activity,
            tags: self.tags.build(folded),
            groups: self.groups.build(|id| id),
            types: self.types.build(|id| id),
            derived: Derived::default(),
        }
    }
}

fn number(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// The number that an E.164 number's digits make: 15 at most. None makes 0.
pub(crate) fn digits(e164: &str) -> u64 {
    e164.trim_start_matches('+').parse().unwrap_or(0)
}

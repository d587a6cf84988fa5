//! Segments from states of contacts.

use std::collections::{BTreeMap, HashMap};

use domain::contact::Contact;
use domain::contact::indexed::Indexed;
use domain::fold::fold;
use domain::id::Id;
use roaring::RoaringBitmap;

use crate::bits::Bits;
use crate::dictionary::{CodedBuilder, END};
use crate::postings::Postings;
use crate::segment::{Mailboxes, NEVER, Segment};

impl Segment {
    /// The segment of these states, in any order. Of several of one contact, the latest counts.
    pub fn build<'a>(states: impl IntoIterator<Item = &'a Indexed>) -> Self {
        let mut latest: HashMap<u128, &Indexed> = HashMap::new();
        for state in states {
            let known = latest.entry(state.id().uuid().as_u128()).or_insert(state);
            if known.stamp() < state.stamp() {
                *known = state;
            }
        }
        let mut rows: Vec<(u128, &Indexed)> = latest.into_iter().collect();
        rows.sort_unstable_by_key(|(id, _)| *id);
        let mut builder = Builder::new(rows.len());
        rows.into_iter().for_each(|(id, state)| builder.push(id, state));
        builder.build()
    }
}

#[derive(Default)]
struct Builder {
    ids: Vec<u128>,
    versions: Vec<u32>,
    revisions: Vec<u32>,
    contacts: Bits,
    gone: Vec<(u32, i64)>,
    first_names: CodedBuilder,
    last_names: CodedBuilder,
    companies: CodedBuilder,
    lead_sources: CodedBuilder,
    owners: CodedBuilder,
    mailboxes: Mailboxes,
    email_domains: CodedBuilder,
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
    tags: HashMap<String, RoaringBitmap>,
    groups: BTreeMap<u128, RoaringBitmap>,
    types: BTreeMap<u128, RoaringBitmap>,
}

impl Builder {
    fn new(rows: usize) -> Self {
        let bits = || Bits::new(rows);
        let mailboxes = Mailboxes { bytes: Vec::new(), starts: vec![0] };
        Self { contacts: bits(), active: bits(), do_not_contact: bits(), mailboxes, ..Self::default() }
    }

    fn push(&mut self, id: u128, state: &Indexed) {
        let number = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        let (row, stamp) = (self.ids.len(), state.stamp());
        self.ids.push(id);
        self.versions.push(number(stamp.version));
        self.revisions.push(number(stamp.revision));
        match state {
            Indexed::Contact(contact) => {
                self.contacts.set(row);
                self.push_texts(contact);
                self.push_states(row, contact);
                self.push_lists(number(row as u64), contact);
            }
            Indexed::Gone { id, at, .. } => {
                self.gone.push((number(row as u64), at.timestamp_millis()));
                let nobody = Contact::new(*id, Default::default(), domain::access::Actor::Operator, *at);
                self.push_texts(&nobody);
                self.push_states(row, &nobody);
            }
        }
    }

    fn push_texts(&mut self, contact: &Contact) {
        let profile = &contact.profile;
        let folded = |text: &Option<String>| text.as_deref().map(fold);
        self.first_names.push(folded(&profile.first_name).as_deref());
        self.last_names.push(folded(&profile.last_name).as_deref());
        self.companies.push(folded(&profile.company).as_deref());
        self.lead_sources.push(folded(&profile.lead_source).as_deref());
        self.owners.push(profile.owner_id.as_ref().map(|owner| owner.as_str()));
        let email = profile.email.as_ref();
        self.email_domains.push(email.map(|email| email.domain()));
        self.mailboxes.bytes.extend(email.map_or("", |email| email.local_part()).as_bytes());
        self.mailboxes.bytes.push(END);
        self.mailboxes.starts.push(u32::try_from(self.mailboxes.bytes.len()).unwrap_or(u32::MAX));
        self.phones.push(profile.phone.as_ref().map_or(0, |phone| digits(&phone.e164)));
    }

    fn push_states(&mut self, row: usize, contact: &Contact) {
        let (profile, figures) = (&contact.profile, &contact.figures);
        self.lifecycle_stages.push(profile.lifecycle_stage.map_or(0, |stage| stage as u8 + 1));
        self.lead_stages.push(figures.lead_stage.map_or(0, |stage| stage as u8 + 1));
        self.opt_in.push(profile.opt_in() as u8);
        if profile.is_active() {
            self.active.set(row);
        }
        if profile.do_not_contact {
            self.do_not_contact.set(row);
        }
        self.bookings.push(u32::try_from(figures.total_bookings).unwrap_or(u32::MAX));
        self.scores.push(figures.score.unwrap_or(f64::NAN));
        self.created.push(contact.created_at.timestamp_millis());
        self.last_activity.push(figures.last_interaction_at.map_or(NEVER, |at| at.timestamp_millis()));
    }

    fn push_lists(&mut self, row: u32, contact: &Contact) {
        for tag in &contact.profile.tags {
            self.tags.entry(tag.to_lowercase()).or_default().insert(row);
        }
        for group in &contact.profile.groups {
            self.groups.entry(group.uuid().as_u128()).or_default().insert(row);
        }
        for kind in &contact.profile.types {
            self.types.entry(kind.uuid().as_u128()).or_default().insert(row);
        }
    }

    fn build(self) -> Segment {
        Segment {
            ids: self.ids,
            versions: self.versions,
            revisions: self.revisions,
            contacts: self.contacts,
            gone: self.gone,
            first_names: self.first_names.build(),
            last_names: self.last_names.build(),
            companies: self.companies.build(),
            lead_sources: self.lead_sources.build(),
            owners: self.owners.build(),
            mailboxes: self.mailboxes,
            email_domains: self.email_domains.build(),
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
            tags: self.tags.into_iter().collect(),
            groups: self.groups.into_iter().collect(),
            types: self.types.into_iter().collect::<Postings<u128>>(),
        }
    }
}

/// The number that an E.164 number's digits make: 15 at most. None makes 0.
pub(crate) fn digits(e164: &str) -> u64 {
    e164.trim_start_matches('+').parse().unwrap_or(0)
}

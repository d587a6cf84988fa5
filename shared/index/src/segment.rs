//! Segments: states of contacts, sorted by their ids, a column for each thing that is searched by.

use domain::Timestamp;
use domain::contact::indexed::{Indexed, Stamp};
use domain::id::{ContactId, Id};
use uuid::Uuid;

use crate::bits::Bits;
use crate::derived::Derived;
use crate::dictionary::{Coded, END, starts_of};
use crate::postings::Postings;

/// In place of a moment that a contact lacks.
pub(crate) const NEVER: i64 = i64::MIN;

/// States of contacts. Each contact has one at most. Rows are counted from 0 in the order of the contacts' ids.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// The contacts' ids, sorted.
    pub(crate) ids: Vec<u128>,
    /// How often what people change had changed, and how often anything had.
    pub(crate) versions: Vec<u32>,
    pub(crate) revisions: Vec<u32>,
    /// The rows that are contacts; the others tell that one is gone.
    pub(crate) contacts: Bits,
    /// When contacts that are gone were learnt to be, in milliseconds since the epoch: rows in order.
    pub(crate) gone: Vec<(u32, i64)>,
    /// Folded.
    pub(crate) first_names: Coded,
    pub(crate) last_names: Coded,
    pub(crate) companies: Coded,
    pub(crate) lead_sources: Coded,
    /// As they are.
    pub(crate) owners: Coded,
    /// E-mail addresses before the `@`, and behind it.
    pub(crate) mailboxes: Mailboxes,
    pub(crate) email_domains: Coded,
    /// The digits of phone numbers in E.164; 0 for none.
    pub(crate) phones: Vec<u64>,
    /// The place of the stage among all stages, from 1; 0 for none.
    pub(crate) lifecycle_stages: Vec<u8>,
    pub(crate) lead_stages: Vec<u8>,
    /// The place of the status among all, from 0.
    pub(crate) opt_in: Vec<u8>,
    pub(crate) active: Bits,
    pub(crate) do_not_contact: Bits,
    pub(crate) bookings: Vec<u32>,
    /// Not a number for those who were not scored.
    pub(crate) scores: Vec<f64>,
    /// In milliseconds since the epoch.
    pub(crate) created: Vec<i64>,
    /// [`NEVER`] for those of whom nothing was heard.
    pub(crate) last_activity: Vec<i64>,
    /// In lower case.
    pub(crate) tags: Postings<String>,
    pub(crate) groups: Postings<u128>,
    pub(crate) types: Postings<u128>,
    /// What was computed of all this.
    pub(crate) derived: Derived,
}

/// A text for each row, most of them different.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Mailboxes {
    /// The texts one after the other, each with an [`END`] behind it.
    pub(crate) bytes: Vec<u8>,
    /// Where each row's begins, and the end; one more than there are rows.
    pub(crate) starts: Vec<u32>,
}

impl Mailboxes {
    /// The mailboxes of so many rows in these bytes.
    pub(crate) fn of_bytes(bytes: Vec<u8>, rows: usize) -> Result<Self, &'static str> {
        let starts = starts_of(&bytes, rows)?;
        (starts.len() == rows + 1).then_some(Self { bytes, starts }).ok_or("has too few rows")
    }

    /// No rows yet, and room for so many of so many bytes, the [`END`]s included.
    pub(crate) fn with_capacity(rows: usize, bytes: usize) -> Self {
        let mut starts = Vec::with_capacity(rows + 1);
        starts.push(0);
        Self { bytes: Vec::with_capacity(bytes), starts }
    }

    /// The next row's text.
    pub(crate) fn push(&mut self, text: &[u8]) {
        self.bytes.extend(text.iter().map(|&byte| if byte == END { b' ' } else { byte }));
        self.bytes.push(END);
        self.starts.push(u32::try_from(self.bytes.len()).unwrap_or(u32::MAX));
    }

    /// The row's text.
    pub(crate) fn text(&self, row: usize) -> &[u8] {
        &self.bytes[self.starts[row] as usize..self.starts[row + 1] as usize - 1]
    }
}

impl Segment {
    /// How many states it holds.
    pub fn rows(&self) -> usize {
        self.ids.len()
    }

    /// The columns of texts that have dictionaries.
    pub(crate) fn coded(&self) -> [&Coded; 6] {
        [&self.first_names, &self.last_names, &self.companies, &self.lead_sources, &self.owners, &self.email_domains]
    }

    /// The states that tell of contacts that are gone.
    pub fn gone(&self) -> impl Iterator<Item = Indexed> {
        self.gone.iter().map(|&(row, at)| {
            let id = ContactId::from_uuid(Uuid::from_u128(self.ids[row as usize]));
            let at = Timestamp::from_timestamp_millis(at).unwrap_or_default();
            Indexed::Gone { id, stamp: self.stamp(row as usize), at }
        })
    }

    /// The place of a row among the states of its contact.
    pub(crate) fn stamp(&self, row: usize) -> Stamp {
        Stamp { version: self.versions[row].into(), revision: self.revisions[row].into() }
    }
}

//! Folding: one segment of several, column by column.

mod lists;
#[cfg(test)]
mod tests;
mod texts;

use crate::bits::Bits;
use crate::derived::Derived;
use crate::segment::{Mailboxes, Segment};

impl Segment {
    /// The latest states of the contacts in these segments. That a contact is gone is forgotten if it was learnt before the
    /// given moment, in milliseconds since the epoch: that is safe only if no other segment holds a state of it.
    pub fn fold(segments: &[&Segment], forget_gone_before: Option<i64>) -> Self {
        let fold = Fold::new(segments, forget_gone_before);
        let moves = fold.moves();
        Self {
            ids: fold.each(|segment| &segment.ids),
            versions: fold.each(|segment| &segment.versions),
            revisions: fold.each(|segment| &segment.revisions),
            contacts: fold.bits(|segment| &segment.contacts),
            gone: fold.gone(),
            first_names: fold.coded(|segment| &segment.first_names),
            last_names: fold.coded(|segment| &segment.last_names),
            companies: fold.coded(|segment| &segment.companies),
            lead_sources: fold.coded(|segment| &segment.lead_sources),
            owners: fold.coded(|segment| &segment.owners),
            mailboxes: fold.mailboxes(),
            email_domains: fold.coded(|segment| &segment.email_domains),
            phones: fold.each(|segment| &segment.phones),
            lifecycle_stages: fold.each(|segment| &segment.lifecycle_stages),
            lead_stages: fold.each(|segment| &segment.lead_stages),
            opt_in: fold.each(|segment| &segment.opt_in),
            active: fold.bits(|segment| &segment.active),
            do_not_contact: fold.bits(|segment| &segment.do_not_contact),
            bookings: fold.each(|segment| &segment.bookings),
            scores: fold.each(|segment| &segment.scores),
            created: fold.each(|segment| &segment.created),
            last_activity: fold.each(|segment| &segment.last_activity),
            tags: fold.postings(&moves, |segment| &segment.tags),
            groups: fold.postings(&moves, |segment| &segment.groups),
            types: fold.postings(&moves, |segment| &segment.types),
            derived: Derived::default(),
        }
    }

    /// When the contact of this row was learnt to be gone, if it is.
    fn gone_at(&self, row: u32) -> Option<i64> {
        if self.contacts.get(row as usize) {
            return None;
        }
        let at = self.gone.binary_search_by_key(&row, |(row, _)| *row).ok()?;
        Some(self.gone[at].1)
    }
}

/// A row of one of the segments.
#[derive(Clone, Copy)]
struct Source {
    segment: u32,
    row: u32,
}

impl Source {
    fn segment(self) -> usize {
        self.segment as usize
    }

    fn row(self) -> usize {
        self.row as usize
    }
}

/// Which rows become the rows of the folded segment, in order.
struct Fold<'a> {
    segments: &'a [&'a Segment],
    rows: Vec<Source>,
}

impl<'a> Fold<'a> {
    fn new(segments: &'a [&'a Segment], forget_gone_before: Option<i64>) -> Self {
        let all = by_contact(segments);
        let stamp = |source: &Source| segments[source.segment()].stamp(source.row());
        let is_forgotten = |source: &Source| {
            let gone = segments[source.segment()].gone_at(source.row);
            gone.zip(forget_gone_before).is_some_and(|(at, before)| at < before)
        };
        let states = all.chunk_by(|(one, _), (next, _)| one == next);
        let latest = states.filter_map(|states| states.iter().map(|(_, source)| *source).max_by_key(stamp));
        let mut rows = Vec::with_capacity(all.len());
        rows.extend(latest.filter(|source| !is_forgotten(source)));
        Self { segments, rows }
    }

    fn columns<T: ?Sized>(&self, column: impl Fn(&'a Segment) -> &'a T) -> Vec<&'a T> {
        self.segments.iter().map(|segment| column(segment)).collect()
    }

    /// A column that has a value for each row.
    fn each<T: Copy + 'a>(&self, column: impl Fn(&'a Segment) -> &'a Vec<T>) -> Vec<T> {
        let columns = self.columns(column);
        self.rows.iter().map(|source| columns[source.segment()][source.row()]).collect()
    }

    fn bits(&self, column: impl Fn(&'a Segment) -> &'a Bits) -> Bits {
        let columns = self.columns(column);
        let mut bits = Bits::new(self.rows.len());
        for (at, source) in self.rows.iter().enumerate() {
            if columns[source.segment()].get(source.row()) {
                bits.set(at);
            }
        }
        bits
    }

    fn gone(&self) -> Vec<(u32, i64)> {
        let gone_at = |source: &Source| self.segments[source.segment()].gone_at(source.row);
        (0..).zip(&self.rows).filter_map(|(row, source)| Some((row, gone_at(source)?))).collect()
    }

    fn mailboxes(&self) -> Mailboxes {
        let bytes = self.segments.iter().map(|segment| segment.mailboxes.bytes.len()).sum();
        let mut mailboxes = Mailboxes::with_capacity(self.rows.len(), bytes);
        self.rows
            .iter()
            .for_each(|source| mailboxes.push(self.segments[source.segment()].mailboxes.text(source.row())));
        mailboxes
    }
}

/// The rows of all segments by the ids of their contacts.
fn by_contact(segments: &[&Segment]) -> Vec<(u128, Source)> {
    let mut all = Vec::with_capacity(segments.iter().map(|segment| segment.rows()).sum());
    for (number, segment) in (0..).zip(segments) {
        all.extend(segment.ids.iter().zip(0..).map(|(id, row)| (*id, Source { segment: number, row })));
    }
    // A sort that is stable merges what is sorted in parts already.
    all.sort_by_key(|(id, _)| *id);
    all
}

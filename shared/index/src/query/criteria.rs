//! Criteria on a segment: each demand leaves fewer rows, the cheap and the selective ones first.

use domain::Timestamp;
use domain::contact::LifecycleStage;
use domain::contact::criteria::Criteria;
use domain::id::Id;
use roaring::RoaringBitmap;

use super::words;
use crate::bits::Bits;
use crate::build::digits;
use crate::segment::Segment;

/// The rows of which all of the criteria hold.
pub(crate) fn find(segment: &Segment, rows: Bits, criteria: &Criteria) -> Bits {
    let mut search = Search { segment, criteria, rows };
    let demands = [Search::lists, Search::flags, Search::stages, Search::address, Search::figures];
    let demands = demands.into_iter().chain([Search::moments, Search::belonging, Search::parts, Search::words]);
    for demand in demands {
        if !search.rows.any() {
            break;
        }
        demand(&mut search);
    }
    search.rows
}

struct Search<'a> {
    segment: &'a Segment,
    criteria: &'a Criteria,
    /// Those that are left.
    rows: Bits,
}

impl Search<'_> {
    fn lists(&mut self) {
        let (segment, criteria) = (self.segment, self.criteria);
        let tags = criteria.tags.iter().map(|tag| segment.tags.find(tag.as_str()));
        let group = criteria.group.map(|group| segment.groups.find(&group.uuid().as_u128()));
        let kind = criteria.r#type.map(|kind| segment.types.find(&kind.uuid().as_u128()));
        let Some(mut lists) = tags.chain(group).chain(kind).collect::<Option<Vec<&RoaringBitmap>>>() else {
            return self.rows.clear_all();
        };
        lists.sort_unstable_by_key(|list| list.len());
        match lists[..] {
            [] => {}
            [list] => self.keep_listed(list),
            [first, second, ref rest @ ..] => {
                let common = rest.iter().fold(first & second, |common, list| common & *list);
                self.keep_listed(&common);
            }
        }
    }

    fn keep_listed(&mut self, list: &RoaringBitmap) {
        let mut listed = Bits::new(self.rows.len());
        list.iter().for_each(|row| listed.set(row as usize));
        self.rows.and(&listed);
    }

    fn flags(&mut self) {
        for (wanted, flags) in [
            (self.criteria.is_active, &self.segment.active),
            (self.criteria.do_not_contact, &self.segment.do_not_contact),
        ] {
            match wanted {
                Some(true) => self.rows.and(flags),
                Some(false) => self.rows.and_not(flags),
                None => {}
            }
        }
    }

    fn stages(&mut self) {
        let (segment, criteria) = (self.segment, self.criteria);
        for (wanted, column) in
            [(&criteria.lifecycle_stages, &segment.lifecycle_stages), (&criteria.lead_stages, &segment.lead_stages)]
        {
            if !wanted.is_empty() {
                let wanted = places(wanted);
                self.rows.keep_by(column, |stage| wanted >> stage & 1 == 1);
            }
        }
        if let Some(status) = criteria.opt_in_status {
            self.rows.keep_by(&segment.opt_in, |its| its == status as u8);
        }
    }

    fn address(&mut self) {
        let (segment, criteria) = (self.segment, self.criteria);
        if let Some(email) = &criteria.email {
            segment.email_domains.keep_equal(&mut self.rows, email.domain());
            self.rows.keep(|row| segment.mailboxes.text(row) == email.local_part().as_bytes());
        }
        if let Some(phone) = &criteria.phone {
            match digits(phone) {
                number if number > 0 && *phone == format!("+{number}") => {
                    self.rows.keep_by(&segment.phones, |its| its == number);
                }
                _ => self.rows.clear_all(),
            }
        }
    }

    fn figures(&mut self) {
        let (segment, criteria) = (self.segment, self.criteria);
        if let Some(any) = criteria.has_bookings {
            self.rows.keep_by(&segment.bookings, |bookings| (bookings > 0) == any);
        }
        // Who was not scored has what is no number, of which no comparison holds.
        match (criteria.min_score, criteria.max_score) {
            (Some(least), Some(most)) => self.rows.keep_by(&segment.scores, |score| score >= least && score <= most),
            (Some(least), None) => self.rows.keep_by(&segment.scores, |score| score >= least),
            (None, Some(most)) => self.rows.keep_by(&segment.scores, |score| score <= most),
            (None, None) => {}
        }
    }

    fn moments(&mut self) {
        let criteria = self.criteria;
        if criteria.created_from.is_some() || criteria.created_to.is_some() {
            let from = criteria.created_from.map_or(i64::MIN, not_before);
            let to = criteria.created_to.map_or(i64::MAX, |to| to.timestamp_millis());
            self.rows.keep_by(&self.segment.created, |created| created >= from && created <= to);
        }
    }

    fn belonging(&mut self) {
        if let Some(owner) = &self.criteria.owner {
            self.segment.owners.keep_equal(&mut self.rows, owner.as_str());
        }
        if !self.criteria.lead_sources.is_empty() {
            self.segment.lead_sources.keep_one_of(&mut self.rows, &self.criteria.lead_sources);
        }
    }

    fn parts(&mut self) {
        let (segment, criteria) = (self.segment, self.criteria);
        for (part, column) in [
            (&criteria.first_name, &segment.first_names),
            (&criteria.last_name, &segment.last_names),
            (&criteria.company, &segment.companies),
        ] {
            if let Some(part) = part.as_deref().filter(|part| !part.is_empty()) {
                column.keep_holding(&mut self.rows, part);
            }
        }
    }

    fn words(&mut self) {
        words::keep(self.segment, &mut self.rows, &self.criteria.words);
    }
}

/// The places of stages among all, from 1, as bits.
fn places(stages: &[LifecycleStage]) -> u32 {
    stages.iter().fold(0, |places, stage| places | 2 << *stage as u32)
}

/// The first millisecond that does not lie before the moment.
fn not_before(moment: Timestamp) -> i64 {
    let millis = moment.timestamp_millis();
    let is_whole = moment.timestamp_subsec_nanos().is_multiple_of(1_000_000);
    if is_whole { millis } else { millis + 1 }
}

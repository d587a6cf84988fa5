//! A part of an enrolment job, and how far it is.

use serde::{Deserialize, Serialize};

use crate::id::ContactId;

/// A part of an enrolment job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrollmentChunk {
    /// Its number, from 0.
    pub number: u32,
    /// The contacts, where the caller gave them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<ContactId>,
    /// The contacts, where they are those of a range whom criteria mean.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<Range>,
    /// Of the chunk that looks how many contacts criteria mean: the ranges that it found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<Vec<Range>>,
    /// How many contacts were dealt with, in this pass; where it goes through shards, how many of these.
    pub position: u32,
    /// The last contact that was dealt with, where they are found by walking through a shard or a range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<ContactId>,
    /// Whether some were enrolled without a time, because the campaign had not started.
    pub unscheduled: bool,
    /// Whether the chunk is gone through once more, to give those a time, or because the campaign has ended.
    pub again: bool,
    /// Counts the changes, for conditional writes.
    pub revision: u64,
    /// Those that were enrolled.
    pub enrolled: u64,
    /// Those that were enrolled before.
    pub already_enrolled: u64,
    /// Those that do not exist.
    pub unknown: u64,
    /// Whether it was added to the job's sums.
    pub done: bool,
}

/// Contacts by their ids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// They come after this one; from the first on if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<ContactId>,
    /// This is the last one; all that follow if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<ContactId>,
    /// The most contacts that are taken of it, where the job may take only so many. A range without an end takes what the
    /// others left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most: Option<u64>,
}

impl EnrollmentChunk {
    /// A chunk that nobody has worked on.
    pub fn new(number: u32) -> Self {
        Self {
            number,
            contacts: Vec::new(),
            range: None,
            found: None,
            position: 0,
            after: None,
            unscheduled: false,
            again: false,
            revision: 1,
            enrolled: 0,
            already_enrolled: 0,
            unknown: 0,
            done: false,
        }
    }

    /// The next revision, `by` contacts on.
    pub fn moved(&self, by: usize) -> Self {
        let position = self.position.saturating_add(u32::try_from(by).unwrap_or(u32::MAX));
        Self { position, revision: self.revision + 1, ..self.clone() }
    }

    /// The next revision, `last` being the last contact that was dealt with.
    pub fn moved_to(&self, last: ContactId) -> Self {
        Self { after: Some(last), ..self.moved(0) }
    }

    /// The next revision, at the beginning of a second pass.
    pub fn second_pass(&self) -> Self {
        Self { position: 0, after: None, unscheduled: false, again: true, ..self.moved(0) }
    }

    /// The next revision, at the beginning of the next shard.
    pub fn next_shard(&self) -> Self {
        Self { after: None, ..self.moved(1) }
    }

    /// The next revision, with the ranges that it found.
    pub fn with_ranges(&self, found: Vec<Range>) -> Self {
        Self { found: Some(found), ..self.moved(0) }
    }

    /// The chunks of the ranges that it found.
    pub fn of_ranges(&self) -> Vec<Self> {
        let ranges = (self.number + 1..).zip(self.found.iter().flatten());
        ranges.map(|(number, range)| Self { range: Some(range.clone()), ..Self::new(number) }).collect()
    }
}

impl Range {
    /// Whether it takes what the other ranges of its job left, once they are through.
    pub fn is_rest(&self) -> bool {
        self.last.is_none()
    }

    /// Whether the contact lies before its end.
    pub fn reaches(&self, contact: ContactId) -> bool {
        self.last.is_none_or(|last| contact <= last)
    }
}

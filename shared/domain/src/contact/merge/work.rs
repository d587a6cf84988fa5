//! A merge as work in the background: what hangs on the duplicates becomes the primary's, and goes back if it is undone.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::{Kept, UNDONE_WITHIN, ranked};
use crate::Timestamp;
use crate::access::Actor;
use crate::contact::purge::SETTLED;
use crate::id::{AuditId, ContactId, GroupId};
use crate::time::after;

/// How long what is needed to undo a merge is kept beyond the time in which it can be undone.
const SPARE: TimeDelta = TimeDelta::days(1);

/// A merge, and how far it has come. Holds ids only: nobody is known by them once the contacts are gone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Merge {
    /// The contact that took the others in.
    pub primary: ContactId,
    /// The others.
    pub duplicates: Vec<Duplicate>,
    /// The groups of theirs that the primary is still to join.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub joins: Vec<GroupId>,
    /// From when on nobody is at work any more who read a duplicate before the merge: then everything is looked through
    /// a second and last time.
    pub settled_at: Timestamp,
    /// Whether it was looked through once.
    pub waits: bool,
    /// That it was undone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undone: Option<Undo>,
}

/// A contact that went into another one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Duplicate {
    /// Its id.
    pub id: ContactId,
    /// Those that had gone into it before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub merged_from: Vec<ContactId>,
    /// The groups whose member it still is, though the primary is one in its place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leaves: Vec<GroupId>,
}

/// The undoing of a merge, and how far it has come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Undo {
    /// Names the request that did it.
    pub id: AuditId,
    /// Who did it.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
    /// The groups that the primary is still to leave.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leaves: Vec<GroupId>,
    /// The groups that the duplicates are still to join.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub joins: Vec<(ContactId, GroupId)>,
    /// As with the merge.
    pub settled_at: Timestamp,
    /// As with the merge.
    pub waits: bool,
}

impl Merge {
    /// The merge that made `kept`. `joins`: the groups that the primary joins later; `leaving`: whether the duplicates
    /// leave theirs later.
    pub fn of(kept: &Kept, joins: Vec<GroupId>, leaving: bool) -> Self {
        let duplicate = |contact: &super::Contact| Duplicate {
            id: contact.id,
            merged_from: contact.merged_from.clone(),
            leaves: if leaving { contact.profile.groups.clone() } else { Vec::new() },
        };
        Self {
            primary: kept.before.id,
            duplicates: ranked(&kept.duplicates).into_iter().map(duplicate).collect(),
            joins,
            settled_at: after(kept.merged.updated_at, SETTLED),
            waits: false,
            undone: None,
        }
    }

    /// Whether no membership is left to be dealt with, so that it can be undone.
    pub fn groups_are_done(&self) -> bool {
        self.joins.is_empty() && self.duplicates.iter().all(|duplicate| duplicate.leaves.is_empty())
    }

    /// The ids under which something is kept that became the primary's.
    pub fn ids(&self) -> impl Iterator<Item = ContactId> {
        self.duplicates.iter().flat_map(|one| std::iter::once(one.id).chain(one.merged_from.iter().copied()))
    }
}

impl Undo {
    /// An undoing that begins at `at`.
    pub fn new(id: AuditId, by: Actor, at: Timestamp) -> Self {
        Self { id, by, at, leaves: Vec::new(), joins: Vec::new(), settled_at: after(at, SETTLED), waits: false }
    }
}

/// Until when a merge of `merged_at` can be undone.
pub fn undo_until(merged_at: Timestamp) -> Timestamp {
    after(merged_at, UNDONE_WITHIN)
}

/// Until when what that needs is kept.
pub fn kept_until(merged_at: Timestamp) -> Timestamp {
    after(undo_until(merged_at), SPARE)
}

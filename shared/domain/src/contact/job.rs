//! Work in the background on contacts: what cannot be done within one transaction, and must be done whatever happens.
//!
//! A job goes on in steps. Each step leaves the job at its next revision, so that of two workers on one job only one moves
//! it on; what a step does to contacts may be done again without harm, or is in the same transaction.

use serde::{Deserialize, Serialize};

use super::bulk::Bulk;
use super::group_removal::GroupRemoval;
use super::merge::work::Merge;
use super::purge::Purge;
use super::type_removal::TypeRemoval;
use crate::Timestamp;
use crate::access::Actor;
use crate::id::{JobId, TenantId};
use crate::tags::retag::Retag;

/// A job on a tenant's contacts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContactJob {
    /// Its id.
    pub id: JobId,
    /// What is to be done, and how far it has come.
    pub work: Work,
    /// Who asked for it.
    pub by: Actor,
    /// When.
    pub created_at: Timestamp,
    /// When it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
    /// Counts its steps, from 1.
    pub revision: u64,
}

/// What a job does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// Clears away what hung on a contact that was deleted or erased.
    Purge(Purge),
    /// Changes all contacts that a filter means.
    Bulk(Box<Bulk>),
    /// Looks for duplicates.
    Duplicates,
    /// Lets the members of a group leave that was removed.
    GroupRemoval(GroupRemoval),
    /// Takes a type that was removed out of the contacts.
    TypeRemoval(TypeRemoval),
    /// Moves what hung on contacts that were merged into another one, there or back.
    Merge(Merge),
    /// Lets contacts follow a tag that was renamed or removed.
    Retag(Retag),
}

impl ContactJob {
    /// A new job.
    pub fn new(id: JobId, work: Work, by: Actor, now: Timestamp) -> Self {
        Self { id, work, by, created_at: now, finished_at: None, revision: 1 }
    }

    /// The job after a step.
    pub fn moved(&self, work: Work) -> Self {
        Self { work, revision: self.revision + 1, ..self.clone() }
    }

    /// The job after its last step.
    pub fn finished(&self, work: Work, now: Timestamp) -> Self {
        Self { finished_at: Some(now), ..self.moved(work) }
    }
}

/// Where a walk through all contacts of a tenant has got to, in the table's own words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Place(pub String);

/// What the queue carries: look after this job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactTask {
    /// Whose.
    pub tenant: TenantId,
    /// Which.
    pub job: JobId,
}

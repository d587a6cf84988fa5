//! Removals of groups: the group goes at once, its members leave it one after the other.

use serde::{Deserialize, Serialize};

use crate::id::{ContactId, GroupId};

/// The leaving of all members of a group that is no more. Nobody can join it meanwhile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupRemoval {
    /// The group.
    pub group: GroupId,
    /// The last member that has left in this look through the members. The last look finds nobody from the beginning on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<ContactId>,
}

impl GroupRemoval {
    /// Of nobody yet.
    pub fn of(group: GroupId) -> Self {
        Self { group, after: None }
    }
}

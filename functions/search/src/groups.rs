//! The groups with the most contacts.

use domain::Result;
use domain::color::Color;
use domain::contact::criteria::Criteria;
use domain::id::GroupId;
use domain::naming::Name;
use index::Snapshot;
use schemars::JsonSchema;
use serde::Serialize;
use store::TenantStore;

use crate::stats::TOP;

/// A group.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "GroupCount")]
pub(crate) struct GroupOut {
    /// Its id.
    id: GroupId,
    /// Its name.
    name: Name,
    /// In which it is shown.
    color: Color,
    /// How many contacts it has.
    contact_count: u64,
}

/// How many groups there are, and the largest of them.
pub(crate) async fn largest_groups(store: &TenantStore, contacts: &Snapshot) -> Result<(u64, Vec<GroupOut>)> {
    let groups = store.groups().list().await?;
    let total = groups.len() as u64;
    let counted = groups.into_iter().map(|group| {
        let criteria = Criteria { group: Some(group.id), ..Criteria::default() };
        let contact_count = contacts.count(&criteria);
        GroupOut { id: group.id, name: group.profile.name, color: group.profile.color, contact_count }
    });
    let mut counted: Vec<GroupOut> = counted.collect();
    // Those of the same size stay in the order of their names.
    counted.sort_by_key(|group| std::cmp::Reverse(group.contact_count));
    counted.truncate(TOP);
    Ok((total, counted))
}

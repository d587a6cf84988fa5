//! Groups: made, listed, shown, changed, removed.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use domain::access::Caller;
use domain::audit::{Action, AuditEntry};
use domain::color::Color;
use domain::contact::group_removal::GroupRemoval;
use domain::contact::job::{ContactJob, Work};
use domain::group::{Group, GroupDraft, GroupProfile};
use domain::id::GroupId;
use domain::naming::Name;
use domain::{Result, Timestamp};
use edge::{
    Answer, Body, Created, Fresh, IfMatch, List, Listing, NoContent, NoFilter, Reader, Versioned, Writer, path_id,
};
use schemars::JsonSchema;
use serde::Serialize;
use store::Named;

use crate::http::Contacts;
use crate::named;

/// A group of contacts.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ContactGroup")]
pub(crate) struct GroupOut {
    /// Its id.
    id: GroupId,
    /// No two groups have the same without case.
    name: Name,
    /// Free text.
    description: Option<String>,
    /// In which it is shown: `#rrggbb`.
    color: Color,
    /// How many contacts are in it.
    contact_count: u64,
    /// Counts the changes of all but the contacts in it, from 1.
    version: u64,
    /// When it came to be.
    created_at: Timestamp,
    /// When it last changed.
    updated_at: Timestamp,
}

impl GroupOut {
    fn new(group: Group, contact_count: u64) -> Self {
        let Group { id, profile: GroupProfile { name, description, color }, version, created_at, updated_at } = group;
        Self { id, name, description, color, contact_count, version, created_at, updated_at }
    }
}

pub(crate) async fn create(
    State(contacts): State<Contacts>,
    Writer(caller): Writer,
    fresh: Fresh,
    Body(draft): Body<GroupDraft>,
) -> Answer<Created<GroupOut>> {
    let groups = contacts.of(caller.tenant).groups();
    let id: GroupId = fresh.id();
    let made = if fresh.is_repeated() { groups.get(id).await? } else { None };
    let group = match made {
        Some(made) => made,
        None => {
            let group = Group::new(id, draft.parse()?, fresh.now());
            let fields = [BTreeMap::new(), group.profile.fields()];
            let (at, by) = (fresh.now(), caller.actor.clone());
            let entry = AuditEntry::of_thing(fresh.id(), at, by, Action::GroupCreated, id, fields);
            groups.create(&group, &entry).await?;
            group
        }
    };
    let (location, version) = (format!("/api/v1/contacts/groups/{id}"), Some(group.version));
    Ok(Created { location, version, body: counted(&groups, group).await? })
}

pub(crate) async fn list(
    State(contacts): State<Contacts>,
    Reader(caller): Reader,
    listing: Listing<NoFilter>,
) -> Answer<Json<List<GroupOut>>> {
    let groups = contacts.of(caller.tenant).groups();
    let mut part = listing.paging.sorted_part(groups.list().await?, |group| group.profile.name.folded())?;
    let shown = std::mem::take(&mut part.items);
    let ids: Vec<GroupId> = shown.iter().map(|group| group.id).collect();
    let counts = groups.contact_counts(&ids).await?;
    let shown = shown.into_iter().zip(counts).map(|(group, count)| GroupOut::new(group, count)).collect();
    Ok(Json(part.with(shown)))
}

pub(crate) async fn show(
    State(contacts): State<Contacts>,
    Reader(caller): Reader,
    Path(id): Path<String>,
) -> Answer<Versioned<GroupOut>> {
    let groups = contacts.of(caller.tenant).groups();
    let group = groups.existing(path_id("group", &id)?).await?;
    Ok(Versioned(group.version, counted(&groups, group).await?))
}

pub(crate) async fn replace(
    State(contacts): State<Contacts>,
    Writer(caller): Writer,
    Path(id): Path<String>,
    meant: IfMatch,
    Body(draft): Body<GroupDraft>,
) -> Answer<Versioned<GroupOut>> {
    let (id, profile) = (path_id("group", &id)?, draft.parse()?);
    let groups = contacts.of(caller.tenant).groups();
    let edit = |old: &Group| (old.profile != profile).then(|| changed(&contacts, &caller, old, profile.clone()));
    let group = named::change(&groups, id, &meant, edit).await?;
    Ok(Versioned(group.version, counted(&groups, group).await?))
}

fn changed(contacts: &Contacts, caller: &Caller, old: &Group, profile: GroupProfile) -> (Group, AuditEntry) {
    let now = contacts.clock.now();
    let new = old.changed(profile, now);
    let (by, fields) = (caller.actor.clone(), [old.profile.fields(), new.profile.fields()]);
    let entry = AuditEntry::of_thing(contacts.clock.fresh(), now, by, Action::GroupUpdated, old.id, fields);
    (new, entry)
}

pub(crate) async fn delete(
    State(contacts): State<Contacts>,
    Writer(caller): Writer,
    Path(id): Path<String>,
    meant: IfMatch,
) -> Answer<NoContent> {
    let (id, tenant) = (path_id("group", &id)?, caller.tenant);
    let groups = contacts.of(tenant).groups();
    let removal = |group: &Group| removed(&contacts, &caller, group);
    named::remove(&contacts, tenant, &groups, id, &meant, removal).await?;
    Ok(NoContent)
}

fn removed(contacts: &Contacts, caller: &Caller, group: &Group) -> (AuditEntry, ContactJob) {
    let (now, by) = (contacts.clock.now(), caller.actor.clone());
    let fields = [group.profile.fields(), BTreeMap::new()];
    let entry = AuditEntry::of_thing(contacts.clock.fresh(), now, by.clone(), Action::GroupDeleted, group.id, fields);
    let work = Work::GroupRemoval(GroupRemoval::of(group.id));
    (entry, ContactJob::new(contacts.clock.fresh(), work, by, now))
}

async fn counted(groups: &Named<Group>, group: Group) -> Result<GroupOut> {
    let count = groups.contact_count(group.id).await?;
    Ok(GroupOut::new(group, count))
}

//! Memberships: contacts put into groups, taken out of them, and listed.

use axum::Json;
use axum::extract::{Path, State};
use domain::Result;
use domain::access::Caller;
use domain::contact::{Contact, Profile};
use domain::id::{ContactId, GroupId};
use edge::{Answer, ContactWriter, IfMatch, List, Listing, NoFilter, Reader, Versioned, path_id};
use store::TenantStore;

use crate::contact;
use crate::http::Contacts;
use edge::ContactOut;

pub(crate) async fn add(
    State(contacts): State<Contacts>,
    ContactWriter(caller): ContactWriter,
    Path(ids): Path<(String, String)>,
) -> Answer<Versioned<ContactOut>> {
    let with = |groups: &[GroupId], group: GroupId| match groups.contains(&group) {
        true => groups.to_vec(),
        false => [groups, &[group]].concat(),
    };
    change(&contacts, &caller, ids, with).await
}

pub(crate) async fn remove(
    State(contacts): State<Contacts>,
    ContactWriter(caller): ContactWriter,
    Path(ids): Path<(String, String)>,
) -> Answer<Versioned<ContactOut>> {
    let without = |groups: &[GroupId], group| groups.iter().copied().filter(|&id| id != group).collect();
    change(&contacts, &caller, ids, without).await
}

/// Both look for the group first: a group that is no more is not found, even if the contact is still in it.
async fn change(
    contacts: &Contacts,
    caller: &Caller,
    (id, group): (String, String),
    groups: impl Fn(&[GroupId], GroupId) -> Vec<GroupId>,
) -> Answer<Versioned<ContactOut>> {
    let (id, group) = (path_id("contact", &id)?, path_id("group", &group)?);
    contacts.of(caller.tenant).groups().existing(group).await?;
    let edit = |old: &Profile| Ok(Profile { groups: groups(&old.groups, group), ..old.clone() });
    let (_, contact) = contact::edited(contacts, caller, id, &IfMatch::default(), edit).await?;
    Ok(Versioned(contact.version, contact.into()))
}

pub(crate) async fn list(
    State(contacts): State<Contacts>,
    Reader(caller): Reader,
    Path(id): Path<String>,
    Listing { paging, .. }: Listing<NoFilter>,
) -> Answer<Json<List<ContactOut>>> {
    let store = contacts.of(caller.tenant);
    let group = store.groups().existing(path_id("group", &id)?).await?.id;
    let total = store.groups().contact_count(group).await?;
    let mut found = members(&store, group, paging.after()?, paging.offset, paging.limit + 1).await?;
    let more = found.len() > paging.limit;
    found.truncate(paging.limit);
    let next = found.last().filter(|_| more).map(|(member, _)| *member);
    let shown = found.into_iter().map(|(_, contact)| contact.into()).collect();
    Ok(Json(paging.list(shown, total, next)))
}

/// `limit` members behind `after` with the id under which each stands in the group. A contact that is being cleared away is
/// left out, and so is one that went into another member.
async fn members(
    store: &TenantStore,
    group: GroupId,
    mut after: Option<ContactId>,
    mut skip: usize,
    limit: usize,
) -> Result<Vec<(ContactId, Contact)>> {
    let mut found: Vec<(ContactId, Contact)> = Vec::new();
    while found.len() < limit {
        let wanted = limit - found.len();
        let members = store.groups().members(group, after, skip, wanted).await?;
        let mut contacts = store.contacts().get_many(&members).await?;
        for member in &members {
            let Some(contact) = contacts.remove(member) else { continue };
            let twice = contact.id != *member
                && (contact.profile.groups.contains(&group) || found.iter().any(|(_, known)| known.id == contact.id));
            if !twice {
                found.push((*member, contact));
            }
        }
        (after, skip) = (members.last().copied(), 0);
        if members.len() < wanted {
            break;
        }
    }
    Ok(found)
}

//! One contact: made, shown, changed, removed, and who did that.

use axum::Json;
use axum::extract::{Path, State};
use domain::access::{Caller, Role};
use domain::audit::AuditEntry;
use domain::contact::draft::{Draft, MAX_GROUPS, Rules};
use domain::contact::patch::Patch;
use domain::contact::{Contact, MergedContact, Profile};
use domain::id::{AuditId, ContactId};
use domain::{Error, Fault, FaultCode, Result};
use edge::{
    Answer, Body, ContactWriter, Created, Fresh, IfMatch, List, Listing, NoContent, NoFilter, Reader, Versioned,
    path_id,
};
use store::{Found, TenantStore};

use crate::http::Contacts;
use crate::purge::{Parting, remove};
use crate::{contact_type, rewrite};
use edge::ContactOut;

/// How often a change is tried again that was overtaken by another one.
const TRIES: u32 = 8;
/// The most memberships that a request changes: with the groups' counts they must fit into one transaction.
const MAX_MEMBERSHIPS: usize = 40;

pub(crate) async fn create(
    State(contacts): State<Contacts>,
    ContactWriter(caller): ContactWriter,
    fresh: Fresh,
    Body(draft): Body<Draft>,
) -> Answer<Created<ContactOut>> {
    let store = contacts.of(caller.tenant);
    let id: ContactId = fresh.id();
    if fresh.is_repeated()
        && let Some(made) = store.contacts().get(id).await?
    {
        return Ok(created(made));
    }
    if fresh.is_repeated() && store.contacts().trail(id).count().await? > 0 {
        return Err(Error::conflict("the contact was made, and has been removed since").into());
    }
    let mut profile = draft.parse(&Rules::from(&store.settings().get().await?))?;
    if caller.role == Role::User && profile.owner_id.is_none() {
        profile.owner_id = caller.user.clone();
    }
    caller.demand_ownership(profile.owner_id.as_ref())?;
    demand_references(&Profile::default(), &profile)?;
    contact_type::demand(&store, &Profile::default(), &profile).await?;
    let contact = Contact::new(id, profile, caller.actor.clone(), fresh.now());
    store.contacts().create(&contact).await.map_err(unknown_group)?;
    Ok(created(contact))
}

fn created(contact: Contact) -> Created<ContactOut> {
    let location = format!("/api/v1/contacts/{}", contact.id);
    Created { location, version: Some(contact.version), body: contact.into() }
}

pub(crate) async fn show(
    State(contacts): State<Contacts>,
    Reader(caller): Reader,
    Path(id): Path<String>,
) -> Answer<Versioned<ContactOut>> {
    let contact = load(&contacts.of(caller.tenant), path_id("contact", &id)?).await?;
    Ok(Versioned(contact.version, contact.into()))
}

pub(crate) async fn replace(
    State(contacts): State<Contacts>,
    ContactWriter(caller): ContactWriter,
    Path(id): Path<String>,
    meant: IfMatch,
    Body(draft): Body<Draft>,
) -> Answer<Versioned<ContactOut>> {
    let rules = Rules::from(&contacts.of(caller.tenant).settings().get().await?);
    let profile = draft.parse(&rules)?;
    let edit = |old: &Profile| {
        // Who may write only what it owns does not lose a contact by leaving its owner out.
        let owner_id = profile.owner_id.clone().or_else(|| old.owner_id.clone().filter(|_| caller.role == Role::User));
        Ok(Profile { owner_id, ..profile.clone() })
    };
    let contact = change(&contacts, &caller, path_id("contact", &id)?, &meant, edit).await?;
    Ok(Versioned(contact.version, contact.into()))
}

pub(crate) async fn patch(
    State(contacts): State<Contacts>,
    ContactWriter(caller): ContactWriter,
    Path(id): Path<String>,
    meant: IfMatch,
    Body(patch): Body<Patch>,
) -> Answer<Versioned<ContactOut>> {
    let rules = Rules::from(&contacts.of(caller.tenant).settings().get().await?);
    let edit = |old: &Profile| patch.apply(old, &rules);
    let contact = change(&contacts, &caller, path_id("contact", &id)?, &meant, edit).await?;
    Ok(Versioned(contact.version, contact.into()))
}

/// The contact after `edit`; unless a version was meant, tried again when somebody else changes it meanwhile. What changes
/// nothing makes no new version.
pub(crate) async fn change(
    contacts: &Contacts,
    caller: &Caller,
    id: ContactId,
    meant: &IfMatch,
    edit: impl Fn(&Profile) -> Result<Profile>,
) -> Result<Contact> {
    let edited = edited(contacts, caller, id, meant, edit).await.map_err(unknown_group)?;
    Ok(edited.1)
}

/// The same, where a group that does not exist is [`Error::NotFound`]; with the version from which it was changed.
pub(crate) async fn edited(
    contacts: &Contacts,
    caller: &Caller,
    id: ContactId,
    meant: &IfMatch,
    edit: impl Fn(&Profile) -> Result<Profile>,
) -> Result<(u64, Contact)> {
    let store = contacts.of(caller.tenant);
    let mut tries = 1;
    loop {
        let old = load(&store, id).await?;
        caller.demand_ownership(old.profile.owner_id.as_ref())?;
        meant.demand(old.version)?;
        let profile = edit(&old.profile)?;
        if profile == old.profile {
            return Ok((old.version, old));
        }
        caller.demand_ownership(profile.owner_id.as_ref())?;
        demand_references(&old.profile, &profile)?;
        contact_type::demand(&store, &old.profile, &profile).await?;
        let change = rewrite::changed(&contacts.clock, &caller.actor, old, profile);
        match store.contacts().change(&change).await {
            Err(Error::Stale { .. }) if !meant.is_given() && tries < TRIES => tries += 1,
            done => return done.map(|()| (change.old.version, change.new)),
        }
    }
}

/// The contact under its own id.
///
/// # Errors
/// [`Error::NotFound`] when there is none; [`Error::Moved`] when it went into another one.
pub(crate) async fn load(store: &TenantStore, id: ContactId) -> Result<Contact> {
    match store.contacts().find(id).await? {
        Some(Found::Contact(contact)) => Ok(*contact),
        Some(Found::Merged(merged)) => Err(moved(store, &merged).await?),
        None => Err(Error::not_found("contact", id)),
    }
}

/// Where who asks for a contact that was merged away is led: to where the last merge of a chain of them leads.
pub(crate) async fn moved(store: &TenantStore, merged: &MergedContact) -> Result<Error> {
    let id = merged.id.to_string();
    Ok(match store.contacts().get(merged.merged_into).await? {
        Some(into) => Error::Moved { what: "contact", id, into: into.id.to_string() },
        None => Error::not_found("contact", id),
    })
}

fn demand_references(old: &Profile, new: &Profile) -> Result<()> {
    let differs = |one: &Profile, other: &Profile| one.groups.iter().filter(|id| !other.groups.contains(id)).count();
    if new.groups.len() > MAX_GROUPS.max(old.groups.len()) {
        let reason = format!("are more than {MAX_GROUPS}");
        return Err(Error::refused(Fault::new("groups", FaultCode::TooLong, reason)));
    }
    if differs(old, new) + differs(new, old) > MAX_MEMBERSHIPS {
        let reason = format!("change more than {MAX_MEMBERSHIPS} memberships at once");
        return Err(Error::refused(Fault::new("groups", FaultCode::TooLong, reason)));
    }
    Ok(())
}

/// A group that a body names is a value of it, not what was asked for.
fn unknown_group(error: Error) -> Error {
    match error {
        Error::NotFound { what: "group", id } => {
            Error::refused(Fault::new("groups", FaultCode::Invalid, format!("name a group that does not exist: {id}")))
        }
        other => other,
    }
}

pub(crate) async fn delete(
    State(contacts): State<Contacts>,
    ContactWriter(caller): ContactWriter,
    Path(id): Path<String>,
    meant: IfMatch,
) -> Answer<NoContent> {
    remove(&contacts, &caller, path_id("contact", &id)?, &meant, Parting::Deletion).await?;
    Ok(NoContent)
}

pub(crate) async fn audit(
    State(contacts): State<Contacts>,
    Reader(caller): Reader,
    Path(id): Path<String>,
    Listing { paging, .. }: Listing<NoFilter>,
) -> Answer<Json<List<AuditEntry>>> {
    let (id, store) = (path_id("contact", &id)?, contacts.of(caller.tenant));
    let trail = store.contacts().trail(id);
    // What made the contact stands in the contact itself until it is changed.
    let made = match store.contacts().find(id).await? {
        Some(Found::Contact(contact)) if contact.version == 1 => vec![AuditEntry::contact_created(&contact)],
        _ => Vec::new(),
    };
    let after: Option<AuditId> = paging.after()?;
    let total = trail.count().await? + made.len() as u64;
    if total == 0 {
        return Err(Error::not_found("contact", id).into());
    }
    let mut entries = trail.newest(after, paging.offset, paging.limit + 1).await?;
    if after.is_none() && paging.offset == 0 && entries.is_empty() {
        entries = made;
    }
    let more = entries.len() > paging.limit;
    entries.truncate(paging.limit);
    let next = entries.last().filter(|_| more).map(|entry| entry.id);
    Ok(Json(paging.list(entries, total, next)))
}

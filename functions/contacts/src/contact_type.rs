//! Types of contacts: made, listed, shown, changed, removed, and demanded of who gives them to a contact.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use domain::access::Caller;
use domain::audit::{Action, AuditEntry};
use domain::contact::Profile;
use domain::contact::job::{ContactJob, Work};
use domain::contact::type_removal::TypeRemoval;
use domain::contact_type::{ContactType, TypeDraft, TypeProfile};
use domain::id::ContactTypeId;
use domain::naming::Name;
use domain::{Error, Fault, FaultCode, Result, Timestamp};
use edge::{
    Answer, Body, Created, Fresh, IfMatch, List, Listing, NoContent, NoFilter, Reader, Versioned, Writer, path_id,
};
use schemars::JsonSchema;
use serde::Serialize;
use store::{NamedThing, TenantStore};

use crate::http::Contacts;
use crate::named;

/// A type of contacts.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ContactType")]
pub(crate) struct TypeOut {
    /// Its id.
    id: ContactTypeId,
    /// No two types have the same without case.
    name: Name,
    /// Free text.
    description: Option<String>,
    /// Counts its changes, from 1.
    version: u64,
    /// When it came to be.
    created_at: Timestamp,
    /// When it last changed.
    updated_at: Timestamp,
}

impl From<ContactType> for TypeOut {
    fn from(contact_type: ContactType) -> Self {
        let ContactType { id, profile: TypeProfile { name, description }, version, created_at, updated_at } =
            contact_type;
        Self { id, name, description, version, created_at, updated_at }
    }
}

/// Demands that the types exist that `new` has and `old` has not.
///
/// # Errors
/// [`Error::Refused`] with each of them that does not.
pub(crate) async fn demand(store: &TenantStore, old: &Profile, new: &Profile) -> Result<()> {
    let added: Vec<ContactTypeId> = new.types.iter().copied().filter(|id| !old.types.contains(id)).collect();
    let missing = store.contact_types().missing(&added).await?;
    let places = new.types.iter().enumerate().filter(|(_, id)| missing.contains(id));
    let fault = |place| Fault::new(format!("types[{place}]"), FaultCode::Invalid, "names a type that does not exist");
    let faults: Vec<Fault> = places.map(|(place, _)| fault(place)).collect();
    if faults.is_empty() { Ok(()) } else { Err(Error::Refused(faults)) }
}

pub(crate) async fn create(
    State(contacts): State<Contacts>,
    Writer(caller): Writer,
    fresh: Fresh,
    Body(draft): Body<TypeDraft>,
) -> Answer<Created<TypeOut>> {
    let types = contacts.of(caller.tenant).contact_types();
    let id: ContactTypeId = fresh.id();
    let made = if fresh.is_repeated() { types.get(id).await? } else { None };
    let contact_type = match made {
        Some(made) => made,
        None => {
            let contact_type = ContactType::new(id, draft.parse()?, fresh.now());
            let fields = [BTreeMap::new(), contact_type.profile.fields()];
            let (at, by) = (fresh.now(), caller.actor.clone());
            let entry = AuditEntry::of_thing(fresh.id(), at, by, Action::ContactTypeCreated, id, fields);
            types.create(&contact_type, &entry).await?;
            contact_type
        }
    };
    let (location, version) = (format!("/api/v1/contacts/types/{id}"), Some(contact_type.version));
    Ok(Created { location, version, body: contact_type.into() })
}

pub(crate) async fn list(
    State(contacts): State<Contacts>,
    Reader(caller): Reader,
    listing: Listing<NoFilter>,
) -> Answer<Json<List<TypeOut>>> {
    let all = contacts.of(caller.tenant).contact_types().list().await?;
    let mut part = listing.paging.sorted_part(all, |each| each.profile.name.folded())?;
    let shown = std::mem::take(&mut part.items).into_iter().map(TypeOut::from).collect();
    Ok(Json(part.with(shown)))
}

pub(crate) async fn show(
    State(contacts): State<Contacts>,
    Reader(caller): Reader,
    Path(id): Path<String>,
) -> Answer<Versioned<TypeOut>> {
    let contact_type = contacts.of(caller.tenant).contact_types().existing(path_id(ContactType::WHAT, &id)?).await?;
    Ok(Versioned(contact_type.version, contact_type.into()))
}

pub(crate) async fn replace(
    State(contacts): State<Contacts>,
    Writer(caller): Writer,
    Path(id): Path<String>,
    meant: IfMatch,
    Body(draft): Body<TypeDraft>,
) -> Answer<Versioned<TypeOut>> {
    let (id, profile) = (path_id(ContactType::WHAT, &id)?, draft.parse()?);
    let types = contacts.of(caller.tenant).contact_types();
    let edit = |old: &ContactType| (old.profile != profile).then(|| changed(&contacts, &caller, old, profile.clone()));
    let contact_type = named::change(&types, id, &meant, edit).await?;
    Ok(Versioned(contact_type.version, contact_type.into()))
}

fn changed(contacts: &Contacts, caller: &Caller, old: &ContactType, profile: TypeProfile) -> (ContactType, AuditEntry) {
    let now = contacts.clock.now();
    let new = old.changed(profile, now);
    let (by, fields) = (caller.actor.clone(), [old.profile.fields(), new.profile.fields()]);
    let entry = AuditEntry::of_thing(contacts.clock.fresh(), now, by, Action::ContactTypeUpdated, old.id, fields);
    (new, entry)
}

pub(crate) async fn delete(
    State(contacts): State<Contacts>,
    Writer(caller): Writer,
    Path(id): Path<String>,
    meant: IfMatch,
) -> Answer<NoContent> {
    let (id, tenant) = (path_id(ContactType::WHAT, &id)?, caller.tenant);
    let types = contacts.of(tenant).contact_types();
    let removal = |contact_type: &ContactType| removed(&contacts, &caller, contact_type);
    named::remove(&contacts, tenant, &types, id, &meant, removal).await?;
    Ok(NoContent)
}

fn removed(contacts: &Contacts, caller: &Caller, old: &ContactType) -> (AuditEntry, ContactJob) {
    let (now, by, clock) = (contacts.clock.now(), caller.actor.clone(), &contacts.clock);
    let fields = [old.profile.fields(), BTreeMap::new()];
    let entry = AuditEntry::of_thing(clock.fresh(), now, by.clone(), Action::ContactTypeDeleted, old.id, fields);
    let work = Work::TypeRemoval(TypeRemoval::of(old.id, now));
    (entry, ContactJob::new(clock.fresh(), work, by, now))
}

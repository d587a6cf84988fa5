//! Tags: registered, listed with those that are merely in use, shown, changed, removed. Contacts follow in the background.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use domain::access::Caller;
use domain::audit::{Action, AuditEntry};
use domain::contact::job::{ContactJob, Work};
use domain::id::{AuditId, TagId, TenantId};
use domain::naming::Name;
use domain::tags::folded;
use domain::tags::registry::{KnownTag, Label, Tag, TagDraft, known, may_be_id};
use domain::tags::retag::Retag;
use domain::{Error, Result, Timestamp};
use edge::{Answer, Body, Created, Fresh, IfMatch, List, Listing, NoContent, Reader, Versioned, Writer, path_id};
use serde_json::Value;
use store::NamedThing;

use crate::http::Contacts;
use crate::tag_wire::{TagFilter, TagOut, TagPrefix, usage};

/// How often a change is tried again that was overtaken by another one.
const TRIES: u32 = 8;
/// How many tags are suggested if nothing is said.
const SUGGESTED: usize = 10;
/// How many are suggested at most.
const MOST_SUGGESTED: usize = 50;

/// A tag that is to be registered.
struct Wanted {
    id: TagId,
    entry: AuditId,
    label: Label,
    now: Timestamp,
    is_repeated: bool,
}

pub(crate) async fn list(
    State(contacts): State<Contacts>,
    Reader(caller): Reader,
    Listing { filter, paging }: Listing<TagFilter>,
) -> Answer<Json<List<TagOut>>> {
    let mut all = tags(&contacts, &caller).await?;
    all.retain(|tag| filter.takes(tag));
    let mut part = paging.sorted_part(all, |tag| folded(&tag.name))?;
    let shown = std::mem::take(&mut part.items).into_iter().map(TagOut::from).collect();
    Ok(Json(part.with(shown)))
}

pub(crate) async fn suggest(
    State(contacts): State<Contacts>,
    Reader(caller): Reader,
    Listing { filter, paging }: Listing<TagPrefix, SUGGESTED, MOST_SUGGESTED>,
) -> Answer<Json<List<TagOut>>> {
    let mut all = tags(&contacts, &caller).await?;
    all.retain(|tag| filter.begins(tag));
    all.sort_by_cached_key(usage);
    let mut part = paging.sorted_part(all, usage)?;
    let shown = std::mem::take(&mut part.items).into_iter().map(TagOut::from).collect();
    Ok(Json(part.with(shown)))
}

pub(crate) async fn show(
    State(contacts): State<Contacts>,
    Reader(caller): Reader,
    Path(id): Path<String>,
) -> Answer<Versioned<TagOut>> {
    let tag = existing(&contacts, &caller, path_id(Tag::WHAT, &id)?).await?;
    Ok(Versioned(tag.version(), tag.into()))
}

/// All tags of the caller's tenant, by name.
async fn tags(contacts: &Contacts, caller: &Caller) -> Result<Vec<KnownTag>> {
    let store = contacts.of(caller.tenant);
    let (registry, counts) = (store.tags(), store.tag_counts());
    let (registered, counts) = tokio::try_join!(registry.list(), counts.all())?;
    Ok(known(caller.tenant, registered, &counts))
}

/// The tag, registered or in use.
///
/// # Errors
/// [`Error::NotFound`] when there is none.
async fn existing(contacts: &Contacts, caller: &Caller, id: TagId) -> Result<KnownTag> {
    let found = tags(contacts, caller).await?.into_iter().find(|tag| tag.id == id);
    found.ok_or_else(|| Error::not_found(Tag::WHAT, id))
}

pub(crate) async fn create(
    State(contacts): State<Contacts>,
    Writer(caller): Writer,
    fresh: Fresh,
    Body(draft): Body<TagDraft>,
) -> Answer<Created<TagOut>> {
    let (id, entry, label) = (fresh.id(), fresh.id(), draft.parse()?);
    let wanted = Wanted { id, entry, label, now: fresh.now(), is_repeated: fresh.is_repeated() };
    let mut tries = 1;
    loop {
        let all = tags(&contacts, &caller).await?;
        if let Some(made) = all.iter().find(|tag| wanted.is(tag, caller.tenant)) {
            return Ok(created(made.clone()));
        }
        let in_use = all.into_iter().find(|tag| folded(&tag.name) == wanted.label.name.folded());
        match register(&contacts, &caller, &wanted, in_use.as_ref()).await {
            Err(Error::Stale { .. }) if tries < TRIES => tries += 1,
            tag => return Ok(created(tag?)),
        }
    }
}

fn created(tag: KnownTag) -> Created<TagOut> {
    let location = format!("/api/v1/contacts/tags/{}", tag.id);
    Created { location, version: Some(tag.version()), body: tag.into() }
}

impl Wanted {
    /// Whether the tag is what the same request registered before.
    fn is(&self, tag: &KnownTag, tenant: TenantId) -> bool {
        let is_derived = || may_be_id(tenant, &self.label.name.folded(), tag.id);
        let made = tag.registered.as_ref().filter(|_| self.is_repeated);
        made.is_some_and(|made| made.id == self.id || (made.created_at == self.now && is_derived()))
    }
}

/// Registers the tag: one that is in use under the id that it is known by, another one under its own.
async fn register(
    contacts: &Contacts,
    caller: &Caller,
    wanted: &Wanted,
    in_use: Option<&KnownTag>,
) -> Result<KnownTag> {
    let registry = contacts.of(caller.tenant).tags();
    let tag = Tag::new(in_use.map_or(wanted.id, |tag| tag.id), wanted.label.clone(), wanted.now);
    let (fields, by) = ([BTreeMap::new(), tag.label.fields()], caller.actor.clone());
    let entry = AuditEntry::of_thing(wanted.entry, wanted.now, by, Action::TagCreated, tag.id, fields);
    match in_use {
        None => registry.create(&tag, &entry).await?,
        Some(KnownTag { registered: Some(other), .. }) => {
            let (message, existing_id) = ("a tag with this name exists".to_owned(), Some(other.id.to_string()));
            return Err(Error::Conflict { message, existing_id });
        }
        Some(_) => {
            if wanted.is_repeated && registry.removed_at(tag.id).await?.is_some_and(|at| at >= wanted.now) {
                return Err(Error::conflict("the tag was made and deleted again"));
            }
            registry.register(&tag, &entry, None).await?;
        }
    }
    let (name, contacts) = (tag.label.name.to_string(), in_use.map_or(0, |tag| tag.contacts));
    Ok(KnownTag { id: tag.id, name, contacts, registered: Some(tag) })
}

pub(crate) async fn replace(
    State(contacts): State<Contacts>,
    Writer(caller): Writer,
    Path(id): Path<String>,
    meant: IfMatch,
    Body(draft): Body<TagDraft>,
) -> Answer<Versioned<TagOut>> {
    let (id, label) = (path_id(Tag::WHAT, &id)?, draft.parse()?);
    let mut tries = 1;
    loop {
        let old = existing(&contacts, &caller, id).await?;
        meant.demand(old.version())?;
        if old.registered.as_ref().is_some_and(|tag| tag.label == label) {
            return Ok(Versioned(old.version(), old.into()));
        }
        match change(&contacts, &caller, &old, label.clone()).await {
            Err(Error::Stale { .. }) if !meant.is_given() && tries < TRIES => tries += 1,
            Err(error) => return Err(error.into()),
            // Under its new name it may have contacts already.
            Ok(new) if new.label.name.folded() != folded(&old.name) => {
                let new = existing(&contacts, &caller, id).await?;
                return Ok(Versioned(new.version(), new.into()));
            }
            Ok(new) => {
                let name = new.label.name.to_string();
                return Ok(Versioned(new.version, KnownTag { name, registered: Some(new), ..old }.into()));
            }
        }
    }
}

/// The tag with another label; registered, if it was merely in use. With another name, contacts follow.
async fn change(contacts: &Contacts, caller: &Caller, old: &KnownTag, label: Label) -> Result<Tag> {
    let (now, by, clock) = (contacts.clock.now(), caller.actor.clone(), &contacts.clock);
    let (action, new) = match &old.registered {
        Some(tag) => (Action::TagUpdated, tag.changed(label, now)),
        None => (Action::TagCreated, Tag::new(old.id, label, now)),
    };
    let before = old.registered.as_ref().map(|tag| tag.label.fields()).unwrap_or_default();
    let entry = AuditEntry::of_thing(clock.fresh(), now, by.clone(), action, old.id, [before, new.label.fields()]);
    let is_renamed = old.name != new.label.name.as_str();
    let work = is_renamed.then(|| Work::Retag(Retag::following(&new, &old.name, now)));
    let job = work.map(|work| ContactJob::new(clock.fresh(), work, by, now));
    let registry = contacts.of(caller.tenant).tags();
    match &old.registered {
        Some(tag) => registry.change_followed([tag, &new], &entry, job.as_ref()).await?,
        None => registry.register(&new, &entry, job.as_ref()).await?,
    }
    if let Some(job) = job {
        contacts.tell(caller.tenant, job.id).await;
    }
    Ok(new)
}

pub(crate) async fn delete(
    State(contacts): State<Contacts>,
    Writer(caller): Writer,
    Path(id): Path<String>,
    meant: IfMatch,
) -> Answer<NoContent> {
    let id = path_id(Tag::WHAT, &id)?;
    let mut tries = 1;
    loop {
        let tag = existing(&contacts, &caller, id).await?;
        meant.demand(tag.version())?;
        match remove(&contacts, &caller, &tag).await {
            Err(Error::Stale { .. }) if !meant.is_given() && tries < TRIES => tries += 1,
            done => return Ok(done.map(|()| NoContent)?),
        }
    }
}

async fn remove(contacts: &Contacts, caller: &Caller, tag: &KnownTag) -> Result<()> {
    let (now, by, clock) = (contacts.clock.now(), caller.actor.clone(), &contacts.clock);
    let name = || BTreeMap::from([("name".to_owned(), Value::from(tag.name.as_str()))]);
    let fields = tag.registered.as_ref().map_or_else(name, |tag| tag.label.fields());
    let fields = [fields, BTreeMap::new()];
    let entry = AuditEntry::of_thing(clock.fresh(), now, by.clone(), Action::TagDeleted, tag.id, fields);
    let job = ContactJob::new(clock.fresh(), Work::Retag(Retag::removing(tag.id, &tag.name, now)), by, now);
    let registry = contacts.of(caller.tenant).tags();
    match &tag.registered {
        Some(tag) => registry.remove(tag, &entry, &job).await?,
        None => {
            let name: Name = tag.name.parse().map_err(|error| Error::internal("removing a tag in use", error))?;
            registry.clear(&name, &entry, &job).await?;
        }
    }
    contacts.tell(caller.tenant, job.id).await;
    Ok(())
}

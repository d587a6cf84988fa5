//! Saved searches: kept under a name, changed, removed, and asked.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use domain::access::{Actor, Caller};
use domain::audit::{Action, AuditEntry};
use domain::contact::draft::Rules;
use domain::contact::filter::ContactFilter;
use domain::contact::order::Order;
use domain::contact::search::{SavedSearch, SearchDraft, SearchProfile};
use domain::id::SearchId;
use domain::naming::Name;
use domain::{Error, Timestamp};
use edge::{
    Answer, Body, ContactOut, Created, Fresh, IfMatch, List, Listing, NoContent, NoFilter, Reader, Versioned, Writer,
    path_id,
};
use schemars::JsonSchema;
use serde::Serialize;
use store::NamedThing;

use crate::Search;
use crate::contacts::{Wanted, found};

/// How often a change is tried again that was overtaken by another one.
const TRIES: u32 = 5;

/// A saved search.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SavedSearch")]
pub(crate) struct SearchOut {
    /// Its id.
    id: SearchId,
    /// No two saved searches have the same without case.
    name: Name,
    /// Which contacts are meant; a phone number in E.164.
    filter: ContactFilter,
    /// In which order they are listed; the newest first if nothing is said.
    sort: Option<String>,
    /// Who saved it.
    created_by: Actor,
    /// Counts its changes, from 1.
    version: u64,
    /// When it came to be.
    created_at: Timestamp,
    /// When it last changed.
    updated_at: Timestamp,
}

impl From<SavedSearch> for SearchOut {
    fn from(search: SavedSearch) -> Self {
        let SavedSearch { id, profile, created_by, version, created_at, updated_at } = search;
        let SearchProfile { name, filter, sort } = profile;
        Self { id, name, filter, sort: sort.map(|sort| sort.to_string()), created_by, version, created_at, updated_at }
    }
}

pub(crate) async fn create(
    State(search): State<Search>,
    Writer(caller): Writer,
    fresh: Fresh,
    Body(draft): Body<SearchDraft>,
) -> Answer<Created<SearchOut>> {
    let store = search.of(caller.tenant);
    let (searches, id): (_, SearchId) = (store.searches(), fresh.id());
    let made = if fresh.is_repeated() { searches.get(id).await? } else { None };
    let saved = match made {
        Some(made) => made,
        None => {
            let profile = draft.parse(&Rules::from(&store.settings().get().await?))?;
            let saved = SavedSearch::new(id, profile, caller.actor.clone(), fresh.now());
            let fields = [BTreeMap::new(), saved.profile.fields()];
            let (at, by) = (fresh.now(), caller.actor.clone());
            let entry = AuditEntry::of_thing(fresh.id(), at, by, Action::SearchCreated, id, fields);
            searches.create(&saved, &entry).await?;
            saved
        }
    };
    let (location, version) = (format!("/api/v1/contacts/searches/{id}"), Some(saved.version));
    Ok(Created { location, version, body: saved.into() })
}

pub(crate) async fn list(
    State(search): State<Search>,
    Reader(caller): Reader,
    listing: Listing<NoFilter>,
) -> Answer<Json<List<SearchOut>>> {
    let all = search.of(caller.tenant).searches().list().await?;
    let mut part = listing.paging.sorted_part(all, |each| each.profile.name.folded())?;
    let shown = std::mem::take(&mut part.items).into_iter().map(SearchOut::from).collect();
    Ok(Json(part.with(shown)))
}

pub(crate) async fn show(
    State(search): State<Search>,
    Reader(caller): Reader,
    Path(id): Path<String>,
) -> Answer<Versioned<SearchOut>> {
    let saved = search.of(caller.tenant).searches().existing(path_id(SavedSearch::WHAT, &id)?).await?;
    Ok(Versioned(saved.version, saved.into()))
}

pub(crate) async fn contacts(
    State(search): State<Search>,
    Reader(caller): Reader,
    Path(id): Path<String>,
    Listing { paging, .. }: Listing<NoFilter>,
) -> Answer<Json<List<ContactOut>>> {
    let saved = search.of(caller.tenant).searches().existing(path_id(SavedSearch::WHAT, &id)?).await?;
    let SearchProfile { filter, sort, .. } = saved.profile;
    let criteria = search.criteria(caller.tenant, &filter).await?;
    let wanted = Wanted { criteria, order: sort.unwrap_or(Order::NEWEST), most: u64::MAX };
    Ok(Json(found(&search, &caller, wanted, &paging).await?))
}

pub(crate) async fn replace(
    State(search): State<Search>,
    Writer(caller): Writer,
    Path(id): Path<String>,
    meant: IfMatch,
    Body(draft): Body<SearchDraft>,
) -> Answer<Versioned<SearchOut>> {
    let (store, id) = (search.of(caller.tenant), path_id(SavedSearch::WHAT, &id)?);
    let profile = draft.parse(&Rules::from(&store.settings().get().await?))?;
    let mut tries = 1;
    loop {
        let old = store.searches().existing(id).await?;
        meant.demand(old.version)?;
        if old.profile == profile {
            return Ok(Versioned(old.version, old.into()));
        }
        let new = old.changed(profile.clone(), search.clock.now());
        let entry = entry(&search, &caller, Action::SearchUpdated, [&old, &new]);
        match store.searches().change(&old, &new, &entry).await {
            Err(Error::Stale { .. }) if !meant.is_given() && tries < TRIES => tries += 1,
            changed => return Ok(changed.map(|()| Versioned(new.version, new.into()))?),
        }
    }
}

pub(crate) async fn delete(
    State(search): State<Search>,
    Writer(caller): Writer,
    Path(id): Path<String>,
    meant: IfMatch,
) -> Answer<NoContent> {
    let (searches, id) = (search.of(caller.tenant).searches(), path_id(SavedSearch::WHAT, &id)?);
    let mut tries = 1;
    loop {
        let old = searches.existing(id).await?;
        meant.demand(old.version)?;
        let told = AuditEntry::of_thing(
            search.clock.fresh(),
            search.clock.now(),
            caller.actor.clone(),
            Action::SearchDeleted,
            old.id,
            [old.profile.fields(), BTreeMap::new()],
        );
        match searches.discard(&old, &told).await {
            Err(Error::Stale { .. }) if !meant.is_given() && tries < TRIES => tries += 1,
            done => return Ok(done.map(|()| NoContent)?),
        }
    }
}

fn entry(search: &Search, caller: &Caller, action: Action, [old, new]: [&SavedSearch; 2]) -> AuditEntry {
    let (now, by) = (search.clock.now(), caller.actor.clone());
    let fields = [old.profile.fields(), new.profile.fields()];
    AuditEntry::of_thing(search.clock.fresh(), now, by, action, old.id, fields)
}

//! Preferences: how and when a contact wants to be written to (S3).

use axum::Json;
use axum::extract::{Path, State};
use domain::id::{ContactId, NotAnId};
use domain::preferences::{Preferences, PreferencesDraft};
use domain::{Error, Fault, FaultCode};
use edge::{Answer, Body, ContactWriter, OfNamed, Reader, path_id};

use crate::Communications;

/// How often a change is tried again that was overtaken by another one.
const TRIES: u32 = 8;

pub(crate) async fn save(
    State(communications): State<Communications>,
    ContactWriter(caller): ContactWriter,
    Body(draft): Body<PreferencesDraft>,
) -> Answer<OfNamed<Json<Preferences>>> {
    let store = communications.store.tenant(caller.tenant);
    let id: ContactId = draft.client_id.parse().map_err(not_an_id)?;
    for _ in 0..TRIES {
        let contact = store.contacts().get(id).await?.ok_or_else(|| Error::not_found("client", id))?;
        caller.demand_ownership(contact.profile.owner_id.as_ref())?;
        let old = store.preferences().get(contact.id).await?.unwrap_or_else(|| Preferences::none(contact.id));
        let new = old.changed(draft.clone(), communications.clock.now())?;
        if store.preferences().save(&new).await? {
            return Ok(OfNamed(Json(new)));
        }
    }
    Err(Error::conflict("the preferences keep changing; try again").into())
}

fn not_an_id(error: NotAnId) -> Error {
    Error::refused(Fault::new("client_id", FaultCode::Invalid, error.to_string()))
}

/// Of a contact that has said nothing, that it has not.
pub(crate) async fn show(
    State(communications): State<Communications>,
    Reader(caller): Reader,
    Path(id): Path<String>,
) -> Answer<Json<Preferences>> {
    let store = communications.store.tenant(caller.tenant);
    let id: ContactId = path_id("client", &id)?;
    let contact = store.contacts().get(id).await?.ok_or_else(|| Error::not_found("client", id))?;
    let said = store.preferences().get(contact.id).await?;
    Ok(Json(said.unwrap_or_else(|| Preferences::none(contact.id))))
}

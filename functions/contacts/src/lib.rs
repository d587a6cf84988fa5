//! HTTP: contacts.

mod wire;

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use domain::Error;
use domain::contact::Contact;
use domain::contact::draft::{Draft, Rules};
use domain::id::ContactId;
use edge::{Answer, Body, Edge, Reader, Writer, path_id};
use runtime::{Clock, Handler, Platform, StartError};
use store::Store;

use wire::ContactOut;

#[derive(Clone)]
struct Contacts {
    store: Store,
    clock: Clock,
}

/// The function's handler.
///
/// # Errors
/// When a setting is missing.
pub fn handler(platform: &Platform) -> Result<Handler, StartError> {
    let store = Store::new(&platform.aws, platform.environment.required("TABLE_NAME")?);
    let clock = platform.clock.clone();
    let edge = Edge::new(store.api_keys(), {
        let clock = clock.clone();
        move || clock.now()
    });
    let routes = Router::new()
        .route("/api/v1/contacts", post(create))
        .route("/api/v1/contacts/{id}", get(show))
        .with_state(Contacts { store, clock });
    Ok(Handler::Http(edge.protect(routes)))
}

async fn create(
    State(contacts): State<Contacts>,
    Writer(caller): Writer,
    Body(draft): Body<Draft>,
) -> Answer<impl IntoResponse> {
    let profile = draft.parse(&Rules::default())?;
    let contact = Contact::new(contacts.clock.fresh(), profile, contacts.clock.now());
    contacts.store.tenant(caller.tenant).contacts().create(&contact).await?;
    let location = format!("/api/v1/contacts/{}", contact.id);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(ContactOut::from(contact))))
}

async fn show(
    State(contacts): State<Contacts>,
    Reader(caller): Reader,
    Path(id): Path<String>,
) -> Answer<Json<ContactOut>> {
    let id: ContactId = path_id("contact", &id)?;
    let contact = contacts.store.tenant(caller.tenant).contacts().get(id).await?;
    let contact = contact.ok_or_else(|| Error::not_found("contact", id))?;
    Ok(Json(contact.into()))
}

//! HTTP: contacts.

mod wire;

use axum::extract::{Path, State};
use domain::Error;
use domain::access::Role;
use domain::contact::Contact;
use domain::contact::draft::{Draft, Rules};
use domain::id::ContactId;
use edge::{Answer, Body, ContactWriter, Created, Edge, Fresh, Operation, Reader, Routes, Versioned, path_id};
use runtime::{Handler, Platform, StartError};
use store::Store;

use wire::ContactOut;

#[derive(Debug, Clone)]
struct Contacts {
    store: Store,
}

fn routes() -> Routes<Contacts> {
    Routes::new("Contacts").post("/api/v1/contacts", create, "Create a contact").get(
        "/api/v1/contacts/{id}",
        show,
        "Show a contact",
    )
}

/// What the function does, for the document.
pub fn operations() -> Vec<Operation> {
    routes().operations()
}

/// The function's handler.
///
/// # Errors
/// When a setting is missing.
pub fn handler(platform: &Platform) -> Result<Handler, StartError> {
    let store = Store::new(&platform.aws, platform.environment.required("TABLE_NAME")?);
    let edge = Edge::new(platform, store.clone())?;
    Ok(Handler::Http(edge.protect(routes(), Contacts { store })))
}

async fn create(
    State(contacts): State<Contacts>,
    ContactWriter(caller): ContactWriter,
    fresh: Fresh,
    Body(draft): Body<Draft>,
) -> Answer<Created<ContactOut>> {
    let store = contacts.store.tenant(caller.tenant);
    let id: ContactId = fresh.id();
    if fresh.is_repeated()
        && let Some(made) = store.contacts().get(id).await?
    {
        return Ok(created(made));
    }
    let mut profile = draft.parse(&Rules::from(&store.settings().get().await?))?;
    if caller.role == Role::User && profile.owner_id.is_none() {
        profile.owner_id = caller.user.clone();
    }
    caller.demand_ownership(profile.owner_id.as_ref())?;
    let contact = Contact::new(id, profile, fresh.now());
    store.contacts().create(&contact).await?;
    Ok(created(contact))
}

fn created(contact: Contact) -> Created<ContactOut> {
    let location = format!("/api/v1/contacts/{}", contact.id);
    Created { location, version: Some(contact.version), body: contact.into() }
}

async fn show(
    State(contacts): State<Contacts>,
    Reader(caller): Reader,
    Path(id): Path<String>,
) -> Answer<Versioned<ContactOut>> {
    let id: ContactId = path_id("contact", &id)?;
    let contact = contacts.store.tenant(caller.tenant).contacts().get(id).await?;
    let contact = contact.ok_or_else(|| Error::not_found("contact", id))?;
    Ok(Versioned(contact.version, contact.into()))
}

//! Everything that is held of a person, for the person.

use axum::Json;
use axum::extract::{Path, State};
use domain::contact::Contact;
use domain::message::Channel;
use domain::{Fault, FaultCode, Result};
use edge::{Answer, Query, Reader, path_id};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{Holding, HoldingPlace, TenantStore};

use crate::contact::load;
use crate::http::Contacts;
use edge::ContactOut;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Part {
    /// The next_cursor of the part before.
    cursor: Option<String>,
}

/// A part of what is held of a contact.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ContactData")]
pub(crate) struct DataOut {
    /// The contact.
    contact: ContactOut,
    /// Its addresses that nothing is sent to, whoever has them.
    suppressed: Vec<SuppressedOut>,
    /// What is kept, as it is kept.
    records: Vec<RecordOut>,
    /// Where the next part begins; null at the end.
    next_cursor: Option<String>,
}

/// An address that nothing is sent to.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SuppressedAddress")]
struct SuppressedOut {
    channel: Channel,
    address: String,
    reason: String,
}

/// One thing that is held.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ContactRecord")]
struct RecordOut {
    /// What it is: contact, audit, booking, enrollment, interaction, message, merge …
    kind: String,
    /// What is kept.
    data: Value,
}

impl From<Holding> for RecordOut {
    fn from(Holding { kind, data }: Holding) -> Self {
        Self { kind, data }
    }
}

pub(crate) async fn show(
    State(contacts): State<Contacts>,
    Reader(caller): Reader,
    Path(id): Path<String>,
    Query(part): Query<Part>,
) -> Answer<Json<DataOut>> {
    let store = contacts.of(caller.tenant);
    let contact = load(&store, path_id("contact", &id)?).await?;
    let after = part.cursor.as_deref().map(|cursor| read(&contact, cursor)).transpose()?;
    let from = after.as_ref().map_or(contact.id, |place| place.contact);
    let page = store.contacts().holdings(from, after.as_ref()).await?;
    let next = page.next.or_else(|| following(&contact, &from).map(HoldingPlace::beginning));
    Ok(Json(DataOut {
        suppressed: suppressed(&store, &contact).await?,
        records: page.items.into_iter().map(Into::into).collect(),
        next_cursor: next.and_then(|place| edge::cursor::write(&place)),
        contact: contact.into(),
    }))
}

/// The ids under which something of the contact is kept: its own, and those that were merged into it.
fn following(contact: &Contact, id: &domain::id::ContactId) -> Option<domain::id::ContactId> {
    let ids: Vec<_> = std::iter::once(&contact.id).chain(&contact.merged_from).collect();
    let at = ids.iter().position(|known| *known == id)?;
    ids.get(at + 1).map(|id| **id)
}

fn read(contact: &Contact, cursor: &str) -> Result<HoldingPlace> {
    let place: Option<HoldingPlace> = edge::cursor::read(cursor);
    let ours = |place: &HoldingPlace| place.contact == contact.id || contact.merged_from.contains(&place.contact);
    let fault = || Fault::new("cursor", FaultCode::Malformed, "is not a cursor of this contact");
    place.filter(ours).ok_or_else(|| domain::Error::Malformed(vec![fault()]))
}

async fn suppressed(store: &TenantStore, contact: &Contact) -> Result<Vec<SuppressedOut>> {
    let mut all = Vec::new();
    for &channel in Channel::ALL {
        let Some(address) = contact.address(channel) else { continue };
        if let Some(found) = store.suppressions().get(channel, address).await? {
            all.push(SuppressedOut { channel, address: address.to_owned(), reason: found.reason });
        }
    }
    Ok(all)
}

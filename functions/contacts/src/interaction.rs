//! Interactions: noted, and listed by contact or all together.

use axum::Json;
use axum::extract::{Path, State};
use domain::id::InteractionId;
use domain::interaction::draft::InteractionDraft;
use domain::interaction::{Interaction, InteractionType};
use domain::time::TimeFilter;
use domain::{Error, Fault, FaultCode, Result};
use edge::{Answer, Body, ContactWriter, Created, Fresh, List, Listing, Reader, path_id};
use schemars::JsonSchema;
use serde::Deserialize;
use store::WantedInteractions;

use crate::contact::load;
use crate::http::Contacts;

/// How often it is tried again to note something with a contact that goes into another one meanwhile.
const TRIES: usize = 4;

/// Which interactions are wanted.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct InteractionFilter {
    /// None that happened before this moment or day (UTC).
    date_from: Option<TimeFilter>,
    /// None that happened after this moment or day (UTC).
    date_to: Option<TimeFilter>,
    /// Only those of this type.
    #[serde(rename = "type")]
    #[schemars(with = "Option<InteractionType>")]
    kind: Option<String>,
    /// The same as type.
    #[schemars(with = "Option<InteractionType>")]
    interaction_type: Option<String>,
}

impl InteractionFilter {
    fn parse(self) -> Result<WantedInteractions> {
        let (field, word) = match (self.kind, self.interaction_type) {
            (Some(_), Some(_)) => {
                let reason = "cannot be given together with type";
                return Err(Error::refused(Fault::new("interaction_type", FaultCode::NotAllowed, reason)));
            }
            (None, word) => ("interaction_type", word),
            (word, None) => ("type", word),
        };
        let kind = word.map(|word| InteractionType::parse(field, &word)).transpose().map_err(Error::refused)?;
        Ok(WantedInteractions {
            from: self.date_from.map(TimeFilter::start),
            to: self.date_to.map(TimeFilter::end),
            kind,
        })
    }
}

pub(crate) async fn add(
    State(contacts): State<Contacts>,
    ContactWriter(caller): ContactWriter,
    Path(id): Path<String>,
    fresh: Fresh,
    Body(draft): Body<InteractionDraft>,
) -> Answer<Created<Interaction>> {
    let (store, asked) = (contacts.of(caller.tenant), path_id("contact", &id)?);
    let id: InteractionId = fresh.id();
    for _ in 0..TRIES {
        // Of an id that was merged away the contact that it leads to: what is noted is noted of the same person.
        let contact = store.contacts().get(asked).await?.ok_or_else(|| Error::not_found("contact", asked))?;
        caller.demand_ownership(contact.profile.owner_id.as_ref())?;
        let interaction = draft.clone().parse(id, contact.id, caller.actor.clone(), fresh.now())?;
        if store.interactions().add(&interaction, &contact).await? {
            let location = format!("/api/v1/contacts/{}/interactions", contact.id);
            return Ok(Created { location, version: None, body: interaction });
        }
    }
    Err(Error::conflict("the contact keeps going into others; try again").into())
}

pub(crate) async fn list(
    State(contacts): State<Contacts>,
    Reader(caller): Reader,
    Path(id): Path<String>,
    Listing { filter, paging }: Listing<InteractionFilter>,
) -> Answer<Json<List<Interaction>>> {
    let (store, wanted) = (contacts.of(caller.tenant), filter.parse()?);
    let contact = load(&store, path_id("contact", &id)?).await?;
    let (after, interactions) = (paging.after()?, store.interactions());
    let part = interactions.of_contact(contact.id, &wanted, after, paging.offset, paging.limit).await?;
    Ok(Json(paging.list(part.items, part.total, part.next)))
}

pub(crate) async fn list_all(
    State(contacts): State<Contacts>,
    Reader(caller): Reader,
    Listing { filter, paging }: Listing<InteractionFilter>,
) -> Answer<Json<List<Interaction>>> {
    let wanted = filter.parse()?;
    if let Some(kind) = wanted.kind.filter(|kind| !kind.is_listed()) {
        let reason = format!("{kind} is told by contacts and campaigns only, not in the list of all");
        return Err(Error::refused(Fault::new("type", FaultCode::NotAllowed, reason)).into());
    }
    let interactions = contacts.of(caller.tenant).interactions();
    let part = interactions.newest(&wanted, paging.after()?, paging.offset, paging.limit).await?;
    Ok(Json(paging.list(part.items, part.total, part.next)))
}

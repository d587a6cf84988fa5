//! Segments: whom target criteria mean, before a campaign is made for them.

use axum::Json;
use axum::extract::State;
use domain::contact::order::Order;
use domain::contact::target::TargetCriteria;
use edge::{Answer, Body, ContactOut, List, Listing, NoFilter, Reader};

use crate::Search;
use crate::contacts::{Wanted, found};

/// Of `max_contacts` those that came to be first are meant, so these come first here. Nobody is enrolled yet.
pub(crate) async fn preview(
    State(search): State<Search>,
    Reader(caller): Reader,
    Listing { paging, .. }: Listing<NoFilter>,
    Body(target): Body<TargetCriteria>,
) -> Answer<Json<List<ContactOut>>> {
    let order = Order { descending: false, ..Order::NEWEST };
    let wanted = Wanted { criteria: target.parse()?, order, most: target.max_contacts.unwrap_or(u64::MAX) };
    Ok(Json(found(&search, &caller, wanted, &paging).await?))
}

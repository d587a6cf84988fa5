//! Whom a campaign's target criteria mean, before anybody of them is enrolled.

use std::collections::HashSet;

use axum::Json;
use axum::extract::{Path, State};
use domain::campaign::Campaign;
use domain::contact::criteria::Criteria;
use domain::id::{CampaignId, ContactId};
use domain::{Error, Fault, FaultCode, Result};
use edge::{Answer, ContactOut, List, Listing, NoFilter, Reader, path_id};
use index::Snapshot;
use store::TenantStore;

use crate::Search;

/// How many contacts are looked up at a time.
const BATCH: usize = 1_000;

/// In the order in which they came to be: of `max_contacts` the first are meant.
pub(crate) async fn targeted(
    State(search): State<Search>,
    Reader(caller): Reader,
    Path(id): Path<String>,
    Listing { paging, .. }: Listing<NoFilter>,
) -> Answer<Json<List<ContactOut>>> {
    let (store, id) = (search.of(caller.tenant), path_id("campaign", &id)?);
    let campaign: Option<Campaign> = store.campaigns().get(id).await?;
    let campaign = campaign.ok_or_else(|| Error::not_found("campaign", id))?;
    let missing = || Error::refused(Fault::new("target_criteria", FaultCode::Missing, "are not given"));
    let target = campaign.target_criteria.as_ref().ok_or_else(missing)?;
    let contacts = search.reader.now(caller.tenant).await?;
    let mut ids = contacts.ids(&target.parse()?, None, usize::MAX);
    if target.exclude_already_enrolled && campaign.has_audience() {
        let enrolled = enrolled(&store, campaign.id, &contacts).await?;
        ids.retain(|id| !enrolled.contains(id));
    }
    ids.truncate(target.max_contacts.map_or(usize::MAX, |most| usize::try_from(most).unwrap_or(usize::MAX)));
    let mut part = paging.sorted_part(ids, |id| *id)?;
    let ids = std::mem::take(&mut part.items);
    let mut found = store.contacts().get_many(&ids).await?;
    let shown = ids.iter().filter_map(|id| found.remove(id)).map(ContactOut::from).collect();
    Ok(Json(part.with(shown)))
}

/// Who is, or was, in the campaign; of contacts that went into others, these.
async fn enrolled(store: &TenantStore, campaign: CampaignId, contacts: &Snapshot) -> Result<HashSet<ContactId>> {
    let mut enrolled: HashSet<ContactId> = store.enrollments().contacts(campaign).await?.into_iter().collect();
    let there: HashSet<ContactId> = contacts.ids(&Criteria::default(), None, usize::MAX).into_iter().collect();
    let gone: Vec<ContactId> = enrolled.difference(&there).copied().collect();
    for gone in gone.chunks(BATCH) {
        enrolled.extend(store.contacts().get_many(gone).await?.into_values().map(|contact| contact.id));
    }
    Ok(enrolled)
}

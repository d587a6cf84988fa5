//! Lists of contacts: filtered, sorted, cut into pages.

use axum::Json;
use axum::extract::State;
use domain::Result;
use domain::access::Caller;
use domain::contact::criteria::Criteria;
use domain::contact::filter::ContactFilter;
use domain::contact::order::{Order, Position};
use domain::{Error, Fault, FaultCode};
use edge::{Answer, Both, ContactOut, List, Listing, Paging, Reader};
use index::{Page, Snapshot, Start};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Search, no_order};

/// In which order contacts are wanted.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sorted {
    /// `name`, `created_at`, `last_activity` or `score`; with `-` before it the greatest first. Who lacks it comes last.
    #[schemars(with = "Option<SortWord>")]
    sort: Option<String>,
}

/// The orders of the contract.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is of use")]
enum SortWord {
    #[schemars(rename = "name")]
    Name,
    #[schemars(rename = "-name")]
    NameDescending,
    #[schemars(rename = "created_at")]
    CreatedAt,
    #[schemars(rename = "-created_at")]
    CreatedAtDescending,
    #[schemars(rename = "last_activity")]
    LastActivity,
    #[schemars(rename = "-last_activity")]
    LastActivityDescending,
    #[schemars(rename = "score")]
    Score,
    #[schemars(rename = "-score")]
    ScoreDescending,
}

/// Where a part of a list begins: behind this contact.
#[derive(Debug, Serialize, Deserialize)]
struct Place {
    #[serde(flatten)]
    position: Position,
    /// The list's.
    order: Order,
    /// Whether words are found with typing errors, as they were in the part before.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    typos: bool,
    /// How many came before it.
    seen: u64,
}

/// Which contacts are meant, and in which order.
pub(crate) struct Wanted {
    pub(crate) criteria: Criteria,
    pub(crate) order: Order,
    /// How many are meant at most: the first of them.
    pub(crate) most: u64,
}

/// What a list is asked for.
type Wanting = Listing<Both<ContactFilter, Sorted>>;

pub(crate) async fn list(
    State(search): State<Search>,
    Reader(caller): Reader,
    Listing { filter: Both(filter, sorted), paging }: Wanting,
) -> Answer<Json<List<ContactOut>>> {
    let criteria = search.criteria(caller.tenant, &filter).await?;
    let order = sorted.sort.map_or(Ok(Order::NEWEST), |sort| sort.parse().map_err(no_order))?;
    Ok(Json(found(&search, &caller, Wanted { criteria, order, most: u64::MAX }, &paging).await?))
}

/// The list under S0's path.
pub(crate) async fn search(state: State<Search>, caller: Reader, listing: Wanting) -> Answer<Json<List<ContactOut>>> {
    list(state, caller, listing).await
}

/// The part of the contacts that are meant.
pub(crate) async fn found(
    search: &Search,
    caller: &Caller,
    Wanted { mut criteria, order, most }: Wanted,
    paging: &Paging,
) -> Result<List<ContactOut>> {
    let place: Option<Place> = paging.after()?;
    if place.as_ref().is_some_and(|place| place.order != order || !order.has(&place.position)) {
        let fault = Fault::new("cursor", FaultCode::Malformed, "is of a list in another order");
        return Err(Error::Malformed(vec![fault]));
    }
    let contacts = search.reader.now(caller.tenant).await?;
    let (seen, is_first) = (place.as_ref().map_or(paging.offset as u64, |place| place.seen), place.is_none());
    criteria.words.typos = place.as_ref().is_some_and(|place| place.typos);
    let start = place.map_or(Start::Offset(paging.offset), |place| Start::After(place.position));
    let limit = usize::try_from(most.saturating_sub(seen)).unwrap_or(usize::MAX).min(paging.limit);
    let page = page(&contacts, &mut criteria, order, (start, is_first), limit);
    let shown = search.documents.of(&search.of(caller.tenant), &page.hits).await?;
    let seen = seen + page.hits.len() as u64;
    let next = page.hits.last().filter(|_| page.more && seen < most);
    let next = next.map(|hit| Place { position: hit.position.clone(), order, typos: criteria.words.typos, seen });
    Ok(paging.list(shown.into_iter().map(ContactOut::from).collect(), page.total.min(most), next))
}

/// Who mistyped a name finds nobody; only then it is taken to be mistyped.
fn page(
    contacts: &Snapshot,
    criteria: &mut Criteria,
    order: Order,
    (start, is_first): (Start, bool),
    limit: usize,
) -> Page {
    let page = contacts.page(criteria, order, &start, limit);
    if page.total > 0 || !is_first || criteria.words.words.is_empty() {
        return page;
    }
    criteria.words.typos = true;
    contacts.page(criteria, order, &start, limit)
}

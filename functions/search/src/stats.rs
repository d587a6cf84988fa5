//! Statistics (S2): how many contacts there are, and what they have in common.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use chrono::TimeDelta;
use domain::contact::criteria::Criteria;
use domain::contact::{LifecycleStage, OptInStatus};
use domain::engagement::{rounded, share};
use domain::interaction::InteractionType;
use domain::time::after;
use domain::{Result, Timestamp};
use edge::{Answer, Reader};
use index::Totals;
use schemars::JsonSchema;
use serde::Serialize;
use store::TenantStore;

use crate::Search;
use crate::companies::{CompanyOut, top_companies};
use crate::groups::{GroupOut, largest_groups};

/// How many days back interactions are recent.
const RECENT_DAYS: i64 = 30;
/// How many of the largest groups and companies are shown.
pub(crate) const TOP: usize = 10;

/// What there is of contacts.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ContactStats")]
pub(crate) struct StatsOut {
    /// All contacts.
    total_contacts: u64,
    /// Those that the tenant still deals with.
    active_contacts: u64,
    /// The others.
    inactive_contacts: u64,
    /// Those that are never to be written to.
    do_not_contact: u64,
    /// Contacts by stage of the life cycle; those without one are left out.
    by_lifecycle_stage: BTreeMap<LifecycleStage, u64>,
    /// Contacts by consent to be written to.
    by_opt_in_status: BTreeMap<OptInStatus, u64>,
    /// How many groups there are.
    total_groups: u64,
    /// The ten largest groups.
    largest_groups: Vec<GroupOut>,
    /// What happened in the last 30 days.
    recent_interactions: RecentOut,
    /// The ten employers with the most contacts.
    top_companies: Vec<CompanyOut>,
    /// What became of bookings.
    bookings: BookingsOut,
}

/// What happened lately, but for campaigns' messages.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "RecentInteractions")]
struct RecentOut {
    /// How many days back.
    days: i64,
    /// How many interactions there were; at most the newest 10,000 are counted.
    total: u64,
    /// The same by type.
    by_type: BTreeMap<InteractionType, u64>,
}

/// Bookings that were not cancelled.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "BookingStats")]
pub(crate) struct BookingsOut {
    /// How many there are.
    total_bookings: u64,
    /// How many contacts have some.
    contacts_with_bookings: u64,
    /// How many a contact that has some has on average.
    average_per_contact: f64,
    /// How many contacts of a hundred have some.
    conversion_rate: f64,
}

impl BookingsOut {
    pub(crate) fn new(totals: &Totals) -> Self {
        Self {
            total_bookings: totals.bookings.total,
            contacts_with_bookings: totals.bookings.contacts,
            average_per_contact: rounded(share(totals.bookings.total, totals.bookings.contacts)),
            conversion_rate: rounded(100.0 * share(totals.bookings.contacts, totals.contacts)),
        }
    }
}

pub(crate) async fn show(State(search): State<Search>, Reader(caller): Reader) -> Answer<Json<StatsOut>> {
    let (store, now) = (search.of(caller.tenant), search.clock.now());
    let contacts = search.reader.now(caller.tenant).await?;
    let (groups, largest_groups) = largest_groups(&store, &contacts).await?;
    let recent_interactions = recent(&store, now).await?;
    let top_companies = top_companies(&store, &contacts).await?;
    let totals = contacts.totals(&Criteria::default(), now);
    Ok(Json(StatsOut {
        total_contacts: totals.contacts,
        active_contacts: totals.active,
        inactive_contacts: totals.contacts - totals.active,
        do_not_contact: totals.do_not_contact,
        bookings: BookingsOut::new(&totals),
        by_lifecycle_stage: LifecycleStage::ALL.iter().copied().zip(totals.lifecycle_stages).collect(),
        by_opt_in_status: OptInStatus::ALL.iter().copied().zip(totals.opt_in).collect(),
        total_groups: groups,
        largest_groups,
        recent_interactions,
        top_companies,
    }))
}

async fn recent(store: &TenantStore, now: Timestamp) -> Result<RecentOut> {
    let mut by_type = BTreeMap::new();
    for ((_, kind), count) in store.interactions().frequency(after(now, -TimeDelta::days(RECENT_DAYS))).await? {
        *by_type.entry(kind).or_default() += count;
    }
    Ok(RecentOut { days: RECENT_DAYS, total: by_type.values().sum(), by_type })
}

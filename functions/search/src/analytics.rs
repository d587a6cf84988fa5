//! Analytics (S2): how contacts grow in number, and how they are engaged.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use chrono::{Datelike, Months, NaiveDate, TimeDelta};
use domain::Timestamp;
use domain::contact::criteria::Criteria;
use domain::engagement::{Engaged, rounded, share};
use domain::interaction::InteractionType;
use domain::time::after;
use edge::{Answer, Query, Reader};
use index::{HeardOf, Snapshot, Totals};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Search;
use crate::companies::{CompanyOut, top_companies};
use crate::stats::{BookingsOut, TOP};

/// For how many days back interactions are told day by day.
const DAYS: i64 = 30;
/// How many months of growth are shown, unless others are asked for.
const MONTHS: u32 = 12;

/// Numbers of bookings, as contacts are told apart by them.
const NUMBERS: [&str; 6] = ["0", "1", "2", "3-5", "6-10", "11+"];

/// How much is wanted.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// For how many months back growth is shown, this one included; 12 if nothing is said.
    #[schemars(range(min = 1, max = 120))]
    months: Option<u32>,
}

/// How contacts grow in number, and how they are engaged.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ContactAnalytics")]
pub(crate) struct AnalyticsOut {
    /// Month by month (UTC), the oldest first.
    growth: Vec<MonthOut>,
    /// How often something happens with contacts.
    interactions: FrequencyOut,
    /// The ten employers with the most contacts.
    top_companies: Vec<CompanyOut>,
    /// The ten tags with the most contacts.
    top_tags: Vec<TagOut>,
    /// How often contacts book.
    bookings: BookingFrequencyOut,
    /// How engaged contacts are.
    engagement: EngagementOut,
}

/// A month.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "MonthOfGrowth")]
struct MonthOut {
    /// Such as `2026-11`.
    month: String,
    /// Contacts that came to be in it, and are still there.
    new_contacts: u64,
    /// Contacts that were there at its end, of those that are there now.
    total_contacts: u64,
}

/// How often something happens.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "InteractionFrequency")]
struct FrequencyOut {
    /// How many days back.
    days: i64,
    /// Interactions of each day (UTC), but for campaigns' messages; at most the newest 10,000 are counted.
    per_day: BTreeMap<NaiveDate, u64>,
    /// The same by type.
    by_type: BTreeMap<InteractionType, u64>,
    /// How many there were for each contact that the tenant still deals with.
    per_active_contact: f64,
    /// When contacts last did something, or something was noted of them.
    last_heard_of: LastHeardOut,
}

/// Contacts by when something was last heard of them.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "LastHeardOf")]
struct LastHeardOut {
    /// In the last 7 days.
    last_7_days: u64,
    /// Before, in the last 30.
    last_30_days: u64,
    /// Before, in the last 90.
    last_90_days: u64,
    /// Before.
    earlier: u64,
    /// Never.
    never: u64,
}

/// A tag.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "TagCount")]
struct TagOut {
    /// In lower case.
    tag: String,
    /// How many contacts have it.
    contact_count: u64,
}

/// How often contacts book.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "BookingFrequency")]
struct BookingFrequencyOut {
    /// What there is of bookings.
    #[serde(flatten)]
    stats: BookingsOut,
    /// How many contacts have how many bookings: `0`, `1`, `2`, `3-5`, `6-10`, `11+`.
    contacts_by_bookings: BTreeMap<&'static str, u64>,
}

/// How engaged the contacts are that the tenant still deals with.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Engagement")]
struct EngagementOut {
    /// From 0 to 100: 50 times the share of those of which something was heard within 30 days, 30 times the share of those
    /// within 90 days, 20 times the share of those that have bookings.
    score: f64,
    /// How many there are.
    active_contacts: u64,
    /// Those of which something was heard within 30 days.
    heard_of_within_30_days: u64,
    /// Those of which something was heard within 90 days.
    heard_of_within_90_days: u64,
    /// Those that have bookings.
    with_bookings: u64,
}

pub(crate) async fn show(
    State(search): State<Search>,
    Reader(caller): Reader,
    Query(wanted): Query<Wanted>,
) -> Answer<Json<AnalyticsOut>> {
    let months = wanted.months()?;
    let (store, now) = (search.of(caller.tenant), search.clock.now());
    let contacts = search.reader.now(caller.tenant).await?;
    let happened = store.interactions().frequency(after(now, -TimeDelta::days(DAYS))).await?;
    let (all, active) = (Criteria::default(), Criteria { is_active: Some(true), ..Criteria::default() });
    let (totals, active) = (contacts.totals(&all, now), contacts.totals(&active, now));
    let tags = contacts.top_tags(&all, TOP).into_iter();
    Ok(Json(AnalyticsOut {
        growth: growth(&contacts, now, months),
        interactions: frequency(&happened, &totals, active.contacts),
        top_companies: top_companies(&store, &contacts).await?,
        top_tags: tags.map(|(tag, contact_count)| TagOut { tag, contact_count }).collect(),
        bookings: BookingFrequencyOut {
            stats: BookingsOut::new(&totals),
            contacts_by_bookings: NUMBERS.into_iter().zip(totals.bookings.by_number).collect(),
        },
        engagement: EngagementOut::new(&active),
    }))
}

impl Wanted {
    fn months(&self) -> domain::Result<u32> {
        match self.months.unwrap_or(MONTHS) {
            months @ 1..=120 => Ok(months),
            _ => {
                let fault = domain::Fault::new("months", domain::FaultCode::Malformed, "must be from 1 to 120");
                Err(domain::Error::Malformed(vec![fault]))
            }
        }
    }
}

/// Also the months in which nobody came.
fn growth(contacts: &Snapshot, now: Timestamp, months: u32) -> Vec<MonthOut> {
    let counted = contacts.growth(&Criteria::default());
    let first = now.date_naive().with_day(1).and_then(|this| this.checked_sub_months(Months::new(months - 1)));
    let Some(first) = first else { return Vec::new() };
    let is_before = |month: &(i32, u32)| *month < (first.year(), first.month());
    let mut total: u64 = counted.iter().filter(|(month, _)| is_before(month)).map(|(_, count)| count).sum();
    let shown = (0..months).filter_map(|month| first.checked_add_months(Months::new(month)));
    let shown = shown.map(|month| {
        let new_contacts = counted.get(&(month.year(), month.month())).copied().unwrap_or(0);
        total += new_contacts;
        MonthOut { month: month.format("%Y-%m").to_string(), new_contacts, total_contacts: total }
    });
    shown.collect()
}

fn frequency(happened: &BTreeMap<(NaiveDate, InteractionType), u64>, totals: &Totals, active: u64) -> FrequencyOut {
    let (mut per_day, mut by_type) = (BTreeMap::new(), BTreeMap::new());
    for (&(day, kind), count) in happened {
        *per_day.entry(day).or_default() += count;
        *by_type.entry(kind).or_default() += count;
    }
    let HeardOf { last_7_days, last_30_days, last_90_days, earlier, never } = totals.heard_of;
    FrequencyOut {
        days: DAYS,
        per_active_contact: rounded(share(happened.values().sum(), active)),
        per_day,
        by_type,
        last_heard_of: LastHeardOut { last_7_days, last_30_days, last_90_days, earlier, never },
    }
}

impl EngagementOut {
    fn new(active: &Totals) -> Self {
        let heard = &active.heard_of;
        let within_30_days = heard.last_7_days + heard.last_30_days;
        let within_90_days = within_30_days + heard.last_90_days;
        let engaged =
            Engaged { contacts: active.contacts, within_30_days, within_90_days, booked: active.bookings.contacts };
        Self {
            score: rounded(engaged.score()),
            active_contacts: engaged.contacts,
            heard_of_within_30_days: within_30_days,
            heard_of_within_90_days: within_90_days,
            with_bookings: engaged.booked,
        }
    }
}

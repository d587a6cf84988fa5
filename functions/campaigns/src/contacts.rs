//! Who is in a campaign, and who is taken out.

use axum::Json;
use axum::extract::{Path, State};
use domain::campaign::{Campaign, CampaignStatus};
use domain::counters::Counter;
use domain::enrollment::{Enrollment, EnrollmentStatus, PutOff, ShownStatus, Stage, goes_on};
use domain::id::ContactId;
use domain::money::Money;
use domain::{Error, Result, Timestamp};
use edge::{Answer, List, Listing, Reader, Writer, path_id};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::TenantStore;

use crate::{Campaigns, TRIES};

/// Why an enrolment ended that somebody ended.
const TAKEN_OUT: &str = "taken out by hand";

/// A contact's way through a campaign.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Enrollment")]
pub(crate) struct EnrollmentOut {
    /// Which contact; since a merge perhaps one that leads to another.
    contact_id: ContactId,
    /// Where it stands.
    status: ShownStatus,
    /// Why it ended, if there is more to say than the status.
    reason: Option<String>,
    /// The number of the last step that was dealt with; 0 before the first.
    current_step: u32,
    /// When the next step is due; null if none is, or the campaign has not started or is paused.
    next_send_at: Option<Timestamp>,
    /// Why that is later than it was due first; null if it is not.
    put_off: Option<PutOff>,
    /// How many messages were sent.
    messages_sent: u32,
    /// How far the messages got.
    reached: Stage,
    /// When the contact did what the campaign is for.
    converted_at: Option<Timestamp>,
    /// What that brought.
    revenue: Money,
    /// When the contact was enrolled.
    enrolled_at: Timestamp,
    /// When this last changed.
    updated_at: Timestamp,
}

impl EnrollmentOut {
    fn new(enrollment: Enrollment, campaign: &Campaign) -> Self {
        let sends = campaign.status == CampaignStatus::Active;
        Self {
            contact_id: enrollment.contact_id,
            status: ShownStatus::of(enrollment.status, campaign.status),
            reason: enrollment.reason,
            current_step: enrollment.step_done,
            next_send_at: enrollment.due.map(|due| due.at).filter(|_| sends),
            put_off: enrollment.put_off,
            messages_sent: enrollment.sent,
            reached: enrollment.reached,
            converted_at: enrollment.converted_at,
            revenue: enrollment.revenue,
            enrolled_at: enrollment.enrolled_at,
            updated_at: enrollment.updated_at,
        }
    }
}

/// Which enrolments are wanted.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EnrollmentFilter {
    /// Only those that stand there.
    #[schemars(with = "Option<ShownStatus>")]
    status: Option<String>,
}

/// Where a part of the list ended.
#[derive(Debug, Serialize, Deserialize)]
struct Place {
    contact: ContactId,
    /// How many came before, with this one.
    seen: u64,
}

pub(crate) async fn list(
    State(campaigns): State<Campaigns>,
    Reader(caller): Reader,
    Path(id): Path<String>,
    Listing { filter, paging }: Listing<EnrollmentFilter>,
) -> Answer<Json<List<EnrollmentOut>>> {
    let wanted = filter.status.as_deref().map(|word| ShownStatus::parse("status", word)).transpose();
    let wanted = wanted.map_err(Error::refused)?;
    let (store, campaign) = campaigns.load(caller.tenant, &id).await?;
    let statuses = ShownStatus::kept_as(wanted, campaign.status);
    let place: Option<Place> = paging.after()?;
    let (after, before) = (place.as_ref().map(|place| place.contact), place.map_or(paging.offset as u64, |it| it.seen));
    let enrollments = store.enrollments();
    let (items, more) = enrollments.listed(campaign.id, &statuses, after, paging.offset, paging.limit).await?;
    let seen = before + items.len() as u64;
    let next = items.last().filter(|_| more).map(|last| Place { contact: last.contact_id, seen });
    let total = match next {
        None if !items.is_empty() || before == 0 => seen,
        _ => counted(&store, &campaign, &statuses).await?.max(if more { seen + 1 } else { 0 }),
    };
    let shown = items.into_iter().map(|enrollment| EnrollmentOut::new(enrollment, &campaign)).collect();
    Ok(Json(paging.list(shown, total, next)))
}

/// How many enrolments stand there: usually as they did a second ago.
async fn counted(store: &TenantStore, campaign: &Campaign, statuses: &[EnrollmentStatus]) -> Result<u64> {
    let tally = store.counters().of_campaign(campaign.id).await?;
    let sum: i64 = statuses.iter().map(|&status| tally.get(Counter::Enrollments(status))).sum();
    Ok(u64::try_from(sum).unwrap_or(0))
}

pub(crate) async fn unenroll(
    State(campaigns): State<Campaigns>,
    Writer(caller): Writer,
    Path((id, contact_id)): Path<(String, String)>,
) -> Answer<Json<EnrollmentOut>> {
    let (store, campaign) = campaigns.load(caller.tenant, &id).await?;
    let contact: ContactId = path_id("contact", &contact_id)?;
    for _ in 0..TRIES {
        let (person, found) = of_person(&store, &campaign, contact).await?;
        let shown = goes_on(person, &found).or(found.first().map(|one| one.contact_id));
        let mut shown = found.iter().find(|one| Some(one.contact_id) == shown).cloned();
        let mut all_kept = true;
        for open in &found {
            let now = campaigns.clock.now();
            let Some(ended) = open.ended(EnrollmentStatus::Cancelled, Some(TAKEN_OUT), now) else { continue };
            all_kept &= store.enrollments().save(&ended).await?;
            shown = shown.map(|it| if it.contact_id == ended.contact_id { ended } else { it });
        }
        match shown {
            None => return Err(Error::not_found("enrollment", contact_id).into()),
            Some(shown) if all_kept => return Ok(Json(EnrollmentOut::new(shown, &campaign))),
            Some(_) => {}
        }
    }
    Err(Error::conflict("the enrolment keeps changing; try again").into())
}

/// The person that a contact is by now, and its enrolments. One that is gone may have been enrolled.
async fn of_person(
    store: &TenantStore,
    campaign: &Campaign,
    contact: ContactId,
) -> Result<(ContactId, Vec<Enrollment>)> {
    match store.contacts().get_many(&[contact]).await?.remove(&contact) {
        Some(person) => Ok((person.id, store.enrollments().of_person(campaign.id, &person).await?)),
        None => Ok((contact, store.enrollments().among(campaign.id, &[contact]).await?)),
    }
}

//! One change to many contacts: by their ids at once, by a filter in the background.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::access::{Caller, Role};
use domain::contact::Profile;
use domain::contact::bulk::{Bulk, BulkOutcomes, Edit};
use domain::contact::draft::Rules;
use domain::contact::filter::ContactFilter;
use domain::contact::job::{ContactJob, Work};
use domain::id::{ContactId, JobId};
use domain::phone::Country;
use domain::{Error, Fault, FaultCode, Result};
use edge::{Accepted, Answer, Body, ContactWriter, Describe, Description, Fresh, IfMatch};
use futures::FutureExt;
use futures::stream::{self, StreamExt};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::http::Contacts;
use crate::job::JobOut;
use crate::purge::{Parting, remove};
use crate::{bulk_job, contact, contact_type};

/// The most contacts that are named.
const MAX_IDS: usize = 1_000;
/// How many of them are worked on at a time.
const AT_A_TIME: usize = 16;

/// One change to many contacts: to those that are named, or to all that a filter means.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "BulkOperation", example = example())]
pub(crate) struct BulkIn {
    /// Whom it is about; done when the answer comes.
    #[schemars(length(min = 1, max = MAX_IDS))]
    contact_ids: Option<Vec<ContactId>>,
    /// In place of ids: all whom this means, even everybody. Done in the background.
    filter: Option<ContactFilter>,
    /// What is to become of each.
    edit: Edit,
}

fn example() -> serde_json::Value {
    serde_json::json!({
        "contact_ids": ["01890a5d-ac96-774b-bcce-b302099a8057"],
        "edit": { "add_tags": ["fair"], "remove_tags": ["trial"], "set_fields": { "lead_source": "fair" } },
    })
}

/// What became of the contacts that were named.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "BulkResult")]
pub(crate) struct BulkOut {
    #[serde(flatten)]
    outcomes: BulkOutcomes,
    /// Why it was refused, for those for which it was.
    failures: Vec<FailureOut>,
}

/// Why a contact is as it was.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "BulkFailure")]
struct FailureOut {
    contact_id: ContactId,
    /// What a person should know.
    message: String,
}

/// The result, or the job that will have it.
pub(crate) enum Done {
    Now(BulkOut),
    Later(Accepted<JobOut>),
}

impl IntoResponse for Done {
    fn into_response(self) -> Response {
        match self {
            Self::Now(result) => axum::Json(result).into_response(),
            Self::Later(job) => job.into_response(),
        }
    }
}

impl Describe for Done {
    fn describe(description: &mut Description<'_>) {
        axum::Json::<BulkOut>::describe(description);
        Accepted::<JobOut>::describe(description);
    }
}

pub(crate) async fn apply(
    State(contacts): State<Contacts>,
    ContactWriter(caller): ContactWriter,
    fresh: Fresh,
    Body(wanted): Body<BulkIn>,
) -> Answer<Done> {
    let store = contacts.of(caller.tenant);
    let rules = Rules::from(&store.settings().get().await?);
    wanted.edit.check(&rules)?;
    let given = wanted.edit.set_fields.apply(&bulk_job::somebody(), &rules)?;
    contact_type::demand(&store, &Profile::default(), &given).await.map_err(inside_edit)?;
    if caller.role == Role::User && wanted.edit.set_fields.names().contains("owner_id") {
        caller.demand_ownership(given.owner_id.as_ref())?;
    }
    match (wanted.contact_ids, wanted.filter) {
        (Some(ids), None) if !(1..=MAX_IDS).contains(&ids.len()) => {
            let reason = format!("must be from 1 to {MAX_IDS}");
            Err(Error::refused(Fault::new("contact_ids", FaultCode::Invalid, reason)).into())
        }
        (Some(ids), None) => Ok(Done::Now(named(&contacts, &caller, ids, &wanted.edit, &rules).await?)),
        (None, Some(filter)) => {
            filter.clone().parse(&rules)?;
            let country = rules.default_country;
            Ok(Done::Later(JobOut::accepted(begin(&contacts, &caller, &fresh, (filter, wanted.edit, country)).await?)))
        }
        _ => {
            let reason = "or filter must be given, and not both";
            Err(Error::refused(Fault::new("contact_ids", FaultCode::Invalid, reason)).into())
        }
    }
}

async fn named(
    contacts: &Contacts,
    caller: &Caller,
    mut ids: Vec<ContactId>,
    edit: &Edit,
    rules: &Rules,
) -> Result<BulkOut> {
    ids.sort_unstable();
    ids.dedup();
    let each: Vec<_> = ids.into_iter().map(|id| one(contacts, caller, id, edit, rules).boxed()).collect();
    let results: BTreeMap<ContactId, Result<bool>> = stream::iter(each).buffer_unordered(AT_A_TIME).collect().await;
    let mut result = BulkOut { outcomes: BulkOutcomes::default(), failures: Vec::new() };
    for (contact_id, done) in results {
        result.outcomes.matched += 1;
        match done {
            Ok(true) => result.outcomes.changed += 1,
            Ok(false) => result.outcomes.unchanged += 1,
            Err(error @ (Error::Unavailable { .. } | Error::Internal { .. })) => return Err(error),
            Err(error) => {
                result.outcomes.failed += 1;
                result.failures.push(FailureOut { contact_id, message: error.to_string() });
            }
        }
    }
    Ok(result)
}

/// Whether the contact is another one now.
async fn one(
    contacts: &Contacts,
    caller: &Caller,
    id: ContactId,
    edit: &Edit,
    rules: &Rules,
) -> (ContactId, Result<bool>) {
    (id, edited(contacts, caller, id, edit, rules).await)
}

async fn edited(contacts: &Contacts, caller: &Caller, id: ContactId, edit: &Edit, rules: &Rules) -> Result<bool> {
    let any = IfMatch::default();
    if edit.delete {
        return match remove(contacts, caller, id, &any, Parting::Deletion).await {
            Ok(_) => Ok(true),
            // It is gone already, perhaps by this very request.
            Err(Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error),
        };
    }
    let (before, contact) = contact::edited(contacts, caller, id, &any, |old| edit.apply(old, rules)).await?;
    Ok(contact.version != before)
}

async fn begin(
    contacts: &Contacts,
    caller: &Caller,
    fresh: &Fresh,
    (filter, edit, country): (ContactFilter, Edit, Country),
) -> Result<ContactJob> {
    let owner = caller.user.clone().filter(|_| caller.role == Role::User);
    let work = Bulk { filter, owner, edit, country, place: None, outcomes: BulkOutcomes::default() };
    let id: JobId = fresh.id();
    let job = ContactJob::new(id, Work::Bulk(Box::new(work)), caller.actor.clone(), fresh.now());
    let store = contacts.of(caller.tenant).contact_jobs();
    store.create(&job).await?;
    contacts.tell(caller.tenant, id).await;
    Ok(job)
}

fn inside_edit(error: Error) -> Error {
    let inside = |fault: Fault| Fault { field: format!("edit.set_fields.{}", fault.field), ..fault };
    match error {
        Error::Refused(faults) => Error::Refused(faults.into_iter().map(inside).collect()),
        other => other,
    }
}

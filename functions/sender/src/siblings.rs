//! Several enrolments of one person in one campaign, after contacts were merged: no step reaches the person twice.
//!
//! Only one enrolment goes on, and each sender comes to the same one. A sender that read a contact before it went into
//! another one may still be at it with that contact's own enrolment, so what goes on waits until such a sender must have
//! claimed its message, or is dead; then it leaves out what the person has got already.

use domain::campaign::Step;
use domain::contact::Contact;
use domain::enrollment::{Enrollment, goes_on};
use domain::id::{ContactId, TenantId};
use domain::message::{Message, MessageRef};
use domain::time::after;
use domain::{Result, Timestamp};
use store::{Found, TenantStore};

use crate::delivery::LEASE;

/// What is to be done with a step that is due.
pub(crate) enum Verdict {
    /// It is sent.
    Goes,
    /// The person has got it, or may have: on to the next.
    Had,
    /// That is not known before this moment.
    Waits(Timestamp),
    /// Another enrolment goes on, and this one ends.
    Ends,
}

/// What is to be done with a step of an enrolment whose contact is `person` now.
pub(crate) async fn verdict(
    store: &TenantStore,
    tenant: TenantId,
    enrollment: &Enrollment,
    person: &Contact,
    step: &Step,
    now: Timestamp,
) -> Result<Verdict> {
    let ids = std::iter::once(person.id).chain(person.merged_from.iter().copied());
    let others: Vec<ContactId> = ids.filter(|id| *id != enrollment.contact_id).collect();
    if others.is_empty() {
        return Ok(Verdict::Goes);
    }
    let siblings = store.enrollments().among(enrollment.campaign_id, &others).await?;
    if siblings.is_empty() {
        return Ok(Verdict::Goes);
    }
    let all: Vec<Enrollment> = siblings.iter().chain([enrollment]).cloned().collect();
    if goes_on(person.id, &all) != Some(enrollment.contact_id) {
        return Ok(Verdict::Ends);
    }
    let settled = settled(store, person).await?;
    if now < settled {
        return Ok(Verdict::Waits(settled));
    }
    for sibling in &siblings {
        if had(store, tenant, sibling, step).await? {
            return Ok(Verdict::Had);
        }
    }
    Ok(Verdict::Goes)
}

/// From when on nobody is at work any more who read one of the contacts before it was merged.
async fn settled(store: &TenantStore, person: &Contact) -> Result<Timestamp> {
    let found = store.contacts().find_many(&person.merged_from, true).await?;
    let merged = found.values().filter_map(|found| match found {
        Found::Merged(merged) => Some(merged.merged_at),
        Found::Contact(_) => None,
    });
    Ok(merged.max().map_or(Timestamp::default(), |last| after(last, LEASE)))
}

/// Whether a message of the step went to a sibling. One that was claimed and of which nothing is known may have.
async fn had(store: &TenantStore, tenant: TenantId, sibling: &Enrollment, step: &Step) -> Result<bool> {
    let (campaign, contact) = (sibling.campaign_id, sibling.contact_id);
    let message = Message::id_for(campaign, contact, step.id);
    let found = store.messages().get(MessageRef { tenant, campaign, contact, message }).await?;
    Ok(found.is_some_and(|message| !message.is_refused()))
}

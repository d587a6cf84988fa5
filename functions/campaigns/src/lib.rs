//! HTTP: campaigns and their life, their messages, enrolment, performance, funnel and activities.

mod activities;
mod campaign;
mod contacts;
mod enrollment;
mod figures;
mod list;
mod message;
mod moves;
mod wire;

use domain::Error;
use domain::campaign::Campaign;
use domain::id::{CampaignId, TenantId};
use domain::job::EnrollmentTask;
use edge::{Answer, Edge, Operation, Routes, path_id};
use runtime::{Clock, Handler, Platform, Queue, StartError};
use store::{Store, TenantStore};

/// How often a change is tried again that was overtaken by another one.
const TRIES: u32 = 8;

#[derive(Clone)]
struct Campaigns {
    store: Store,
    clock: Clock,
    enrollment_queue: Queue<EnrollmentTask>,
}

impl Campaigns {
    /// The tenant's part of the store, and the campaign that the path names.
    async fn load(&self, tenant: TenantId, id: &str) -> Answer<(TenantStore, Campaign)> {
        let id: CampaignId = path_id("campaign", id)?;
        let store = self.store.tenant(tenant);
        let campaign = store.campaigns().get(id).await?.ok_or_else(|| Error::not_found("campaign", id))?;
        Ok((store, campaign))
    }
}

/// What a change comes to that was overtaken again and again.
fn keeps_changing() -> Error {
    Error::conflict("the campaign keeps changing; try again")
}

fn routes() -> Routes<Campaigns> {
    Routes::new("Campaigns")
        .get("/api/v1/campaigns", list::campaigns, "List campaigns, the newest first")
        .post("/api/v1/campaigns", campaign::create, "Create a campaign, as a draft")
        .get("/api/v1/campaigns/{id}", campaign::show, "Show a campaign")
        .patch("/api/v1/campaigns/{id}", campaign::change, "Change some fields of a campaign")
        .delete("/api/v1/campaigns/{id}", campaign::archive, "Archive a campaign; what is under way ends")
        .get("/api/v1/campaigns/{id}/messages", message::list, "List the steps of a campaign")
        .post("/api/v1/campaigns/{id}/messages", message::add, "Add a step to a campaign")
        .get("/api/v1/campaigns/{id}/messages/{message_id}", message::show, "Show a step of a campaign")
        .patch("/api/v1/campaigns/{id}/messages/{message_id}", message::change, "Change some fields of a step")
        .delete("/api/v1/campaigns/{id}/messages/{message_id}", message::delete, "Remove a step of a campaign")
        .post(
            "/api/v1/campaigns/{id}/messages/{message_id}/preview",
            message::preview::preview,
            "Show what a contact would get of a step",
        )
        .post("/api/v1/campaigns/{id}/enroll", enrollment::enroll, "Enrol contacts, in the background")
        .get("/api/v1/campaigns/{id}/contacts", contacts::list, "List who is in a campaign, and how far")
        .post("/api/v1/campaigns/{id}/unenroll/{contact_id}", contacts::unenroll, "Take a contact out of a campaign")
        .get("/api/v1/campaigns/{id}/enrollment-jobs/{job_id}", enrollment::show_job, "Show how an enrolment goes")
        .post(
            "/api/v1/campaigns/{id}/enroll-from-criteria",
            enrollment::enroll_from_criteria,
            "Enrol everyone whom the target criteria mean, in the background",
        )
        .post("/api/v1/campaigns/{id}/schedule", moves::schedule, "Let a campaign start at a date")
        .post("/api/v1/campaigns/{id}/start", moves::start, "Start a campaign")
        .post("/api/v1/campaigns/{id}/pause", moves::pause, "Pause a campaign")
        .post("/api/v1/campaigns/{id}/resume", moves::resume, "Resume a paused campaign")
        .post("/api/v1/campaigns/{id}/cancel", moves::cancel, "Cancel a campaign, for good")
        .get("/api/v1/campaigns/{id}/performance", figures::performance, "Show what became of a campaign's messages")
        .get("/api/v1/campaigns/{id}/funnel", figures::funnel, "Show how far a campaign's contacts came")
        .get("/api/v1/campaigns/{id}/activities", activities::list_activities, "List what came of a campaign")
        .post("/api/v1/campaigns/{id}/activities", activities::note_activity, "Note what came of a campaign elsewhere")
}

/// What the function does, for the document.
pub fn operations() -> Vec<Operation> {
    routes().operations()
}

/// The function's handler.
///
/// # Errors
/// When a setting is missing.
pub fn handler(platform: &Platform) -> Result<Handler, StartError> {
    let store = Store::new(&platform.aws, platform.environment.required("TABLE_NAME")?);
    let enrollment_queue = Queue::new(&platform.aws, platform.environment.required("ENROLLMENT_QUEUE_URL")?);
    let edge = Edge::new(platform, store.clone())?;
    let clock = platform.clock.clone();
    Ok(Handler::Http(edge.protect(routes(), Campaigns { store, clock, enrollment_queue })))
}

//! HTTP: campaigns, their messages, enrolment, start, performance and funnel.

mod campaign;
mod enrollment;
mod figures;
mod message;

use domain::Error;
use domain::campaign::Campaign;
use domain::id::{CampaignId, TenantId};
use domain::job::EnrollmentTask;
use edge::{Answer, Edge, Operation, Routes, path_id};
use runtime::{Clock, Handler, Platform, Queue, StartError};
use store::{Store, TenantStore};

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

fn routes() -> Routes<Campaigns> {
    Routes::new("Campaigns")
        .post("/api/v1/campaigns", campaign::create, "Create a campaign, as a draft")
        .get("/api/v1/campaigns/{id}", campaign::show, "Show a campaign")
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
        .get("/api/v1/campaigns/{id}/enrollment-jobs/{job_id}", enrollment::show_job, "Show how an enrolment goes")
        .post("/api/v1/campaigns/{id}/start", enrollment::start, "Start a campaign")
        .get("/api/v1/campaigns/{id}/performance", figures::performance, "Show what became of a campaign's messages")
        .get("/api/v1/campaigns/{id}/funnel", figures::funnel, "Show how far a campaign's contacts came")
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

//! HTTP: campaigns, their messages, enrolment, start, performance and funnel.

mod campaign;
mod enrollment;
mod figures;
mod message;

use axum::Router;
use axum::routing::{get, post};
use domain::Error;
use domain::campaign::Campaign;
use domain::id::{CampaignId, TenantId};
use domain::job::EnrollmentTask;
use edge::{Answer, Edge, path_id};
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

/// The function's handler.
///
/// # Errors
/// When a setting is missing.
pub fn handler(platform: &Platform) -> Result<Handler, StartError> {
    let store = Store::new(&platform.aws, platform.environment.required("TABLE_NAME")?);
    let enrollment_queue = Queue::new(&platform.aws, platform.environment.required("ENROLLMENT_QUEUE_URL")?);
    let clock = platform.clock.clone();
    let edge = Edge::new(store.api_keys(), {
        let clock = clock.clone();
        move || clock.now()
    });
    let routes = Router::new()
        .route("/api/v1/campaigns", post(campaign::create))
        .route("/api/v1/campaigns/{id}", get(campaign::show))
        .route("/api/v1/campaigns/{id}/messages", get(message::list).post(message::add))
        .route("/api/v1/campaigns/{id}/enroll", post(enrollment::enroll))
        .route("/api/v1/campaigns/{id}/enrollment-jobs/{job_id}", get(enrollment::show_job))
        .route("/api/v1/campaigns/{id}/start", post(enrollment::start))
        .route("/api/v1/campaigns/{id}/performance", get(figures::performance))
        .route("/api/v1/campaigns/{id}/funnel", get(figures::funnel))
        .with_state(Campaigns { store, clock, enrollment_queue });
    Ok(Handler::Http(edge.protect(routes)))
}

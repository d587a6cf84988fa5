//! HTTP: the routes, and what their handlers need.

use domain::contact::job::ContactTask;
use domain::id::{JobId, TenantId};
use edge::{Edge, Operation, Routes};
use runtime::{Clock, Handler, Platform, Queue, StartError};
use store::{Store, TenantStore};

use crate::{
    booking, bulk, contact, contact_type, data, duplicates, group, interaction, job, membership, merge, purge, tag,
    unmerge,
};

#[derive(Debug, Clone)]
pub(crate) struct Contacts {
    pub(crate) store: Store,
    pub(crate) queue: Queue<ContactTask>,
    pub(crate) clock: Clock,
}

impl Contacts {
    /// What belongs to the tenant.
    pub(crate) fn of(&self, tenant: TenantId) -> TenantStore {
        self.store.tenant(tenant)
    }

    /// Tells the queue of a job that is kept. Should it not hear, the agenda brings the job back: what was asked is done.
    pub(crate) async fn tell(&self, tenant: TenantId, job: JobId) {
        if let Err(error) = self.queue.send(&ContactTask { tenant, job }).await {
            tracing::warn!(%job, error = error.chain(), "the queue was not told of a job");
        }
    }
}

fn routes() -> Routes<Contacts> {
    Routes::new("Contacts")
        .post("/api/v1/contacts", contact::create, "Create a contact")
        .shared("/api/v1/contacts", "GET,HEAD,POST")
        .get("/api/v1/contacts/{id}", contact::show, "Show a contact")
        .put("/api/v1/contacts/{id}", contact::replace, "Replace what is known of a contact")
        .patch("/api/v1/contacts/{id}", contact::patch, "Change some of what is known of a contact")
        .delete("/api/v1/contacts/{id}", contact::delete, "Delete a contact with all that hangs on it")
        .post("/api/v1/contacts/{id}/erase", purge::erase, "Erase a person: nothing is kept that could tell of it")
        .post("/api/v1/contacts/bulk", bulk::apply, "Change or delete many contacts")
        .get("/api/v1/contacts/duplicates", duplicates::list, "List contacts that are likely the same person")
        .post("/api/v1/contacts/merge", merge::merge, "Merge contacts that are one person")
        .get("/api/v1/contacts/merges/{id}", merge::show, "Show a merge, with the contacts as they were before")
        .post("/api/v1/contacts/merges/{id}/undo", unmerge::undo, "Undo a merge")
        .get("/api/v1/contacts/{id}/data", data::show, "Show everything that is held of a person")
        .get("/api/v1/contacts/jobs/{id}", job::show, "Show work in the background on contacts")
        .get("/api/v1/contacts/groups", group::list, "List groups by name")
        .post("/api/v1/contacts/groups", group::create, "Create a group")
        .get("/api/v1/contacts/groups/{id}", group::show, "Show a group")
        .put("/api/v1/contacts/groups/{id}", group::replace, "Replace what is said of a group")
        .delete("/api/v1/contacts/groups/{id}", group::delete, "Delete a group; its members leave it in the background")
        .get("/api/v1/contacts/groups/{id}/contacts", membership::list, "List the contacts that are in a group")
        .post("/api/v1/contacts/{id}/groups/{group_id}/add", membership::add, "Put a contact into a group")
        .post("/api/v1/contacts/{id}/groups/{group_id}/remove", membership::remove, "Take a contact out of a group")
        .get("/api/v1/contacts/types", contact_type::list, "List types of contacts by name")
        .post("/api/v1/contacts/types", contact_type::create, "Create a type of contacts")
        .get("/api/v1/contacts/types/{id}", contact_type::show, "Show a type of contacts")
        .put("/api/v1/contacts/types/{id}", contact_type::replace, "Replace what is said of a type of contacts")
        .delete(
            "/api/v1/contacts/types/{id}",
            contact_type::delete,
            "Delete a type; contacts lose it in the background",
        )
        .get(
            "/api/v1/contacts/{id}/interactions",
            interaction::list,
            "List what happened with a contact, the newest first",
        )
        .post("/api/v1/contacts/{id}/interactions/add", interaction::add, "Note that something happened with a contact")
        .get(
            "/api/v1/contacts/interactions",
            interaction::list_all,
            "List what happened with all contacts but campaigns' messages, the newest first; at most 10,000 are counted",
        )
        .get("/api/v1/contacts/tags", tag::list, "List tags by name: those that are registered, and those in use")
        .post("/api/v1/contacts/tags", tag::create, "Register a tag")
        .get(
            "/api/v1/contacts/tags/suggest",
            tag::suggest,
            "Suggest tags that begin with what was typed, the most used first",
        )
        .get("/api/v1/contacts/tags/{id}", tag::show, "Show a tag")
        .put(
            "/api/v1/contacts/tags/{id}",
            tag::replace,
            "Replace what is said of a tag; contacts follow another name in the background",
        )
        .delete("/api/v1/contacts/tags/{id}", tag::delete, "Delete a tag; contacts lose it in the background")
        .get("/api/v1/contacts/{id}/audit", contact::audit, "List who changed a contact, the newest change first")
        .tag("Bookings")
        .post("/api/v1/bookings", booking::report, "Report that a booking was made, took place or was called off")
}

/// What the function does, for the document.
pub fn operations() -> Vec<Operation> {
    routes().operations()
}

/// The handler of requests.
///
/// # Errors
/// When a setting is missing or makes no sense.
pub(crate) fn handler(platform: &Platform) -> Result<Handler, StartError> {
    let store = Store::new(&platform.aws, platform.environment.required("TABLE_NAME")?);
    let edge = Edge::new(platform, store.clone())?;
    let queue = Queue::new(&platform.aws, platform.environment.required("CONTACT_QUEUE_URL")?);
    let contacts = Contacts { store, queue, clock: platform.clock.clone() };
    Ok(Handler::Http(edge.protect(routes(), contacts)))
}

//! HTTP under `/api/crm`: how and when contacts want to be written to.

mod preferences;

use edge::{Edge, Operation, Routes};
use runtime::{Clock, Handler, Platform, StartError};
use store::Store;

#[derive(Clone)]
struct Communications {
    store: Store,
    clock: Clock,
}

fn routes() -> Routes<Communications> {
    Routes::new("Communications")
        .post("/api/crm/preferences", preferences::save, "Note how and when a contact wants to be written to")
        .get(
            "/api/crm/preferences/{client_id}",
            preferences::show,
            "Show how and when a contact wants to be written to",
        )
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
    let edge = Edge::new(platform, store.clone())?;
    let clock = platform.clock.clone();
    Ok(Handler::Http(edge.protect(routes(), Communications { store, clock })))
}

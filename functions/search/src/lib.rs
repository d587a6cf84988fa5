//! The frame of HTTP for looking for contacts: it has no routes yet.

use edge::{Edge, Operation, Routes};
use runtime::{Handler, Platform, StartError};
use store::Store;

fn routes() -> Routes<Store> {
    Routes::new("Contacts")
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
    Ok(Handler::Http(edge.protect(routes(), store)))
}

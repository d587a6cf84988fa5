//! The function crates by name. The one place that knows all of them.

use edge::Operation;
use runtime::{Handler, Platform, StartError};

/// Makes a function's handler.
pub(crate) type Start = fn(&Platform) -> Result<Handler, StartError>;

/// The handler of the crate with this name.
pub(crate) fn named(name: &str) -> Option<Start> {
    Some(match name {
        "accounts" => accounts::handler,
        "campaigns" => campaigns::handler,
        "contacts" => contacts::handler,
        "enrollment" => enrollment::handler,
        "imports" => imports::handler,
        "projector" => projector::handler,
        "scheduler" => scheduler::handler,
        "sender" => sender::handler,
        "webhooks" => webhooks::handler,
        _ => return None,
    })
}

/// What the API does: the operations of all functions that answer HTTP, each with its crate's name.
pub(crate) fn operations() -> Vec<(&'static str, Vec<Operation>)> {
    vec![
        ("contacts", contacts::operations()),
        ("imports", imports::operations()),
        ("campaigns", campaigns::operations()),
        ("accounts", accounts::operations()),
    ]
}

/// The API's document, as it is kept in `docs/openapi.json`.
pub fn document() -> String {
    let operations: Vec<Operation> = operations().into_iter().flat_map(|(_, operations)| operations).collect();
    let document = edge::document::document(env!("CARGO_PKG_VERSION"), &operations);
    format!("{document:#}\n")
}

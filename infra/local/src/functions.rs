//! The function crates by name. The one place that knows all of them.

use runtime::{Handler, Platform, StartError};

/// Makes a function's handler.
pub(crate) type Start = fn(&Platform) -> Result<Handler, StartError>;

/// The handler of the crate with this name.
pub(crate) fn named(name: &str) -> Option<Start> {
    Some(match name {
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

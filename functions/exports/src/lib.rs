//! Exports: HTTP for exports and their files · queue: the writing of a file. `HANDLER` says which of the two this is.

mod card;
mod http;
mod part;
mod sheet;
mod wire;
mod work;

use runtime::{Handler, Platform, StartError};

pub use http::operations;

/// The function's handler.
///
/// # Errors
/// When a setting is missing or makes no sense.
pub fn handler(platform: &Platform) -> Result<Handler, StartError> {
    match platform.environment.required("HANDLER")? {
        "http" => http::handler(platform),
        "work" => work::handler(platform),
        _ => Err(StartError::Invalid { name: "HANDLER", reason: "must be http or work".to_owned() }),
    }
}

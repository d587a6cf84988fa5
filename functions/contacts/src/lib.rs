//! Contacts: HTTP for contacts and all that hangs on them · queue: work on many of them. `HANDLER` says which of the two
//! this is.

mod booking;
mod booking_wire;
mod bulk;
mod bulk_job;
mod contact;
mod contact_type;
mod data;
mod duplicates;
mod exported;
mod forgetting;
mod group;
mod group_removal;
mod http;
mod interaction;
mod job;
mod membership;
mod merge;
mod merging;
mod named;
mod purge;
mod retag;
mod rewrite;
mod tag;
mod tag_wire;
mod type_removal;
mod unmerge;
mod walk;
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

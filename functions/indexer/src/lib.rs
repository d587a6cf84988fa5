//! The frame of the index's upkeep, without the work: stream: contacts' changes · queue: what is done to a tenant's whole
//! index. `HANDLER` says which of the two this is.

use aws_lambda_events::event::sqs::SqsEvent;
use domain::id::TenantId;
use runtime::batch::each_message;
use runtime::{Handler, Platform, StartError};
use serde::Deserialize;
use store::stream::{StreamAnswer, StreamEvent};

/// What is to be done to a tenant's index.
#[derive(Debug, Clone, Deserialize)]
#[expect(dead_code, reason = "nothing is done yet")]
struct IndexTask {
    tenant: TenantId,
    work: IndexWork,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum IndexWork {
    Rewrite,
    Rebuild,
}

/// The function's handler.
///
/// # Errors
/// When a setting is missing or makes no sense.
pub fn handler(platform: &Platform) -> Result<Handler, StartError> {
    match platform.environment.required("HANDLER")? {
        "stream" => Ok(Handler::events(|_: StreamEvent| async { Ok(StreamAnswer::default()) })),
        "work" => Ok(Handler::events(|event: SqsEvent| async move {
            Ok(each_message(event, |_: IndexTask| async { Ok(()) }).await)
        })),
        _ => Err(StartError::Invalid { name: "HANDLER", reason: "must be stream or work".to_owned() }),
    }
}

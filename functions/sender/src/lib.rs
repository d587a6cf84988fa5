//! Queue: one due step of one enrolment → one message to one provider.
//!
//! The decision is `domain::sequence`'s; here it is carried out so that no message goes out twice: the message is claimed
//! under an id that follows from enrolment and step, and only who holds the claim calls the provider.

mod delivery;
mod pacing;
mod place;
mod plan;
mod sending;
mod siblings;
mod turn;

use std::sync::Arc;

use aws_lambda_events::event::sqs::SqsEvent;
use channels::Provider;
use domain::pace::PacedTask;
use runtime::batch::each_message;
use runtime::{Clock, Environment, Handler, Platform, Queue, StartError};
use store::Store;
use url::Url;

use pacing::Pacing;
use plan::Plans;

struct Sender {
    store: Store,
    provider: Provider,
    /// Where Twilio reports to.
    twilio_webhook: Url,
    send_queue: Queue<PacedTask>,
    plans: Plans,
    pacing: Pacing,
    clock: Clock,
}

/// The function's handler.
///
/// # Errors
/// When a setting is missing or makes no sense.
pub fn handler(platform: &Platform) -> Result<Handler, StartError> {
    handler_to(Provider::sandbox(platform.environment.parsed("SANDBOX_URL")?), platform)
}

/// The same with another provider.
///
/// # Errors
/// When a setting is missing or makes no sense.
pub fn handler_to(provider: Provider, platform: &Platform) -> Result<Handler, StartError> {
    let sender = Arc::new(Sender {
        store: Store::new(&platform.aws, platform.environment.required("TABLE_NAME")?).gathering(),
        provider,
        twilio_webhook: twilio_webhook(&platform.environment)?,
        send_queue: Queue::new(&platform.aws, platform.environment.required("SEND_QUEUE_URL")?),
        plans: Plans::default(),
        pacing: Pacing::new(platform.clock.clone()),
        clock: platform.clock.clone(),
    });
    Ok(Handler::events(move |event: SqsEvent| {
        let sender = sender.clone();
        async move { Ok(each_message(event, |task| sender.work(task)).await) }
    }))
}

fn twilio_webhook(environment: &Environment) -> Result<Url, StartError> {
    let webhooks: Url = environment.parsed("WEBHOOK_URL")?;
    webhooks.join("twilio").map_err(|error| StartError::Invalid { name: "WEBHOOK_URL", reason: error.to_string() })
}

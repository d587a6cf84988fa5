//! What every function needs to start, to be called, and to reach queues and buckets.
//!
//! A function crate gives one thing: `handler(&Platform) -> Result<Handler, StartError>`. On AWS [`run`] feeds it from
//! the Lambda runtime; the local stack calls the same handler with the same events.

pub mod batch;
pub mod bucket;
pub mod clock;
pub mod environment;
pub mod fetch;
pub mod handler;
pub mod queue;
mod telemetry;

use aws_config::{BehaviorVersion, SdkConfig};

pub use bucket::Bucket;
pub use clock::Clock;
pub use environment::{Environment, Secret};
pub use fetch::{Fetch, FetchError};
pub use handler::{Handler, InvokeError};
pub use queue::Queue;

/// What a function is built on.
#[derive(Debug, Clone)]
pub struct Platform {
    /// How AWS is reached: region, credentials, endpoints.
    pub aws: SdkConfig,
    /// The time.
    pub clock: Clock,
    /// The settings of the deployment.
    pub environment: Environment,
}

/// A function cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A setting is missing.
    #[error("the environment variable {0} is not set")]
    Missing(&'static str),
    /// A setting has a value that makes no sense.
    #[error("the environment variable {name} {reason}")]
    Invalid {
        /// Which.
        name: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

/// Runs a function on AWS until the environment is taken away: a current-thread runtime, JSON logs, one `SdkConfig`.
///
/// # Errors
/// When the function cannot start, or the Lambda runtime's API fails.
pub fn run(handler: fn(&Platform) -> Result<Handler, StartError>) -> Result<(), lambda_runtime::Error> {
    telemetry::start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let aws = aws_config::defaults(BehaviorVersion::latest()).load().await;
        let platform = Platform { aws, clock: Clock::system(), environment: Environment::of_process() };
        handler(&platform)?.run().await
    })
}

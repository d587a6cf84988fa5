//! The sandbox provider: stands in for SES and Twilio, keeps each message where a person can look at it, and reports
//! back through the real webhook routes with real signatures.
//!
//! It shares the process with the rest of the local stack and nothing else: it has its own store, and is reached
//! over HTTP only.

mod api;
mod events;
mod listing;
mod mix;
mod notices;
mod outbox;
mod page;
mod reports;
mod sns;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::Context;
use axum::Router;
use runtime::Clock;
use tokio_util::sync::CancellationToken;
use url::Url;

pub use listing::{Counts, Tally};
pub use notices::{Notice, Notices, Taken};

use outbox::Outbox;
use reports::Reporter;
use sns::Signer;

/// What the sandbox needs to know.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where it keeps its store and its key; without it, both are in memory.
    pub data_dir: Option<PathBuf>,
    /// Gives the times of acceptance and of events.
    pub clock: Clock,
    /// The base address of the webhook function, with a slash at the end.
    pub webhooks: Url,
    /// Where [`Sandbox::routes`] are served.
    pub public: Url,
    /// Signs reports of text messages.
    pub twilio_auth_token: String,
    /// The topic that reports of e-mails come from.
    pub topic_arn: String,
}

/// The sandbox provider. Clones are the same one.
#[derive(Clone)]
pub struct Sandbox(Arc<Parts>);

struct Parts {
    clock: Clock,
    outbox: Outbox,
    signer: Arc<Signer>,
    reporter: Reporter,
    /// How many of the next messages are not taken.
    busy_for: AtomicU32,
}

impl Sandbox {
    /// Opens the store and the key, or makes them.
    ///
    /// # Errors
    /// When the directory cannot be used, or holds something else.
    pub async fn open(settings: Settings) -> anyhow::Result<Self> {
        let made = tokio::task::spawn_blocking(move || {
            if let Some(dir) = &settings.data_dir {
                std::fs::create_dir_all(dir).context("making the directory of the sandbox")?;
            }
            let outbox = Outbox::open(settings.data_dir.as_deref()).context("opening the outbox")?;
            let signer = Arc::new(Signer::open(&settings).context("opening the key of the sandbox")?);
            anyhow::Ok((settings, outbox, signer))
        });
        let (settings, outbox, signer) = made.await??;
        let clock = settings.clock.clone();
        let reporter = Reporter::new(settings, outbox.clone(), Arc::clone(&signer))?;
        Ok(Self(Arc::new(Parts { clock, outbox, signer, reporter, busy_for: AtomicU32::new(0) })))
    }

    /// The provider's own interface and the page to look at.
    pub fn routes(&self) -> Router {
        api::routes(self.clone())
    }

    /// Posts the reports that are owed, until told to stop. Call it once, as a task.
    pub async fn report(&self, stop: CancellationToken) {
        // What is cut off here stays owed: a report may arrive twice, but none is lost.
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.0.reporter.run() => {}
        }
    }

    /// Asks the senders of the next `count` messages to wait for a second and then to ask again.
    pub fn be_busy_for(&self, count: u32) {
        self.0.busy_for.store(count, Ordering::SeqCst);
    }

    /// From now on people do nothing about the messages that they get: they neither open nor answer them.
    pub fn let_people_wait(&self) {
        self.0.outbox.let_people_wait();
    }

    /// People do what they did not do so far, and do it at once from now on.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn let_people_act(&self) -> anyhow::Result<()> {
        self.0.outbox.let_people_act(self.0.reporter.real_now())
    }

    /// Whether a message is not to be taken.
    fn is_busy(&self) -> bool {
        let one_less = |count: u32| count.checked_sub(1);
        self.0.busy_for.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok()
    }

    /// Resolves when no report is owed or under way.
    pub async fn settled(&self) {
        self.0.outbox.settled().await;
    }

    /// What went out and what was reported, counted from the entries.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn tally(&self) -> anyhow::Result<Tally> {
        self.0.outbox.tally()
    }
}

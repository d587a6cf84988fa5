//! The provider of a channel: takes one message, and tells what became of a call whose answer was lost.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use domain::Timestamp;
use domain::message::{Channel, MessageRef};
use futures::future::BoxFuture;
use url::Url;

use crate::sandbox;

/// A message that is ready to go out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Our name for it; comes back in the provider's reports.
    pub reference: MessageRef,
    /// Which way.
    pub channel: Channel,
    /// Where it comes from, of all but e-mails: a number, a name or a messaging service; the provider's own choice if nothing
    /// is said.
    pub sender: Option<String>,
    /// The e-mail address or phone number.
    pub recipient: String,
    /// The subject, where the channel has one.
    pub subject: Option<String>,
    /// The text: of an e-mail in HTML its alternative, of a call what is said.
    pub body: String,
    /// The document, of an e-mail in HTML.
    pub html: Option<String>,
    /// Where the provider reports the states of this message, if it reports them message by message
    /// (see [`crate::twilio::callback`]).
    pub callback: Url,
}

/// The provider has the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The provider's name for it.
    pub provider_id: String,
    /// When the provider took it.
    pub at: Timestamp,
}

/// What a library said; without personal data.
pub type Source = Box<dyn StdError + Send + Sync>;

/// Why there is no [`Accepted`].
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The provider took nothing; it wants to be asked again later.
    #[error("the provider asks to wait {} s", .retry_after.as_secs())]
    Throttled {
        /// How long to wait.
        retry_after: Duration,
    },
    /// Certainly not taken: asking again is safe.
    #[error("the provider was not reached")]
    Unreachable(#[source] Source),
    /// The provider refuses this message for good.
    #[error("the provider refuses the message: {reason}")]
    Rejected {
        /// Why, without personal data.
        reason: String,
    },
    /// The request went out and no answer came: the message may have been taken or not.
    #[error("whether the provider took the message is not known")]
    Unknown(#[source] Source),
}

/// Another way to a provider than the network, with the same answers: for simulations.
pub trait Carrier: std::fmt::Debug + Send + Sync {
    /// As [`Provider::send`].
    fn send(&self, message: Outgoing) -> BoxFuture<'static, Result<Accepted, SendError>>;
    /// As [`Provider::lookup`].
    fn lookup(&self, reference: MessageRef) -> BoxFuture<'static, Result<Option<Accepted>, SendError>>;
}

/// The provider of a channel.
#[derive(Debug)]
pub struct Provider(Kind);

#[derive(Debug)]
enum Kind {
    Sandbox(sandbox::Client),
    Carried(Arc<dyn Carrier>),
}

impl Provider {
    /// The sandbox provider at `base`, for all channels.
    pub fn sandbox(base: Url) -> Self {
        Self(Kind::Sandbox(sandbox::Client::new(base)))
    }

    /// A provider that is reached through `carrier`.
    pub fn carried(carrier: Arc<dyn Carrier>) -> Self {
        Self(Kind::Carried(carrier))
    }

    /// Hands `message` over. One call is one message: nothing here tries twice.
    ///
    /// # Errors
    /// [`SendError`], which tells whether trying again is safe.
    pub async fn send(&self, message: &Outgoing) -> Result<Accepted, SendError> {
        match &self.0 {
            Kind::Sandbox(client) => client.send(message).await,
            Kind::Carried(carrier) => carrier.send(message.clone()).await,
        }
    }

    /// What became of a call whose answer was lost. `None`: the provider does not have the message, and will not have
    /// it, provided that the call ended (was answered, broke off or timed out) some seconds ago: a provider can still be
    /// at work on a request whose sender has given up.
    ///
    /// # Errors
    /// [`SendError::Throttled`] or [`SendError::Unreachable`] when there is no answer to that now.
    pub async fn lookup(&self, reference: MessageRef) -> Result<Option<Accepted>, SendError> {
        match &self.0 {
            Kind::Sandbox(client) => client.lookup(reference).await,
            Kind::Carried(carrier) => carrier.lookup(reference).await,
        }
    }
}

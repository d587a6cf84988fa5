//! Channels: handing a message to its provider, and reading what providers report back.
//!
//! | file | what it knows |
//! |---|---|
//! | [`provider`] | one message out, and how that can end |
//! | `sandbox` | the sandbox provider's HTTP interface |
//! | [`twilio`] | Twilio's signature and its message states |
//! | [`sns`] | the envelope that SES events come in, and its proof |
//! | `certificate`, `fetch` | the certificates of that proof, and how to get them |
//! | [`ses`] | SES events |
//!
//! Nothing here knows the table or a function.

mod certificate;
pub mod provider;
mod sandbox;
pub mod ses;
pub mod sns;
pub mod twilio;

pub use provider::{Accepted, Carrier, Outgoing, Provider, SendError};

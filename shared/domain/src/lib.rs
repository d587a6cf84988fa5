//! The rules of Rollcall: pure functions and types, no I/O, no AWS, no HTTP.
//!
//! Whoever reads this crate knows what the product does; the other crates say where it is kept and how it is reached.
//! Time and fresh randomness come in as arguments, so every rule can be tested at any moment.

#[macro_use]
mod vocabulary;

pub mod access;
pub mod activity;
pub mod audit;
pub mod booking;
pub mod campaign;
pub mod color;
pub mod contact;
pub mod contact_type;
pub mod conversion;
pub mod counters;
pub mod duplicates;
pub mod email;
pub mod engagement;
pub mod enrollment;
pub mod erasure;
pub mod error;
pub mod export;
pub mod fold;
pub mod frequency;
pub mod group;
pub mod id;
pub mod idempotency;
pub mod import;
pub mod import_files;
pub mod interaction;
pub mod job;
pub mod message;
pub mod money;
pub mod naming;
pub mod pace;
pub mod performance;
pub mod person_name;
pub mod phone;
pub mod preferences;
pub mod rate_limit;
pub mod schedule;
pub mod sequence;
pub mod settings;
pub mod sms;
pub mod tags;
pub mod template;
pub mod time;

pub use error::{Error, Fault, FaultCode, Result};
pub use time::Timestamp;

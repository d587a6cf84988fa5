//! The contact index: what is searched by of a tenant's contacts, in columns, without any I/O.
//!
//! A [`Segment`] holds states of contacts, sorted by their ids; files hold segments. The contacts of a tenant are the latest
//! states of several segments laid over each other.

mod bits;
mod build;
mod codec;
mod derived;
mod dictionary;
mod fold;
mod gallop;
mod lists;
mod order;
mod postings;
mod query;
#[cfg(test)]
mod samples;
mod segment;
mod snapshot;

mod size;
#[cfg(test)]
mod tests;

pub use codec::DamagedFile;
pub use query::{Bookings, HeardOf, Hit, Page, Start, TopCompany, Totals};
pub use segment::Segment;
pub use snapshot::Snapshot;

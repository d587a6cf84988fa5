//! Event sources: what Lambda does between a queue, a stream, a bucket or a schedule and a function.

mod objects;
mod queue;
mod schedule;
mod stream;

pub(crate) use objects::{Objects, announce_again};
pub(crate) use queue::Queue;
pub(crate) use schedule::{RECOVER, Schedule};
pub(crate) use stream::Stream;

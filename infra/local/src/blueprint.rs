//! What the template says, for simulations: they run the functions, and bring them their events, in their own way.

use std::time::Duration;

use anyhow::{Context, Result};
use aws_config::SdkConfig;

use crate::resources;
use crate::template::{Event, Template};

/// The template that is deployed.
#[derive(Debug)]
pub struct Blueprint(Template);

/// A queue that a function works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Worked {
    /// The most messages of a batch.
    pub batch: usize,
    /// How long a message is hidden once it was given out.
    pub hidden: Duration,
    /// How often it is given out before it is put aside.
    pub receives: u64,
}

impl Blueprint {
    /// Reads it.
    ///
    /// # Errors
    /// When it holds something that is not known.
    pub fn deployed() -> Result<Self> {
        Ok(Self(Template::deployed(&[])?))
    }

    /// After how long an invocation of the function is ended.
    ///
    /// # Errors
    /// When there is no such function.
    pub fn timeout(&self, function: &str) -> Result<Duration> {
        let found = self.0.functions.iter().find(|known| known.name == function);
        Ok(Duration::from_secs(found.with_context(|| format!("there is no {function}"))?.timeout))
    }

    /// How the function is given the messages of its queue.
    ///
    /// # Errors
    /// When there is no such function, or it works on no queue.
    pub fn worked(&self, function: &str) -> Result<Worked> {
        let found = self.0.functions.iter().find(|known| known.name == function);
        let events = found.map(|function| function.events.as_slice()).unwrap_or_default();
        let of_queue = events.iter().find_map(|event| match event {
            Event::Queue { queue, batch, .. } => Some((queue, *batch)),
            _ => None,
        });
        let (name, batch) = of_queue.with_context(|| format!("{function} works on no queue"))?;
        let queue = self.0.queues.iter().find(|queue| queue.name == *name);
        let queue = queue.with_context(|| format!("there is no queue {name}"))?;
        let receives = queue.redrive.as_ref().map_or(u64::MAX, |(_, receives)| *receives);
        Ok(Worked { batch, hidden: Duration::from_secs(queue.visibility_timeout), receives })
    }

    /// Makes the table where `aws` leads to, and gives its name.
    ///
    /// # Errors
    /// When that fails.
    pub async fn make_table(&self, aws: &SdkConfig) -> Result<String> {
        resources::make_table(self.0.table.as_ref().context("the template has no table")?, aws).await
    }
}

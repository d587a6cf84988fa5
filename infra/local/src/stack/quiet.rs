//! Waiting until nothing is under way or waiting.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use aws_sdk_sqs::types::QueueAttributeName;

use super::Shared;
use crate::pollers;

/// How long it must be quiet to be believed.
const QUIET: Duration = Duration::from_millis(60);

impl Shared {
    /// Waits until nothing is under way or waiting, twice in a row.
    pub(crate) async fn settled(&self, limit: Duration) -> Result<()> {
        let begun = Instant::now();
        let mut quiet = 0;
        while quiet < 2 {
            // Asking every queue is dear while there is much to do.
            let is_quiet = self.activity.running() == 0 && self.left().await?.is_empty();
            quiet = if is_quiet { quiet + 1 } else { 0 };
            if begun.elapsed() > limit {
                bail!("still under way after {} s: {}", limit.as_secs(), self.left().await?.join(", "));
            }
            tokio::time::sleep(QUIET).await;
        }
        Ok(())
    }

    /// What is under way or waiting.
    async fn left(&self) -> Result<Vec<String>> {
        let mut left = Vec::new();
        let running = self.activity.running();
        if running > 0 {
            left.push(format!("{running} invocations"));
        }
        for (function, reader) in &self.readers {
            if !pollers::Stream::is_drained(reader).await {
                left.push(format!("changes of the table for {function}"));
            }
        }
        let client = aws_sdk_sqs::Client::new(&self.aws);
        for name in &self.queues {
            let url = self.resources.get(name).unwrap_or_default();
            let call = client.get_queue_attributes().queue_url(url).attribute_names(QueueAttributeName::All);
            let answer = call.send().await?;
            let counts = answer.attributes().into_iter().flatten();
            let counts = counts.filter(|(name, _)| name.as_str().starts_with("ApproximateNumberOfMessages"));
            let waiting: u64 = counts.filter_map(|(_, count)| count.parse::<u64>().ok()).sum();
            if waiting > 0 {
                left.push(format!("{waiting} messages in {name}"));
            }
        }
        if left.is_empty() && tokio::time::timeout(QUIET, self.sandbox.settled()).await.is_err() {
            left.push("reports of the sandbox provider".to_owned());
        }
        Ok(left)
    }
}

//! Logs: one JSON object a line, without colours, as CloudWatch wants them.

use tracing_subscriber::EnvFilter;

/// Starts logging for the process. `RUST_LOG` chooses what is shown; by default everything from `INFO` up.
pub(crate) fn start() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let format = tracing_subscriber::fmt().json().flatten_event(true).with_current_span(false).without_time();
    // A second start in one process changes nothing.
    let _ = format.with_env_filter(filter).try_init();
}

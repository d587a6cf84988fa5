//! What the process writes into its log, for tests that look at it.

use std::io;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// All lines so far, of all tests of the process. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// The lines, each a JSON object.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Keeps what is logged from now on, everything that a deployment could be asked to log of ours.
pub fn captured() -> Log {
    static LOG: OnceLock<Log> = OnceLock::new();
    let log = LOG.get_or_init(Log::default).clone();
    let ours = ["edge", "runtime", "store", "accounts", "contacts", "search", "campaigns", "imports", "exports"];
    let filter = ours.map(|name| format!("{name}=trace")).join(",");
    let format = tracing_subscriber::fmt().json().flatten_event(true).with_writer(log.clone());
    // A second start in one process changes nothing.
    let _ = format.with_env_filter(EnvFilter::new(filter)).try_init();
    log
}

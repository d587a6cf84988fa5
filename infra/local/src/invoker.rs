//! Invocations: one handler, called as Lambda would call it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use runtime::Handler;
use serde_json::value::RawValue;
use tokio::sync::RwLock;

use crate::tap::Tap;

/// What all invocations share: the clock stands still while one of them runs, and somebody may wait until none does.
#[derive(Debug, Clone, Default)]
pub(crate) struct Activity {
    /// Held for reading by invocations, for writing by who moves the clock.
    pub(crate) clock: Arc<RwLock<()>>,
    running: Arc<AtomicUsize>,
}

impl Activity {
    /// How many invocations run, and how much else is being worked on.
    pub(crate) fn running(&self) -> usize {
        self.running.load(Ordering::SeqCst)
    }

    /// Counts as running until it is dropped.
    pub(crate) fn begin(&self) -> Running {
        self.running.fetch_add(1, Ordering::SeqCst);
        Running(self.running.clone())
    }
}

/// Something that runs.
#[derive(Debug)]
pub(crate) struct Running(Arc<AtomicUsize>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Why an invocation gave no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failed {
    /// The handler answered with an error.
    #[error("the function failed")]
    Handler(#[from] runtime::InvokeError),
    /// It took longer than it may.
    #[error("the function took longer than {} s", .0.as_secs())]
    TimedOut(Duration),
    /// A test ordered it.
    #[error("the worker was killed")]
    Killed,
    /// It panicked.
    #[error("the function panicked")]
    Panicked(#[source] tokio::task::JoinError),
}

/// A function that can be called.
#[derive(Clone)]
pub(crate) struct Invoker {
    pub(crate) name: String,
    pub(crate) tap: Tap,
    handler: Handler,
    timeout: Duration,
    activity: Activity,
    invocations: Arc<AtomicU64>,
}

impl Invoker {
    pub(crate) fn new(name: &str, handler: Handler, tap: Tap, timeout: Duration, activity: Activity) -> Self {
        Self { name: name.to_owned(), tap, handler, timeout, activity, invocations: Arc::default() }
    }

    /// How often it was called.
    pub(crate) fn invocations(&self) -> u64 {
        self.invocations.load(Ordering::SeqCst)
    }

    /// Calls it. Like a worker of its own, the invocation goes on when nobody waits for it any more.
    pub(crate) async fn invoke(&self, event: Box<RawValue>) -> Result<Box<RawValue>, Failed> {
        let running = self.activity.begin();
        let clock = self.activity.clock.clone().read_owned().await;
        self.invocations.fetch_add(1, Ordering::SeqCst);
        let (handler, timeout) = (self.handler.clone(), self.timeout);
        let task = tokio::spawn(async move {
            let _held = (running, clock);
            let work = tokio::time::timeout(timeout, handler.invoke(event));
            match Tap::mortal(work).await {
                None => Err(Failed::Killed),
                Some(Err(_)) => Err(Failed::TimedOut(timeout)),
                Some(Ok(answer)) => answer.map_err(Failed::Handler),
            }
        });
        let answer = task.await.unwrap_or_else(|panic| Err(Failed::Panicked(panic)));
        if let Err(error) = &answer {
            tracing::warn!(function = self.name, error = error as &dyn std::error::Error, "invocation failed");
        }
        answer
    }
}

//! An invocation that is under way: polled by hand, so that only the world decides who goes on.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use runtime::InvokeError;
use serde_json::value::RawValue;

use super::functions::{Function, Instance};
use super::people::Wish;
use super::provider::Report;

/// What an invocation is for.
#[derive(Debug, Clone)]
pub(super) enum Errand {
    /// To work on these messages of the function's queue.
    Messages(Vec<u64>),
    /// To take in the changes up to this one.
    Changes(String),
    /// To look what is due.
    Tick,
    /// To answer somebody.
    Wish(Wish),
    /// To hear from the provider.
    Report(Report),
}

pub(super) type Outcome = Result<Box<RawValue>, InvokeError>;

/// An invocation.
pub(super) struct Running {
    pub(super) number: u64,
    pub(super) function: Function,
    pub(super) errand: Errand,
    /// When it is ended if it has not ended by itself.
    pub(super) ends: i64,
    pub(super) instance: Instance,
    work: Pin<Box<dyn Future<Output = Outcome>>>,
    bell: Arc<Bell>,
}

/// Rings when a future wants to be polled.
#[derive(Debug)]
struct Bell(AtomicBool);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl Running {
    pub(super) fn new(
        number: u64,
        function: Function,
        errand: Errand,
        event: Box<RawValue>,
        instance: Instance,
        now: i64,
    ) -> Self {
        let handler = instance.handler.clone();
        // Tokio's own turns are not taken: they would end a poll in the middle.
        let work = tokio::task::unconstrained(async move { handler.invoke(event).await });
        let (work, bell) = (Box::pin(work), Arc::new(Bell(AtomicBool::new(true))));
        Self { number, function, errand, ends: now + function.timeout(), instance, work, bell }
    }

    /// Whether it wants to go on.
    pub(super) fn rings(&self) -> bool {
        self.bell.0.load(Ordering::SeqCst)
    }

    /// Lets it go on as far as it can.
    pub(super) fn poll(&mut self) -> Poll<Outcome> {
        self.bell.0.store(false, Ordering::SeqCst);
        let waker = Waker::from(self.bell.clone());
        self.work.as_mut().poll(&mut Context::from_waker(&waker))
    }
}

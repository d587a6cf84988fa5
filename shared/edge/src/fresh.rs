//! Fresh ids, moments and secrets for what a request creates. Under an idempotency key they follow from the attempt, so
//! that a request that is worked on twice creates the same things twice, which is once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::extract::FromRequestParts;
use domain::id::Id;
use domain::idempotency::Attempt;
use domain::{Error, Timestamp};
use http::request::Parts;
use runtime::Clock;

use crate::ApiError;
use crate::describe::{Describe, Description};
use crate::seal::Seal;

/// Where a handler gets ids from, and the moment of what it creates. Clones go on counting together.
#[derive(Debug, Clone)]
pub struct Fresh {
    clock: Clock,
    attempt: Option<(Attempt, Arc<Seal>)>,
    made: Arc<AtomicU32>,
}

impl Fresh {
    pub(crate) fn new(clock: Clock, attempt: Option<(Attempt, Arc<Seal>)>) -> Self {
        Self { clock, attempt, made: Arc::default() }
    }

    /// The moment at which it came to be: now, or when the request was first made.
    pub fn now(&self) -> Timestamp {
        self.attempt.as_ref().map_or_else(|| self.clock.now(), |(attempt, _)| attempt.started_at)
    }

    /// The next id. Handlers ask for ids in the same order each time.
    pub fn id<I: Id>(&self) -> I {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        self.attempt.as_ref().map_or_else(|| self.clock.fresh(), |(attempt, _)| attempt.new_id(number))
    }

    /// Bytes that nobody can guess.
    ///
    /// # Errors
    /// [`Error::Internal`] when they cannot be derived.
    pub fn secret<const N: usize>(&self) -> Result<[u8; N], Error> {
        match &self.attempt {
            Some((attempt, seal)) => seal.derive(&attempt.seed, self.made.fetch_add(1, Ordering::Relaxed)),
            None => Ok(self.clock.random()),
        }
    }

    /// Whether somebody has worked on this request before: what it creates may be there, as it was then.
    pub fn is_repeated(&self) -> bool {
        self.attempt.as_ref().is_some_and(|(attempt, _)| attempt.turn > 1)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Fresh {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let fresh = parts.extensions.get::<Self>().cloned();
        fresh.ok_or_else(|| Error::internal("looking for fresh ids", "the route is not behind the edge").into())
    }
}

impl Describe for Fresh {
    fn describe(_: &mut Description<'_>) {}
}

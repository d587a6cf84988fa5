//! Rate limits: which apply to a request, and the tokens that this instance holds.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use domain::access::Caller;
use domain::rate_limit::{Bucket, PerMinute, Standing, Step, Tokens, Window};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use lru::LruCache;
use runtime::Clock;

/// The routes with a limit of their own, per credential (S3).
const OF_ROUTES: [(Method, &str, PerMinute); 4] = [
    (Method::POST, "/api/crm/communications", 100),
    (Method::GET, "/api/crm/communications", 300),
    (Method::POST, "/api/crm/preferences", 20),
    (Method::GET, "/api/crm/analytics", 60),
];
/// How many buckets an instance remembers.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(2_000).expect("not zero");

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// What became of a request.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Admission {
    /// It may go on. Of several limits, this is the one nearest to its end.
    Granted(Option<Standing>),
    /// It is one too many.
    Refused(Standing),
}

/// The windows of this instance. Requests of one bucket wait for each other only while tokens are being taken.
#[derive(Debug)]
pub(crate) struct Limiter<B> {
    records: B,
    clock: Clock,
    per_tenant: PerMinute,
    windows: Mutex<LruCache<Bucket, Arc<tokio::sync::Mutex<Window>>>>,
}

impl<B: Tokens> Limiter<B> {
    pub(crate) fn new(records: B, clock: Clock, per_tenant: PerMinute) -> Self {
        Self { records, clock, per_tenant, windows: Mutex::new(LruCache::new(REMEMBERED)) }
    }

    /// Spends a token of each limit that applies, the narrowest first.
    pub(crate) async fn admit(&self, caller: &Caller, method: &Method, route: &str) -> Admission {
        // A HEAD is a GET whose answer is not read.
        let method = if method == Method::HEAD { &Method::GET } else { method };
        let of_route = OF_ROUTES.iter().find(|(limited, path, _)| limited == method && *path == route);
        let bucket = |path| Bucket::of_route(caller.tenant, &caller.actor, method.as_str(), path);
        let of_route = of_route.map(|(_, path, limit)| (bucket(path), *limit));
        let mut nearest: Option<Standing> = None;
        for (bucket, limit) in of_route.into_iter().chain([(Bucket::of_tenant(caller.tenant), self.per_tenant)]) {
            match self.spend(&bucket, limit).await {
                Admission::Refused(standing) => return Admission::Refused(standing),
                Admission::Granted(standing) => nearest = nearer(nearest, standing),
            }
        }
        Admission::Granted(nearest)
    }

    async fn spend(&self, bucket: &Bucket, limit: PerMinute) -> Admission {
        let window = self.window(bucket, limit);
        let mut window = window.lock().await;
        loop {
            match window.next(self.clock.now()) {
                Step::Pass(standing) => return Admission::Granted(Some(standing)),
                Step::Refuse(standing) => return Admission::Refused(standing),
                Step::Lease(count) => match self.records.take(bucket, window.minute(), count, window.is_new()).await {
                    Ok(lease) => {
                        let minute = window.minute();
                        window.leased(minute, lease);
                    }
                    // A limit that cannot be asked must not take the API down with it.
                    Err(error) => {
                        tracing::warn!(error = error.chain(), "a rate limit could not be asked");
                        return Admission::Granted(None);
                    }
                },
            }
        }
    }

    fn window(&self, bucket: &Bucket, limit: PerMinute) -> Arc<tokio::sync::Mutex<Window>> {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Arc::new(tokio::sync::Mutex::new(Window::new(limit, self.clock.now())));
        windows.get_or_insert_ref(bucket, new).clone()
    }
}

fn nearer(one: Option<Standing>, other: Option<Standing>) -> Option<Standing> {
    match (one, other) {
        (Some(one), Some(other)) => Some(if other.remaining < one.remaining { other } else { one }),
        (one, other) => one.or(other),
    }
}

/// Says in the answer's headers how the limit stands.
pub(crate) fn tell(headers: &mut HeaderMap, standing: &Standing) {
    headers.insert(LIMIT, HeaderValue::from(standing.limit));
    headers.insert(REMAINING, HeaderValue::from(standing.remaining));
    headers.insert(RESET, HeaderValue::from(standing.reset.timestamp()));
}

//! Rate limits: so many requests a minute, exact however many instances answer them.
//!
//! Each minute has one counter that all instances share. An instance takes tokens from it several at a time and spends
//! them by itself. What is taken is never more than the limit, so the limit is never exceeded. How many an instance takes
//! depends on how many instances ask: the tokens that lie idle with all of them together stay a few in a hundred.

use std::future::Future;

use crate::access::Actor;
use crate::id::TenantId;
use crate::time::Minute;
use crate::{Result, Timestamp};

/// One instance alone takes at most this part of the limit at once, two take half of it each, and so on.
const PART: u32 = 40;

/// How many requests a minute.
pub type PerMinute = u32;

/// Whose requests are counted together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Bucket {
    /// The tenant.
    pub tenant: TenantId,
    /// One credential and route, named; nothing for all requests of the tenant.
    pub part: Option<String>,
}

impl Bucket {
    /// All requests of the tenant.
    pub fn of_tenant(tenant: TenantId) -> Self {
        Self { tenant, part: None }
    }

    /// The requests of one credential to one route.
    pub fn of_route(tenant: TenantId, actor: &Actor, method: &str, path: &str) -> Self {
        Self { tenant, part: Some(format!("{actor} {method} {path}")) }
    }
}

/// What the shared counter answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// How many tokens were asked for.
    pub asked: u32,
    /// How many had been asked for in this minute, these included.
    pub total: u64,
    /// How many instances have asked in this minute, this one included.
    pub instances: u32,
}

impl Lease {
    /// How many of them are within the limit.
    fn granted(self, limit: PerMinute) -> u32 {
        let before = self.total.saturating_sub(u64::from(self.asked));
        let free = u64::from(limit).saturating_sub(before);
        u32::try_from(free).unwrap_or(u32::MAX).min(self.asked)
    }
}

/// The counters that all instances share.
pub trait Tokens: Send + Sync + 'static {
    /// Takes `count` tokens of `minute`, whether or not there are so many: the answer tells. `first`: this instance has
    /// not asked before in this minute.
    fn take(
        &self,
        bucket: &Bucket,
        minute: Minute,
        count: u32,
        first: bool,
    ) -> impl Future<Output = Result<Lease>> + Send;
}

/// What one instance knows of one bucket.
#[derive(Debug, Clone)]
pub struct Window {
    limit: PerMinute,
    minute: Minute,
    /// Tokens in hand.
    tokens: u32,
    /// Tokens that the shared counter had left when last asked.
    left: u32,
    last_lease: u32,
    instances: u32,
}

/// What to do with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Let it through; a token was spent.
    Pass(Standing),
    /// Take so many tokens from the shared counter first, then ask again.
    Lease(u32),
    /// Refuse it: the minute's tokens are gone.
    Refuse(Standing),
}

/// How a bucket stands, for the `X-RateLimit-…` headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Requests a minute.
    pub limit: PerMinute,
    /// How many are left in this minute, as far as this instance knows.
    pub remaining: u32,
    /// When the next minute begins.
    pub reset: Timestamp,
}

impl Window {
    /// Nothing known yet.
    pub fn new(limit: PerMinute, now: Timestamp) -> Self {
        let minute = Minute::of(now);
        Self { limit, minute, tokens: 0, left: limit, last_lease: 0, instances: 1 }
    }

    /// Whether the shared counter has not been asked in this minute.
    pub fn is_new(&self) -> bool {
        self.last_lease == 0
    }

    /// The minute it is about.
    pub fn minute(&self) -> Minute {
        self.minute
    }

    /// What to do with a request at `now`.
    pub fn next(&mut self, now: Timestamp) -> Step {
        let minute = Minute::of(now);
        if minute != self.minute {
            *self = Self::new(self.limit, now);
        }
        if self.tokens > 0 {
            self.tokens -= 1;
            return Step::Pass(self.standing());
        }
        if self.left == 0 { Step::Refuse(self.standing()) } else { Step::Lease(self.lease()) }
    }

    /// Notes what the shared counter answered for `minute`.
    pub fn leased(&mut self, minute: Minute, lease: Lease) {
        // An answer that comes after the end of its minute is worth nothing.
        if minute == self.minute {
            self.tokens += lease.granted(self.limit);
            self.left = u32::try_from(u64::from(self.limit).saturating_sub(lease.total)).unwrap_or(0);
            self.last_lease = lease.asked;
            self.instances = lease.instances.max(1);
        }
    }

    /// How it stands.
    pub fn standing(&self) -> Standing {
        let (remaining, reset) = (self.tokens.saturating_add(self.left), self.minute.plus(1).start());
        Standing { limit: self.limit, remaining, reset }
    }

    /// One at first, then three times the last one, up to this instance's part.
    fn lease(&self) -> u32 {
        let part = self.limit / PART / self.instances;
        self.last_lease.saturating_mul(3).clamp(1, part.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use proptest::prelude::*;

    const LIMIT: PerMinute = 1_000;

    fn at(second: i64) -> Timestamp {
        DateTime::from_timestamp(1_790_000_040 + second, 0).unwrap_or_default()
    }

    /// Requests that reach these instances one after the other: how many pass, and how many leases that takes.
    fn run(limit: PerMinute, instances: usize, requests: impl Iterator<Item = usize>) -> (u32, u32) {
        let mut windows = vec![Window::new(limit, at(0)); instances];
        let (mut total, mut asking, mut passed, mut leases) = (0, 0, 0, 0);
        for request in requests {
            let window = &mut windows[request % instances];
            loop {
                match window.next(at(0)) {
                    Step::Pass(_) => passed += 1,
                    Step::Refuse(_) => {}
                    Step::Lease(asked) => {
                        total += u64::from(asked);
                        leases += 1;
                        asking += u32::from(window.is_new());
                        window.leased(window.minute(), Lease { asked, total, instances: asking });
                        continue;
                    }
                }
                break;
            }
        }
        (passed, leases)
    }

    #[test]
    fn a_thousand_requests_cost_about_a_hundred_writes_at_most_on_as_many_instances_as_they_need() {
        // A thousand a minute are seventeen a second: one instance answers them, two if they are slow.
        for (instances, most) in [(1, 60), (2, 110)] {
            let (passed, leases) = run(LIMIT, instances, 0..3_000);
            assert_eq!(passed, LIMIT, "on {instances}");
            assert!(leases <= most, "{leases} leases on {instances}");
        }
    }

    #[test]
    fn instances_that_fall_idle_keep_no_more_than_a_twentieth() {
        for limit in [20, 60, 100, 300, 1_000] {
            for (instances, each) in [(2, 5), (5, 5), (10, 14), (20, 14), (20, 3), (40, 7)] {
                // Each gets some requests, then one of them gets all the others.
                let idle = (0..instances).flat_map(|instance| std::iter::repeat_n(instance, each));
                let (passed, _) = run(limit, instances, idle.chain(std::iter::repeat_n(0, 3_000)));
                assert!(passed <= limit && passed * 100 >= limit * 95, "{passed} of {limit} on {instances} × {each}");
            }
        }
    }

    #[test]
    fn a_new_minute_begins_anew() {
        let mut window = Window::new(2, at(0));
        window.leased(window.minute(), Lease { asked: 1, total: 9, instances: 1 });
        assert!(matches!(window.next(at(59)), Step::Refuse(standing) if standing.reset == at(60)));
        assert_eq!(window.next(at(60)), Step::Lease(1));
        window.leased(Minute::of(at(0)), Lease { asked: 1, total: 1, instances: 1 });
        assert_eq!(window.next(at(60)), Step::Lease(1), "tokens of the minute before are worth nothing");
    }

    proptest! {
        #[test]
        fn never_more_than_the_limit_and_hardly_less_however_the_load_is_spread(
            limit in 1_u32..1_500,
            instances in 1_usize..24,
            // How unevenly: the higher, the more go to the first few.
            skew in 1_i32..6,
            order in proptest::collection::vec(0.0..1.0_f64, 6_000),
        ) {
            let at = |place: f64| (place.powi(skew) * instances as f64) as usize;
            let (passed, _) = run(limit, instances, order.into_iter().map(at));
            prop_assert!(passed <= limit);
            prop_assert!(f64::from(passed) >= f64::from(limit) * 0.95, "{passed} of {limit}");
        }
    }
}

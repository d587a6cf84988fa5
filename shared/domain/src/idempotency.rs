//! Idempotency keys: a request that is repeated has its effect once and its answer twice.
//!
//! The first request with a key makes an *attempt*. Whatever it creates gets ids that follow from the attempt, so that a
//! later worker who takes over from a killed one writes the same things, not more of them.

use std::fmt;
use std::future::Future;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::access::{Actor, Caller};
use crate::id::{Id, TenantId, hex};
use crate::time::after;
use crate::{Result, Timestamp};

/// The longest key, in characters.
pub const MAX_KEY: usize = 255;
/// For how many hours an answer is kept.
pub const KEPT_HOURS: i64 = 24;
/// After how many seconds without an answer an attempt is taken to be dead. No function that answers HTTP runs longer.
pub const LEASE_SECONDS: i64 = 60;

/// What a caller calls a request, so that it can be repeated.
#[derive(Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

/// The text cannot be a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 255 printable ASCII characters")]
pub struct NotAKey;

impl std::str::FromStr for IdempotencyKey {
    type Err = NotAKey;

    fn from_str(text: &str) -> Result<Self, NotAKey> {
        let decent = (1..=MAX_KEY).contains(&text.len()) && text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        decent.then(|| Self(text.to_owned())).ok_or(NotAKey)
    }
}

impl fmt::Debug for IdempotencyKey {
    /// It seals the answer, so it is not shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdempotencyKey(…)")
    }
}

impl IdempotencyKey {
    /// The key itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What the attempt is kept under: the same key of another caller is another attempt.
    pub fn attempt_id(&self, tenant: TenantId, actor: &Actor) -> AttemptId {
        AttemptId(digest(&[tenant.uuid().as_bytes(), actor.to_string().as_bytes(), self.0.as_bytes()]))
    }
}

/// Names an attempt, without telling the key.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AttemptId(String);

impl fmt::Display for AttemptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a request asks for, and with which rights. Equal requests have equal fingerprints; a caller who may less than it
/// might before does not get an answer from then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// The fingerprint of a request.
    pub fn of(caller: &Caller, method: &str, path_and_query: &str, body: &[u8]) -> Self {
        let mut rights: Vec<&str> = caller.scopes.iter().map(|scope| scope.as_str()).collect();
        rights.sort_unstable();
        rights.push(caller.role.as_str());
        Self(digest(&[rights.join(" ").as_bytes(), method.as_bytes(), path_and_query.as_bytes(), body]))
    }
}

/// A request with a key, as it comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRequest {
    /// The name of its attempt.
    pub id: AttemptId,
    /// What it asks for.
    pub fingerprint: Fingerprint,
    /// When it came.
    pub now: Timestamp,
    /// Tells it from all others.
    pub seed: Seed,
}

/// Random bytes from which follows what an attempt makes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seed(String);

impl Seed {
    /// The seed of these bytes.
    pub fn new(random: [u8; 32]) -> Self {
        Self(hex(&random))
    }

    /// Its digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn digest(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hex(&hash.finalize())
}

/// A request under way, or answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Its name.
    pub id: AttemptId,
    /// What it asks for.
    pub fingerprint: Fingerprint,
    /// When it was first made: the moment that everything it creates has.
    pub started_at: Timestamp,
    /// Until when nobody else may take it up.
    pub leased_until: Timestamp,
    /// From which the ids and secrets of what it creates follow: the same in every turn.
    pub seed: Seed,
    /// Counts who took it up, from 1.
    pub turn: u32,
    /// The answer, sealed, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "serde_bytes")]
    pub answer: Option<Vec<u8>>,
}

/// What a request with a key is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Its work, as this attempt.
    Work(Attempt),
    /// Give the same answer again.
    Replay(Vec<u8>),
    /// Be refused: another one is at it.
    Running,
    /// Be refused: the key belongs to something else.
    OtherRequest,
}

impl Attempt {
    /// The first attempt.
    pub fn first(request: NewRequest) -> Self {
        let NewRequest { id, fingerprint, now, seed } = request;
        Self { id, fingerprint, started_at: now, leased_until: lease(now), seed, turn: 1, answer: None }
    }

    /// Whether it is over and forgotten.
    pub fn is_forgotten(&self, now: Timestamp) -> bool {
        self.forgotten_at() <= now
    }

    /// When it is.
    pub fn forgotten_at(&self) -> Timestamp {
        after(self.started_at, TimeDelta::hours(KEPT_HOURS))
    }

    /// What a request is to do that finds this attempt under its key. [`Next::Work`] holds the attempt to be put in its
    /// place, if it is still there then.
    pub fn met_by(&self, request: &NewRequest) -> Next {
        if self.is_forgotten(request.now) {
            return Next::Work(Self::first(request.clone()));
        }
        if self.seed == request.seed {
            // It is the same one: its writing was repeated on the way to the table.
            return Next::Work(self.clone());
        }
        if self.fingerprint != request.fingerprint {
            return Next::OtherRequest;
        }
        match &self.answer {
            Some(answer) => Next::Replay(answer.clone()),
            None if self.leased_until > request.now => Next::Running,
            None => Next::Work(Self { leased_until: lease(request.now), turn: self.turn + 1, ..self.clone() }),
        }
    }

    /// The `number`th id of what it creates: the same in every turn.
    pub fn new_id<I: Id>(&self, number: u32) -> I {
        I::derived(self.started_at, &[self.seed.0.as_bytes(), &number.to_be_bytes()])
    }
}

fn lease(now: Timestamp) -> Timestamp {
    after(now, TimeDelta::seconds(LEASE_SECONDS))
}

/// Where attempts are kept.
pub trait Attempts: Send + Sync + 'static {
    /// Takes the request up, or says why not. Of several at the same time one is told to work.
    fn take_up(&self, tenant: TenantId, request: NewRequest) -> impl Future<Output = Result<Next>> + Send;

    /// Keeps the answer, unless somebody else has taken the attempt up since.
    fn answered(&self, tenant: TenantId, attempt: &Attempt, answer: Vec<u8>)
    -> impl Future<Output = Result<()>> + Send;

    /// Lets the next one take it up at once: this turn came to nothing.
    fn gave_up(&self, tenant: TenantId, attempt: &Attempt) -> impl Future<Output = Result<()>> + Send;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{Role, Scope};
    use crate::id::ContactId;

    fn request(body: &[u8], seed: u8, now: Timestamp) -> NewRequest {
        let tenant = TenantId::derived(Timestamp::default(), &[]);
        let caller = Caller { tenant, actor: Actor::Operator, role: Role::Admin, scopes: vec![], user: None };
        let fingerprint = Fingerprint::of(&caller, "POST", "/a", body);
        NewRequest { id: AttemptId("a".to_owned()), fingerprint, now, seed: Seed::new([seed; 32]) }
    }

    #[test]
    fn a_repeated_request_is_told_apart_from_another_one() {
        let now = Timestamp::default();
        let first = Attempt::first(request(b"1", 1, now));
        assert_eq!(first.met_by(&request(b"1", 2, now)), Next::Running);
        assert_eq!(first.met_by(&request(b"1", 1, now)), Next::Work(first.clone()));
        assert_eq!(first.met_by(&request(b"2", 2, now)), Next::OtherRequest);
        let answered = Attempt { answer: Some(vec![1]), ..first.clone() };
        assert_eq!(answered.met_by(&request(b"1", 2, now)), Next::Replay(vec![1]));
        assert_eq!(answered.met_by(&request(b"2", 2, now)), Next::OtherRequest);
        let tomorrow = after(now, TimeDelta::hours(KEPT_HOURS));
        let Next::Work(new) = answered.met_by(&request(b"2", 2, tomorrow)) else { panic!("not forgotten") };
        assert_eq!((new.started_at, new.turn), (tomorrow, 1));
        assert_ne!(new.new_id::<ContactId>(0), first.new_id::<ContactId>(0));
    }

    #[test]
    fn who_may_less_by_now_asks_for_something_else() {
        let tenant = TenantId::derived(Timestamp::default(), &[]);
        let caller = |scopes| Caller { tenant, actor: Actor::Operator, role: Role::Client, scopes, user: None };
        let of = |scopes| Fingerprint::of(&caller(scopes), "POST", "/a", b"");
        assert_eq!(of(vec![Scope::Read, Scope::Write]), of(vec![Scope::Write, Scope::Read]));
        assert_ne!(of(vec![Scope::Read, Scope::Write]), of(vec![Scope::Read]));
    }

    #[test]
    fn a_dead_attempt_is_taken_up_with_the_ids_it_had() {
        let first = Attempt::first(request(b"1", 1, Timestamp::default()));
        let Next::Work(second) = first.met_by(&request(b"1", 2, first.leased_until)) else { panic!("not taken up") };
        assert_eq!((second.turn, second.started_at), (2, first.started_at));
        assert_eq!(second.new_id::<ContactId>(0), first.new_id::<ContactId>(0));
        assert_ne!(first.new_id::<ContactId>(0), first.new_id::<ContactId>(1));
    }

    #[test]
    fn keys_are_printable_and_not_endless() {
        for (text, decent) in [("a", true), ("order 7", true), ("", false), ("é", false), ("a\n", false)] {
            assert_eq!(text.parse::<IdempotencyKey>().is_ok(), decent, "{text}");
        }
        assert!(
            "x".repeat(255).parse::<IdempotencyKey>().is_ok() && "x".repeat(256).parse::<IdempotencyKey>().is_err()
        );
    }
}

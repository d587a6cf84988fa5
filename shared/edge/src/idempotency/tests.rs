//! Requests repeated in any order, answered, failing or killed: whatever happens, an effect happens once.

use std::collections::{BTreeSet, HashMap};
use std::sync::Mutex;

use axum::Router;
use axum::http::Request as HttpRequest;
use axum::middleware::from_fn_with_state;
use axum::routing::post;
use chrono::TimeDelta;
use domain::Timestamp;
use domain::access::{Actor, ApiKey, Credentials, Role};
use domain::id::{ApiKeyId, ContactId, Id, TenantId};
use domain::idempotency::{AttemptId, Attempts};
use domain::rate_limit::{Bucket, Lease, Tokens};
use domain::time::Minute;
use proptest::prelude::*;
use runtime::{Clock, Environment, Platform};
use tower::ServiceExt;

use super::*;

/// What the table would keep.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<HashMap<AttemptId, Attempt>>>);

impl Credentials for Memory {
    async fn key(&self, _: TenantId, _: ApiKeyId) -> Result<Option<ApiKey>> {
        Ok(None)
    }

    async fn note_use(&self, _: &ApiKey, _: Timestamp) -> Result<()> {
        Ok(())
    }

    async fn has_tenant(&self, _: TenantId) -> Result<bool> {
        Ok(true)
    }
}

impl Tokens for Memory {
    async fn take(&self, _: &Bucket, _: Minute, count: u32, _: bool) -> Result<Lease> {
        Ok(Lease { asked: count, total: 0, instances: 1 })
    }
}

impl Attempts for Memory {
    async fn take_up(&self, _: TenantId, request: NewRequest) -> Result<Next> {
        let mut kept = self.0.lock().unwrap();
        let id = request.id.clone();
        let next = match kept.get(&id) {
            Some(found) => found.met_by(&request),
            None => Next::Work(Attempt::first(request)),
        };
        if let Next::Work(attempt) = &next {
            kept.insert(id, attempt.clone());
        }
        Ok(next)
    }

    async fn answered(&self, _: TenantId, attempt: &Attempt, answer: Vec<u8>) -> Result<()> {
        self.change(attempt, |kept| kept.answer = Some(answer));
        Ok(())
    }

    async fn gave_up(&self, _: TenantId, attempt: &Attempt) -> Result<()> {
        self.change(attempt, |kept| kept.leased_until = attempt.started_at);
        Ok(())
    }
}

impl Memory {
    fn change(&self, attempt: &Attempt, change: impl FnOnce(&mut Attempt)) {
        let mut kept = self.0.lock().unwrap();
        kept.get_mut(&attempt.id).filter(|kept| kept.turn == attempt.turn && kept.seed == attempt.seed).map(change);
    }
}

/// What becomes of a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Answers,
    Fails,
    DiesBefore,
    DiesAfter,
}

#[derive(Debug, Clone)]
struct Call {
    key: u8,
    body: u8,
    fate: Fate,
    /// Seconds that pass before it.
    later: i64,
}

fn calls() -> impl Strategy<Value = Vec<Call>> {
    let fate = prop_oneof![Just(Fate::Answers), Just(Fate::Fails), Just(Fate::DiesBefore), Just(Fate::DiesAfter)];
    let later = prop_oneof![Just(0), Just(20), Just(LEASE_SECONDS), Just(24 * 3_600)];
    let call = (0..2_u8, 0..2_u8, fate, later).prop_map(|(key, body, fate, later)| Call { key, body, fate, later });
    proptest::collection::vec(call, 1..25)
}

/// The effects: ids of what was made, under the key and the body that made them.
type Made = Arc<Mutex<Vec<(String, String, ContactId)>>>;

fn router(edge: &Edge<Memory>, caller: Caller, fate: Fate, made: &Made) -> Router {
    let made = made.clone();
    let work = move |headers: HeaderMap, fresh: Fresh, body: String| async move {
        if fate == Fate::DiesBefore {
            std::future::pending::<()>().await;
        }
        let id: ContactId = fresh.id();
        let key = headers[KEY].to_str().unwrap().to_owned();
        made.lock().unwrap().push((key, body, id));
        match fate {
            Fate::Answers => (StatusCode::CREATED, id.to_string()),
            Fate::Fails => (StatusCode::SERVICE_UNAVAILABLE, String::new()),
            Fate::DiesBefore | Fate::DiesAfter => std::future::pending().await,
        }
    };
    let sender = Sender { request_id: "test".to_owned(), is_crm: false, asks_for: None };
    let known = axum::middleware::from_fn(move |mut request: Request, next: Handler| {
        request.extensions_mut().insert(caller.clone());
        request.extensions_mut().insert(sender.clone());
        next.run(request)
    });
    Router::new().route("/", post(work)).layer(from_fn_with_state(edge.clone(), once::<Memory>)).layer(known)
}

/// What the key stands for, as somebody would write it down who sees everything.
#[derive(Debug, Clone)]
struct Expected {
    body: u8,
    begun: Timestamp,
    leased_until: Timestamp,
    answer: Option<String>,
}

async fn play(calls: Vec<Call>) -> Result<(), TestCaseError> {
    let clock = Clock::system();
    let secret = ("DEPLOYMENT_SECRET", "s".repeat(32));
    let others = [("JWT_ISSUER", "i".to_owned()), ("JWT_AUDIENCE", "a".to_owned())];
    let environment: Environment = others.into_iter().chain([secret]).map(|(n, v)| (n.to_owned(), v)).collect();
    let platform = Platform { aws: aws_types::SdkConfig::builder().build(), clock: clock.clone(), environment };
    let edge = Edge::new(&platform, Memory::default()).unwrap();
    let tenant = TenantId::derived(clock.now(), &[]);
    let caller = Caller { tenant, actor: Actor::Operator, role: Role::Admin, scopes: Vec::new(), user: None };
    let made = Made::default();
    let mut model: HashMap<u8, Expected> = HashMap::new();
    for call in calls {
        clock.set_ahead(clock.ahead() + TimeDelta::seconds(call.later));
        let now = clock.now();
        let request = HttpRequest::post("/").header("idempotency-key", call.key.to_string());
        let request = request.body(Body::from(call.body.to_string())).unwrap();
        let answer = router(&edge, caller.clone(), call.fate, &made).oneshot(request);
        let patience = std::time::Duration::from_millis(10);
        let answer = tokio::time::timeout(patience, answer).await.ok().map(|answer| answer.unwrap());
        let status = answer.as_ref().map(|answer| answer.status().as_u16());
        let replayed = answer.as_ref().is_some_and(|answer| answer.headers().contains_key(REPLAYED));
        let text = match answer {
            Some(answer) => String::from_utf8(to_bytes(answer.into_body(), MAX_BODY).await.unwrap().to_vec()).unwrap(),
            None => String::new(),
        };
        model.retain(|_, known| now < known.begun + TimeDelta::hours(24));
        match model.get(&call.key).cloned() {
            Some(known) if known.body != call.body => prop_assert_eq!(status, Some(422)),
            Some(Expected { answer: Some(known), .. }) => {
                prop_assert_eq!((status, replayed, &text), (Some(201), true, &known))
            }
            Some(known) if now < known.leased_until => prop_assert_eq!(status, Some(409)),
            known => {
                let begun = known.map_or(now, |known| known.begun);
                let (expected, leased_until) = match call.fate {
                    Fate::Answers => (Some(201), now),
                    Fate::Fails => (Some(503), begun),
                    Fate::DiesBefore | Fate::DiesAfter => (None, now + TimeDelta::seconds(LEASE_SECONDS)),
                };
                prop_assert_eq!(status, expected);
                let answer = (call.fate == Fate::Answers).then_some(text);
                model.insert(call.key, Expected { body: call.body, begun, leased_until, answer });
            }
        }
    }
    let effects = made.lock().unwrap().clone();
    let ids: BTreeSet<_> = effects.iter().map(|(_, _, id)| *id).collect();
    let begun: BTreeSet<_> = effects.iter().map(|(key, body, id)| (key, body, id.created_at())).collect();
    prop_assert_eq!(ids.len(), begun.len(), "one effect for each request that was begun");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_becomes_of_the_workers_an_effect_happens_once_and_an_answer_stays(calls in calls()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(play(calls))?;
    }

    #[test]
    fn no_bytes_that_are_kept_do_harm(bytes in proptest::collection::vec(any::<u8>(), 0..200), status in any::<u16>()) {
        let _ = replayed(&bytes);
        let head = serde_json::json!({ "status": status, "headers": [["x\n", "y"], ["etag", "\u{0}"]] });
        let _ = replayed(format!("{head}\n{status}").as_bytes());
    }
}

//! Credentials: an API key or a bearer token, looked up once and then known to the instance for a while.

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use chrono::TimeDelta;
use domain::access::{ApiKey, ApiKeySecret, Caller, Credentials, KeyHash, KeyStatus};
use domain::time::after;
use domain::{Error, Result, Timestamp};
use http::{HeaderMap, HeaderName, header};
use lru::LruCache;

use crate::token::Tokens;

/// The header that carries an API key.
const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
/// For how many seconds an instance believes what it has looked up: a revoked key is refused within a minute.
const BELIEVED_SECONDS: i64 = 45;
/// How exactly it is known when a key was last used.
const USE_NOTED_MINUTES: i64 = 15;
/// How many credentials an instance remembers.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(2_000).expect("not zero");

/// What an instance knows of credentials.
pub(crate) struct Known<B> {
    records: B,
    tokens: Tokens,
    callers: Mutex<LruCache<Presented, Believed>>,
}

/// A credential by its hash: the same text as a key and as a token is not the same credential.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Presented {
    Key(KeyHash),
    Token(KeyHash),
}

/// A caller, and from when until when it is believed to be one.
#[derive(Debug, Clone)]
struct Believed {
    caller: Caller,
    from: Timestamp,
    until: Timestamp,
}

impl<B: Credentials> Known<B> {
    pub(crate) fn new(records: B, tokens: Tokens) -> Self {
        Self { records, tokens, callers: Mutex::new(LruCache::new(REMEMBERED)) }
    }

    /// Who calls. If there is a key, a token is not looked at.
    pub(crate) async fn caller(&self, headers: &HeaderMap, now: Timestamp) -> Result<Caller> {
        let text = |name: &HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or_default());
        let bearer = |text: &str| {
            let (scheme, token) = text.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
        };
        if let Some(key) = text(&API_KEY) {
            return self.remembered(Presented::Key(KeyHash::of(key)), now, self.by_key(key, now)).await;
        }
        match text(&header::AUTHORIZATION).and_then(bearer) {
            Some(token) => {
                self.remembered(Presented::Token(KeyHash::of(&token)), now, self.by_token(&token, now)).await
            }
            None => Err(Error::Unauthorized("an API key (X-API-KEY) or a bearer token (Authorization) is required")),
        }
    }

    async fn remembered(
        &self,
        presented: Presented,
        now: Timestamp,
        look_up: impl Future<Output = Result<(Caller, Timestamp)>>,
    ) -> Result<Caller> {
        let believed = self.with(|callers| callers.get(&presented).cloned());
        if let Some(Believed { caller, .. }) = believed.filter(|known| known.from <= now && now < known.until) {
            return Ok(caller);
        }
        let (caller, valid_until) = look_up.await?;
        let until = valid_until.min(after(now, TimeDelta::seconds(BELIEVED_SECONDS)));
        self.with(|callers| callers.put(presented, Believed { caller: caller.clone(), from: now, until }));
        Ok(caller)
    }

    fn with<T>(&self, work: impl FnOnce(&mut LruCache<Presented, Believed>) -> T) -> T {
        work(&mut self.callers.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn by_key(&self, text: &str, now: Timestamp) -> Result<(Caller, Timestamp)> {
        let invalid = || Error::Unauthorized("the API key is not valid");
        let secret = ApiKeySecret::presented(text).ok_or_else(invalid)?;
        let key = self.records.key(secret.tenant, secret.id).await?.ok_or_else(invalid)?;
        verify_slices_are_equal(key.hash.as_bytes(), secret.hash().as_bytes()).map_err(|_| invalid())?;
        match key.status(now) {
            KeyStatus::Active => {}
            KeyStatus::Expired => return Err(Error::Unauthorized("the API key has expired")),
            KeyStatus::Revoked => return Err(Error::Unauthorized("the API key was revoked")),
        }
        self.note_use(&key, now).await;
        Ok((key.caller(), key.expires_at.unwrap_or(Timestamp::MAX_UTC)))
    }

    /// When a key was used is good to know, but no reason to refuse a request.
    async fn note_use(&self, key: &ApiKey, now: Timestamp) {
        let noted = key.last_used_at.map(|last| after(last, TimeDelta::minutes(USE_NOTED_MINUTES)));
        if noted.is_some_and(|noted| now < noted) {
            return;
        }
        if let Err(error) = self.records.note_use(key, now).await {
            tracing::warn!(error = error.chain(), "the use of an API key could not be noted");
        }
    }

    async fn by_token(&self, token: &str, now: Timestamp) -> Result<(Caller, Timestamp)> {
        let (caller, valid_until) = self.tokens.verify(token, now).await?;
        if !self.records.has_tenant(caller.tenant).await? {
            return Err(Error::Unauthorized("the token names no tenant of this deployment"));
        }
        Ok((caller, valid_until))
    }
}

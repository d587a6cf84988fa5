//! The public keys of an identity provider (JWKS, RFC 7517): fetched from its URL, kept for a while, fetched again when it
//! signs with a new one.

#[cfg(test)]
pub(crate) mod provider;
#[cfg(test)]
mod tests;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use chrono::TimeDelta;
use domain::{Error, Timestamp};
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use runtime::{Fetch, FetchError};
use serde::Deserialize;
use tokio::sync::{Mutex, MutexGuard};
use url::{Host, Url};

/// How long to wait for the provider: well within the time that a function has.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long a set is believed without a look at its URL.
const FRESH: TimeDelta = TimeDelta::minutes(10);
/// How long a set is believed while its URL does not answer.
const USABLE: TimeDelta = TimeDelta::hours(24);
/// How long the URL is left alone after an attempt, whatever strangers write into their tokens.
const PAUSE: TimeDelta = TimeDelta::minutes(1);

/// The keys behind a URL.
pub(crate) struct KeySet {
    url: Url,
    fetch: Fetch,
    known: RwLock<Known>,
    /// Held by whoever asks the provider, so that one asks for all.
    turn: Mutex<()>,
}

/// What is known of the set.
#[derive(Clone, Default)]
struct Known {
    keys: Arc<[Key]>,
    fetched_at: Option<Timestamp>,
    tried_at: Option<Timestamp>,
}

/// A key that verifies signatures of one algorithm.
struct Key {
    kid: Option<String>,
    algorithm: Algorithm,
    key: DecodingKey,
}

/// What a token says about the key that it was signed with.
#[derive(Clone, Copy)]
struct Wanted<'a> {
    kid: Option<&'a str>,
    algorithm: Algorithm,
}

impl KeySet {
    /// The set at `url`, which should have come through [`key_set_url`]. Fetches nothing yet.
    pub(crate) fn new(url: Url) -> Self {
        Self { url, fetch: Fetch::within(PATIENCE), known: RwLock::default(), turn: Mutex::default() }
    }

    /// The key `kid` if it is for `algorithm`; without a `kid`, the only key that is.
    ///
    /// # Errors
    /// When there is no set that is young enough, and none can be fetched now.
    pub(crate) async fn key(
        &self,
        kid: Option<&str>,
        algorithm: Algorithm,
        now: Timestamp,
    ) -> Result<Option<DecodingKey>, FetchError> {
        let wanted = Wanted { kid, algorithm };
        if self.known().wants_refresh(wanted, now)
            && let Some(turn) = self.turn(wanted, now).await
        {
            self.refresh(wanted, now, turn).await?;
        }
        self.known().answer(wanted, now)
    }

    fn known(&self) -> Known {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The right to ask the provider. None if somebody else is asking and an older key will do meanwhile.
    async fn turn(&self, wanted: Wanted<'_>, now: Timestamp) -> Option<MutexGuard<'_, ()>> {
        if let Ok(turn) = self.turn.try_lock() {
            return Some(turn);
        }
        if matches!(self.known().answer(wanted, now), Ok(Some(_))) {
            return None;
        }
        Some(self.turn.lock().await)
    }

    /// Fetches the set, unless somebody else did so while we waited for our turn.
    async fn refresh(&self, wanted: Wanted<'_>, now: Timestamp, _turn: MutexGuard<'_, ()>) -> Result<(), FetchError> {
        if !self.known().wants_refresh(wanted, now) {
            return Ok(());
        }
        let got = self.fetch.get(self.url.clone()).await.and_then(|document| read(&document));
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.tried_at = Some(now);
        match got {
            Ok(keys) => (known.keys, known.fetched_at) = (keys, Some(now)),
            Err(error) if known.is_usable(now) => {
                tracing::warn!(error = unavailable(error).chain(), "the old keys go on being used");
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

impl Known {
    fn wants_refresh(&self, wanted: Wanted<'_>, now: Timestamp) -> bool {
        let may_ask = !is_within(PAUSE, self.tried_at, now);
        may_ask && (!is_within(FRESH, self.fetched_at, now) || self.find(wanted).is_none())
    }

    fn is_usable(&self, now: Timestamp) -> bool {
        is_within(USABLE, self.fetched_at, now)
    }

    fn answer(&self, wanted: Wanted<'_>, now: Timestamp) -> Result<Option<DecodingKey>, FetchError> {
        if !self.is_usable(now) {
            return Err(FetchError::Unavailable("the last attempt failed less than a minute ago".into()));
        }
        Ok(self.find(wanted).cloned())
    }

    fn find(&self, wanted: Wanted<'_>) -> Option<&DecodingKey> {
        let mut fitting = self.keys.iter().filter(|key| key.algorithm == wanted.algorithm);
        let Some(kid) = wanted.kid else {
            let only = fitting.next()?;
            return fitting.next().is_none().then_some(&only.key);
        };
        fitting.find(|key| key.kid.as_deref() == Some(kid)).map(|key| &key.key)
    }
}

/// A clock that was set back far must not keep us from asking until it has caught up.
fn is_within(span: TimeDelta, since: Option<Timestamp>, now: Timestamp) -> bool {
    since.is_some_and(|since| (now - since).abs() < span)
}

/// A set, each key of which is read on its own: one that we cannot read is no reason to refuse the others.
#[derive(Deserialize)]
struct Document {
    keys: Vec<serde_json::Value>,
}

fn read(document: &[u8]) -> Result<Arc<[Key]>, FetchError> {
    let set: Document =
        serde_json::from_slice(document).map_err(|_| FetchError::Useless("the document is not a key set"))?;
    Ok(set.keys.into_iter().filter_map(|value| key(serde_json::from_value(value).ok()?)).collect())
}

fn key(jwk: Jwk) -> Option<Key> {
    let algorithm = algorithm(&jwk)?;
    Some(Key { key: DecodingKey::from_jwk(&jwk).ok()?, algorithm, kid: jwk.common.key_id })
}

/// The one algorithm whose signatures the key may verify: what it is decides, and nothing that it says of itself may
/// contradict.
fn algorithm(jwk: &Jwk) -> Option<Algorithm> {
    let algorithm = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => Algorithm::RS256,
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => Algorithm::ES256,
        _ => return None,
    };
    let says = &jwk.common;
    let fits = says.key_algorithm.is_none_or(|said| said == algorithm.into())
        && says.public_key_use.as_ref().is_none_or(|said| *said == PublicKeyUse::Signature)
        && says.key_operations.as_ref().is_none_or(|said| said.contains(&KeyOperations::Verify));
    fits.then_some(algorithm)
}

/// What it means for a caller that there are no keys.
pub(crate) fn unavailable(error: FetchError) -> Error {
    Error::Unavailable { service: "the key set", source: error.into() }
}

/// The URL of a key set, if what comes from there can be trusted.
///
/// # Errors
/// When it cannot, with what a person should know.
pub(crate) fn key_set_url(text: &str) -> Result<Url, String> {
    let url: Url = text.parse().map_err(|_| "is not a URL".to_owned())?;
    let here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    match url.scheme() {
        "https" => Ok(url),
        "http" if here => Ok(url),
        _ => Err("must begin with https:// (or be http:// on this very machine)".to_owned()),
    }
}

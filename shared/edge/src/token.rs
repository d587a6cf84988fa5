//! Bearer tokens (JWT, RFC 7519): a caller for whom the deployment or an identity provider vouches with a signature.

#[cfg(test)]
mod tests;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta};
use domain::Error::Unauthorized;
use domain::access::{Actor, Caller, Role, Scope, UserId};
use domain::{Result, Timestamp};
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use runtime::Secret;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, IgnoredAny};
use url::Url;

use crate::key_set::{KeySet, unavailable};

/// The most bytes of a token.
const MAX_TOKEN: usize = 8 * 1024;
/// How far the clock of an honest issuer may be ahead of ours.
const LEEWAY: TimeDelta = TimeDelta::seconds(30);

/// What tokens must be to be believed.
#[derive(Debug, Clone)]
pub(crate) struct TokenRules {
    /// Who must have issued them (`iss`).
    pub(crate) issuer: String,
    /// For whom they must be (`aud`).
    pub(crate) audience: String,
    /// What signs those with HS256. Without it there are none.
    pub(crate) secret: Option<Secret>,
    /// Where the keys are of those with RS256 and ES256, from [`crate::key_set::key_set_url`]. Without it there are none.
    pub(crate) key_set_url: Option<Url>,
}

/// Whoever can tell what a token proves.
pub(crate) struct Tokens {
    issuer: String,
    audience: String,
    secret: Option<DecodingKey>,
    keys: Option<KeySet>,
}

impl Tokens {
    /// Believes what follows `rules`.
    pub(crate) fn new(rules: TokenRules) -> Self {
        let secret = rules.secret.map(|secret| DecodingKey::from_secret(secret.reveal().as_bytes()));
        Self { issuer: rules.issuer, audience: rules.audience, secret, keys: rules.key_set_url.map(KeySet::new) }
    }

    /// The caller whom the token proves, and until when it is valid.
    ///
    /// # Errors
    /// [`Unauthorized`] when it proves nobody; [`domain::Error::Unavailable`] when there are no keys to tell.
    pub(crate) async fn verify(&self, token: &str, now: Timestamp) -> Result<(Caller, Timestamp)> {
        let parts = Parts::of(token)?;
        let (algorithm, key) = self.key(&parts.header, now).await?;
        let signed = crypto::verify(parts.signature, parts.message.as_bytes(), &key, algorithm);
        if !matches!(signed, Ok(true)) {
            return Err(Unauthorized("the token's signature is wrong"));
        }
        let claims: Claims = read(parts.payload).ok_or(Unauthorized("the token's claims cannot be read"))?;
        self.check_addressee(&claims)?;
        let until = check_time(&claims, now)?;
        Ok((caller(claims)?, until))
    }

    /// The header chooses whom we ask for a key, never what kind of key it is: what answers for HS256 holds the secret only,
    /// what answers for the others holds public keys only.
    async fn key(&self, header: &Header, now: Timestamp) -> Result<(Algorithm, DecodingKey)> {
        let algorithm = match header.alg.as_str() {
            "HS256" => {
                let secret = self.secret.clone().ok_or(Unauthorized("this API takes no tokens signed with HS256"))?;
                return Ok((Algorithm::HS256, secret));
            }
            "RS256" => Algorithm::RS256,
            "ES256" => Algorithm::ES256,
            _ => return Err(Unauthorized("the token is not signed with HS256, RS256 or ES256")),
        };
        let keys = self.keys.as_ref().ok_or(Unauthorized("this API takes no tokens signed with RS256 or ES256"))?;
        let key = keys.key(header.kid.as_deref(), algorithm, now).await.map_err(unavailable)?;
        Ok((algorithm, key.ok_or(Unauthorized("the key set holds no key of the token's kid and alg"))?))
    }

    fn check_addressee(&self, claims: &Claims) -> Result<()> {
        let issuer = claims.iss.as_ref().ok_or(Unauthorized("the token has no iss"))?;
        if *issuer != self.issuer {
            return Err(Unauthorized("the token's issuer is not the one that this API trusts"));
        }
        let meant = match claims.aud.as_ref().ok_or(Unauthorized("the token has no aud"))? {
            OneOrMany::One(audience) => *audience == self.audience,
            OneOrMany::Many(audiences) => audiences.contains(&self.audience),
        };
        if meant { Ok(()) } else { Err(Unauthorized("the token's audience is not this API")) }
    }
}

/// A token taken apart; nothing of it is proven yet.
struct Parts<'a> {
    header: Header,
    payload: &'a str,
    /// What is signed: header and payload as they came.
    message: &'a str,
    signature: &'a str,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    #[serde(default, deserialize_with = "is_present")]
    crit: bool,
}

impl<'a> Parts<'a> {
    fn of(token: &'a str) -> Result<Self> {
        if token.len() > MAX_TOKEN {
            return Err(Unauthorized("the token is longer than 8 KiB"));
        }
        let parts = token.rsplit_once('.').and_then(|(message, signature)| {
            let (header, payload) = message.split_once('.')?;
            Some(Self { header: read(header)?, payload, message, signature })
        });
        let parts = parts.ok_or(Unauthorized("the token is not a JWT: header.payload.signature, each in base64url"))?;
        if parts.header.crit {
            return Err(Unauthorized("the token demands extensions (crit) that this API does not have"));
        }
        Ok(parts)
    }
}

/// A part that holds a JSON object. Serde alone would also take the fields from an array.
fn read<T: DeserializeOwned>(part: &str) -> Option<T> {
    let json = URL_SAFE_NO_PAD.decode(part).ok()?;
    json.trim_ascii_start().starts_with(b"{").then(|| serde_json::from_slice(&json).ok())?
}

/// Whatever the value is, even `null`.
fn is_present<'de, D: Deserializer<'de>>(value: D) -> std::result::Result<bool, D::Error> {
    IgnoredAny::deserialize(value).map(|_| true)
}

/// The claims that we look at. All are optional here, so that a refusal can name the one that is missing.
#[derive(Deserialize)]
struct Claims {
    iss: Option<String>,
    aud: Option<OneOrMany>,
    exp: Option<f64>,
    nbf: Option<f64>,
    iat: Option<f64>,
    sub: Option<String>,
    tenant: Option<String>,
    role: Option<String>,
    scope: Option<OneOrMany>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

/// When the token ends, if it is valid now. No leeway there: a token that is over is over.
fn check_time(claims: &Claims, now: Timestamp) -> Result<Timestamp> {
    let until = moment(claims.exp.ok_or(Unauthorized("the token has no exp"))?)?;
    if until <= now {
        return Err(Unauthorized("the token has expired"));
    }
    for start in [claims.nbf, claims.iat].into_iter().flatten() {
        if moment(start)? - now > LEEWAY {
            return Err(Unauthorized("the token is not valid yet (nbf or iat lies in the future)"));
        }
    }
    Ok(until)
}

/// A `NumericDate` (RFC 7519 §2): seconds, perhaps with a fraction.
fn moment(seconds: f64) -> Result<Timestamp> {
    let moment = DateTime::from_timestamp_millis((seconds * 1000.0) as i64);
    moment.ok_or(Unauthorized("a time in the token is not a number of seconds since 1970"))
}

fn caller(claims: Claims) -> Result<Caller> {
    let sub = claims.sub.ok_or(Unauthorized("the token has no sub"))?;
    let user: UserId = sub.parse().map_err(|_| Unauthorized("the token's sub is not 1 to 128 printable characters"))?;
    let tenant = claims.tenant.ok_or(Unauthorized("the token has no tenant"))?;
    let tenant = tenant.parse().map_err(|_| Unauthorized("the token's tenant is not a UUID"))?;
    let role = claims.role.map_or(Ok(Role::Client), |word| Role::parse("role", &word));
    let role = role.map_err(|_| Unauthorized("the token's role is none of admin, user and client"))?;
    let scopes = claims.scope.map_or_else(|| role.scopes(), |scope| scopes(&scope));
    Ok(Caller { tenant, actor: Actor::User(user.clone()), role, scopes, user: Some(user) })
}

/// The scopes of ours among the words: other APIs may have theirs in the same token.
fn scopes(claim: &OneOrMany) -> Vec<Scope> {
    let has = |scope: &&Scope| match claim {
        OneOrMany::One(words) => words.split(' ').any(|word| word == scope.as_str()),
        OneOrMany::Many(words) => words.iter().any(|word| word == scope.as_str()),
    };
    Scope::ALL.iter().filter(has).copied().collect()
}

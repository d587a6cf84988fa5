//! Who calls, and what the credential allows.

use std::fmt;
use std::future::Future;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::id::{ApiKeyId, TenantId};
use crate::{Result, Timestamp};

/// What a credential may do (S3's scopes).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Scope {
    /// Read everything of the tenant.
    #[serde(rename = "crm:read")]
    Read,
    /// Create and change.
    #[serde(rename = "crm:write")]
    Write,
    /// Administer: keys, settings, endpoints.
    #[serde(rename = "crm:admin")]
    Admin,
}

/// A proven caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Whose data the caller sees.
    pub tenant: TenantId,
    /// The key that proved it.
    pub key: ApiKeyId,
    /// What the key allows.
    pub scopes: Vec<Scope>,
}

impl Caller {
    /// Whether the caller's scopes hold `scope`; the admin scope holds them all.
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.iter().any(|&held| held == scope || held == Scope::Admin)
    }
}

/// Whoever can tell who holds a key.
pub trait FindCaller: Send + Sync + 'static {
    /// The holder of the key with this hash, if there is one.
    fn find_caller(&self, hash: KeyHash) -> impl Future<Output = Result<Option<Caller>>> + Send;
}

/// An API key as it is stored: never the secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id.
    pub id: ApiKeyId,
    /// Whose key it is.
    pub tenant: TenantId,
    /// What a person calls it.
    pub name: String,
    /// The hash by which it is found.
    pub hash: KeyHash,
    /// What it allows.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// The secret text of an API key: shown once, never stored, never logged.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKeySecret(String);

impl ApiKeySecret {
    /// A secret of 256 random bits, marked so that a leaked one is recognised by scanners.
    pub fn from_random(random: [u8; 32]) -> Self {
        let mut text = String::from("rck_");
        for byte in random {
            text.push_str(&format!("{byte:02x}"));
        }
        Self(text)
    }

    /// What came in a header. Any text will do: it is only ever hashed.
    pub fn presented(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The text itself, to be shown to its owner once.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The hash under which the key is kept. Plain SHA-256 is enough: the secret has 256 bits of its own.
    pub fn hash(&self) -> KeyHash {
        let digest = Sha256::digest(self.0.as_bytes());
        KeyHash(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

impl fmt::Debug for ApiKeySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKeySecret(…)")
    }
}

/// The SHA-256 of an API key, in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyHash(String);

impl fmt::Display for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_never_shows_in_debug_output() {
        let secret = ApiKeySecret::from_random([7; 32]);
        assert!(!format!("{secret:?}").contains("0707"));
        assert_eq!(secret.hash(), ApiKeySecret::presented(secret.reveal()).hash());
    }
}

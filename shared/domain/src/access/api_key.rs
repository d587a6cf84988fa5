//! API keys: what is kept of one, and its text, which is not kept.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Actor, Caller, Role, Scope, UserId};
use crate::Timestamp;
use crate::id::{ApiKeyId, Id, TenantId, hex};

/// The longest name of an API key, in characters.
pub const MAX_KEY_NAME: usize = 100;

/// An API key as it is stored: never the secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// Its id.
    pub id: ApiKeyId,
    /// Whose key it is.
    pub tenant: TenantId,
    /// What a person calls it.
    pub name: String,
    /// The hash of the whole key.
    pub hash: KeyHash,
    /// The role of who has it.
    pub role: Role,
    /// What it allows.
    pub scopes: Vec<Scope>,
    /// For whom it acts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: Actor,
    /// From when on it is no longer valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
    /// When it was last used, to a quarter of an hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<Timestamp>,
}

vocabulary! {
    /// Whether an API key opens anything.
    KeyStatus {
        /// It does.
        Active = "active",
        /// Its time is over.
        Expired = "expired",
        /// It was taken back.
        Revoked = "revoked",
    }
}

impl ApiKey {
    /// Whether it is valid at `now`.
    pub fn status(&self, now: Timestamp) -> KeyStatus {
        match (self.revoked_at, self.expires_at) {
            (Some(_), _) => KeyStatus::Revoked,
            (None, Some(end)) if end <= now => KeyStatus::Expired,
            _ => KeyStatus::Active,
        }
    }

    /// The caller whom it proves.
    pub fn caller(&self) -> Caller {
        Caller {
            tenant: self.tenant,
            actor: Actor::ApiKey(self.id),
            role: self.role,
            scopes: self.scopes.clone(),
            user: self.user.clone(),
        }
    }
}

/// What every key begins with, so that scanners recognise a leaked one.
const MARK: &str = "rck_";
/// How many random bytes a key holds.
const RANDOM: usize = 24;

/// The text of an API key: shown once, never stored, never logged. It names its tenant and itself, so that one read finds
/// it; 192 random bits prove it.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKeySecret {
    text: String,
    /// Whose key it says it is.
    pub tenant: TenantId,
    /// Which key it says it is.
    pub id: ApiKeyId,
}

impl ApiKeySecret {
    /// The text of the new key `id`.
    pub fn new(tenant: TenantId, id: ApiKeyId, random: [u8; RANDOM]) -> Self {
        let mut bytes = Vec::with_capacity(32 + RANDOM);
        bytes.extend(tenant.uuid().as_bytes());
        bytes.extend(id.uuid().as_bytes());
        bytes.extend(random);
        Self { text: format!("{MARK}{}", URL_SAFE_NO_PAD.encode(bytes)), tenant, id }
    }

    /// What came in a header, if it has the form of a key.
    pub fn presented(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(MARK)?).ok()?;
        let (tenant, rest) = bytes.split_first_chunk::<16>()?;
        let (id, random) = rest.split_first_chunk::<16>()?;
        if random.len() != RANDOM {
            return None;
        }
        let (tenant, id) = (Uuid::from_bytes(*tenant), Uuid::from_bytes(*id));
        Some(Self { text: text.to_owned(), tenant: TenantId::from_uuid(tenant), id: ApiKeyId::from_uuid(id) })
    }

    /// The text itself, to be shown to its owner once.
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// The hash that is kept. Plain SHA-256 is enough: the secret has 192 bits of its own.
    pub fn hash(&self) -> KeyHash {
        KeyHash::of(&self.text)
    }
}

impl fmt::Debug for ApiKeySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKeySecret(…)")
    }
}

/// The SHA-256 of a credential, in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyHash(String);

impl KeyHash {
    /// Its digits.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// The hash of a credential's text.
    pub fn of(text: &str) -> Self {
        Self(hex(&Sha256::digest(text.as_bytes())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(random: u8) -> ApiKeySecret {
        let now = Timestamp::default();
        ApiKeySecret::new(TenantId::derived(now, &[b"t"]), ApiKeyId::derived(now, &[b"k"]), [random; RANDOM])
    }

    #[test]
    fn a_secret_names_its_key_and_never_shows_in_debug_output() {
        let secret = secret(7);
        assert!(!format!("{secret:?}").contains(&secret.reveal()[4..]));
        assert_eq!(ApiKeySecret::presented(secret.reveal()), Some(secret.clone()));
        assert_ne!(secret.hash(), self::secret(8).hash());
        for wrong in ["", "rck_", "rck_abc", &secret.reveal()[1..], &format!("{}AAAA", secret.reveal())] {
            assert_eq!(ApiKeySecret::presented(wrong), None, "{wrong}");
        }
    }
}

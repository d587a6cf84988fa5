//! Who calls, and what the credential allows.

use std::fmt;
use std::future::Future;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::id::{ApiKeyId, Id, TenantId};
use crate::{Error, Result, Timestamp};

/// The longest name of an API key, in characters.
pub const MAX_KEY_NAME: usize = 100;

vocabulary! {
    /// What a credential may do (S3's scopes).
    Scope {
        /// Read everything of the tenant.
        Read = "crm:read",
        /// Create and change.
        Write = "crm:write",
        /// Administer: keys, settings, endpoints.
        Admin = "crm:admin",
    }
}

vocabulary! {
    /// Who somebody is in the tenant (S1's permission table).
    Role {
        /// May do everything.
        Admin = "admin",
        /// Reads everything, writes the contacts it owns and what hangs on them.
        User = "user",
        /// May do what its scopes allow.
        Client = "client",
    }
}

impl Role {
    /// The scopes of a credential that names none.
    pub fn scopes(self) -> Vec<Scope> {
        match self {
            Self::Admin => vec![Scope::Admin],
            Self::User => vec![Scope::Read, Scope::Write],
            Self::Client => Vec::new(),
        }
    }
}

/// What a request demands of its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// To see what the tenant has.
    Read,
    /// To write contacts, a `user` only those that it owns.
    WriteOwn,
    /// To write whatever the tenant has.
    Write,
    /// To administer: keys, settings, endpoints, audit.
    Administer,
}

impl Right {
    /// The scope that it takes.
    pub fn scope(self) -> Scope {
        match self {
            Self::Read => Scope::Read,
            Self::WriteOwn | Self::Write => Scope::Write,
            Self::Administer => Scope::Admin,
        }
    }
}

/// A person of the tenant, by the name that its tokens have as `sub`. Rollcall keeps no list of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(transparent)]
pub struct UserId(#[schemars(length(min = 1, max = 128))] String);

/// The text cannot name a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 128 characters, none of them a control character")]
pub struct NotAUser;

impl UserId {
    /// What it matches, as the document says it.
    pub const PATTERN: &str = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$";
    /// The same where blanks stand for nobody.
    pub const OR_BLANK: &str = r"^(\s*|[^\x00-\x1f\x7f-\x9f]*)$";
}

impl std::str::FromStr for UserId {
    type Err = NotAUser;

    fn from_str(text: &str) -> Result<Self, NotAUser> {
        let decent = text.chars().count() <= 128 && !text.chars().any(char::is_control);
        let text = text.trim();
        (decent && !text.is_empty()).then(|| Self(text.to_owned())).ok_or(NotAUser)
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who did something, as the audit tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "type", content = "id", rename_all = "snake_case")]
pub enum Actor {
    /// Whoever has this API key.
    ApiKey(ApiKeyId),
    /// The user whom a token named.
    User(UserId),
    /// Somebody of the deployment, with the means of the cloud account.
    Operator,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ApiKey(id) => write!(f, "api_key:{id}"),
            Self::User(id) => write!(f, "user:{id}"),
            Self::Operator => f.write_str("operator"),
        }
    }
}

/// A proven caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Whose data the caller sees.
    pub tenant: TenantId,
    /// Who it is.
    pub actor: Actor,
    /// Its role.
    pub role: Role,
    /// What the credential allows at most.
    pub scopes: Vec<Scope>,
    /// For whom it acts: the owner of what it creates.
    pub user: Option<UserId>,
}

impl Caller {
    /// Whether role and scopes allow it. The admin scope holds all others; a role never allows more than the scopes do,
    /// so that a token can be narrower than the person who holds it.
    pub fn may(&self, right: Right) -> bool {
        let scope = right.scope();
        let in_scope = self.scopes.iter().any(|&held| held == scope || held == Scope::Admin);
        let in_role = match self.role {
            Role::Admin | Role::Client => true,
            Role::User => matches!(right, Right::Read | Right::WriteOwn),
        };
        in_scope && in_role
    }

    /// Whether the caller may write a contact of this owner.
    ///
    /// # Errors
    /// [`Error::Forbidden`] when it is a `user` and the contact is somebody else's.
    pub fn demand_ownership(&self, owner: Option<&UserId>) -> Result<()> {
        if self.role == Role::User && (owner.is_none() || owner != self.user.as_ref()) {
            return Err(Error::Forbidden("a user writes only the contacts that it owns"));
        }
        Ok(())
    }
}

/// Whoever can tell what a credential stands for.
pub trait Credentials: Send + Sync + 'static {
    /// The key with this id, as it is now.
    fn key(&self, tenant: TenantId, id: ApiKeyId) -> impl Future<Output = Result<Option<ApiKey>>> + Send;

    /// Notes that the key was used, unless somebody else has noted it since the key was read.
    fn note_use(&self, key: &ApiKey, at: Timestamp) -> impl Future<Output = Result<()>> + Send;

    /// Whether there is such a tenant.
    fn has_tenant(&self, tenant: TenantId) -> impl Future<Output = Result<bool>> + Send;
}

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
        Self(crate::id::hex(&Sha256::digest(text.as_bytes())))
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

    #[test]
    fn a_role_and_the_scopes_must_both_allow() {
        use Right::{Administer, Read, Write, WriteOwn};
        let all = [Read, WriteOwn, Write, Administer];
        for (role, scopes, allowed) in [
            (Role::Admin, Role::Admin.scopes(), all.to_vec()),
            (Role::Admin, vec![Scope::Read], vec![Read]),
            (Role::User, Role::User.scopes(), vec![Read, WriteOwn]),
            (Role::User, vec![Scope::Admin], vec![Read, WriteOwn]),
            (Role::User, vec![Scope::Read], vec![Read]),
            (Role::Client, Role::Client.scopes(), vec![]),
            (Role::Client, vec![Scope::Read], vec![Read]),
            (Role::Client, vec![Scope::Write], vec![WriteOwn, Write]),
            (Role::Client, vec![Scope::Admin], all.to_vec()),
        ] {
            let tenant = TenantId::derived(Timestamp::default(), &[]);
            let caller = Caller { tenant, actor: Actor::Operator, role, scopes, user: None };
            let may: Vec<_> = all.into_iter().filter(|&right| caller.may(right)).collect();
            assert_eq!(may, allowed, "{caller:?}");
        }
    }

    #[test]
    fn a_user_writes_what_it_owns_and_nothing_else() {
        let tenant = TenantId::derived(Timestamp::default(), &[]);
        let ada: Option<UserId> = "ada".parse().ok();
        let user =
            |role| Caller { tenant, actor: Actor::Operator, role, scopes: vec![Scope::Write], user: ada.clone() };
        let others: Option<UserId> = "bob".parse().ok();
        assert!(user(Role::User).demand_ownership(ada.as_ref()).is_ok());
        assert!(user(Role::User).demand_ownership(others.as_ref()).is_err());
        assert!(user(Role::User).demand_ownership(None).is_err());
        assert!(user(Role::Client).demand_ownership(others.as_ref()).is_ok());
    }
}

//! Who calls, and what the credential allows.

mod api_key;

use std::fmt;
use std::future::Future;

use serde::{Deserialize, Serialize};

use crate::id::{ApiKeyId, CampaignId, JobId, TenantId};
use crate::{Error, Result, Timestamp};

pub use api_key::{ApiKey, ApiKeySecret, KeyHash, KeyStatus, MAX_KEY_NAME};

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

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
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
    /// A file that somebody imported.
    Import(JobId),
    /// A campaign that came to the contact.
    Campaign(CampaignId),
    /// Somebody of the deployment, with the means of the cloud account.
    Operator,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ApiKey(id) => write!(f, "api_key:{id}"),
            Self::User(id) => write!(f, "user:{id}"),
            Self::Import(id) => write!(f, "import:{id}"),
            Self::Campaign(id) => write!(f, "campaign:{id}"),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;

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

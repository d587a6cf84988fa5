//! API keys: made, listed, taken back.

use axum::Json;
use axum::extract::{Path, State};
use domain::access::{ApiKey, ApiKeySecret, KeyStatus, MAX_KEY_NAME, Role, Scope, UserId};
use domain::audit::AuditEntry;
use domain::id::{ApiKeyId, TenantId};
use domain::{Error, Fault, FaultCode, Result, Timestamp};
use edge::{Admin, Answer, Body, Created, Fresh, List, Listing, NoContent, NoFilter, path_id};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Accounts;

/// The most keys of a tenant that open something.
const MAX_KEYS: usize = 1_000;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ApiKeyDraft", example = example())]
pub(crate) struct ApiKeyIn {
    /// What a person calls it.
    #[schemars(length(min = 1, max = 100), pattern(r"\S"))]
    name: String,
    /// The role of who gets it; `client` if nothing is said.
    #[schemars(with = "Option<Role>")]
    role: Option<String>,
    /// What it allows; what the role allows if nothing is said. A `client` has no others.
    #[schemars(with = "Option<Vec<Scope>>")]
    scopes: Option<Vec<String>>,
    /// For whom it acts: the owner of the contacts that it makes. Required for the role `user`.
    #[schemars(length(min = 1, max = 128), regex(pattern = UserId::PATTERN))]
    user_id: Option<String>,
    /// From when on it is no longer valid; never if nothing is said.
    expires_at: Option<Timestamp>,
}

fn example() -> serde_json::Value {
    serde_json::json!({ "name": "website", "role": "client", "scopes": ["crm:read", "crm:write"] })
}

/// An API key, without its text.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ApiKey")]
pub(crate) struct ApiKeyOut {
    id: ApiKeyId,
    name: String,
    role: Role,
    scopes: Vec<Scope>,
    user_id: Option<UserId>,
    status: KeyStatus,
    created_at: Timestamp,
    expires_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
    /// To a quarter of an hour.
    last_used_at: Option<Timestamp>,
}

/// A new API key, with its text.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "NewApiKey")]
pub(crate) struct NewApiKeyOut {
    /// The text for the header X-API-KEY. It is not kept and cannot be shown again.
    key: String,
    #[serde(flatten)]
    api_key: ApiKeyOut,
}

impl ApiKeyOut {
    fn new(key: ApiKey, now: Timestamp) -> Self {
        let status = key.status(now);
        let ApiKey { id, name, role, scopes, user, created_at, expires_at, revoked_at, last_used_at, .. } = key;
        Self { id, name, role, scopes, user_id: user, status, created_at, expires_at, revoked_at, last_used_at }
    }
}

impl ApiKeyIn {
    /// The key that is wanted, and its text.
    fn parse(self, tenant: TenantId, admin: &Admin, fresh: &Fresh) -> Result<(ApiKey, ApiKeySecret)> {
        let mut faults = Vec::new();
        let name = self.name.trim().to_owned();
        if name.is_empty() || self.name.chars().count() > MAX_KEY_NAME {
            faults.push(Fault::new("name", FaultCode::Invalid, format!("must be 1 to {MAX_KEY_NAME} characters")));
        }
        let role = self.role.as_deref().map_or(Ok(Role::Client), |role| Role::parse("role", role));
        let role = role.map_err(|fault| faults.push(fault)).ok();
        let implied = role.map(Role::scopes).unwrap_or_default();
        match &self.scopes {
            Some(scopes) if scopes.is_empty() => {
                faults.push(Fault::new("scopes", FaultCode::Missing, "must name at least one"));
            }
            None if role == Some(Role::Client) => {
                faults.push(Fault::new("scopes", FaultCode::Missing, "are required for the role client"));
            }
            _ => {}
        }
        let scopes = self.scopes.map_or(implied, |scopes| parse_scopes(scopes, &mut faults));
        if role == Some(Role::User) && self.user_id.is_none() {
            faults.push(Fault::new("user_id", FaultCode::Missing, "is required for the role user"));
        }
        let user: Option<UserId> =
            self.user_id.and_then(|text| text.parse().map_err(|error| invalid(&mut faults, "user_id", &error)).ok());
        let role = role.unwrap_or(Role::Client);
        // As the request saw it when it was first made.
        if self.expires_at.is_some_and(|end| end <= fresh.now()) {
            faults.push(Fault::new("expires_at", FaultCode::Invalid, "must lie in the future"));
        }
        if !faults.is_empty() {
            return Err(Error::Refused(faults));
        }
        let id = fresh.id();
        let secret = ApiKeySecret::new(tenant, id, fresh.secret()?);
        let key = ApiKey {
            id,
            tenant,
            name,
            hash: secret.hash(),
            role,
            scopes,
            user,
            created_at: fresh.now(),
            created_by: admin.0.actor.clone(),
            expires_at: self.expires_at.map(domain::time::to_millis),
            revoked_at: None,
            last_used_at: None,
        };
        Ok((key, secret))
    }
}

fn invalid(faults: &mut Vec<Fault>, field: &str, error: &impl ToString) {
    faults.push(Fault::new(field, FaultCode::Invalid, error.to_string()));
}

fn parse_scopes(scopes: Vec<String>, faults: &mut Vec<Fault>) -> Vec<Scope> {
    let mut parsed = Vec::new();
    for (index, scope) in scopes.iter().enumerate() {
        match Scope::parse(&format!("scopes[{index}]"), scope) {
            Ok(scope) if !parsed.contains(&scope) => parsed.push(scope),
            Ok(_) => {}
            Err(fault) => faults.push(fault),
        }
    }
    parsed
}

pub(crate) async fn create(
    State(accounts): State<Accounts>,
    admin: Admin,
    fresh: Fresh,
    Body(wanted): Body<ApiKeyIn>,
) -> Answer<Created<NewApiKeyOut>> {
    let tenant = admin.0.tenant;
    let (key, secret) = wanted.parse(tenant, &admin, &fresh)?;
    let keys = accounts.store.tenant(tenant).api_keys();
    let made = if fresh.is_repeated() { keys.get(key.id).await? } else { None };
    let key = match made {
        Some(made) if made.hash == key.hash => made,
        Some(_) => return Err(Error::conflict("the key was made, but its text is lost: revoke it").into()),
        None => {
            demand_room(&keys.list().await?, fresh.now())?;
            keys.create(&key, &AuditEntry::key_created(fresh.id(), &key)).await?;
            key
        }
    };
    let location = format!("/api/v1/api-keys/{}", key.id);
    let body = NewApiKeyOut { key: secret.reveal().to_owned(), api_key: ApiKeyOut::new(key, fresh.now()) };
    Ok(Created { location, version: None, body })
}

fn demand_room(keys: &[ApiKey], now: Timestamp) -> Result<()> {
    if keys.iter().filter(|key| key.status(now) == KeyStatus::Active).count() < MAX_KEYS {
        return Ok(());
    }
    Err(Error::conflict(format!("there are {MAX_KEYS} API keys already; revoke some")))
}

pub(crate) async fn list(
    State(accounts): State<Accounts>,
    Admin(caller): Admin,
    listing: Listing<NoFilter>,
) -> Answer<Json<List<ApiKeyOut>>> {
    let mut keys = accounts.store.tenant(caller.tenant).api_keys().list().await?;
    keys.reverse();
    let now = accounts.clock.now();
    let keys = keys.into_iter().map(|key| ApiKeyOut::new(key, now)).collect();
    Ok(Json(listing.paging.part(keys, |key| key.id)?))
}

pub(crate) async fn show(
    State(accounts): State<Accounts>,
    Admin(caller): Admin,
    Path(id): Path<String>,
) -> Answer<Json<ApiKeyOut>> {
    let key = load(&accounts, caller.tenant, &id).await?;
    Ok(Json(ApiKeyOut::new(key, accounts.clock.now())))
}

pub(crate) async fn revoke(
    State(accounts): State<Accounts>,
    Admin(caller): Admin,
    Path(id): Path<String>,
) -> Answer<NoContent> {
    let key = load(&accounts, caller.tenant, &id).await?;
    let now = accounts.clock.now();
    let entry = AuditEntry::key_revoked(accounts.clock.fresh(), now, caller.actor, &key);
    accounts.store.tenant(caller.tenant).api_keys().revoke(key.id, now, &entry).await?;
    Ok(NoContent)
}

async fn load(accounts: &Accounts, tenant: TenantId, id: &str) -> Result<ApiKey> {
    let id: ApiKeyId = path_id("API key", id)?;
    let key = accounts.store.tenant(tenant).api_keys().get(id).await?;
    key.ok_or_else(|| Error::not_found("API key", id))
}

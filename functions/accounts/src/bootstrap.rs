//! The first key of a tenant. Whoever may invoke this function in the cloud account is believed.

use domain::access::{Actor, ApiKey, ApiKeySecret, Role};
use domain::audit::AuditEntry;
use domain::id::{ApiKeyId, TenantId};
use domain::{Error, Fault, Result, Timestamp};
use serde::{Deserialize, Serialize};
use store::Tenant;

use crate::Accounts;

/// The longest name of a tenant, in characters.
const MAX_NAME: usize = 200;

/// Which tenant is to be there.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// What people call it.
    tenant_name: String,
}

/// The tenant, and a key that may do everything in it.
#[derive(Debug, Serialize)]
pub(crate) struct Given {
    tenant: TenantId,
    tenant_name: String,
    /// Shown this once.
    api_key: String,
    api_key_id: ApiKeyId,
}

/// Makes the tenant if there is none of this name, and an admin key of it in any case. Run twice it gives two keys to one
/// tenant: a key whose text was lost on the way can be revoked with the other.
pub(crate) async fn tenant(accounts: &Accounts, wanted: Wanted) -> Result<Given> {
    let name = wanted.tenant_name.trim();
    if name.is_empty() {
        return Err(Error::refused(Fault::missing("tenant_name")));
    }
    if name.chars().count() > MAX_NAME {
        let reason = format!("is longer than {MAX_NAME} characters");
        return Err(Error::refused(Fault::new("tenant_name", domain::FaultCode::TooLong, reason)));
    }
    match accounts.store.tenants().named(name).await? {
        Some(tenant) => further_key(accounts, tenant).await,
        None => new_tenant(accounts, name).await,
    }
}

async fn new_tenant(accounts: &Accounts, name: &str) -> Result<Given> {
    let now = accounts.clock.now();
    let tenant = Tenant { id: accounts.clock.fresh(), name: name.to_owned(), created_at: now };
    let (key, secret) = admin_key(accounts, tenant.id, now);
    let made = AuditEntry::tenant_created(accounts.clock.fresh(), now, name);
    let given = AuditEntry::key_created(accounts.clock.fresh(), &key);
    accounts.store.tenants().create(&tenant, &key, [&made, &given]).await?;
    Ok(told(tenant, &secret))
}

async fn further_key(accounts: &Accounts, tenant: Tenant) -> Result<Given> {
    let (key, secret) = admin_key(accounts, tenant.id, accounts.clock.now());
    let entry = AuditEntry::key_created(accounts.clock.fresh(), &key);
    accounts.store.tenant(tenant.id).api_keys().create(&key, &entry).await?;
    Ok(told(tenant, &secret))
}

fn admin_key(accounts: &Accounts, tenant: TenantId, now: Timestamp) -> (ApiKey, ApiKeySecret) {
    let id = accounts.clock.fresh();
    let secret = ApiKeySecret::new(tenant, id, accounts.clock.random());
    let key = ApiKey {
        id,
        tenant,
        name: "first key".to_owned(),
        hash: secret.hash(),
        role: Role::Admin,
        scopes: Role::Admin.scopes(),
        user: None,
        created_at: now,
        created_by: Actor::Operator,
        expires_at: None,
        revoked_at: None,
        last_used_at: None,
    };
    (key, secret)
}

fn told(tenant: Tenant, secret: &ApiKeySecret) -> Given {
    Given { tenant: tenant.id, tenant_name: tenant.name, api_key: secret.reveal().to_owned(), api_key_id: secret.id }
}

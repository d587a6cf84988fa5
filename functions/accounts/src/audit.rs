//! The audit: read, never written here.

use axum::Json;
use axum::extract::State;
use domain::audit::AuditEntry;
use domain::id::AuditId;
use edge::{Admin, Answer, List, Listing, NoFilter};

use crate::Accounts;

pub(crate) async fn list(
    State(accounts): State<Accounts>,
    Admin(caller): Admin,
    Listing { paging, .. }: Listing<NoFilter>,
) -> Answer<Json<List<AuditEntry>>> {
    let audit = accounts.store.tenant(caller.tenant).audit();
    let after: Option<AuditId> = paging.after()?;
    let total = audit.count().await?;
    let mut entries = audit.newest(after, paging.offset, paging.limit + 1).await?;
    let more = entries.len() > paging.limit;
    entries.truncate(paging.limit);
    let next = entries.last().filter(|_| more).map(|entry| entry.id);
    Ok(Json(paging.list(entries, total, next)))
}

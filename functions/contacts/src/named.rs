//! Changing and removing what a tenant names: groups, types.

use domain::audit::AuditEntry;
use domain::contact::job::ContactJob;
use domain::id::TenantId;
use domain::{Error, Result};
use edge::IfMatch;
use store::{Named, NamedThing};

use crate::http::Contacts;

/// How often a change is tried again that was overtaken by another one.
const TRIES: u32 = 8;

/// The thing after `edit`, which gives nothing if nothing is to be changed. Unless a version was meant, tried again when
/// somebody else changes it meanwhile.
pub(crate) async fn change<T: NamedThing>(
    things: &Named<T>,
    id: T::Id,
    meant: &IfMatch,
    edit: impl Fn(&T) -> Option<(T, AuditEntry)>,
) -> Result<T> {
    let mut tries = 1;
    loop {
        let old = things.existing(id).await?;
        meant.demand(old.version())?;
        let Some((new, entry)) = edit(&old) else { return Ok(old) };
        match things.change(&old, &new, &entry).await {
            Err(Error::Stale { .. }) if !meant.is_given() && tries < TRIES => tries += 1,
            done => return done.map(|()| new),
        }
    }
}

/// Removes the thing; `removal` gives what the audit is to tell of it, and the job that takes it out of the contacts.
pub(crate) async fn remove<T: NamedThing>(
    contacts: &Contacts,
    tenant: TenantId,
    things: &Named<T>,
    id: T::Id,
    meant: &IfMatch,
    removal: impl Fn(&T) -> (AuditEntry, ContactJob),
) -> Result<()> {
    let mut tries = 1;
    loop {
        let thing = things.existing(id).await?;
        meant.demand(thing.version())?;
        let (entry, job) = removal(&thing);
        match things.remove(&thing, &entry, &job).await {
            Err(Error::Stale { .. }) if !meant.is_given() && tries < TRIES => tries += 1,
            Err(error) => return Err(error),
            Ok(()) => {
                contacts.tell(tenant, job.id).await;
                return Ok(());
            }
        }
    }
}

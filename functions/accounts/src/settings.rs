//! Settings: shown and changed.

use axum::extract::State;
use domain::Error;
use domain::audit::AuditEntry;
use domain::settings::{Settings, SettingsDraft};
use edge::{Admin, Answer, Body, IfMatch, Reader, Versioned};

use crate::Accounts;

/// How often a change is tried again that was overtaken by another one.
const TRIES: u32 = 5;

pub(crate) async fn show(State(accounts): State<Accounts>, Reader(caller): Reader) -> Answer<Versioned<Settings>> {
    let settings = accounts.store.tenant(caller.tenant).settings().get().await?;
    Ok(Versioned(settings.version, settings))
}

pub(crate) async fn change(
    State(accounts): State<Accounts>,
    Admin(caller): Admin,
    meant: IfMatch,
    Body(draft): Body<SettingsDraft>,
) -> Answer<Versioned<Settings>> {
    let store = accounts.store.tenant(caller.tenant).settings();
    let mut tries = 1;
    loop {
        let old = store.get().await?;
        meant.demand(old.version)?;
        let now = accounts.clock.now();
        let new = old.changed(draft.clone(), now)?;
        if new.fields() == old.fields() {
            return Ok(Versioned(old.version, old));
        }
        let entry = AuditEntry::settings_updated(accounts.clock.fresh(), now, caller.actor.clone(), &old, &new);
        match store.change(&old, &new, &entry).await {
            Err(Error::Stale { .. }) if !meant.is_given() && tries < TRIES => tries += 1,
            changed => return Ok(changed.map(|()| Versioned(new.version, new))?),
        }
    }
}
